//! Amounts of a denom.

use std::{collections::BTreeMap, fmt, str::FromStr};

use thiserror::Error;

/// The name of a coin, such as `uatom` or `ibc/27394FB0…`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Denom(String);

/// An amount of one denom, such as `1000000uatom`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Coin {
    /// How many. The SDK counts in 256 bits; this project in 128, which is an amount of 3.4e38,
    /// and says so where that is not enough.
    pub amount: u128,
    /// Of what.
    pub denom: Denom,
}

/// A set of coins as the SDK wants it: sorted by denom, each denom once, no zero amounts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coins(BTreeMap<Denom, u128>);

/// Why a text is not a coin, or why coins have no sum.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum CoinError {
    /// The denom is one that the SDK refuses.
    #[error(
        "`{0}` is not a denom: a letter, then 2 to 127 letters, digits, `/`, `:`, `.`, `_` or `-`"
    )]
    Denom(String),
    /// The amount is missing.
    #[error("coin `{0}` does not begin with an amount, as `1000uatom` does")]
    NoAmount(String),
    /// The amount has a fraction, which the SDK would cut off without a word.
    #[error("the amount of coin `{0}` is not a whole number")]
    Fraction(String),
    /// The amount does not fit.
    #[error("amount `{0}` is above 2^128 - 1, the most that is supported here")]
    TooLarge(String),
    /// A sum does not fit.
    #[error("the sum of `{0}` is above 2^128 - 1, the most that is supported here")]
    Overflow(Denom),
}

impl Denom {
    /// The denom as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Denom {
    type Err = CoinError;

    /// Reads a denom.
    ///
    /// # Source
    ///
    /// `reDnmString`, cosmos-sdk v0.53.4, types/coin.go:846. Chains can set another expression;
    /// none is known that allows more.
    fn from_str(text: &str) -> Result<Self, CoinError> {
        let tail_ok = |byte: u8| byte.is_ascii_alphanumeric() || b"/:._-".contains(&byte);
        let is_denom = match text.as_bytes() {
            [first, tail @ ..] => {
                first.is_ascii_alphabetic()
                    && (2..=127).contains(&tail.len())
                    && tail.iter().copied().all(tail_ok)
            }
            [] => false,
        };
        if is_denom { Ok(Self(text.to_owned())) } else { Err(CoinError::Denom(text.to_owned())) }
    }
}

impl fmt::Display for Denom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Coin {
    type Err = CoinError;

    /// Reads a coin as the SDK does, with white space allowed around and before the denom, but
    /// refuses fractions, which the SDK cuts off.
    ///
    /// # Source
    ///
    /// `ParseCoinNormalized`, cosmos-sdk v0.53.4, types/coin.go:885.
    fn from_str(text: &str) -> Result<Self, CoinError> {
        let text = text.trim_matches(|c: char| c.is_ascii_whitespace());
        let (amount, denom) = text.split_at(text.bytes().take_while(u8::is_ascii_digit).count());
        if denom.starts_with('.') {
            return Err(CoinError::Fraction(text.to_owned()));
        }
        if amount.is_empty() {
            return Err(CoinError::NoAmount(text.to_owned()));
        }
        let amount = parse_amount(amount)?;
        Ok(Self {
            amount,
            denom: denom.trim_start_matches(|c: char| c.is_ascii_whitespace()).parse()?,
        })
    }
}

impl fmt::Display for Coin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.amount, self.denom)
    }
}

impl Coins {
    /// Adds a coin to what there is of its denom.
    ///
    /// # Errors
    ///
    /// [`CoinError::Overflow`] if the sum is above 128 bits; nothing is added then.
    pub fn add(&mut self, coin: &Coin) -> Result<(), CoinError> {
        if coin.amount == 0 {
            return Ok(());
        }
        let sum = self
            .amount_of(&coin.denom)
            .checked_add(coin.amount)
            .ok_or_else(|| CoinError::Overflow(coin.denom.clone()))?;
        self.0.insert(coin.denom.clone(), sum);
        Ok(())
    }

    /// How much there is of a denom.
    pub fn amount_of(&self, denom: &Denom) -> u128 {
        self.0.get(denom).copied().unwrap_or(0)
    }

    /// The coins, sorted by denom.
    pub fn iter(&self) -> impl Iterator<Item = Coin> + '_ {
        self.0.iter().map(|(denom, amount)| Coin { amount: *amount, denom: denom.clone() })
    }

    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Sums up coins of any order.
    ///
    /// # Errors
    ///
    /// [`CoinError::Overflow`] if a sum is above 128 bits.
    pub fn sum<'a>(coins: impl IntoIterator<Item = &'a Coin>) -> Result<Self, CoinError> {
        let mut sum = Self::default();
        for coin in coins {
            sum.add(coin)?;
        }
        Ok(sum)
    }
}

impl From<Coin> for Coins {
    fn from(coin: Coin) -> Self {
        let mut coins = BTreeMap::from([(coin.denom, coin.amount)]);
        coins.retain(|_, amount| *amount > 0);
        Self(coins)
    }
}

impl FromStr for Coins {
    type Err = CoinError;

    /// Reads coins with commas between, in any order; an empty text has none.
    fn from_str(text: &str) -> Result<Self, CoinError> {
        if text.trim().is_empty() {
            return Ok(Self::default());
        }
        let coins = text.split(',').map(str::parse).collect::<Result<Vec<_>, _>>()?;
        Self::sum(&coins)
    }
}

impl fmt::Display for Coins {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, coin) in self.iter().enumerate() {
            let comma = if number == 0 { "" } else { "," };
            write!(f, "{comma}{coin}")?;
        }
        Ok(())
    }
}

/// Reads the digits of an amount.
///
/// # Errors
///
/// [`CoinError::NoAmount`] if they are not digits, [`CoinError::TooLarge`] above 128 bits.
pub(crate) fn parse_amount(digits: &str) -> Result<u128, CoinError> {
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(CoinError::NoAmount(digits.to_owned()));
    }
    digits.parse().map_err(|_| CoinError::TooLarge(digits.to_owned()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn coin(text: &str) -> Coin {
        text.parse().unwrap()
    }

    #[test]
    fn a_coin_is_read_as_the_sdk_reads_it() {
        assert_eq!(coin("1000000000000uatom").amount, 1_000_000_000_000);
        assert_eq!(coin(" 10 uatom ").to_string(), "10uatom");
        assert_eq!(coin("007ibc/27394FB0-x.y_z:1").to_string(), "7ibc/27394FB0-x.y_z:1");
    }

    #[test]
    fn what_is_no_coin_is_refused() {
        let error = |text: &str| text.parse::<Coin>().unwrap_err();
        assert!(matches!(error("uatom"), CoinError::NoAmount(_)));
        assert!(matches!(error(""), CoinError::NoAmount(_)));
        assert!(matches!(error("-5uatom"), CoinError::NoAmount(_)));
        assert!(matches!(error("1.5uatom"), CoinError::Fraction(_)));
        assert!(matches!(error("5"), CoinError::Denom(_)));
        assert!(matches!(error("5ua"), CoinError::Denom(_)));
        assert!(matches!(error("5ua tom"), CoinError::Denom(_)));
        assert!(matches!(error("5uatöm"), CoinError::Denom(_)));
        assert_eq!(coin(&format!("{}uatom", u128::MAX)).amount, u128::MAX);
        let above = "340282366920938463463374607431768211456uatom";
        assert_eq!(
            error(above).to_string(),
            format!(
                "amount `{}` is above 2^128 - 1, the most that is supported here",
                &above[..39]
            )
        );
    }

    #[test]
    fn a_denom_has_3_to_128_characters() {
        assert!("ab".parse::<Denom>().is_err());
        assert!("abc".parse::<Denom>().is_ok());
        assert!("a".repeat(128).parse::<Denom>().is_ok());
        assert!("a".repeat(129).parse::<Denom>().is_err());
        assert!("1ab".parse::<Denom>().is_err());
    }

    #[test]
    fn coins_are_sorted_merged_and_without_zeros() {
        let coins: Coins = "2uosmo,1uatom, 3uosmo,0ujuno".parse().unwrap();
        assert_eq!(coins.to_string(), "1uatom,5uosmo");
        assert!("".parse::<Coins>().unwrap().is_empty());
        assert!(Coins::from(coin("0uatom")).is_empty());
    }

    #[test]
    fn a_sum_that_does_not_fit_changes_nothing() {
        let most = Coin { amount: u128::MAX, denom: "uatom".parse().unwrap() };
        let mut coins = Coins::from(most.clone());
        assert_eq!(coins.add(&coin("1uatom")), Err(CoinError::Overflow(most.denom.clone())));
        assert_eq!(coins, Coins::from(most));
    }

    proptest! {
        #[test]
        fn what_is_printed_parses_back(amount in any::<u128>(), denom in "[a-zA-Z][a-zA-Z0-9/:._-]{2,127}") {
            let coin = Coin { amount, denom: denom.parse().unwrap() };
            prop_assert_eq!(coin.to_string().parse(), Ok(coin));
        }

        #[test]
        fn the_order_of_a_sum_does_not_matter(
            amounts in prop::collection::vec((0..1000_u128, "[a-c]{3}"), 0..20),
        ) {
            let mut coins: Vec<_> = amounts
                .iter()
                .map(|(amount, denom)| Coin { amount: *amount, denom: denom.parse().unwrap() })
                .collect();
            let sum = Coins::sum(&coins).unwrap();
            coins.reverse();
            prop_assert_eq!(&Coins::sum(&coins).unwrap(), &sum);
            prop_assert_eq!(sum.to_string().parse(), Ok(sum));
        }
    }
}
