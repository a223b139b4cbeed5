//! The protobuf messages of the queries, as far as they are read here; cosmos-sdk v0.53.4.

use prost::Message;

use crate::cosmos::{proto::Any, tx::CoinMessage};

/// Which part of a list is asked for: `cosmos/base/query/v1beta1/pagination.proto`.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct PageRequest {
    /// Where the last page said that the next one begins.
    #[prost(bytes = "vec", tag = "1")]
    pub key: Vec<u8>,
    /// How many at most.
    #[prost(uint64, tag = "3")]
    pub limit: u64,
}

/// Which part of a list was answered.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct PageResponse {
    /// Where the next page begins; empty if there is none.
    #[prost(bytes = "vec", tag = "1")]
    pub next_key: Vec<u8>,
}

/// An account: `cosmos/auth/v1beta1/auth.proto`, `BaseAccount`.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct Account {
    /// The address.
    #[prost(string, tag = "1")]
    pub address: String,
    /// The public key, once the account has signed something.
    #[prost(message, optional, tag = "2")]
    pub public_key: Option<Any>,
    /// What the chain counts the account as.
    #[prost(uint64, tag = "3")]
    pub account_number: u64,
    /// How many transactions it has signed.
    #[prost(uint64, tag = "4")]
    pub sequence: u64,
}

#[derive(Clone, PartialEq, Eq, Message)]
pub(super) struct AccountInfoRequest {
    #[prost(string, tag = "1")]
    pub(super) address: String,
}

#[derive(Clone, PartialEq, Eq, Message)]
pub(super) struct AccountInfoResponse {
    #[prost(message, optional, tag = "1")]
    pub(super) info: Option<Account>,
}

#[derive(Clone, PartialEq, Eq, Message)]
pub(super) struct BalanceRequest {
    #[prost(string, tag = "1")]
    pub(super) address: String,
    #[prost(string, tag = "2")]
    pub(super) denom: String,
}

#[derive(Clone, PartialEq, Eq, Message)]
pub(super) struct BalanceResponse {
    #[prost(message, optional, tag = "1")]
    pub(super) balance: Option<CoinMessage>,
}

#[derive(Clone, PartialEq, Eq, Message)]
pub(super) struct SimulateRequest {
    #[prost(bytes = "vec", tag = "2")]
    pub(super) tx_bytes: Vec<u8>,
}

#[derive(Clone, PartialEq, Eq, Message)]
pub(super) struct SimulateResponse {
    #[prost(message, optional, tag = "1")]
    pub(super) gas_info: Option<GasInfo>,
}

#[derive(Clone, Copy, PartialEq, Eq, Message)]
pub(super) struct GasInfo {
    #[prost(uint64, tag = "2")]
    pub(super) gas_used: u64,
}
