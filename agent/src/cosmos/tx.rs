//! Transactions: their messages, and the signature that makes them valid.

pub mod bank;
pub mod ibc;
mod messages;
pub mod staking;

use std::time::{Duration, SystemTime};

use prost::Message;
use sha2::{Digest, Sha256};

pub use self::messages::{
    AuthInfo, CoinMessage, Fee, ModeInfo, SIGN_MODE_DIRECT, SignDoc, SignerInfo, Single, Timestamp,
    TxBody, TxRaw,
};
use super::{
    chain_id::ChainId,
    coin::Coins,
    keys::{PrivateKey, PublicKey},
    proto::{Any, KeyBytes, SECP256K1_PUBLIC_KEY},
};

/// What is to be done, and what is paid for it.
#[derive(Clone, Debug, PartialEq)]
pub struct Tx {
    /// The messages, each with its type; all of one signer.
    pub messages: Vec<Any>,
    /// A note that anyone can read.
    pub memo: String,
    /// What is paid, whatever is used.
    pub fee: Coins,
    /// The most that may be used.
    pub gas_limit: u64,
    /// What keeps the transaction from being done twice.
    pub order: Order,
}

/// What keeps a transaction from being done twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// The number of transactions that the account has signed before; they are done one by one.
    Sequence(u64),
    /// The chain remembers the transaction until then; several of one account are done in any
    /// order. The time is at most ten minutes ahead, and no two of one account may be equal.
    ///
    /// Needs SDK 0.53 and a chain that has it enabled (cosmos-sdk v0.53.4,
    /// x/auth/ante/sigverify.go:262).
    Unordered {
        /// The block time after which the transaction is refused.
        until: SystemTime,
    },
}

/// A transaction with its signature, ready to be broadcast.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedTx {
    bytes: Vec<u8>,
    signature: [u8; 64],
}

impl Tx {
    /// Signs the transaction for one chain, in the mode `SIGN_MODE_DIRECT`.
    ///
    /// `account_number` is what the chain counts the signer's account as; 0 in a gentx.
    ///
    /// # Source
    ///
    /// cosmos-sdk v0.53.4, x/auth/tx/sigs.go and x/tx v0.14.0, signing/direct/direct.go:27.
    pub fn sign(&self, key: &PrivateKey, chain_id: &ChainId, account_number: u64) -> SignedTx {
        let document = self.sign_document(&key.public_key(), chain_id, account_number);
        let signature = key.sign(&document.encode_to_vec());
        let raw = TxRaw {
            body_bytes: document.body_bytes,
            auth_info_bytes: document.auth_info_bytes,
            signatures: vec![signature.to_vec()],
        };
        SignedTx { bytes: raw.encode_to_vec(), signature }
    }

    /// What is signed: the parts of the transaction as bytes, with the chain and the account.
    pub fn sign_document(
        &self,
        signer: &PublicKey,
        chain_id: &ChainId,
        account_number: u64,
    ) -> SignDoc {
        SignDoc {
            body_bytes: self.body().encode_to_vec(),
            auth_info_bytes: self.auth_info(signer).encode_to_vec(),
            chain_id: chain_id.to_string(),
            account_number,
        }
    }

    /// The transaction with an empty signature, for the chain to estimate its gas.
    ///
    /// # Source
    ///
    /// `BuildSimTx`, cosmos-sdk v0.53.4, client/tx/factory.go:436.
    pub fn to_simulate(&self, signer: &PublicKey) -> Vec<u8> {
        let raw = TxRaw {
            body_bytes: self.body().encode_to_vec(),
            auth_info_bytes: self.auth_info(signer).encode_to_vec(),
            signatures: vec![Vec::new()],
        };
        raw.encode_to_vec()
    }

    fn body(&self) -> TxBody {
        let until = match self.order {
            Order::Sequence(_) => None,
            Order::Unordered { until } => Some(timestamp(until)),
        };
        TxBody {
            messages: self.messages.clone(),
            memo: self.memo.clone(),
            unordered: until.is_some(),
            timeout_timestamp: until,
            ..TxBody::default()
        }
    }

    fn auth_info(&self, signer: &PublicKey) -> AuthInfo {
        let key = KeyBytes { key: signer.as_bytes().to_vec() };
        let sequence = match self.order {
            Order::Sequence(sequence) => sequence,
            Order::Unordered { .. } => 0,
        };
        AuthInfo {
            signer_infos: vec![SignerInfo {
                public_key: Some(Any::pack(SECP256K1_PUBLIC_KEY, &key)),
                mode_info: Some(ModeInfo { single: Some(Single { mode: SIGN_MODE_DIRECT }) }),
                sequence,
            }],
            fee: Some(Fee {
                amount: CoinMessage::list(&self.fee),
                gas_limit: self.gas_limit,
                ..Fee::default()
            }),
        }
    }
}

impl SignedTx {
    /// The bytes to broadcast.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The signature.
    pub fn signature(&self) -> &[u8; 64] {
        &self.signature
    }

    /// What the chain calls the transaction: the SHA-256 of its bytes, in upper-case hexadecimal.
    pub fn hash(&self) -> String {
        base16ct::upper::encode_string(&Sha256::digest(&self.bytes))
    }
}

/// A time as protobuf has it; before 1970 is 1970.
fn timestamp(time: SystemTime) -> Timestamp {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO);
    Timestamp {
        seconds: i64::try_from(since.as_secs()).unwrap_or(i64::MAX),
        nanos: i32::try_from(since.subsec_nanos()).unwrap_or(0),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{bank::MsgSend, *};
    use crate::cosmos::{hd::HdPath, testdata::mnemonic};

    fn key() -> PrivateKey {
        PrivateKey::derive(&mnemonic().seed(), &HdPath::account(118, 0).unwrap()).unwrap()
    }

    fn tx(order: Order) -> Tx {
        let message = MsgSend { from_address: "a".into(), to_address: "b".into(), amount: vec![] };
        Tx {
            messages: vec![message.to_any()],
            memo: "memo".to_owned(),
            fee: "2uosmo,1uatom".parse().unwrap(),
            gas_limit: 200_000,
            order,
        }
    }

    fn chain_id() -> ChainId {
        "gwc".parse().unwrap()
    }

    #[test]
    fn an_unordered_transaction_has_a_time_and_no_sequence() {
        let until = SystemTime::UNIX_EPOCH + Duration::new(1_700_000_000, 5);
        let document =
            tx(Order::Unordered { until }).sign_document(&key().public_key(), &chain_id(), 7);
        let body = TxBody::decode(&*document.body_bytes).unwrap();
        assert!(body.unordered);
        assert_eq!(body.timeout_timestamp, Some(Timestamp { seconds: 1_700_000_000, nanos: 5 }));
        let auth = AuthInfo::decode(&*document.auth_info_bytes).unwrap();
        assert_eq!(auth.signer_infos[0].sequence, 0);
        assert_eq!((document.account_number, document.chain_id.as_str()), (7, "gwc"));
    }

    #[test]
    fn the_fee_is_sorted() {
        let document = tx(Order::Sequence(3)).sign_document(&key().public_key(), &chain_id(), 7);
        let auth = AuthInfo::decode(&*document.auth_info_bytes).unwrap();
        let denoms: Vec<_> = auth.fee.unwrap().amount.into_iter().map(|coin| coin.denom).collect();
        assert_eq!(denoms, ["uatom", "uosmo"]);
        assert_eq!(auth.signer_infos[0].sequence, 3);
        assert!(!TxBody::decode(&*document.body_bytes).unwrap().unordered);
    }

    #[test]
    fn a_simulated_transaction_differs_in_its_signature_only() {
        let simulated =
            TxRaw::decode(&*tx(Order::Sequence(3)).to_simulate(&key().public_key())).unwrap();
        let signed = tx(Order::Sequence(3)).sign(&key(), &chain_id(), 7);
        let mut raw = TxRaw::decode(signed.as_bytes()).unwrap();
        assert_eq!(raw.signatures, [signed.signature().to_vec()]);
        raw.signatures = vec![vec![]];
        assert_eq!(raw, simulated);
    }

    proptest! {
        #[test]
        fn the_same_transaction_has_the_same_hash(sequence: u64, account: u64) {
            let hash = || tx(Order::Sequence(sequence)).sign(&key(), &chain_id(), account).hash();
            prop_assert_eq!(hash(), hash());
            prop_assert_eq!(hash().len(), 64);
        }
    }
}
