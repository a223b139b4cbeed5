//! Time stamps as RFC 3339 writes them.

use std::{
    fmt,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use tracing_subscriber::fmt::{format::Writer, time::FormatTime};

const DAY: u64 = 24 * 60 * 60;

/// The current time in UTC, to the microsecond: `2026-03-01T12:00:00.000000Z`.
pub(super) struct Rfc3339;

impl FormatTime for Rfc3339 {
    fn format_time(&self, w: &mut Writer<'_>) -> fmt::Result {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        write(w, since)
    }
}

fn write(w: &mut impl fmt::Write, since_1970: Duration) -> fmt::Result {
    let seconds = since_1970.as_secs();
    let (year, month, day) = date(seconds / DAY);
    let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    let micros = since_1970.subsec_micros();
    write!(w, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{micros:06}Z")
}

/// Year, month and day of a day counted from 1970-01-01.
///
/// # Source
///
/// Howard Hinnant, `civil_from_days`, <https://howardhinnant.github.io/date_algorithms.html>.
fn date(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468; // since 0000-03-01
    let era = days / 146_097;
    let day_of_era = days % 146_097;
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    (year_of_era + era * 400 + u64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stamp(seconds: u64, micros: u32) -> String {
        let mut text = String::new();
        write(&mut text, Duration::new(seconds, micros * 1000)).unwrap();
        text
    }

    #[test]
    fn the_calendar_is_right() {
        // By `date -u -d @<seconds> +%FT%TZ`.
        assert_eq!(stamp(0, 0), "1970-01-01T00:00:00.000000Z");
        assert_eq!(stamp(951_827_696, 1), "2000-02-29T12:34:56.000001Z");
        assert_eq!(stamp(1_709_251_199, 999_999), "2024-02-29T23:59:59.999999Z");
        assert_eq!(stamp(4_107_542_400, 0), "2100-03-01T00:00:00.000000Z");
    }
}
