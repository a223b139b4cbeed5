//! The path from a seed to one of its keys.

use std::{fmt, str::FromStr};

use thiserror::Error;

/// Marks a hardened index (BIP-32).
const HARDENED: u32 = 1 << 31;

/// The number of steps that BIP-32 allows: the depth is one byte.
const MAX_DEPTH: usize = u8::MAX as usize;

/// A derivation path such as `m/44'/118'/0'/0/0`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct HdPath(Vec<u32>);

/// Why a text is not an HD path.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum HdPathError {
    /// It does not begin at the root.
    #[error("HD path `{0}` does not begin with `m/`")]
    NoRoot(String),
    /// A step is not a number below 2^31, with or without an apostrophe.
    #[error("step {step} of HD path `{path}` is not 0 to 2147483647, with `'` if hardened")]
    Step {
        /// Which step, counted from 1.
        step: usize,
        /// The whole path.
        path: String,
    },
    /// It has more steps than a key has bits for.
    #[error("HD path has {0} steps, more than 255")]
    TooDeep(usize),
}

impl HdPath {
    /// The path of account key `index` of a chain, `m/44'/<coin_type>'/0'/0/<index>`; Cosmos
    /// chains have coin type 118 unless they say otherwise.
    ///
    /// # Errors
    ///
    /// [`HdPathError::Step`] for a number of 2^31 or more.
    pub fn account(coin_type: u32, index: u32) -> Result<Self, HdPathError> {
        format!("m/44'/{coin_type}'/0'/0/{index}").parse()
    }

    /// The indices from the root, with bit 31 set where hardened.
    pub fn indices(&self) -> impl Iterator<Item = u32> + '_ {
        self.0.iter().copied()
    }
}

impl FromStr for HdPath {
    type Err = HdPathError;

    /// Reads a path as the SDK does, which knows `'` but not `h` or `H`; the root must be written.
    ///
    /// # Source
    ///
    /// `DerivePrivateKeyForPath`, cosmos-sdk v0.53.4, crypto/hd/hdpath.go:168.
    fn from_str(text: &str) -> Result<Self, HdPathError> {
        let steps = text.strip_prefix("m/").ok_or_else(|| HdPathError::NoRoot(text.to_owned()))?;
        let indices = (1..)
            .zip(steps.split('/'))
            .map(|(number, step)| {
                index(step).ok_or_else(|| HdPathError::Step { step: number, path: text.to_owned() })
            })
            .collect::<Result<Vec<_>, _>>()?;
        if indices.len() > MAX_DEPTH {
            return Err(HdPathError::TooDeep(indices.len()));
        }
        Ok(Self(indices))
    }
}

impl fmt::Display for HdPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("m")?;
        for index in self.indices() {
            let apostrophe = if index & HARDENED == 0 { "" } else { "'" };
            write!(f, "/{}{apostrophe}", index & !HARDENED)?;
        }
        Ok(())
    }
}

/// One step of a path, with bit 31 set if it is hardened.
fn index(step: &str) -> Option<u32> {
    let (digits, flag) = match step.strip_suffix('\'') {
        Some(digits) => (digits, HARDENED),
        None => (step, 0),
    };
    // `parse` alone would take a sign.
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    digits.parse::<u32>().ok().filter(|index| *index < HARDENED).map(|index| index | flag)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_account_path_is_written_as_the_sdk_writes_it() {
        assert_eq!(HdPath::account(118, 2).unwrap().to_string(), "m/44'/118'/0'/0/2");
        assert!(HdPath::account(118, HARDENED).is_err());
    }

    #[test]
    fn a_path_without_its_root_is_refused() {
        for text in ["", "m", "44'/118'/0'/0/0", "/44'", "M/44'"] {
            let error = text.parse::<HdPath>().unwrap_err();
            assert_eq!(error, HdPathError::NoRoot(text.to_owned()));
        }
    }

    #[test]
    fn a_step_that_is_no_index_is_named() {
        for step in ["", "'", "0h", "0H", "0''", "+1", "-1", "x", "2147483648", "99999999999", " 1"]
        {
            let path = format!("m/44'/{step}/0");
            assert_eq!(path.parse::<HdPath>(), Err(HdPathError::Step { step: 2, path }));
        }
    }

    #[test]
    fn a_path_has_at_most_255_steps() {
        let path = |steps: usize| format!("m{}", "/0".repeat(steps)).parse::<HdPath>();
        assert!(path(255).is_ok());
        assert_eq!(path(256), Err(HdPathError::TooDeep(256)));
    }

    proptest! {
        #[test]
        fn what_is_printed_parses_back(indices in prop::collection::vec(any::<u32>(), 1..9)) {
            let path = HdPath(indices);
            prop_assert_eq!(path.to_string().parse(), Ok(path));
        }
    }
}
