//! Ed25519 keys, and how CometBFT writes them into JSON.

use std::fmt;

use base64::{Engine, prelude::BASE64_STANDARD as BASE64};
use ed25519_dalek::SigningKey;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::NodeKeyError;

/// Type of a private key in CometBFT's JSON.
pub(super) const PRIVATE_KEY_TYPE: &str = "tendermint/PrivKeyEd25519";

/// Type of a public key in CometBFT's JSON.
pub(super) const PUBLIC_KEY_TYPE: &str = "tendermint/PubKeyEd25519";

/// A private ed25519 key; wiped from memory when dropped, and never printed.
#[derive(Clone)]
pub struct Ed25519Key(SigningKey);

/// A public ed25519 key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Ed25519PublicKey([u8; 32]);

/// The address that a validator signs blocks under, and that a node has among its peers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ConsensusAddress([u8; 20]);

/// A key in CometBFT's JSON, private or public.
#[derive(Deserialize, Serialize, Zeroize, ZeroizeOnDrop)]
pub(super) struct KeyJson {
    #[serde(rename = "type")]
    kind: String,
    value: String,
}

impl Ed25519Key {
    /// Makes the key of a seed, such as that of
    /// [`Mnemonic::consensus_seed`](crate::cosmos::mnemonic::Mnemonic::consensus_seed).
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(SigningKey::from_bytes(seed))
    }

    /// The public key of this key.
    pub fn public_key(&self) -> Ed25519PublicKey {
        Ed25519PublicKey(self.0.verifying_key().to_bytes())
    }
}

impl fmt::Debug for Ed25519Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ed25519Key(..)")
    }
}

impl Ed25519PublicKey {
    /// The bytes of the key.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The address of the key, the first 20 bytes of its SHA-256.
    ///
    /// # Source
    ///
    /// cometbft v0.38.19, crypto/ed25519/ed25519.go:156 and crypto/tmhash/hash.go:74.
    pub fn address(&self) -> ConsensusAddress {
        let hash: [u8; 32] = Sha256::digest(self.0).into();
        let [address @ .., _, _, _, _, _, _, _, _, _, _, _, _] = hash;
        ConsensusAddress(address)
    }
}

impl ConsensusAddress {
    /// The bytes of the address.
    pub fn as_bytes(&self) -> &[u8; 20] {
        &self.0
    }
}

/// The address in upper-case hexadecimal, as `priv_validator_key.json` and the RPC show it.
impl fmt::Display for ConsensusAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&base16ct::upper::encode_string(&self.0))
    }
}

impl KeyJson {
    pub fn private(key: &Ed25519Key) -> Self {
        let halves = Zeroizing::new(key.0.to_keypair_bytes());
        Self { kind: PRIVATE_KEY_TYPE.to_owned(), value: BASE64.encode(*halves) }
    }

    pub fn public(key: &Ed25519PublicKey) -> Self {
        Self { kind: PUBLIC_KEY_TYPE.to_owned(), value: BASE64.encode(key.0) }
    }

    /// The private key that is written here.
    pub fn private_key(&self) -> Result<Ed25519Key, NodeKeyError> {
        if self.kind != PRIVATE_KEY_TYPE {
            let found = self.kind.clone();
            return Err(NodeKeyError::Type { found, wanted: PRIVATE_KEY_TYPE });
        }
        let bytes = Zeroizing::new(BASE64.decode(&self.value).map_err(|_| NodeKeyError::Key)?);
        let halves: &[u8; 64] = bytes.as_slice().try_into().map_err(|_| NodeKeyError::Key)?;
        SigningKey::from_keypair_bytes(halves).map(Ed25519Key).map_err(|_| NodeKeyError::Key)
    }
}
