//! The protobuf messages of a transaction: `cosmos/tx/v1beta1/tx.proto`, cosmos-sdk v0.53.4,
//! as far as they are written here.

use prost::Message;

use crate::cosmos::{
    coin::{Coin, Coins},
    proto::Any,
};

/// The mode that signs the bytes of a [`SignDoc`]: `cosmos/tx/signing/v1beta1/signing.proto`.
pub const SIGN_MODE_DIRECT: i32 = 1;

/// What is to be done.
#[derive(Clone, PartialEq, Message)]
pub struct TxBody {
    /// The messages, in the order in which they are done.
    #[prost(message, repeated, tag = "1")]
    pub messages: Vec<Any>,
    /// A note that anyone can read.
    #[prost(string, tag = "2")]
    pub memo: String,
    /// The height after which the transaction is refused; 0 is never.
    #[prost(uint64, tag = "3")]
    pub timeout_height: u64,
    /// Whether the sequence is not looked at; since SDK 0.53.
    #[prost(bool, tag = "4")]
    pub unordered: bool,
    /// The block time after which the transaction is refused; since SDK 0.53.
    #[prost(message, optional, tag = "5")]
    pub timeout_timestamp: Option<Timestamp>,
}

/// A time: `google/protobuf/timestamp.proto`.
#[derive(Clone, Copy, PartialEq, Eq, Message)]
pub struct Timestamp {
    /// Seconds since 1970.
    #[prost(int64, tag = "1")]
    pub seconds: i64,
    /// Nanoseconds of the second.
    #[prost(int32, tag = "2")]
    pub nanos: i32,
}

/// Who signs, and what is paid.
#[derive(Clone, PartialEq, Message)]
pub struct AuthInfo {
    /// The signers.
    #[prost(message, repeated, tag = "1")]
    pub signer_infos: Vec<SignerInfo>,
    /// What is paid.
    #[prost(message, optional, tag = "2")]
    pub fee: Option<Fee>,
}

/// One signer.
#[derive(Clone, PartialEq, Message)]
pub struct SignerInfo {
    /// The public key.
    #[prost(message, optional, tag = "1")]
    pub public_key: Option<Any>,
    /// How it is signed.
    #[prost(message, optional, tag = "2")]
    pub mode_info: Option<ModeInfo>,
    /// The number of transactions that the account has signed before.
    #[prost(uint64, tag = "3")]
    pub sequence: u64,
}

/// How a transaction is signed.
#[derive(Clone, Copy, PartialEq, Eq, Message)]
pub struct ModeInfo {
    /// By one key. The other case, several keys, is not written here.
    #[prost(message, optional, tag = "1")]
    pub single: Option<Single>,
}

/// The mode of a single key.
#[derive(Clone, Copy, PartialEq, Eq, Message)]
pub struct Single {
    /// A sign mode, such as [`SIGN_MODE_DIRECT`].
    #[prost(int32, tag = "1")]
    pub mode: i32,
}

/// What is paid.
#[derive(Clone, PartialEq, Message)]
pub struct Fee {
    /// The coins, sorted.
    #[prost(message, repeated, tag = "1")]
    pub amount: Vec<CoinMessage>,
    /// The most gas that may be used.
    #[prost(uint64, tag = "2")]
    pub gas_limit: u64,
    /// Who pays, if not the signer.
    #[prost(string, tag = "3")]
    pub payer: String,
    /// Whose allowance pays.
    #[prost(string, tag = "4")]
    pub granter: String,
}

/// What is signed.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct SignDoc {
    /// An encoded [`TxBody`].
    #[prost(bytes = "vec", tag = "1")]
    pub body_bytes: Vec<u8>,
    /// An encoded [`AuthInfo`].
    #[prost(bytes = "vec", tag = "2")]
    pub auth_info_bytes: Vec<u8>,
    /// The chain that it is for.
    #[prost(string, tag = "3")]
    pub chain_id: String,
    /// What the chain counts the signer's account as.
    #[prost(uint64, tag = "4")]
    pub account_number: u64,
}

/// What is broadcast.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct TxRaw {
    /// An encoded [`TxBody`].
    #[prost(bytes = "vec", tag = "1")]
    pub body_bytes: Vec<u8>,
    /// An encoded [`AuthInfo`].
    #[prost(bytes = "vec", tag = "2")]
    pub auth_info_bytes: Vec<u8>,
    /// A signature for each signer.
    #[prost(bytes = "vec", repeated, tag = "3")]
    pub signatures: Vec<Vec<u8>>,
}

/// An amount of a denom: `cosmos/base/v1beta1/coin.proto`, cosmos-sdk v0.53.4.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct CoinMessage {
    /// Of what.
    #[prost(string, tag = "1")]
    pub denom: String,
    /// How many, as decimal text.
    #[prost(string, tag = "2")]
    pub amount: String,
}

impl CoinMessage {
    /// The messages of several coins, sorted as the chain demands.
    pub fn list(coins: &Coins) -> Vec<Self> {
        coins.iter().map(|coin| Self::from(&coin)).collect()
    }
}

impl From<&Coin> for CoinMessage {
    fn from(coin: &Coin) -> Self {
        Self { denom: coin.denom.to_string(), amount: coin.amount.to_string() }
    }
}
