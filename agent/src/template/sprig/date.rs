//! Dates and durations.

use super::super::bytes;
use super::super::duration;
use super::super::func::{Args, Failure};
use super::super::num::parse_int;
use super::super::time::{Time, Zone, parse_in_local};
use super::super::value::{IntKind, Value};

const HTML: &[u8] = b"2006-01-02";
const SECOND: i64 = 1_000_000_000;

/// What sprig takes as a date: a time or seconds since 1970; else the current time.
fn date_of(value: &Value) -> Time {
    match value {
        Value::Time(time) => time.clone(),
        Value::Int(seconds, IntKind::Int | IntKind::Int64) => Time::unix(*seconds),
        _ => Time::now(),
    }
}

fn formatted(layout: &[u8], date: &Value, zone: &[u8]) -> Value {
    let zone = Zone::load(&bytes::lossy(zone)).unwrap_or(Zone::Utc);
    Value::from(date_of(date).in_zone(zone).format(layout))
}

/// `now`.
pub fn now(_: &Args) -> Value {
    Value::Time(Time::now())
}

/// `date`.
pub fn date(args: &Args) -> Value {
    formatted(args.str(0), args.any(1), b"Local")
}

/// `dateInZone`, `date_in_zone`.
pub fn date_in_zone(args: &Args) -> Value {
    formatted(args.str(0), args.any(1), args.str(2))
}

/// `htmlDate`.
pub fn html_date(args: &Args) -> Value {
    formatted(HTML, args.any(0), b"Local")
}

/// `htmlDateInZone`.
pub fn html_date_in_zone(args: &Args) -> Value {
    formatted(HTML, args.any(0), args.str(1))
}

/// `dateModify`, `date_modify`: the date as it is if the duration is none.
pub fn date_modify(args: &Args) -> Value {
    Value::Time(args.time(1).add(duration::parse(args.str(0)).unwrap_or(0)))
}

/// `mustDateModify`, `must_date_modify`.
pub fn must_date_modify(args: &Args) -> Result<Value, Failure> {
    Ok(Value::Time(args.time(1).add(duration::parse(args.str(0))?)))
}

/// `toDate`: Go's zero time for what is no date.
pub fn to_date(args: &Args) -> Value {
    Value::Time(parse_in_local(args.str(0), args.str(1)).unwrap_or_default())
}

/// `mustToDate`.
pub fn must_to_date(args: &Args) -> Result<Value, Failure> {
    Ok(Value::Time(parse_in_local(args.str(0), args.str(1))?))
}

/// `unixEpoch`.
pub fn unix_epoch(args: &Args) -> Value {
    args.time(0).seconds.to_string().into()
}

/// `ago`.
pub fn ago(args: &Args) -> Value {
    let passed = Time::now().since(&date_of(args.any(0)));
    let rest = passed % SECOND;
    let rounded =
        passed - rest + if rest.abs() * 2 >= SECOND { SECOND * passed.signum() } else { 0 };
    duration::show(rounded).into()
}

/// `duration`: seconds as a string or an int64.
pub fn duration(args: &Args) -> Value {
    let seconds = match args.any(0) {
        Value::Str(text) => parse_int(text, 10).unwrap_or(0),
        Value::Int(seconds, IntKind::Int64) => *seconds,
        _ => 0,
    };
    duration::show(seconds.wrapping_mul(SECOND)).into()
}

/// `durationRound`: the largest unit of which there is more than one.
pub fn duration_round(args: &Args) -> Value {
    const HOUR: u64 = 3_600_000_000_000;
    const UNITS: [(u64, &str); 6] = [
        (HOUR * 24 * 365, "y"),
        (HOUR * 24 * 30, "mo"),
        (HOUR * 24, "d"),
        (HOUR, "h"),
        (HOUR / 60, "m"),
        (HOUR / 3600, "s"),
    ];
    let nanos = match args.any(0) {
        Value::Str(text) => duration::parse(text).unwrap_or(0),
        Value::Int(nanos, IntKind::Int64) => *nanos,
        Value::Time(time) => Time::now().since(time),
        _ => 0,
    };
    let nanos = nanos.unsigned_abs();
    let unit = UNITS.iter().find(|(size, _)| nanos > *size);
    unit.map_or_else(|| "0s".to_owned(), |(size, name)| format!("{}{name}", nanos / size)).into()
}
