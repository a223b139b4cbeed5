//! Go's layouts: a date is written as January 2, 15:04:05, 2006, in time zone seven hours west.

use super::super::bytes;
use super::{MONTHS, Time, WEEKDAYS};

/// A part of a layout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    LongYear,
    Year,
    LongMonth,
    Month,
    NumMonth,
    ZeroMonth,
    LongWeekday,
    Weekday,
    Day,
    UnderDay,
    ZeroDay,
    UnderYearDay,
    ZeroYearDay,
    Hour,
    Hour12,
    ZeroHour12,
    Minute,
    ZeroMinute,
    Second,
    ZeroSecond,
    UpperPm,
    LowerPm,
    ZoneName,
    /// An offset; with `z`, UTC is written `Z`.
    Offset {
        z: bool,
        style: Style,
    },
    /// A fraction of a second with the separator; with `trim`, zeros at the end are left out.
    Fraction {
        digits: usize,
        trim: bool,
        separator: u8,
    },
}

/// The text before a part, the part and how it is written, and the rest of the layout.
pub type NextPart<'a> = (&'a [u8], Option<(Part, &'a [u8])>, &'a [u8]);

/// How an offset is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    Short,
    Plain,
    Colon,
    Seconds,
    ColonSeconds,
}

/// Layout prefixes and what they stand for, the longer before the shorter.
const PARTS: [(&str, Part); 37] = [
    ("January", Part::LongMonth),
    ("Monday", Part::LongWeekday),
    ("MST", Part::ZoneName),
    ("01", Part::ZeroMonth),
    ("02", Part::ZeroDay),
    ("03", Part::ZeroHour12),
    ("04", Part::ZeroMinute),
    ("05", Part::ZeroSecond),
    ("06", Part::Year),
    ("002", Part::ZeroYearDay),
    ("15", Part::Hour),
    ("1", Part::NumMonth),
    ("2006", Part::LongYear),
    ("2", Part::Day),
    ("__2", Part::UnderYearDay),
    ("_2", Part::UnderDay),
    ("3", Part::Hour12),
    ("4", Part::Minute),
    ("5", Part::Second),
    ("PM", Part::UpperPm),
    ("pm", Part::LowerPm),
    ("-070000", Part::Offset { z: false, style: Style::Seconds }),
    ("-07:00:00", Part::Offset { z: false, style: Style::ColonSeconds }),
    ("-0700", Part::Offset { z: false, style: Style::Plain }),
    ("-07:00", Part::Offset { z: false, style: Style::Colon }),
    ("-07", Part::Offset { z: false, style: Style::Short }),
    ("Z070000", Part::Offset { z: true, style: Style::Seconds }),
    ("Z07:00:00", Part::Offset { z: true, style: Style::ColonSeconds }),
    ("Z0700", Part::Offset { z: true, style: Style::Plain }),
    ("Z07:00", Part::Offset { z: true, style: Style::Colon }),
    ("Z07", Part::Offset { z: true, style: Style::Short }),
    ("Jan", Part::Month),
    ("Mon", Part::Weekday),
    (".0", Part::Fraction { digits: 0, trim: false, separator: b'.' }),
    (".9", Part::Fraction { digits: 0, trim: true, separator: b'.' }),
    (",0", Part::Fraction { digits: 0, trim: false, separator: b',' }),
    (",9", Part::Fraction { digits: 0, trim: true, separator: b',' }),
];

/// The first part of a layout: the text before it, the part, how it is written, and the rest.
pub fn next_part(layout: &[u8]) -> NextPart<'_> {
    for start in 0..layout.len() {
        let rest = bytes::from(layout, start);
        if let Some((part, length)) = part_at(rest) {
            let written = bytes::cut(rest, 0, length);
            let before = bytes::cut(layout, 0, start);
            return (before, Some((part, written)), bytes::from(rest, length));
        }
    }
    (layout, None, &[])
}

fn part_at(layout: &[u8]) -> Option<(Part, usize)> {
    if layout.starts_with(b"_2006") {
        return None; // An underscore, and then the year.
    }
    let (text, part) = PARTS.iter().find(|(text, part)| {
        layout.starts_with(text.as_bytes())
            && match part {
                Part::Month | Part::Weekday => !bytes::at(layout, 3).is_ascii_lowercase(),
                Part::Fraction { .. } => fraction_length(layout).is_some(),
                _ => true,
            }
    })?;
    if let Part::Fraction { trim, separator, .. } = part {
        let length = fraction_length(layout)?;
        let part = Part::Fraction { digits: length - 1, trim: *trim, separator: *separator };
        return Some((part, length));
    }
    Some((*part, text.len()))
}

/// The length of a separator and its equal digits, if no other digit follows.
fn fraction_length(layout: &[u8]) -> Option<usize> {
    let digit = bytes::at(layout, 1);
    let length = layout.iter().skip(1).take_while(|&&byte| byte == digit).count() + 1;
    (!bytes::at(layout, length).is_ascii_digit()).then_some(length)
}

/// Writes a time in a layout.
pub fn format(time: &Time, layout: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = layout;
    loop {
        let (before, part, after) = next_part(rest);
        out.extend_from_slice(before);
        let Some((part, _)) = part else { return out };
        out.extend_from_slice(write(time, part).as_bytes());
        rest = after;
    }
}

fn write(time: &Time, part: Part) -> String {
    let civil = time.civil();
    let hour12 = if civil.hour % 12 == 0 { 12 } else { civil.hour % 12 };
    let name = |names: &[&str], index: i64, length: usize| {
        let name = usize::try_from(index).ok().and_then(|index| names.get(index)).unwrap_or(&"");
        name.get(..length.min(name.len())).unwrap_or_default().to_owned()
    };
    match part {
        Part::LongYear if civil.year < 0 => format!("-{:04}", -civil.year),
        Part::LongYear => format!("{:04}", civil.year),
        Part::Year => format!("{:02}", civil.year.abs() % 100),
        Part::LongMonth => name(&MONTHS, civil.month - 1, 9),
        Part::Month => name(&MONTHS, civil.month - 1, 3),
        Part::NumMonth => civil.month.to_string(),
        Part::ZeroMonth => format!("{:02}", civil.month),
        Part::LongWeekday => name(&WEEKDAYS, time.weekday(), 9),
        Part::Weekday => name(&WEEKDAYS, time.weekday(), 3),
        Part::Day => civil.day.to_string(),
        Part::UnderDay => format!("{:2}", civil.day),
        Part::ZeroDay => format!("{:02}", civil.day),
        Part::UnderYearDay => format!("{:3}", time.year_day()),
        Part::ZeroYearDay => format!("{:03}", time.year_day()),
        Part::Hour => format!("{:02}", civil.hour),
        Part::Hour12 => hour12.to_string(),
        Part::ZeroHour12 => format!("{hour12:02}"),
        Part::Minute => civil.minute.to_string(),
        Part::ZeroMinute => format!("{:02}", civil.minute),
        Part::Second => civil.second.to_string(),
        Part::ZeroSecond => format!("{:02}", civil.second),
        Part::UpperPm => if civil.hour >= 12 { "PM" } else { "AM" }.to_owned(),
        Part::LowerPm => if civil.hour >= 12 { "pm" } else { "am" }.to_owned(),
        Part::ZoneName => {
            let (name, offset) = time.zone();
            // A zone without a name is written as an offset.
            if name.is_empty() { offset_text(offset, Style::Plain) } else { name }
        }
        Part::Offset { z, style } => match time.zone().1 {
            0 if z => "Z".to_owned(),
            offset => offset_text(offset, style),
        },
        Part::Fraction { digits, trim, separator } => {
            fraction_text(time.nanos, digits, trim, char::from(separator))
        }
    }
}

fn offset_text(offset: i64, style: Style) -> String {
    let sign = if offset / 60 < 0 { '-' } else { '+' };
    let minutes = (offset / 60).abs();
    let (hours, minutes, seconds) = (minutes / 60, minutes % 60, offset.abs() % 60);
    match style {
        Style::Short => format!("{sign}{hours:02}"),
        Style::Plain => format!("{sign}{hours:02}{minutes:02}"),
        Style::Colon => format!("{sign}{hours:02}:{minutes:02}"),
        Style::Seconds => format!("{sign}{hours:02}{minutes:02}{seconds:02}"),
        Style::ColonSeconds => format!("{sign}{hours:02}:{minutes:02}:{seconds:02}"),
    }
}

fn fraction_text(nanos: i64, digits: usize, trim: bool, separator: char) -> String {
    if trim && nanos == 0 {
        return String::new();
    }
    let text = format!("{nanos:09}");
    let text = text.get(..digits.min(9)).unwrap_or_default();
    if !trim {
        return format!("{separator}{text}");
    }
    let text = text.trim_end_matches('0');
    if text.is_empty() { String::new() } else { format!("{separator}{text}") }
}
