//! The gentx: the transaction in a genesis that makes a validator.

mod json;

use base64::{Engine, prelude::BASE64_STANDARD as BASE64};
use thiserror::Error;

use super::{
    address::Bech32Prefix,
    chain_id::ChainId,
    coin::{Coin, Coins},
    decimal::Decimal,
    go_json,
    keys::PrivateKey,
    node_key::{Ed25519PublicKey, NodeId},
    proto::{Any, ED25519_PUBLIC_KEY, KeyBytes},
    sdk_version::SdkVersion,
    tx::{
        CoinMessage, Order, Tx,
        staking::{CommissionRates, Description, MsgCreateValidator},
    },
};

/// The gas that a gentx names; nothing is paid for it (cosmos-sdk v0.53.4, client/flags/flags.go:18).
const GAS_LIMIT: u64 = 200_000;

/// The least that a validator must delegate to have one vote, unless the chain's code says
/// otherwise. With less in all, the chain does not start: "validator set is empty after
/// `InitGenesis`" (cosmos-sdk v0.53.4, types/staking.go:24).
pub const DEFAULT_POWER_REDUCTION: u128 = 1_000_000;

/// A validator that is to be in a genesis.
#[derive(Clone, Debug)]
pub struct Gentx {
    /// The chain that it is for.
    pub chain_id: ChainId,
    /// What addresses of the chain begin with.
    pub prefix: Bech32Prefix,
    /// What the validator tells of itself.
    pub profile: Profile,
    /// What it keeps of the rewards.
    pub commission: Commission,
    /// What it delegates itself.
    pub amount: Coin,
    /// The least that it must have delegated itself.
    pub min_self_delegation: u128,
    /// The key that it signs blocks with.
    pub consensus_key: Ed25519PublicKey,
    /// Where its node is found, as [`gentx_memo`](super::external_ip::gentx_memo) writes it.
    pub memo: String,
}

/// What a validator tells of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Profile {
    /// Its name.
    pub moniker: String,
    /// A proof of who it is.
    pub identity: String,
    /// Its website.
    pub website: String,
    /// Where to report holes.
    pub security_contact: String,
    /// Anything else.
    pub details: String,
}

/// What a validator keeps of the rewards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Commission {
    /// Now.
    pub rate: Decimal,
    /// At most.
    pub max_rate: Decimal,
    /// At most more each day.
    pub max_change_rate: Decimal,
}

/// How an SDK writes a gentx.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GentxFormat {
    /// SDK 0.50, which refuses fields that it does not know.
    V0_50,
    /// SDK 0.53, with the fields of unordered transactions.
    V0_53,
}

/// A gentx with its signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedGentx {
    json: Vec<u8>,
}

/// Why the chain would refuse a gentx, some of it only when it starts.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum GentxError {
    /// A text of the profile is too long.
    #[error("the {field} of the validator has {length} bytes, more than {limit}")]
    TooLong {
        /// Which.
        field: &'static str,
        /// How many bytes it has.
        length: usize,
        /// How many it may have.
        limit: usize,
    },
    /// The profile is empty.
    #[error("the validator has no moniker")]
    NoMoniker,
    /// The commission is not one.
    #[error("the commission is not change <= maximum, rate <= maximum <= 1: {0:?}")]
    Commission(Commission),
    /// Less is delegated than must be.
    #[error("the validator delegates {amount}, less than the minimum of {least} (and at least 1)")]
    TooLittle {
        /// What is delegated.
        amount: Coin,
        /// What must be.
        least: u128,
    },
}

impl Default for Commission {
    /// The rates that `gentx` has by default (cosmos-sdk v0.53.4, x/staking/client/cli/tx.go:30).
    fn default() -> Self {
        Self {
            rate: Decimal::percent(10),
            max_rate: Decimal::percent(20),
            max_change_rate: Decimal::percent(1),
        }
    }
}

impl GentxFormat {
    /// How that version of the SDK writes a gentx; none if that is not known.
    pub fn of(version: SdkVersion) -> Option<Self> {
        match (version.major, version.minor) {
            (0, 50) => Some(Self::V0_50),
            (0, 53) => Some(Self::V0_53),
            _ => None,
        }
    }
}

impl Gentx {
    /// Signs with the operator's key, and writes what `gentx` of that SDK writes.
    ///
    /// # Errors
    ///
    /// [`GentxError`] for what the chain would refuse.
    ///
    /// # Source
    ///
    /// `GenTxCmd`, cosmos-sdk v0.53.4, x/genutil/client/cli/gentx.go:32.
    pub fn sign(
        &self,
        operator: &PrivateKey,
        format: GentxFormat,
    ) -> Result<SignedGentx, GentxError> {
        self.check()?;
        let message = self.message(operator);
        let tx = self.tx(&message);
        // All accounts have the number 0 until there is a first block.
        let signed = tx.sign(operator, &self.chain_id, 0);
        let signature = BASE64.encode(signed.signature());
        let json =
            json::Transaction::new(self, &message, &operator.public_key(), signature, format);
        Ok(SignedGentx { json: go_json::compact(&json) })
    }

    fn check(&self) -> Result<(), GentxError> {
        let Profile { moniker, identity, website, security_contact, details } = &self.profile;
        // x/staking/types/validator.go:27, cosmos-sdk v0.53.4; there it is looked at only when the
        // chain starts.
        let limits = [
            ("moniker", moniker, 70),
            ("identity", identity, 3000),
            ("website", website, 140),
            ("security contact", security_contact, 140),
            ("details", details, 280),
        ];
        if let Some((field, text, limit)) =
            limits.into_iter().find(|(_, text, limit)| text.len() > *limit)
        {
            return Err(GentxError::TooLong { field, length: text.len(), limit });
        }
        if moniker.is_empty() {
            return Err(GentxError::NoMoniker);
        }
        let Commission { rate, max_rate, max_change_rate } = self.commission;
        if max_rate > Decimal::ONE || rate > max_rate || max_change_rate > max_rate {
            return Err(GentxError::Commission(self.commission));
        }
        let least = self.min_self_delegation;
        if least == 0 || self.amount.amount < least {
            return Err(GentxError::TooLittle { amount: self.amount.clone(), least });
        }
        Ok(())
    }

    fn message(&self, operator: &PrivateKey) -> MsgCreateValidator {
        let Profile { moniker, identity, website, security_contact, details } =
            self.profile.clone();
        let Commission { rate, max_rate, max_change_rate } = self.commission;
        let consensus_key = KeyBytes { key: self.consensus_key.as_bytes().to_vec() };
        let operator = operator.public_key().address();
        MsgCreateValidator {
            description: Some(Description {
                moniker,
                identity,
                website,
                security_contact,
                details,
            }),
            commission: Some(CommissionRates {
                rate: rate.atomics().to_string(),
                max_rate: max_rate.atomics().to_string(),
                max_change_rate: max_change_rate.atomics().to_string(),
            }),
            min_self_delegation: self.min_self_delegation.to_string(),
            delegator_address: String::new(),
            validator_address: operator.bech32(&self.prefix.valoper()),
            pubkey: Some(Any::pack(ED25519_PUBLIC_KEY, &consensus_key)),
            value: Some(CoinMessage::from(&self.amount)),
        }
    }

    fn tx(&self, message: &MsgCreateValidator) -> Tx {
        Tx {
            messages: vec![message.to_any()],
            memo: self.memo.clone(),
            fee: Coins::default(),
            gas_limit: GAS_LIMIT,
            order: Order::Sequence(0),
        }
    }
}

impl SignedGentx {
    /// The JSON, on one line.
    pub fn json(&self) -> &[u8] {
        &self.json
    }

    /// The contents of the file: the JSON and a newline.
    pub fn to_file(&self) -> Vec<u8> {
        [self.json(), b"\n"].concat()
    }

    /// The name of the file in `config/gentx/`.
    ///
    /// # Source
    ///
    /// `makeOutputFilepath`, cosmos-sdk v0.53.4, x/genutil/client/cli/gentx.go:224.
    pub fn file_name(node: &NodeId) -> String {
        format!("gentx-{node}.json")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use prost::Message;

    use super::*;
    use crate::cosmos::{
        hd::HdPath,
        node_key::PrivValidatorKey,
        testdata::{mnemonic, text, vector},
    };

    fn operator() -> PrivateKey {
        PrivateKey::derive(&mnemonic().seed(), &HdPath::account(118, 0).unwrap()).unwrap()
    }

    /// What `vectors.json` was made of.
    fn golden() -> Gentx {
        let key = vector("/priv_validator_key_json").to_string();
        Gentx {
            chain_id: text("/gentx/chain_id").parse().unwrap(),
            prefix: "cosmos".parse().unwrap(),
            profile: Profile { moniker: text("/gentx/moniker"), ..Profile::default() },
            commission: Commission::default(),
            amount: text("/gentx/amount").parse().unwrap(),
            min_self_delegation: 1,
            consensus_key: PrivValidatorKey::parse(key.as_bytes()).unwrap().public_key(),
            memo: text("/gentx/memo"),
        }
    }

    fn json(gentx: &Gentx, format: GentxFormat) -> String {
        String::from_utf8(gentx.sign(&operator(), format).unwrap().json).unwrap()
    }

    #[test]
    fn the_json_is_the_golden_one() {
        assert_eq!(json(&golden(), GentxFormat::V0_53), text("/gentx/file_json"));
        let file = golden().sign(&operator(), GentxFormat::V0_53).unwrap().to_file();
        assert_eq!(file, format!("{}\n", text("/gentx/file_json")).into_bytes());
    }

    #[test]
    fn what_is_signed_is_the_golden_one() {
        let gentx = golden();
        let tx = gentx.tx(&gentx.message(&operator()));
        let document = tx.sign_document(&operator().public_key(), &gentx.chain_id, 0);
        let hex = base16ct::lower::encode_string(&document.encode_to_vec());
        assert_eq!(hex, text("/gentx/signdoc_hex"));
    }

    #[test]
    fn sdk_0_50_has_no_unordered_transactions() {
        let fields = r#","unordered":false,"timeout_timestamp":null"#;
        let expected = text("/gentx/file_json").replace(fields, "");
        assert_eq!(json(&golden(), GentxFormat::V0_50), expected);
        assert_eq!(GentxFormat::of("v0.50.11".parse().unwrap()), Some(GentxFormat::V0_50));
        assert_eq!(GentxFormat::of("v0.53.0".parse().unwrap()), Some(GentxFormat::V0_53));
        for unknown in ["v0.47.3", "v0.52.0", "v0.54.0", "v1.50.0"] {
            assert_eq!(GentxFormat::of(unknown.parse().unwrap()), None);
        }
    }

    #[test]
    fn what_the_chain_would_refuse_is_refused() {
        let error = |change: fn(&mut Gentx)| {
            let mut gentx = golden();
            change(&mut gentx);
            gentx.sign(&operator(), GentxFormat::V0_53).unwrap_err().to_string()
        };
        assert_eq!(
            error(|gentx| gentx.profile.moniker = "é".repeat(36)),
            "the moniker of the validator has 72 bytes, more than 70"
        );
        assert_eq!(error(|gentx| gentx.profile.moniker.clear()), "the validator has no moniker");
        assert!(error(|gentx| gentx.commission.rate = Decimal::percent(21)).contains("commission"));
        assert!(error(|gentx| gentx.amount.amount = 0).contains("delegates 0uatom"));
        assert!(error(|gentx| gentx.min_self_delegation = 0).contains("minimum of 0"));
    }

    #[test]
    fn the_file_is_named_for_the_node() {
        let key = vector("/node_key_json").to_string();
        let node = crate::cosmos::node_key::NodeKey::parse(key.as_bytes()).unwrap().id();
        let name = format!("gentx-{}.json", text("/node_id"));
        assert_eq!(SignedGentx::file_name(&node), name);
    }

    proptest! {
        #[test]
        fn the_json_has_what_was_meant(moniker in "\\PC{1,17}", amount in 1..u128::MAX) {
            let mut gentx = golden();
            gentx.profile.moniker.clone_from(&moniker);
            gentx.amount.amount = amount;
            let json = json(&gentx, GentxFormat::V0_53);
            let json: serde_json::Value = serde_json::from_str(&json).unwrap();
            let message = &json["body"]["messages"][0];
            prop_assert_eq!(&message["description"]["moniker"], &moniker);
            prop_assert_eq!(&message["value"]["amount"], &amount.to_string());
        }
    }
}
