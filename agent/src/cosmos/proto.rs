//! The protobuf messages that keys and transactions have in common.
//!
//! They are declared here, with the numbers of the `.proto` files named: a few dozen fields, where
//! the crates that generate all of the SDK's messages take half a minute to build.

use std::fmt;

use prost::Message;
use zeroize::Zeroize;

/// Type of an account's public key, a [`KeyBytes`].
pub const SECP256K1_PUBLIC_KEY: &str = "/cosmos.crypto.secp256k1.PubKey";

/// Type of an account's private key, a [`KeyBytes`].
pub const SECP256K1_PRIVATE_KEY: &str = "/cosmos.crypto.secp256k1.PrivKey";

/// Type of a validator's consensus public key, a [`KeyBytes`].
pub const ED25519_PUBLIC_KEY: &str = "/cosmos.crypto.ed25519.PubKey";

/// A message with the name of its type: `google/protobuf/any.proto`.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct Any {
    /// Type of the message, such as `/cosmos.bank.v1beta1.MsgSend`.
    #[prost(string, tag = "1")]
    pub type_url: String,
    /// The encoded message.
    #[prost(bytes = "vec", tag = "2")]
    pub value: Vec<u8>,
}

/// A key of any kind; wiped from memory when dropped, for it may be a private one.
///
/// `cosmos/crypto/secp256k1/keys.proto` and `cosmos/crypto/ed25519/keys.proto`, cosmos-sdk v0.53.4.
#[derive(Clone, PartialEq, Eq, Message)]
#[prost(skip_debug)]
pub struct KeyBytes {
    /// The bytes of the key.
    #[prost(bytes = "vec", tag = "1")]
    pub key: Vec<u8>,
}

impl Any {
    /// Encodes a message whose type is `type_url`.
    pub fn pack(type_url: &str, message: &impl Message) -> Self {
        Self { type_url: type_url.to_owned(), value: message.encode_to_vec() }
    }
}

impl fmt::Debug for KeyBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyBytes(..)")
    }
}

impl Drop for KeyBytes {
    fn drop(&mut self) {
        self.key.zeroize();
    }
}
