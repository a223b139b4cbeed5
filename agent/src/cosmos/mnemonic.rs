//! The BIP-39 mnemonic that a chain's keys come from.

use std::fmt;

use bip39::Language;
use rustix::io::Errno;
use sha2::{Digest, Sha256};
use thiserror::Error;
use zeroize::Zeroizing;

use crate::random;

/// A valid English mnemonic; wiped from memory when dropped, and never printed.
#[derive(Clone)]
pub struct Mnemonic(bip39::Mnemonic);

/// What a text lacks to be a mnemonic. No variant tells a word of it.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum MnemonicError {
    /// There is no word at all: a file that is mounted but not filled yet, for instance.
    #[error("the mnemonic is empty")]
    Empty,
    /// The number of words is none of BIP-39.
    #[error("the mnemonic has {found} words, not 12, 15, 18, 21 or 24")]
    WordCount {
        /// How many words there are.
        found: usize,
    },
    /// A word is not in the list.
    #[error("word {position} is not in the BIP-39 English list")]
    UnknownWord {
        /// Which word, counted from 1.
        position: usize,
    },
    /// All words are known, but they are not the ones that were written down.
    #[error("the checksum of the mnemonic is wrong: a word is mistaken or out of order")]
    Checksum,
    /// The operating system gave no random bytes.
    #[error("no random bytes for a new mnemonic")]
    Random(#[from] Errno),
}

/// The 64 bytes that all keys of a mnemonic are derived from; wiped when dropped, never printed.
#[derive(Clone)]
pub struct Seed(Zeroizing<[u8; 64]>);

impl Mnemonic {
    /// Reads a mnemonic as people write it into files: any white space between and around the
    /// words, upper case, a byte order mark.
    ///
    /// # Errors
    ///
    /// [`MnemonicError`] says what is wrong by position, never by word.
    pub fn parse(text: &str) -> Result<Self, MnemonicError> {
        let mut lower = Zeroizing::new(String::with_capacity(text.len()));
        lower.extend(text.trim_start_matches('\u{feff}').chars().map(|c| c.to_ascii_lowercase()));
        if lower.trim().is_empty() {
            return Err(MnemonicError::Empty);
        }
        bip39::Mnemonic::parse_in_normalized(Language::English, &lower).map(Self).map_err(|error| {
            match error {
                bip39::Error::UnknownWord(index) => {
                    MnemonicError::UnknownWord { position: index + 1 }
                }
                bip39::Error::BadWordCount(found) => MnemonicError::WordCount { found },
                _ => MnemonicError::Checksum,
            }
        })
    }

    /// Makes a new mnemonic of `words` words from the operating system's randomness.
    ///
    /// # Errors
    ///
    /// [`MnemonicError::WordCount`] for a number that BIP-39 does not know, and
    /// [`MnemonicError::Random`].
    pub fn generate(words: usize) -> Result<Self, MnemonicError> {
        let unknown = MnemonicError::WordCount { found: words };
        if !words.is_multiple_of(3) {
            return Err(unknown);
        }
        // Three words carry 32 bits of entropy and one of checksum.
        let mut entropy = Zeroizing::new(vec![0; words / 3 * 4]);
        random::fill(&mut entropy)?;
        bip39::Mnemonic::from_entropy(&entropy).map(Self).map_err(|_| unknown)
    }

    /// The words in lower case, with one space between.
    pub fn phrase(&self) -> Zeroizing<String> {
        let mut phrase = Zeroizing::new(String::with_capacity(24 * 9));
        for word in self.0.words() {
            if !phrase.is_empty() {
                phrase.push(' ');
            }
            phrase.push_str(word);
        }
        phrase
    }

    /// Derives the seed without a passphrase, as the SDK's keyring does; takes milliseconds, so
    /// derive several keys from one seed.
    ///
    /// # Source
    ///
    /// BIP-39, "From mnemonic to seed"; cosmos-sdk v0.53.4, crypto/hd/algo.go:47.
    pub fn seed(&self) -> Seed {
        Seed(Zeroizing::new(self.0.to_seed_normalized("")))
    }

    /// The ed25519 seed of the consensus key that `init --recover` makes of this mnemonic.
    ///
    /// # Source
    ///
    /// cosmos-sdk v0.53.4, x/genutil/utils.go:78, and `GenPrivKeyFromSecret` in
    /// cometbft v0.38.19, crypto/ed25519/ed25519.go:142.
    pub fn consensus_seed(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(Sha256::digest(self.phrase().as_bytes()).into())
    }
}

impl fmt::Debug for Mnemonic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Mnemonic(..)")
    }
}

impl Seed {
    /// The bytes, for the derivation of keys.
    pub fn as_bytes(&self) -> &[u8; 64] {
        &self.0
    }
}

impl fmt::Debug for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seed(..)")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::cosmos::testdata::{self, MNEMONIC};

    #[test]
    fn the_seed_is_the_golden_one() {
        let seed = testdata::mnemonic().seed();
        assert_eq!(base16ct::lower::encode_string(seed.as_bytes()), testdata::text("/seed_hex"));
    }

    #[test]
    fn a_mnemonic_is_read_as_people_write_it() {
        let words: Vec<_> = MNEMONIC.split(' ').collect();
        for text in [
            format!("{MNEMONIC}\n"),
            format!("\u{feff}{MNEMONIC}\r\n"),
            words.join("\r\n"),
            words.join("\t"),
            format!("  {}  \n\n", words.join("  ")),
            MNEMONIC.to_uppercase(),
        ] {
            assert_eq!(*Mnemonic::parse(&text).unwrap().phrase(), MNEMONIC, "{text:?}");
        }
    }

    #[test]
    fn an_error_tells_the_position_and_not_the_word() {
        let wrong = MNEMONIC.replacen("about", "secretword", 1);
        let error = Mnemonic::parse(&wrong).unwrap_err();
        assert_eq!(error, MnemonicError::UnknownWord { position: 12 });
        assert_eq!(error.to_string(), "word 12 is not in the BIP-39 English list");
    }

    #[test]
    fn too_few_words_are_counted() {
        let error = Mnemonic::parse("abandon about").unwrap_err();
        assert_eq!(error.to_string(), "the mnemonic has 2 words, not 12, 15, 18, 21 or 24");
        assert_eq!(Mnemonic::parse(" \r\n").unwrap_err(), MnemonicError::Empty);
        assert_eq!(Mnemonic::parse("\u{feff}").unwrap_err(), MnemonicError::Empty);
    }

    #[test]
    fn a_wrong_checksum_is_found() {
        let wrong = MNEMONIC.replacen("about", "abandon", 1);
        assert_eq!(Mnemonic::parse(&wrong).unwrap_err(), MnemonicError::Checksum);
    }

    #[test]
    fn debug_shows_no_word() {
        let mnemonic = testdata::mnemonic();
        assert_eq!(format!("{mnemonic:?} {:?}", mnemonic.seed()), "Mnemonic(..) Seed(..)");
    }

    #[test]
    fn a_number_of_words_that_is_none_is_refused() {
        for found in [0, 9, 13, 27] {
            assert_eq!(Mnemonic::generate(found).unwrap_err(), MnemonicError::WordCount { found });
        }
    }

    #[test]
    fn two_new_mnemonics_differ() {
        let new = || Mnemonic::generate(24).unwrap().phrase();
        assert_ne!(new(), new());
    }

    proptest! {
        #[test]
        fn what_is_generated_parses_back(thirds in 4..=8_usize) {
            let mnemonic = Mnemonic::generate(thirds * 3).unwrap();
            let again = Mnemonic::parse(&mnemonic.phrase()).unwrap();
            prop_assert_eq!(mnemonic.phrase(), again.phrase());
            prop_assert_eq!(mnemonic.phrase().split(' ').count(), thirds * 3);
        }
    }
}
