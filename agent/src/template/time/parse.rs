//! Reads a time in one of Go's layouts.

use super::super::bytes;
use super::super::quote::{Charset, quote};
use super::layout::{Part, Style, next_part};
use super::{Civil, MONTHS, Time, WEEKDAYS, Zone, days_from_civil, days_in};

/// Why a part could not be read.
enum Bad {
    /// It is not written as the layout says.
    Form,
    /// Its value is out of range; the text says which.
    Range(&'static str),
}

#[derive(Default)]
struct Fields {
    year: i64,
    month: Option<i64>,
    day: Option<i64>,
    year_day: Option<i64>,
    hour: i64,
    minute: i64,
    second: i64,
    nanos: i64,
    pm: Option<bool>,
    utc: bool,
    offset: Option<i64>,
    zone_name: String,
}

/// `time.ParseInLocation` with the location of this machine.
///
/// # Errors
/// In Go's words, when the value is not written as the layout says.
pub fn parse_in_local(layout: &[u8], value: &[u8]) -> Result<Time, String> {
    let (mut rest_layout, mut rest) = (layout, value);
    let mut fields = Fields::default();
    loop {
        let (before, part, after) = next_part(rest_layout);
        rest = skip(rest, before).map_err(|at| error(layout, value, before, at, ""))?;
        let Some((part, written)) = part else { break };
        rest_layout = after;
        let hold = rest;
        fields.read(part, &mut rest, after).map_err(|bad| match bad {
            Bad::Form => error(layout, value, written, hold, ""),
            Bad::Range(what) => {
                error(layout, value, written, rest, &format!(": {what} out of range"))
            }
        })?;
    }
    if !rest.is_empty() {
        let extra = format!(": extra text: {}", shown(rest));
        return Err(error(layout, value, b"", rest, &extra));
    }
    fields.time().map_err(|why| error(layout, value, b"", rest, why))
}

fn shown(text: &[u8]) -> String {
    String::from_utf8_lossy(&quote(text, '"', Charset::Unicode)).into_owned()
}

fn error(layout: &[u8], value: &[u8], part: &[u8], at: &[u8], message: &str) -> String {
    let value = shown(value);
    if !message.is_empty() {
        return format!("parsing time {value}{message}");
    }
    let (layout, at, part) = (shown(layout), shown(at), shown(part));
    format!("parsing time {value} as {layout}: cannot parse {at} as {part}")
}

/// Skips the text of the layout; a run of spaces there is any number of spaces.
fn skip<'a>(value: &'a [u8], prefix: &[u8]) -> Result<&'a [u8], &'a [u8]> {
    let (mut value, mut prefix) = (value, prefix);
    while let [first, rest @ ..] = prefix {
        if *first == b' ' {
            if !value.is_empty() && bytes::at(value, 0) != b' ' {
                return Err(value);
            }
            prefix = prefix.trim_ascii_start_spaces();
            value = value.trim_ascii_start_spaces();
            continue;
        }
        if value.first() != Some(first) {
            return Err(value);
        }
        (value, prefix) = (bytes::from(value, 1), rest);
    }
    Ok(value)
}

trait TrimSpaces {
    fn trim_ascii_start_spaces(&self) -> &Self;
}

impl TrimSpaces for [u8] {
    fn trim_ascii_start_spaces(&self) -> &Self {
        let spaces = self.iter().take_while(|&&byte| byte == b' ').count();
        bytes::from(self, spaces)
    }
}

/// A number of one or two digits; exactly two if `fixed`.
fn number(value: &mut &[u8], fixed: bool) -> Result<i64, Bad> {
    let digits = value.iter().take(2).take_while(|byte| byte.is_ascii_digit()).count();
    if digits == 0 || (fixed && digits < 2) {
        return Err(Bad::Form);
    }
    Ok(take_digits(value, digits))
}

fn take_digits(value: &mut &[u8], count: usize) -> i64 {
    let digits = bytes::cut(value, 0, count);
    *value = bytes::from(value, count);
    digits.iter().fold(0, |number, &digit| number * 10 + i64::from(digit.wrapping_sub(b'0')))
}

fn lookup(names: &[&str], value: &mut &[u8], length: usize) -> Result<i64, Bad> {
    for (name, index) in names.iter().zip(0..) {
        let name = name.as_bytes().get(..length.min(name.len())).unwrap_or_default();
        if bytes::cut(value, 0, name.len()).eq_ignore_ascii_case(name) {
            *value = bytes::from(value, name.len());
            return Ok(index);
        }
    }
    Err(Bad::Form)
}

fn in_range(number: i64, limit: i64, what: &'static str) -> Result<i64, Bad> {
    if number < limit { Ok(number) } else { Err(Bad::Range(what)) }
}

/// A fraction of a second of `length` bytes, the separator among them, in nanoseconds.
fn fraction(value: &mut &[u8], length: usize) -> Result<i64, Bad> {
    let text = bytes::cut(value, 0, length.min(10));
    let digits = bytes::from(text, 1);
    let separator = matches!(bytes::at(text, 0), b'.' | b',');
    if !separator || text.len() < length.min(10) || !digits.iter().all(u8::is_ascii_digit) {
        return Err(Bad::Form);
    }
    *value = bytes::from(value, length);
    let number = take_digits(&mut &*digits, digits.len());
    Ok((text.len()..10).fold(number, |number, _| number * 10))
}

impl Fields {
    fn read(&mut self, part: Part, value: &mut &[u8], after: &[u8]) -> Result<(), Bad> {
        match part {
            Part::LongYear => {
                let digits = bytes::cut(value, 0, 4);
                if digits.len() < 4 || !digits.iter().all(u8::is_ascii_digit) {
                    return Err(Bad::Form);
                }
                self.year = take_digits(value, 4);
            }
            Part::Year => {
                let year = number(value, true)?;
                self.year = if year >= 69 { year + 1900 } else { year + 2000 };
            }
            Part::LongMonth => self.month = Some(lookup(&MONTHS, value, 9)? + 1),
            Part::Month => self.month = Some(lookup(&MONTHS, value, 3)? + 1),
            Part::NumMonth | Part::ZeroMonth => {
                let month = number(value, part == Part::ZeroMonth)?;
                if !(1..=12).contains(&month) {
                    return Err(Bad::Range("month"));
                }
                self.month = Some(month);
            }
            Part::LongWeekday => lookup(&WEEKDAYS, value, 9).map(|_| ())?,
            Part::Weekday => lookup(&WEEKDAYS, value, 3).map(|_| ())?,
            Part::Day | Part::UnderDay | Part::ZeroDay => {
                if part == Part::UnderDay && bytes::at(value, 0) == b' ' {
                    *value = bytes::from(value, 1);
                }
                self.day = Some(number(value, part == Part::ZeroDay)?);
            }
            Part::UnderYearDay | Part::ZeroYearDay => self.year_day(part, value)?,
            Part::ZoneName => self.zone_name(value)?,
            Part::Offset { z, style } => self.offset(value, z, style)?,
            _ => return self.read_clock(part, value, after),
        }
        Ok(())
    }

    fn read_clock(&mut self, part: Part, value: &mut &[u8], after: &[u8]) -> Result<(), Bad> {
        match part {
            Part::Hour => self.hour = in_range(number(value, false)?, 24, "hour")?,
            Part::Hour12 | Part::ZeroHour12 => {
                self.hour = in_range(number(value, part == Part::ZeroHour12)?, 13, "hour")?;
            }
            Part::Minute | Part::ZeroMinute => {
                self.minute = in_range(number(value, part == Part::ZeroMinute)?, 60, "minute")?;
            }
            Part::Second | Part::ZeroSecond => {
                self.second = in_range(number(value, part == Part::ZeroSecond)?, 60, "second")?;
                self.unasked_fraction(value, after)?;
            }
            Part::UpperPm | Part::LowerPm => {
                let word = bytes::cut(value, 0, 2);
                let (pm, am) = if part == Part::UpperPm { (b"PM", b"AM") } else { (b"pm", b"am") };
                self.pm = match word {
                    _ if word == pm => Some(true),
                    _ if word == am => Some(false),
                    _ => return Err(Bad::Form),
                };
                *value = bytes::from(value, 2);
            }
            Part::Fraction { digits, trim: false, .. } => self.nanos = fraction(value, digits + 1)?,
            Part::Fraction { .. } => {
                let digits = value.iter().skip(1).take_while(|byte| byte.is_ascii_digit()).count();
                if matches!(bytes::at(value, 0), b'.' | b',') && digits > 0 {
                    self.nanos = fraction(value, digits + 1)?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// A fraction behind the seconds that the layout does not have is read too.
    fn unasked_fraction(&mut self, value: &mut &[u8], after: &[u8]) -> Result<(), Bad> {
        let digits = value.iter().skip(1).take_while(|byte| byte.is_ascii_digit()).count();
        let asked = matches!(next_part(after).1, Some((Part::Fraction { .. }, _)));
        if !asked && digits > 0 && matches!(bytes::at(value, 0), b'.' | b',') {
            self.nanos = fraction(value, digits + 1)?;
        }
        Ok(())
    }

    fn year_day(&mut self, part: Part, value: &mut &[u8]) -> Result<(), Bad> {
        let fixed = part == Part::ZeroYearDay;
        if !fixed {
            let spaces = value.iter().take(2).take_while(|&&byte| byte == b' ').count();
            *value = bytes::from(value, spaces);
        }
        let digits = value.iter().take(3).take_while(|byte| byte.is_ascii_digit()).count();
        if digits == 0 || (fixed && digits < 3) {
            return Err(Bad::Form);
        }
        self.year_day = Some(take_digits(value, digits));
        Ok(())
    }

    fn offset(&mut self, value: &mut &[u8], z: bool, style: Style) -> Result<(), Bad> {
        if z && bytes::at(value, 0) == b'Z' {
            *value = bytes::from(value, 1);
            self.utc = true;
            return Ok(());
        }
        let negative = match bytes::at(value, 0) {
            b'+' => false,
            b'-' => true,
            _ => return Err(Bad::Form),
        };
        let mut rest = bytes::from(value, 1);
        let (parts, colon) = match style {
            Style::Short => (1, false),
            Style::Plain => (2, false),
            Style::Colon => (2, true),
            Style::Seconds => (3, false),
            Style::ColonSeconds => (3, true),
        };
        let mut numbers = [0; 3];
        for (index, slot) in numbers.iter_mut().take(parts).enumerate() {
            if colon && index > 0 {
                rest = rest.strip_prefix(b":").ok_or(Bad::Form)?;
            }
            *slot = number(&mut rest, true)?;
        }
        let [hours, minutes, seconds] = numbers;
        in_range(hours, 25, "time zone offset hour")?;
        in_range(minutes, 61, "time zone offset minute")?;
        in_range(seconds, 61, "time zone offset second")?;
        let offset = (hours * 60 + minutes) * 60 + seconds;
        self.offset = Some(if negative { -offset } else { offset });
        *value = rest;
        Ok(())
    }

    fn zone_name(&mut self, value: &mut &[u8]) -> Result<(), Bad> {
        if value.starts_with(b"UTC") {
            self.utc = true;
            *value = bytes::from(value, 3);
            return Ok(());
        }
        let length = zone_name_length(value).ok_or(Bad::Form)?;
        self.zone_name = bytes::lossy(bytes::cut(value, 0, length)).into_owned();
        *value = bytes::from(value, length);
        Ok(())
    }

    fn time(mut self) -> Result<Time, &'static str> {
        match self.pm {
            Some(true) if self.hour < 12 => self.hour += 12,
            Some(false) if self.hour == 12 => self.hour = 0,
            _ => {}
        }
        if let Some(year_day) = self.year_day {
            self.set_year_day(year_day)?;
        }
        let (month, day) = (self.month.unwrap_or(1), self.day.unwrap_or(1));
        if day < 1 || day > days_in(month, self.year) {
            return Err(": day out of range");
        }
        let civil = Civil {
            year: self.year,
            month,
            day,
            hour: self.hour,
            minute: self.minute,
            second: self.second,
        };
        let at = |zone: Zone| Time::from_civil(civil, self.nanos, zone);
        if self.utc {
            return Ok(at(Zone::Utc));
        }
        if let Some(offset) = self.offset {
            let time = at(Zone::Fixed(self.zone_name.clone(), offset));
            let (name, here) = Zone::Local.lookup(time.seconds);
            let local = here == offset && (self.zone_name.is_empty() || name == self.zone_name);
            return Ok(if local { time.in_zone(Zone::Local) } else { time });
        }
        if self.zone_name.is_empty() {
            return Ok(at(Zone::Local));
        }
        let local = at(Zone::Local);
        if local.zone().0 == self.zone_name {
            return Ok(local);
        }
        let hours = self.zone_name.strip_prefix("GMT").and_then(|hours| hours.parse().ok());
        Ok(at(Zone::Fixed(self.zone_name.clone(), hours.unwrap_or(0_i64) * 3600)))
    }

    fn set_year_day(&mut self, year_day: i64) -> Result<(), &'static str> {
        let first = days_from_civil(self.year, 1, 1);
        if year_day < 1 || year_day > days_from_civil(self.year + 1, 1, 1) - first {
            return Err(": day-of-year out of range");
        }
        let (_, month, day) = super::civil_from_days(first + year_day - 1);
        if self.month.is_some_and(|seen| seen != month) {
            return Err(": day-of-year does not match month");
        }
        if self.day.is_some_and(|seen| seen != day) {
            return Err(": day-of-year does not match day");
        }
        (self.month, self.day) = (Some(month), Some(day));
        Ok(())
    }
}

/// How much of the text looks like the abbreviation of a time zone.
fn zone_name_length(value: &[u8]) -> Option<usize> {
    if value.starts_with(b"ChST") || value.starts_with(b"MeST") {
        return Some(4);
    }
    if let Some(rest) = value.strip_prefix(b"GMT") {
        return Some(3 + signed_offset_length(rest));
    }
    if value.len() >= 3 && matches!(bytes::at(value, 0), b'+' | b'-') {
        return Some(signed_offset_length(value)).filter(|&length| length > 0);
    }
    match value.iter().take(6).take_while(|byte| byte.is_ascii_uppercase()).count() {
        3 => Some(3),
        4 if bytes::at(value, 3) == b'T' || value.starts_with(b"WITA") => Some(4),
        5 if bytes::at(value, 4) == b'T' => Some(5),
        _ => None,
    }
}

fn signed_offset_length(value: &[u8]) -> usize {
    if !matches!(bytes::at(value, 0), b'+' | b'-') {
        return 0;
    }
    let digits = value.iter().skip(1).take_while(|byte| byte.is_ascii_digit()).count();
    let hours = super::super::num::parse_uint(bytes::cut(value, 1, digits + 1), 10);
    if hours.is_ok_and(|hours| hours <= 23) { digits + 1 } else { 0 }
}
