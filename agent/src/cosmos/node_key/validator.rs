//! The files of a validator: its key, and the height that it signed last.

use serde::{Deserialize, Deserializer, Serialize, de::Error as _};
use zeroize::Zeroizing;

use super::{ConsensusAddress, Ed25519Key, Ed25519PublicKey, NodeKeyError, ed25519::KeyJson, read};
use crate::cosmos::go_json;

/// The key in `config/priv_validator_key.json`.
#[derive(Clone, Debug)]
pub struct PrivValidatorKey(Ed25519Key);

/// What `data/priv_validator_state.json` says of the last signature.
///
/// It is what keeps a validator from signing two blocks of one height. It is never deleted, and
/// never set back.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
pub struct PrivValidatorState {
    /// The height of the last signature; 0 before the first.
    #[serde(deserialize_with = "height")]
    pub height: u64,
    /// The round of the last signature.
    pub round: i32,
    /// The step of the last signature.
    pub step: i8,
}

#[derive(Deserialize, Serialize)]
struct KeyFile {
    address: String,
    pub_key: KeyJson,
    priv_key: KeyJson,
}

impl PrivValidatorKey {
    /// Makes the key of a seed, such as that of
    /// [`Mnemonic::consensus_seed`](crate::cosmos::mnemonic::Mnemonic::consensus_seed).
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(Ed25519Key::from_seed(seed))
    }

    /// Reads `priv_validator_key.json`. As the node does, it takes the private key and makes the
    /// public key and the address of it, whatever the file says they are.
    ///
    /// # Errors
    ///
    /// [`NodeKeyError`] if it is not the file of an ed25519 key.
    ///
    /// # Source
    ///
    /// `loadFilePV`, cometbft v0.38.19, privval/file.go:198.
    pub fn parse(json: &[u8]) -> Result<Self, NodeKeyError> {
        let file: KeyFile = read(json, "priv_validator_key.json")?;
        file.priv_key.private_key().map(Self)
    }

    /// The contents of `priv_validator_key.json`, as the node writes it.
    pub fn to_json(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(go_json::indented(&KeyFile {
            address: self.address().to_string(),
            pub_key: KeyJson::public(&self.public_key()),
            priv_key: KeyJson::private(&self.0),
        }))
    }

    /// The public key, which the gentx carries.
    pub fn public_key(&self) -> Ed25519PublicKey {
        self.0.public_key()
    }

    /// The address that blocks are signed under.
    pub fn address(&self) -> ConsensusAddress {
        self.public_key().address()
    }
}

impl PrivValidatorState {
    /// The contents of the file before the first signature, as the node writes it. There is no
    /// function to write another: the signature that belongs to it is the node's.
    pub const INITIAL_JSON: &str = "{\n  \"height\": \"0\",\n  \"round\": 0,\n  \"step\": 0\n}";

    /// Reads `priv_validator_state.json`.
    ///
    /// # Errors
    ///
    /// [`NodeKeyError::Shape`] if it is not such a file, or cut off.
    pub fn parse(json: &[u8]) -> Result<Self, NodeKeyError> {
        read(json, "priv_validator_state.json")
    }
}

/// Reads a height, which CometBFT writes as text.
fn height<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cosmos::testdata::{self, text, vector};

    fn golden() -> Vec<u8> {
        serde_json::to_vec_pretty(&vector("/priv_validator_key_json")).unwrap()
    }

    #[test]
    fn the_address_is_the_golden_one() {
        let key = PrivValidatorKey::parse(&golden()).unwrap();
        assert_eq!(key.address().to_string(), text("/priv_validator_key_json/address"));
    }

    #[test]
    fn the_key_is_written_as_the_node_writes_it() {
        assert_eq!(*PrivValidatorKey::parse(&golden()).unwrap().to_json(), golden());
    }

    #[test]
    fn the_initial_state_has_signed_nothing() {
        let state = PrivValidatorState::parse(PrivValidatorState::INITIAL_JSON.as_bytes());
        assert_eq!(state, Ok(PrivValidatorState::default()));
    }

    #[test]
    fn the_state_of_a_node_that_has_signed_is_read() {
        let json = r#"{"height":"1234","round":1,"step":3,"signature":"AA==","signbytes":"00"}"#;
        let state = PrivValidatorState::parse(json.as_bytes()).unwrap();
        assert_eq!(state, PrivValidatorState { height: 1234, round: 1, step: 3 });
    }

    #[test]
    fn a_state_that_is_cut_off_is_an_error() {
        for json in ["", "{", r#"{"height":"12"#, r#"{"height":"-1","round":0,"step":0}"#] {
            assert!(PrivValidatorState::parse(json.as_bytes()).is_err(), "{json}");
        }
    }

    #[test]
    fn the_key_of_a_mnemonic_is_always_the_same() {
        let key = || PrivValidatorKey::from_seed(&testdata::mnemonic().consensus_seed());
        assert_eq!(key().to_json(), key().to_json());
    }
}
