//! The name of a chain.

use std::{fmt, str::FromStr};

use thiserror::Error;

/// The longest chain-id, in bytes: `MaxChainIDLen`, cometbft v0.38.19, types/genesis.go:20.
const MAX_LENGTH: usize = 50;

/// The name that a chain signs its blocks and transactions with, such as `gwc` or `fdsc-1`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChainId(String);

/// Why a text is not a chain-id.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum ChainIdError {
    /// It is too short or too long.
    #[error("chain-id `{text}` has {length} bytes, not 1 to 50")]
    Length {
        /// The text.
        text: String,
        /// How many bytes it has.
        length: usize,
    },
    /// It has a character that logs, shells and file names stumble over.
    #[error("chain-id {0:?} has white space or a control character")]
    Character(String),
    /// Its number is one that IBC cannot hold: the chain's own code panics on it.
    #[error("the number at the end of chain-id `{0}` is above 2^64 - 1")]
    Revision(String),
}

impl ChainId {
    /// The chain-id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The revision that IBC heights of this chain have: the number after the last hyphen, or 0.
    ///
    /// # Source
    ///
    /// `ParseChainID` and `IsRevisionFormat` (`^.*[^\n-]-{1}[1-9][0-9]*$`), ibc-go v10.4.0,
    /// modules/core/02-client/types/height.go:23: `fdsc-0` and `fdsc--1` have revision 0.
    pub fn revision(&self) -> u64 {
        revision_digits(&self.0).and_then(|digits| digits.parse().ok()).unwrap_or(0)
    }
}

impl FromStr for ChainId {
    type Err = ChainIdError;

    fn from_str(text: &str) -> Result<Self, ChainIdError> {
        if !(1..=MAX_LENGTH).contains(&text.len()) {
            return Err(ChainIdError::Length { text: text.to_owned(), length: text.len() });
        }
        if text.contains(|c: char| c.is_whitespace() || c.is_control()) {
            return Err(ChainIdError::Character(text.to_owned()));
        }
        if revision_digits(text).is_some_and(|digits| digits.parse::<u64>().is_err()) {
            return Err(ChainIdError::Revision(text.to_owned()));
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for ChainId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The digits behind the last hyphen, if the chain-id is in revision format.
fn revision_digits(text: &str) -> Option<&str> {
    let (name, digits) = text.rsplit_once('-')?;
    let is_number = !digits.is_empty()
        && !digits.starts_with('0')
        && digits.bytes().all(|b| b.is_ascii_digit());
    (is_number && !name.is_empty() && !name.ends_with('-')).then_some(digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_revision_is_that_of_ibc() {
        for (text, revision) in [
            ("gwc", 0),
            ("fdsc-1", 1),
            ("fdsc-2", 2),
            ("fdsc-0", 0),
            ("fdsc-01", 0),
            ("fdsc--1", 0),
            ("-1", 0),
            ("a-b-12", 12),
            ("a-1b", 0),
            ("a-", 0),
            ("cosmoshub-18446744073709551615", u64::MAX),
        ] {
            assert_eq!(text.parse::<ChainId>().unwrap().revision(), revision, "{text}");
        }
    }

    #[test]
    fn what_is_no_chain_id_is_refused() {
        let error = |text: &str| text.parse::<ChainId>().unwrap_err();
        assert!(matches!(error(""), ChainIdError::Length { length: 0, .. }));
        assert!(matches!(error(&"a".repeat(51)), ChainIdError::Length { length: 51, .. }));
        assert!(matches!(error("a b"), ChainIdError::Character(_)));
        assert!(matches!(error("gwc\n"), ChainIdError::Character(_)));
        assert!(matches!(error("a-18446744073709551616"), ChainIdError::Revision(_)));
        assert!("a".repeat(50).parse::<ChainId>().is_ok());
    }
}
