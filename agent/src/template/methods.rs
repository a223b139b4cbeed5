//! Methods of times, durations, months, weekdays and versions.

use super::func::Type::{Duration, Int, Str, Time as TimeType, Version as VersionType};
use super::func::{Args, Failure, Function};
use super::num::{float_of_int, int_of_uint};
use super::time::{Time, Zone};
use super::value::{IntKind, UintKind, Value};
use super::{bytes, format, semver_of};

/// Finds a method of a value.
pub fn find(value: &Value, name: &str) -> Option<&'static Function> {
    let table = match value {
        Value::Time(_) => TIME,
        Value::Version(_) => VERSION,
        Value::Int(_, IntKind::Duration) => DURATION,
        Value::Int(_, IntKind::Month | IntKind::Weekday) => NAMED,
        _ => return None,
    };
    table.iter().find(|method| method.name() == name)
}

static TIME: &[Function] = &[
    Function::total("Add", &[TimeType, Duration], |args| time(&args.time(0).add(args.int(1)))),
    Function::total("AddDate", &[TimeType, Int, Int, Int], |args| {
        time(&args.time(0).add_date(args.int(1), args.int(2), args.int(3)))
    }),
    Function::total("After", &[TimeType, TimeType], |args| (order(args) > (0, 0)).into()),
    Function::total("Before", &[TimeType, TimeType], |args| (order(args) < (0, 0)).into()),
    Function::total("Equal", &[TimeType, TimeType], |args| (order(args) == (0, 0)).into()),
    Function::total("Day", &[TimeType], |args| Value::int(args.time(0).civil().day)),
    Function::total("Format", &[TimeType, Str], |args| {
        Value::from(args.time(0).format(args.str(1)))
    }),
    Function::total("Hour", &[TimeType], |args| Value::int(args.time(0).civil().hour)),
    Function::total("IsZero", &[TimeType], |args| args.time(0).is_zero().into()),
    Function::total("Local", &[TimeType], |args| time(&args.time(0).in_zone(Zone::Local))),
    Function::total("Minute", &[TimeType], |args| Value::int(args.time(0).civil().minute)),
    Function::total("Month", &[TimeType], |args| {
        Value::Int(args.time(0).civil().month, IntKind::Month)
    }),
    Function::total("Nanosecond", &[TimeType], |args| Value::int(args.time(0).nanos)),
    Function::total("Second", &[TimeType], |args| Value::int(args.time(0).civil().second)),
    Function::total("String", &[TimeType], |args| args.time(0).to_string().into()),
    Function::total("Sub", &[TimeType, TimeType], |args| {
        Value::Int(args.time(0).since(&args.time(1)), IntKind::Duration)
    }),
    Function::total("UTC", &[TimeType], |args| time(&args.time(0).in_zone(Zone::Utc))),
    Function::total("Unix", &[TimeType], |args| Value::int64(args.time(0).seconds)),
    Function::total("UnixMicro", &[TimeType], |args| unix(args, 1_000_000)),
    Function::total("UnixMilli", &[TimeType], |args| unix(args, 1_000)),
    Function::total("UnixNano", &[TimeType], |args| unix(args, 1_000_000_000)),
    Function::total("Weekday", &[TimeType], |args| {
        Value::Int(args.time(0).weekday(), IntKind::Weekday)
    }),
    Function::total("Year", &[TimeType], |args| Value::int(args.time(0).civil().year)),
    Function::total("YearDay", &[TimeType], |args| Value::int(args.time(0).year_day())),
];

static DURATION: &[Function] = &[
    Function::total("Hours", &[Duration], |args| (float_of_int(args.int(0)) / 3.6e12).into()),
    Function::total("Microseconds", &[Duration], |args| Value::int64(args.int(0) / 1_000)),
    Function::total("Milliseconds", &[Duration], |args| Value::int64(args.int(0) / 1_000_000)),
    Function::total("Minutes", &[Duration], |args| (float_of_int(args.int(0)) / 6e10).into()),
    Function::total("Nanoseconds", &[Duration], |args| Value::int64(args.int(0))),
    Function::total("Seconds", &[Duration], |args| (float_of_int(args.int(0)) / 1e9).into()),
    Function::total("String", &[Duration], string),
];

static NAMED: &[Function] = &[Function::total("String", &[Int], string)];

static VERSION: &[Function] = &[
    Function::total("Compare", &[VersionType, VersionType], |args| Value::int(compare(args))),
    Function::total("Equal", &[VersionType, VersionType], |args| (compare(args) == 0).into()),
    Function::total("GreaterThan", &[VersionType, VersionType], |args| (compare(args) > 0).into()),
    Function::total("IncMajor", &[VersionType], |args| increment(args, 0)),
    Function::total("IncMinor", &[VersionType], |args| increment(args, 1)),
    Function::total("IncPatch", &[VersionType], |args| increment(args, 2)),
    Function::total("LessThan", &[VersionType, VersionType], |args| (compare(args) < 0).into()),
    Function::total("Major", &[VersionType], |args| segment(args, 0)),
    Function::total("Metadata", &[VersionType], |args| {
        semver_of(args.any(0)).map_or("", |version| version.metadata.as_str()).into()
    }),
    Function::total("Minor", &[VersionType], |args| segment(args, 1)),
    Function::total("Original", &[VersionType], |args| {
        semver_of(args.any(0)).map_or("", |version| version.original.as_str()).into()
    }),
    Function::total("Patch", &[VersionType], |args| segment(args, 2)),
    Function::total("Prerelease", &[VersionType], |args| {
        semver_of(args.any(0)).map_or("", |version| version.prerelease.as_str()).into()
    }),
    Function::partial("SetMetadata", &[VersionType, Str], |args| set(args, false)),
    Function::partial("SetPrerelease", &[VersionType, Str], |args| set(args, true)),
    Function::total("String", &[VersionType], string),
];

fn time(time: &Time) -> Value {
    Value::Time(time.clone())
}

fn order(args: &Args) -> (i64, i64) {
    let (a, b) = (args.time(0), args.time(1));
    (a.seconds.saturating_sub(b.seconds), a.nanos - b.nanos)
}

fn unix(args: &Args, scale: i64) -> Value {
    let time = args.time(0);
    let fraction = time.nanos / (1_000_000_000 / scale);
    Value::int64(time.seconds.wrapping_mul(scale).wrapping_add(fraction))
}

fn string(args: &Args) -> Value {
    format::stringer(args.any(0)).unwrap_or_default().into()
}

fn compare(args: &Args) -> i64 {
    match (args.version(0), args.version(1)) {
        (Some(a), Some(b)) => a.order(b) as i64,
        _ => 0,
    }
}

fn segment(args: &Args, index: usize) -> Value {
    let segments = args.version(0).map_or([0; 3], |version| version.segments);
    Value::Uint(segments.get(index).copied().unwrap_or_default(), UintKind::Uint64)
}

fn increment(args: &Args, index: usize) -> Value {
    match args.version(0) {
        Some(version) => Value::Version(version.incremented(index).into()),
        None => Value::int(int_of_uint(0)),
    }
}

fn set(args: &Args, prerelease: bool) -> Result<Value, Failure> {
    let version = args.version(0).ok_or("the version is nil")?;
    let text = bytes::lossy(args.str(1)).into_owned();
    Ok(Value::Version(version.with(prerelease, text)?.into()))
}
