//! Account addresses, as bytes and as text with a chain's prefix.

use std::{fmt, str::FromStr};

use bech32::{
    Bech32, ByteIterExt, Fe32IterExt, Hrp,
    primitives::decode::{CheckedHrpstring, CheckedHrpstringError},
};
use thiserror::Error;

/// What stands behind the prefix of validator operators (cosmos-sdk v0.53.4, types/address.go:70).
const VALOPER: &str = "valoper";

/// What stands behind the prefix of consensus addresses; as long as the other.
const VALCONS: &str = "valcons";

/// The 20 bytes of an account whose key is secp256k1.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address([u8; 20]);

/// What the addresses of a chain begin with, such as `cosmos`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Bech32Prefix(Hrp);

/// Why a text is not an address or a prefix.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum AddressError {
    /// The text is not bech32.
    #[error("`{text}` is not a bech32 address")]
    NotBech32 {
        /// The text.
        text: String,
        /// What the decoder says.
        #[source]
        source: CheckedHrpstringError,
    },
    /// The text is bech32 of something that is not whole bytes.
    #[error("`{0}` is bech32, but not of whole bytes")]
    Padding(String),
    /// The address is one of another chain, or of another kind.
    #[error("address `{text}` does not begin with `{wanted}1`")]
    OtherPrefix {
        /// The text.
        text: String,
        /// The prefix that was wanted.
        wanted: String,
    },
    /// The address has another length than that of a key.
    #[error("address `{text}` has {length} bytes, not 20")]
    Length {
        /// The text.
        text: String,
        /// How many bytes it has.
        length: usize,
    },
    /// The text is not 40 hexadecimal digits.
    #[error("`{0}` is not 40 hexadecimal digits")]
    NotHex(String),
    /// The text cannot begin an address.
    #[error("`{0}` is not a bech32 prefix: 1 to 76 printable ASCII characters, lower case")]
    Prefix(String),
}

impl Address {
    /// Takes the bytes of an address.
    pub const fn new(bytes: [u8; 20]) -> Self {
        Self(bytes)
    }

    /// The bytes of the address.
    pub fn as_bytes(&self) -> &[u8; 20] {
        &self.0
    }

    /// The address in lower-case hexadecimal, as the keyring names its files.
    pub fn to_hex(self) -> String {
        base16ct::lower::encode_string(&self.0)
    }

    /// Reads hexadecimal of either case.
    ///
    /// # Errors
    ///
    /// [`AddressError::NotHex`] if the text is not 40 digits.
    pub fn from_hex(text: &str) -> Result<Self, AddressError> {
        let mut bytes = [0; 20];
        match base16ct::mixed::decode(text, &mut bytes) {
            Ok(decoded) if decoded.len() == 20 => Ok(Self(bytes)),
            _ => Err(AddressError::NotHex(text.to_owned())),
        }
    }

    /// The address as its chain writes it, in bech32 (not bech32m).
    pub fn bech32(self, prefix: &Bech32Prefix) -> String {
        self.0.into_iter().bytes_to_fes().with_checksum::<Bech32>(&prefix.0).chars().collect()
    }

    /// Reads an address that must have the given prefix.
    ///
    /// # Errors
    ///
    /// [`AddressError`] for bad text, another prefix, or a length that is not 20 bytes (such as
    /// that of a contract, 32).
    pub fn parse(text: &str, prefix: &Bech32Prefix) -> Result<Self, AddressError> {
        let (found, bytes) = decode(text)?;
        if found != prefix.as_str() {
            let wanted = prefix.to_string();
            return Err(AddressError::OtherPrefix { text: text.to_owned(), wanted });
        }
        let length = bytes.len();
        let bytes = bytes.try_into();
        bytes.map(Self).map_err(|_| AddressError::Length { text: text.to_owned(), length })
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({})", self.to_hex())
    }
}

impl Bech32Prefix {
    /// The prefix of validator operators, such as `cosmosvaloper`.
    #[must_use]
    pub fn valoper(&self) -> Self {
        self.with(VALOPER)
    }

    /// The prefix of consensus addresses, such as `cosmosvalcons`.
    #[must_use]
    pub fn valcons(&self) -> Self {
        self.with(VALCONS)
    }

    /// The prefix as text.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    fn with(&self, suffix: &str) -> Self {
        Self(Hrp::parse(&format!("{self}{suffix}")).expect("checked when the prefix was made"))
    }
}

impl FromStr for Bech32Prefix {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let is_lower = !text.bytes().any(|byte| byte.is_ascii_uppercase());
        let longest_fits = Hrp::parse(&format!("{text}{VALOPER}")).is_ok();
        match Hrp::parse(text) {
            Ok(prefix) if is_lower && longest_fits => Ok(Self(prefix)),
            _ => Err(AddressError::Prefix(text.to_owned())),
        }
    }
}

impl fmt::Display for Bech32Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The prefix and the bytes of any address, whatever its length.
///
/// # Errors
///
/// [`AddressError::NotBech32`], also for bech32m.
pub(crate) fn decode(text: &str) -> Result<(String, Vec<u8>), AddressError> {
    let checked = CheckedHrpstring::new::<Bech32>(text)
        .map_err(|source| AddressError::NotBech32 { text: text.to_owned(), source })?;
    // The decoder drops bits that are left over; the SDK refuses them.
    checked.validate_segwit_padding().map_err(|_| AddressError::Padding(text.to_owned()))?;
    Ok((checked.hrp().to_lowercase(), checked.byte_iter().collect()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::cosmos::testdata::text;

    fn cosmos() -> Bech32Prefix {
        "cosmos".parse().unwrap()
    }

    #[test]
    fn the_texts_are_the_golden_ones() {
        for index in 0..3 {
            let golden = |field: &str| text(&format!("/keys/{index}/{field}"));
            let address = Address::from_hex(&golden("addr_hex")).unwrap();
            assert_eq!(address.bech32(&cosmos()), golden("acc"));
            assert_eq!(address.bech32(&cosmos().valoper()), golden("valoper"));
        }
        assert_eq!(cosmos().valcons().as_str(), "cosmosvalcons");
    }

    #[test]
    fn an_address_of_another_chain_is_refused() {
        let address = text("/keys/0/acc");
        let error = Address::parse(&address, &"osmo".parse().unwrap()).unwrap_err();
        assert_eq!(error.to_string(), format!("address `{address}` does not begin with `osmo1`"));
    }

    #[test]
    fn bech32m_is_refused() {
        let hrp = Hrp::parse("cosmos").unwrap();
        let other = bech32::encode::<bech32::Bech32m>(hrp, &[7; 20]).unwrap();
        let error = Address::parse(&other, &cosmos()).unwrap_err();
        assert!(matches!(error, AddressError::NotBech32 { .. }));
    }

    #[test]
    fn bits_that_are_left_over_are_refused() {
        let one_more = [7; 20].into_iter().bytes_to_fes().chain([bech32::Fe32::Q]);
        let text: String =
            one_more.with_checksum::<Bech32>(&Hrp::parse("cosmos").unwrap()).chars().collect();
        let error = Address::parse(&text, &cosmos()).unwrap_err();
        assert_eq!(error, AddressError::Padding(text));
    }

    #[test]
    fn a_contract_is_not_an_account() {
        let contract = bech32::encode::<Bech32>(Hrp::parse("cosmos").unwrap(), &[7; 32]).unwrap();
        let error = Address::parse(&contract, &cosmos()).unwrap_err();
        assert!(matches!(error, AddressError::Length { length: 32, .. }));
    }

    #[test]
    fn a_prefix_is_printable_lower_case_and_short() {
        for bad in ["", "Cosmos", "cos mos", "cosmös", "a\n", &"a".repeat(77)] {
            assert!(bad.parse::<Bech32Prefix>().is_err(), "{bad:?}");
        }
        assert!("a".repeat(76).parse::<Bech32Prefix>().is_ok());
    }

    #[test]
    fn hexadecimal_is_40_digits() {
        assert!(Address::from_hex("28FF5C6D57D8CFD492B6FB42614536ED648E01FD").is_ok());
        for bad in ["", "28ff", "28ff5c6d57d8cfd492b6fb42614536ed648e01fd00", "xx"] {
            assert!(Address::from_hex(bad).is_err(), "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_printed_parses_back(bytes in any::<[u8; 20]>(), prefix in "[a-z]{1,20}") {
            let prefix: Bech32Prefix = prefix.parse().unwrap();
            let address = Address::new(bytes);
            prop_assert_eq!(Address::parse(&address.bech32(&prefix), &prefix), Ok(address));
            prop_assert_eq!(Address::from_hex(&address.to_hex()), Ok(address));
        }

        #[test]
        fn a_wrong_character_is_found(at in 7..45_usize, by in 1..32_u8) {
            const CHARSET: &[u8] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";
            let mut bytes = text("/keys/0/acc").into_bytes();
            let old = CHARSET.iter().position(|byte| *byte == bytes[at]).unwrap();
            bytes[at] = CHARSET[(old + usize::from(by)) % 32];
            let wrong = String::from_utf8(bytes).unwrap();
            prop_assert!(Address::parse(&wrong, &cosmos()).is_err());
        }
    }
}
