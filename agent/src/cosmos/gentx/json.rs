//! A gentx as JSON, with the keys in the order of the SDK.
//!
//! # Source
//!
//! `ProtoMarshalJSON`, cosmos-sdk v0.53.4, codec/json.go:16: the fields in the order of the
//! `.proto` files under their names there, those with default values too.

use base64::{Engine, prelude::BASE64_STANDARD as BASE64};
use serde::Serialize;

use super::{GAS_LIMIT, Gentx, GentxFormat};
use crate::cosmos::{
    keys::PublicKey,
    proto::{ED25519_PUBLIC_KEY, SECP256K1_PUBLIC_KEY},
    tx::staking::MsgCreateValidator,
};

/// A list that a gentx always leaves empty.
type Empty = [(); 0];

#[derive(Serialize)]
pub(super) struct Transaction<'a> {
    body: Body<'a>,
    auth_info: AuthInfo,
    signatures: [String; 1],
}

#[derive(Serialize)]
struct Body<'a> {
    messages: [Message<'a>; 1],
    memo: &'a str,
    timeout_height: &'static str,
    #[serde(flatten)]
    unordered: Option<Unordered>,
    extension_options: Empty,
    non_critical_extension_options: Empty,
}

/// The fields that SDK 0.53 has and 0.50 has not.
#[derive(Serialize)]
struct Unordered {
    unordered: bool,
    timeout_timestamp: Option<()>,
}

#[derive(Serialize)]
struct Message<'a> {
    #[serde(rename = "@type")]
    kind: &'static str,
    description: Description<'a>,
    commission: Commission,
    min_self_delegation: &'a str,
    delegator_address: &'a str,
    validator_address: &'a str,
    pubkey: Key,
    value: Value,
}

#[derive(Serialize)]
struct Description<'a> {
    moniker: &'a str,
    identity: &'a str,
    website: &'a str,
    security_contact: &'a str,
    details: &'a str,
}

#[derive(Serialize)]
struct Commission {
    rate: String,
    max_rate: String,
    max_change_rate: String,
}

#[derive(Serialize)]
struct Key {
    #[serde(rename = "@type")]
    kind: &'static str,
    key: String,
}

#[derive(Serialize)]
struct Value {
    denom: String,
    amount: String,
}

#[derive(Serialize)]
struct AuthInfo {
    signer_infos: [SignerInfo; 1],
    fee: Fee,
    tip: Option<()>,
}

#[derive(Serialize)]
struct SignerInfo {
    public_key: Key,
    mode_info: ModeInfo,
    sequence: &'static str,
}

#[derive(Serialize)]
struct ModeInfo {
    single: Single,
}

#[derive(Serialize)]
struct Single {
    mode: &'static str,
}

#[derive(Serialize)]
struct Fee {
    amount: Empty,
    gas_limit: String,
    payer: &'static str,
    granter: &'static str,
}

impl<'a> Transaction<'a> {
    pub fn new(
        gentx: &'a Gentx,
        message: &'a MsgCreateValidator,
        operator: &PublicKey,
        signature: String,
        format: GentxFormat,
    ) -> Self {
        let unordered = match format {
            GentxFormat::V0_50 => None,
            GentxFormat::V0_53 => Some(Unordered { unordered: false, timeout_timestamp: None }),
        };
        let signer = SignerInfo {
            public_key: Key { kind: SECP256K1_PUBLIC_KEY, key: BASE64.encode(operator.as_bytes()) },
            mode_info: ModeInfo { single: Single { mode: "SIGN_MODE_DIRECT" } },
            sequence: "0",
        };
        let fee = Fee { amount: [], gas_limit: GAS_LIMIT.to_string(), payer: "", granter: "" };
        Self {
            body: Body {
                messages: [Message::new(gentx, message)],
                memo: &gentx.memo,
                timeout_height: "0",
                unordered,
                extension_options: [],
                non_critical_extension_options: [],
            },
            auth_info: AuthInfo { signer_infos: [signer], fee, tip: None },
            signatures: [signature],
        }
    }
}

impl<'a> Message<'a> {
    fn new(gentx: &'a Gentx, message: &'a MsgCreateValidator) -> Self {
        let key = BASE64.encode(gentx.consensus_key.as_bytes());
        Self {
            kind: MsgCreateValidator::TYPE_URL,
            description: Description {
                moniker: &gentx.profile.moniker,
                identity: &gentx.profile.identity,
                website: &gentx.profile.website,
                security_contact: &gentx.profile.security_contact,
                details: &gentx.profile.details,
            },
            commission: Commission {
                rate: gentx.commission.rate.to_string(),
                max_rate: gentx.commission.max_rate.to_string(),
                max_change_rate: gentx.commission.max_change_rate.to_string(),
            },
            min_self_delegation: &message.min_self_delegation,
            delegator_address: &message.delegator_address,
            validator_address: &message.validator_address,
            pubkey: Key { kind: ED25519_PUBLIC_KEY, key },
            value: Value {
                denom: gentx.amount.denom.to_string(),
                amount: gentx.amount.amount.to_string(),
            },
        }
    }
}
