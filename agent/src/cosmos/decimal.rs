//! Fractions as the SDK counts them.

use std::{fmt, str::FromStr};

use thiserror::Error;

/// The number of digits behind the point (cosmossdk.io/math v1.5.3, dec.go: `LegacyPrecision`).
const DIGITS: usize = 18;

/// One, in units of the last digit.
const ONE: u128 = 10_u128.pow(18);

/// A decimal fraction that is not negative, with 18 digits behind the point.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Decimal(u128);

/// Why a text is not a decimal fraction.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("`{0}` is not a decimal fraction such as `0.05`, with at most 18 digits behind the point")]
pub struct DecimalError(String);

impl Decimal {
    /// One.
    pub const ONE: Self = Self(ONE);

    /// Makes a fraction of so many hundredths.
    pub const fn percent(hundredths: u8) -> Self {
        Self(hundredths as u128 * (ONE / 100))
    }

    /// The fraction in units of 10^-18, which is what protobuf messages hold, as text.
    pub fn atomics(self) -> u128 {
        self.0
    }
}

impl FromStr for Decimal {
    type Err = DecimalError;

    fn from_str(text: &str) -> Result<Self, DecimalError> {
        let error = || DecimalError(text.to_owned());
        let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
        let is_number =
            |digits: &str| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        if !is_number(whole) || !is_number(fraction) || fraction.len() > DIGITS {
            return Err(error());
        }
        let whole: u128 = whole.parse().map_err(|_| error())?;
        let fraction: u128 = format!("{fraction:0<DIGITS$}").parse().map_err(|_| error())?;
        let atomics = whole.checked_mul(ONE).and_then(|whole| whole.checked_add(fraction));
        atomics.map(Self).ok_or_else(error)
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:0DIGITS$}", self.0 / ONE, self.0 % ONE)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_fraction_is_printed_with_18_digits() {
        for (text, printed, atomics) in [
            ("0.1", "0.100000000000000000", 100_000_000_000_000_000),
            ("0.01", "0.010000000000000000", 10_000_000_000_000_000),
            ("1", "1.000000000000000000", ONE),
            ("0", "0.000000000000000000", 0),
            ("0.000000000000000001", "0.000000000000000001", 1),
        ] {
            let decimal: Decimal = text.parse().unwrap();
            assert_eq!((decimal.to_string().as_str(), decimal.atomics()), (printed, atomics));
        }
        assert_eq!("0.2".parse(), Ok(Decimal::percent(20)));
    }

    #[test]
    fn what_is_no_fraction_is_refused() {
        for text in ["", ".", ".5", "5.", "-1", "+1", "1e3", "0.0000000000000000001", "a", "1.2.3"]
        {
            assert!(text.parse::<Decimal>().is_err(), "{text}");
        }
        assert!(u128::MAX.to_string().parse::<Decimal>().is_err());
    }

    proptest! {
        #[test]
        fn what_is_printed_parses_back(atomics in any::<u128>()) {
            prop_assert_eq!(Decimal(atomics).to_string().parse(), Ok(Decimal(atomics)));
        }
    }
}
