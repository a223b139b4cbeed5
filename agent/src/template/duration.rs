//! Go durations.
//!
//! # Source
//! Go 1.26, `time/time.go` and `time/format.go`.

use super::bytes;
use super::quote::{Charset, quote};

const UNITS: [(&str, u64); 8] = [
    ("ns", 1),
    ("us", 1_000),
    ("µs", 1_000),
    ("μs", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
];

/// A duration in nanoseconds as `1h2m3.5s`.
pub fn show(nanos: i64) -> String {
    let total = nanos.unsigned_abs();
    let sign = if nanos < 0 { "-" } else { "" };
    if total == 0 {
        return "0s".to_owned();
    }
    if total < 1_000_000_000 {
        let (unit, size, places) = match total {
            0..1_000 => ("ns", 1, 0),
            1_000..1_000_000 => ("µs", 1_000, 3),
            _ => ("ms", 1_000_000, 6),
        };
        return format!("{sign}{}{}{unit}", total / size, fraction(total % size, places));
    }
    let seconds = total / 1_000_000_000;
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
    let rest = format!("{}{}s", seconds % 60, fraction(total % 1_000_000_000, 9));
    match (hours, minutes) {
        (0, 0) => format!("{sign}{rest}"),
        (0, _) => format!("{sign}{minutes}m{rest}"),
        _ => format!("{sign}{hours}h{minutes}m{rest}"),
    }
}

fn fraction(value: u64, places: usize) -> String {
    if value == 0 {
        return String::new();
    }
    format!(".{value:0places$}").trim_end_matches('0').to_owned()
}

/// Reads `1h30m` as nanoseconds.
///
/// # Errors
/// In Go's words, when it is no duration.
pub fn parse(text: &[u8]) -> Result<i64, String> {
    let shown = || String::from_utf8_lossy(&quote(text, '"', Charset::Unicode)).into_owned();
    let invalid = || format!("time: invalid duration {}", shown());
    let (negative, mut rest) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    if rest == b"0" {
        return Ok(0);
    }
    if rest.is_empty() {
        return Err(invalid());
    }
    let mut total: u64 = 0;
    while !rest.is_empty() {
        let (nanos, tail) = match part(rest) {
            Ok(part) => part,
            Err(None) => return Err(invalid()),
            Err(Some(reason)) => return Err(format!("time: {reason} duration {}", shown())),
        };
        total = total.checked_add(nanos).filter(|&sum| sum <= 1 << 63).ok_or_else(invalid)?;
        rest = tail;
    }
    match (negative, i64::try_from(total)) {
        (true, Ok(total)) => Ok(-total),
        (true, Err(_)) => Ok(i64::MIN),
        (false, total) => total.map_err(|_| invalid()),
    }
}

/// One number with its unit.
fn part(text: &[u8]) -> Result<(u64, &[u8]), Option<String>> {
    let digits = |text: &[u8]| text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let whole_length = digits(text);
    let mut whole: u64 = 0;
    for &digit in bytes::cut(text, 0, whole_length) {
        let next = whole.checked_mul(10).and_then(|ten| ten.checked_add(u64::from(digit - b'0')));
        whole = next.filter(|&whole| whole <= 1 << 63).ok_or(None)?;
    }
    let mut rest = bytes::from(text, whole_length);
    let mut fraction: &[u8] = &[];
    if bytes::at(rest, 0) == b'.' {
        rest = bytes::from(rest, 1);
        let length = digits(rest);
        fraction = bytes::cut(rest, 0, length);
        rest = bytes::from(rest, length);
    }
    if whole_length == 0 && fraction.is_empty() {
        return Err(None);
    }
    let length = rest.iter().take_while(|&&byte| byte != b'.' && !byte.is_ascii_digit()).count();
    let unit = bytes::cut(rest, 0, length);
    if unit.is_empty() {
        return Err(Some("missing unit in".to_owned()));
    }
    let Some((_, size)) = UNITS.iter().find(|(name, _)| name.as_bytes() == unit) else {
        let unit = String::from_utf8_lossy(&quote(unit, '"', Charset::Unicode)).into_owned();
        return Err(Some(format!("unknown unit {unit} in")));
    };
    let nanos = whole.checked_mul(*size).filter(|&nanos| nanos <= 1 << 63).ok_or(None)?;
    let nanos = nanos + fraction_nanos(fraction, *size);
    Ok((nanos, bytes::from(rest, length)))
}

fn fraction_nanos(digits: &[u8], size: u64) -> u64 {
    let (mut value, mut scale) = (0_u64, 1.0_f64);
    for &digit in digits {
        if value > (i64::MAX.unsigned_abs()) / 10 {
            break;
        }
        value = value * 10 + u64::from(digit - b'0');
        scale *= 10.0;
    }
    let size = super::num::float_of_uint(size);
    let nanos = super::num::int_of_float(super::num::float_of_uint(value) * (size / scale));
    nanos.unsigned_abs()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn durations_are_written_as_go_writes_them() {
        for (nanos, text) in [
            (0, "0s"),
            (1, "1ns"),
            (1_500, "1.5µs"),
            (2_000_000, "2ms"),
            (61_000_000_000, "1m1s"),
            (3_600_000_000_000, "1h0m0s"),
            (-1_500_000_000, "-1.5s"),
            (i64::MIN, "-2562047h47m16.854775808s"),
        ] {
            assert_eq!(show(nanos), text);
        }
    }

    proptest! {
        #[test]
        fn what_is_written_parses_back(nanos in any::<i64>()) {
            prop_assert_eq!(parse(show(nanos).as_bytes()), Ok(nanos));
        }
    }
}
