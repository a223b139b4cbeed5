//! Durations as Go writes them: `1s`, `1m30s`, `500ms`.

use std::time::Duration;

use thiserror::Error;

/// Why a text is not a duration.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("is not a duration; write it like `500ms`, `1s` or `1m30s`")]
pub struct DurationError;

/// Reads a duration of one or more numbers with units.
///
/// # Units
///
/// `ns`, `us` (or `µs`), `ms`, `s`, `m`, `h`; a bare `0` is zero. Negative ones are refused.
///
/// # Errors
///
/// [`DurationError`] for anything else.
///
/// # Source
///
/// Go's `time.ParseDuration`.
pub fn parse(text: &str) -> Result<Duration, DurationError> {
    if text == "0" {
        return Ok(Duration::ZERO);
    }
    let mut rest = text.strip_prefix('+').unwrap_or(text);
    if rest.is_empty() {
        return Err(DurationError);
    }
    let mut total = Duration::ZERO;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').ok_or(DurationError)?;
        let (number, tail) = rest.split_at(digits);
        let letters = tail.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(letters);
        let number: f64 = number.parse().map_err(|_| DurationError)?;
        let part = Duration::try_from_secs_f64(number * seconds(unit)?);
        total = total.checked_add(part.map_err(|_| DurationError)?).ok_or(DurationError)?;
        rest = tail;
    }
    Ok(total)
}

/// Writes a duration so that [`parse`] and Go read it back, in the largest unit that needs no
/// fraction: `90s`, `1500ms`.
pub fn format(duration: Duration) -> String {
    let nanos = duration.as_nanos();
    for (unit, size) in [("s", 1_000_000_000), ("ms", 1_000_000), ("us", 1_000)] {
        if nanos.is_multiple_of(size) {
            return format!("{}{unit}", nanos / size);
        }
    }
    format!("{nanos}ns")
}

fn seconds(unit: &str) -> Result<f64, DurationError> {
    match unit {
        "ns" => Ok(1e-9),
        "us" | "µs" | "μs" => Ok(1e-6),
        "ms" => Ok(1e-3),
        "s" => Ok(1.0),
        "m" => Ok(60.0),
        "h" => Ok(3600.0),
        _ => Err(DurationError),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn durations_are_read_as_go_reads_them() {
        assert_eq!(parse("1m30s"), Ok(Duration::from_secs(90)));
        assert_eq!(parse("1.5s"), Ok(Duration::from_millis(1500)));
        assert_eq!(parse("0"), Ok(Duration::ZERO));
        for wrong in ["", "5", "s", "-1s", "1d", "1s2", "1..5s", "99999999999999999999h"] {
            assert_eq!(parse(wrong), Err(DurationError), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(millis in 0..10_000_000_u64) {
            let duration = Duration::from_millis(millis);
            prop_assert_eq!(parse(&format(duration)), Ok(duration));
        }

        #[test]
        fn no_text_panics(text in ".*") {
            let _ = parse(&text);
        }
    }
}
