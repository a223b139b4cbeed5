//! Go's `time.Time`: a point in time with a location.
//!
//! The locations come from the system's time zone database, as in Go; without one every zone is
//! UTC. Unlike Go's, a time never carries a reading of the monotonic clock.

mod layout;
mod parse;

use std::fmt;
use std::sync::LazyLock;
use std::time::{SystemTime, UNIX_EPOCH};

use jiff::Timestamp;
use jiff::tz::TimeZone;

pub use parse::parse_in_local;

const DAY: i64 = 86_400;

/// Seconds from January 1 of the year 1, Go's zero time, to 1970.
const ZERO: i64 = -62_135_596_800;

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

const WEEKDAYS: [&str; 7] =
    ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/// A point in time, in a location.
#[derive(Debug, Clone, PartialEq)]
pub struct Time {
    /// Seconds since 1970.
    pub seconds: i64,
    /// Nanoseconds of the second.
    pub nanos: i64,
    zone: Zone,
}

/// A location.
#[derive(Debug, Clone, PartialEq)]
pub enum Zone {
    /// Universal time.
    Utc,
    /// The zone of this machine.
    Local,
    /// A zone of the database.
    Named(TimeZone),
    /// An offset in seconds, and its abbreviation if it has one.
    Fixed(String, i64),
}

/// A date and a time of day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Civil {
    /// The year.
    pub year: i64,
    /// The month, from 1; more than 12 runs into the next year.
    pub month: i64,
    /// The day, from 1; more than the month has runs into the next.
    pub day: i64,
    /// The hour.
    pub hour: i64,
    /// The minute.
    pub minute: i64,
    /// The second.
    pub second: i64,
}

impl Default for Time {
    fn default() -> Self {
        Self { seconds: ZERO, nanos: 0, zone: Zone::Utc }
    }
}

impl Zone {
    /// Finds a zone as `time.LoadLocation` does.
    pub fn load(name: &str) -> Option<Self> {
        match name {
            "" | "UTC" => Some(Self::Utc),
            "Local" => Some(Self::Local),
            _ if name.contains("..") || name.starts_with(['/', '\\']) => None,
            _ => TimeZone::get(name).ok().map(Self::Named),
        }
    }

    /// The abbreviation and the offset in seconds at a time.
    pub fn lookup(&self, seconds: i64) -> (String, i64) {
        static LOCAL: LazyLock<TimeZone> =
            LazyLock::new(|| TimeZone::try_system().unwrap_or(TimeZone::UTC));
        let zone = match self {
            Self::Utc => return ("UTC".to_owned(), 0),
            Self::Fixed(name, offset) => return (name.clone(), *offset),
            Self::Local => &*LOCAL,
            Self::Named(zone) => zone,
        };
        let limits = (Timestamp::MIN.as_second(), Timestamp::MAX.as_second());
        let time = Timestamp::from_second(seconds.clamp(limits.0, limits.1)).unwrap_or_default();
        let info = zone.to_offset_info(time);
        (info.abbreviation().to_owned(), i64::from(info.offset().seconds()))
    }
}

impl Time {
    /// The current time, in the zone of this machine.
    pub fn now() -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self {
            seconds: i64::try_from(since.as_secs()).unwrap_or(0),
            nanos: i64::from(since.subsec_nanos()),
            zone: Zone::Local,
        }
    }

    /// `time.Unix`, in the zone of this machine.
    pub fn unix(seconds: i64) -> Self {
        Self { seconds, nanos: 0, zone: Zone::Local }
    }

    /// The same time in another location.
    #[must_use]
    pub fn in_zone(&self, zone: Zone) -> Self {
        Self { zone, ..*self }
    }

    /// The time that a clock in `zone` shows as `civil`.
    pub fn from_civil(civil: Civil, nanos: i64, zone: Zone) -> Self {
        let days = days_from_civil(civil.year, civil.month, civil.day);
        let local = days
            .saturating_mul(DAY)
            .saturating_add(civil.hour * 3600 + civil.minute * 60 + civil.second);
        let (_, offset) = zone.lookup(local);
        let (_, offset) = zone.lookup(local.saturating_sub(offset));
        let time = Self { seconds: local.saturating_sub(offset), nanos: 0, zone };
        time.add(nanos)
    }

    /// Adds a duration in nanoseconds.
    #[must_use]
    pub fn add(&self, nanos: i64) -> Self {
        let total = self.nanos + nanos % 1_000_000_000;
        let carry = total.div_euclid(1_000_000_000);
        Self {
            seconds: self.seconds.saturating_add(nanos / 1_000_000_000).saturating_add(carry),
            nanos: total.rem_euclid(1_000_000_000),
            zone: self.zone.clone(),
        }
    }

    /// The nanoseconds since another time, as far as a duration reaches.
    pub fn since(&self, earlier: &Self) -> i64 {
        let seconds = i128::from(self.seconds) - i128::from(earlier.seconds);
        let nanos = seconds * 1_000_000_000 + i128::from(self.nanos - earlier.nanos);
        i64::try_from(nanos.clamp(i64::MIN.into(), i64::MAX.into())).unwrap_or(0)
    }

    /// The abbreviation and the offset in seconds of its location.
    pub fn zone(&self) -> (String, i64) {
        self.zone.lookup(self.seconds)
    }

    /// What a clock in its location shows.
    pub fn civil(&self) -> Civil {
        let local = self.seconds.saturating_add(self.zone().1);
        let (year, month, day) = civil_from_days(local.div_euclid(DAY));
        let rest = local.rem_euclid(DAY);
        Civil { year, month, day, hour: rest / 3600, minute: rest / 60 % 60, second: rest % 60 }
    }

    /// The day of the week, 0 for Sunday.
    pub fn weekday(&self) -> i64 {
        let local = self.seconds.saturating_add(self.zone().1);
        (local.div_euclid(DAY) + 4).rem_euclid(7)
    }

    /// The day of the year, from 1.
    pub fn year_day(&self) -> i64 {
        let civil = self.civil();
        days_from_civil(civil.year, civil.month, civil.day) - days_from_civil(civil.year, 1, 1) + 1
    }

    /// Adds years, months and days as `AddDate` does: February 30 is in March.
    #[must_use]
    pub fn add_date(&self, years: i64, months: i64, days: i64) -> Self {
        let civil = self.civil();
        let civil = Civil {
            year: civil.year.saturating_add(years),
            month: civil.month.saturating_add(months),
            day: civil.day.saturating_add(days),
            ..civil
        };
        Self::from_civil(civil, self.nanos, self.zone.clone())
    }

    /// Tells whether this is Go's zero time.
    pub fn is_zero(&self) -> bool {
        self.seconds == ZERO && self.nanos == 0
    }

    /// The time in one of Go's layouts.
    pub fn format(&self, layout: &[u8]) -> Vec<u8> {
        layout::format(self, layout)
    }

    /// The time as `%#v` prints it.
    pub fn go_string(&self) -> String {
        let civil = self.civil();
        let month = month_name(civil.month);
        let zone = match &self.zone {
            Zone::Utc => "time.UTC".to_owned(),
            Zone::Local => "time.Local".to_owned(),
            Zone::Named(zone) => {
                format!("time.Location({:?})", zone.iana_name().unwrap_or_default())
            }
            Zone::Fixed(name, _) => format!("time.Location({name:?})"),
        };
        format!(
            "time.Date({}, time.{month}, {}, {}, {}, {}, {}, {zone})",
            civil.year, civil.day, civil.hour, civil.minute, civil.second, self.nanos
        )
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.format(b"2006-01-02 15:04:05.999999999 -0700 MST");
        f.write_str(&String::from_utf8_lossy(&text))
    }
}

/// The name of a month from 1.
pub fn month_name(month: i64) -> String {
    let name = usize::try_from(month - 1).ok().and_then(|index| MONTHS.get(index));
    name.map_or_else(|| format!("%!Month({month})"), |name| (*name).to_owned())
}

/// The name of a day of the week, 0 for Sunday.
pub fn weekday_name(day: i64) -> String {
    let name = usize::try_from(day).ok().and_then(|index| WEEKDAYS.get(index));
    name.map_or_else(|| format!("%!Weekday({day})"), |name| (*name).to_owned())
}

/// The number of days in a month from 1 to 12.
fn days_in(month: i64, year: i64) -> i64 {
    days_from_civil(year, month + 1, 1) - days_from_civil(year, month, 1)
}

/// Days since 1970; months and days may be out of range.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    const LIMIT: i64 = 300_000_000;
    let year = year.clamp(-LIMIT, LIMIT) + (month.clamp(-LIMIT, LIMIT) - 1).div_euclid(12);
    let month = (month - 1).rem_euclid(12) + 1;
    let shifted = if month <= 2 { year - 1 } else { year };
    let era = shifted.div_euclid(400);
    let year_of_era = shifted.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    (era * 146_097 + day_of_era - 719_468).saturating_add(day - 1)
}

fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_index = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_index + 2) / 5 + 1;
    let month = if month_index < 10 { month_index + 3 } else { month_index - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_zero_time_is_in_the_year_one() {
        assert_eq!(Time::default().to_string(), "0001-01-01 00:00:00 +0000 UTC");
    }

    proptest! {
        #[test]
        fn a_date_comes_back(days in -1_000_000_i64..1_000_000) {
            let (year, month, day) = civil_from_days(days);
            prop_assert_eq!(days_from_civil(year, month, day), days);
            prop_assert!(day <= days_in(month, year));
        }
    }
}
