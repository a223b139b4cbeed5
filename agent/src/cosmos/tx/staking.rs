//! The message that makes a validator: `cosmos/staking/v1beta1/{tx,staking}.proto`, cosmos-sdk
//! v0.53.4.

use prost::Message;

use super::CoinMessage;
use crate::cosmos::proto::Any;

/// Makes a validator, and delegates its first coins.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct MsgCreateValidator {
    /// What it tells of itself.
    #[prost(message, optional, tag = "1")]
    pub description: Option<Description>,
    /// What it keeps of the rewards.
    #[prost(message, optional, tag = "2")]
    pub commission: Option<CommissionRates>,
    /// The least that it must have delegated itself, as decimal text.
    #[prost(string, tag = "3")]
    pub min_self_delegation: String,
    /// The account; empty since SDK 0.50.
    #[prost(string, tag = "4")]
    pub delegator_address: String,
    /// The operator.
    #[prost(string, tag = "5")]
    pub validator_address: String,
    /// The key that it signs blocks with.
    #[prost(message, optional, tag = "6")]
    pub pubkey: Option<Any>,
    /// What is delegated.
    #[prost(message, optional, tag = "7")]
    pub value: Option<CoinMessage>,
}

/// What a validator tells of itself.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct Description {
    /// Its name.
    #[prost(string, tag = "1")]
    pub moniker: String,
    /// A proof of who it is.
    #[prost(string, tag = "2")]
    pub identity: String,
    /// Its website.
    #[prost(string, tag = "3")]
    pub website: String,
    /// Where to report holes.
    #[prost(string, tag = "4")]
    pub security_contact: String,
    /// Anything else.
    #[prost(string, tag = "5")]
    pub details: String,
}

/// What a validator keeps of the rewards; each in units of 10^-18, as decimal text.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct CommissionRates {
    /// Now.
    #[prost(string, tag = "1")]
    pub rate: String,
    /// At most.
    #[prost(string, tag = "2")]
    pub max_rate: String,
    /// At most more each day.
    #[prost(string, tag = "3")]
    pub max_change_rate: String,
}

impl MsgCreateValidator {
    /// The type of the message.
    pub const TYPE_URL: &str = "/cosmos.staking.v1beta1.MsgCreateValidator";

    /// The message as a transaction has it.
    pub fn to_any(&self) -> Any {
        Any::pack(Self::TYPE_URL, self)
    }
}
