//! The keys of a node: the one it is known by among its peers, and the one it signs blocks with.

mod ed25519;
mod validator;

use std::fmt;

use serde::{Deserialize, Serialize};
use thiserror::Error;
use zeroize::Zeroizing;

use self::ed25519::KeyJson;
pub use self::{
    ed25519::{ConsensusAddress, Ed25519Key, Ed25519PublicKey},
    validator::{PrivValidatorKey, PrivValidatorState},
};
use super::go_json;

/// The mode of the files of keys (cometbft v0.38.19, p2p/key.go:91 and privval/file.go:67).
pub const FILE_MODE: u32 = 0o600;

/// The key in `config/node_key.json`.
#[derive(Clone, Debug)]
pub struct NodeKey(Ed25519Key);

/// The name of a node among its peers: 40 hexadecimal digits, lower case.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(String);

/// Why a file is not that of a key. No variant tells anything of the key.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum NodeKeyError {
    /// The file is not JSON, or lacks a field.
    #[error("line {line}, column {column}: not the JSON of {wanted}")]
    Shape {
        /// What it should be.
        wanted: &'static str,
        /// Where the reader stopped, counted from 1.
        line: usize,
        /// Where the reader stopped, counted from 1.
        column: usize,
    },
    /// The key is of another kind.
    #[error("the key is a `{found}`, not a `{wanted}`")]
    Type {
        /// Its type.
        found: String,
        /// The type that is supported.
        wanted: &'static str,
    },
    /// The key is not 64 bytes of base64, or its halves do not belong together.
    #[error("the private key is not 32 bytes and their public key, in base64")]
    Key,
}

#[derive(Deserialize, Serialize)]
struct NodeKeyJson {
    priv_key: KeyJson,
}

impl NodeKey {
    /// Makes the key of a seed, for a node whose name must be known beforehand.
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(Ed25519Key::from_seed(seed))
    }

    /// Reads `node_key.json`.
    ///
    /// # Errors
    ///
    /// [`NodeKeyError`] if it is not the file of an ed25519 key.
    pub fn parse(json: &[u8]) -> Result<Self, NodeKeyError> {
        let file: NodeKeyJson = read(json, "node_key.json")?;
        file.priv_key.private_key().map(Self)
    }

    /// The contents of `node_key.json`, as the node writes it.
    pub fn to_json(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(go_json::compact(&NodeKeyJson { priv_key: KeyJson::private(&self.0) }))
    }

    /// The name of the node.
    ///
    /// # Source
    ///
    /// `PubKeyToID`, cometbft v0.38.19, p2p/key.go:44.
    pub fn id(&self) -> NodeId {
        NodeId(base16ct::lower::encode_string(self.0.public_key().address().as_bytes()))
    }
}

impl NodeId {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Reads JSON; an error says where, but not what is there, for it may be a key.
fn read<'de, T: Deserialize<'de>>(
    json: &'de [u8],
    wanted: &'static str,
) -> Result<T, NodeKeyError> {
    serde_json::from_slice(json).map_err(|error| NodeKeyError::Shape {
        wanted,
        line: error.line(),
        column: error.column(),
    })
}

#[cfg(test)]
mod tests {
    use super::{ed25519::PRIVATE_KEY_TYPE, *};
    use crate::cosmos::testdata::{text, vector};

    fn golden() -> String {
        vector("/node_key_json").to_string()
    }

    #[test]
    fn the_name_of_a_node_is_the_golden_one() {
        let key = NodeKey::parse(golden().as_bytes()).unwrap();
        assert_eq!(key.id().as_str(), text("/node_id"));
    }

    #[test]
    fn the_file_is_written_as_the_node_writes_it() {
        let key = NodeKey::parse(golden().as_bytes()).unwrap();
        assert_eq!(str::from_utf8(&key.to_json()).unwrap(), golden());
    }

    #[test]
    fn a_seed_always_gives_the_same_node() {
        let [one, two] = [7, 8].map(|byte| NodeKey::from_seed(&[byte; 32]).id());
        assert_eq!(one, NodeKey::from_seed(&[7; 32]).id());
        assert_ne!(one, two);
    }

    #[test]
    fn an_error_tells_the_place_and_not_the_key() {
        let cut = &golden()[..100];
        let error = NodeKey::parse(cut.as_bytes()).unwrap_err();
        assert_eq!(error.to_string(), "line 1, column 100: not the JSON of node_key.json");
    }

    #[test]
    fn a_key_of_another_kind_is_named() {
        let json = golden().replace(PRIVATE_KEY_TYPE, "tendermint/PrivKeySecp256k1");
        let error = NodeKey::parse(json.as_bytes()).unwrap_err();
        assert!(matches!(error, NodeKeyError::Type { .. }));
    }

    #[test]
    fn halves_that_do_not_belong_together_are_refused() {
        let json = golden().replace("w==", "g==");
        assert_eq!(NodeKey::parse(json.as_bytes()).unwrap_err(), NodeKeyError::Key);
        let json = golden().replace("jtP0", "");
        assert_eq!(NodeKey::parse(json.as_bytes()).unwrap_err(), NodeKeyError::Key);
    }

    #[test]
    fn debug_shows_no_secret() {
        assert_eq!(format!("{:?}", NodeKey::from_seed(&[7; 32])), "NodeKey(Ed25519Key(..))");
    }
}
