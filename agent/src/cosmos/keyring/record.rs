//! What a file of the keyring holds: a JSON item, and in it a record of a key.

use std::{borrow::Cow, fmt};

use base64::{Engine, prelude::BASE64_STANDARD as BASE64};
use prost::Message;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, Zeroizing};

use crate::cosmos::{
    keys::{PrivateKey, PublicKey},
    proto::{Any, KeyBytes, SECP256K1_PRIVATE_KEY, SECP256K1_PUBLIC_KEY},
};

/// The JSON of a file: `Item`, github.com/cosmos/keyring v1.2.0, keyring.go:77.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Item<'a> {
    key: Cow<'a, str>,
    /// Borrowed from the JSON, so that there is no second copy of the key in memory.
    #[serde(borrow)]
    data: Cow<'a, str>,
    #[serde(default)]
    label: Cow<'a, str>,
    #[serde(default)]
    description: Cow<'a, str>,
    #[serde(default)]
    keychain_not_trust_application: bool,
    #[serde(default)]
    keychain_not_synchronizable: bool,
}

/// A key of the keyring: `cosmos/crypto/keyring/v1/record.proto`, cosmos-sdk v0.53.4.
///
/// A ledger, multi-signature or offline key has none of `local`; what else it has is not read.
#[derive(Clone, PartialEq, Message)]
#[prost(skip_debug)]
pub(super) struct Record {
    /// Name of the key.
    #[prost(string, tag = "1")]
    pub name: String,
    /// Public key, in any format.
    #[prost(message, optional, tag = "2")]
    pub public_key: Option<Any>,
    /// Private key, where it is kept in the keyring.
    #[prost(message, optional, tag = "3")]
    local: Option<Local>,
}

/// The private key of a [`Record`].
#[derive(Clone, PartialEq, Message)]
#[prost(skip_debug)]
struct Local {
    #[prost(message, optional, tag = "1")]
    private_key: Option<Any>,
}

impl Record {
    /// A record of a key that is kept in the keyring.
    pub fn local(name: &str, key: &PrivateKey) -> Self {
        let any = |type_url: &str, key: &[u8]| {
            Some(Any::pack(type_url, &KeyBytes { key: key.to_owned() }))
        };
        let private_key = any(SECP256K1_PRIVATE_KEY, &*key.to_bytes());
        Self {
            name: name.to_owned(),
            public_key: any(SECP256K1_PUBLIC_KEY, key.public_key().as_bytes()),
            local: Some(Local { private_key }),
        }
    }

    /// The type of the public key, such as `/cosmos.crypto.secp256k1.PubKey`.
    pub fn type_url(&self) -> &str {
        self.public_key.as_ref().map_or("", |any| &any.type_url)
    }

    /// The public key, if it is secp256k1.
    pub fn secp256k1(&self) -> Option<PublicKey> {
        let any = self.public_key.as_ref().filter(|any| any.type_url == SECP256K1_PUBLIC_KEY)?;
        PublicKey::from_bytes(&KeyBytes::decode(&*any.value).ok()?.key).ok()
    }

    /// The private key, if it is in the keyring and secp256k1.
    pub fn private_key(&self) -> Option<PrivateKey> {
        let any = self.local.as_ref()?.private_key.as_ref()?;
        if any.type_url != SECP256K1_PRIVATE_KEY {
            return None;
        }
        PrivateKey::from_bytes(&KeyBytes::decode(&*any.value).ok()?.key).ok()
    }

    /// Whether the private key is in the keyring.
    pub fn is_local(&self) -> bool {
        self.local.is_some()
    }

    /// The bytes of the record.
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(self.encode_to_vec())
    }
}

impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Record({})", self.name)
    }
}

impl fmt::Debug for Local {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Local(..)")
    }
}

/// Wipes the private key, which the encoder and the decoder leave in plain vectors.
impl Drop for Local {
    fn drop(&mut self) {
        if let Some(any) = &mut self.private_key {
            any.value.zeroize();
        }
    }
}

/// The JSON of a file whose key is `key`.
pub(super) fn item(key: &str, data: &[u8]) -> Zeroizing<Vec<u8>> {
    let data = Zeroizing::new(BASE64.encode(data));
    let item = Item {
        key: key.into(),
        data: data.as_str().into(),
        label: "".into(),
        description: "".into(),
        keychain_not_trust_application: false,
        keychain_not_synchronizable: false,
    };
    // Large enough that the vector is not moved, and a copy of the key left behind.
    let mut json = Zeroizing::new(Vec::with_capacity(2 * (key.len() + data.len()) + 200));
    serde_json::to_writer(&mut *json, &item).expect("plain fields, written to memory");
    json
}

/// The data in the JSON of a file, if it is such.
pub(super) fn item_data(json: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let item: Item<'_> = serde_json::from_slice(json).ok()?;
    BASE64.decode(&*item.data).ok().map(Zeroizing::new)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cosmos::{
        hd::HdPath,
        testdata::{mnemonic, text, vector},
    };

    fn key() -> PrivateKey {
        PrivateKey::derive(&mnemonic().seed(), &HdPath::account(118, 0).unwrap()).unwrap()
    }

    #[test]
    fn an_item_is_written_as_the_sdk_writes_it() {
        let record = Record::local("validator", &key()).to_bytes();
        let json = item("validator.info", &record);
        let golden = serde_json::to_string(&vector("/keyring_sample/payload")).unwrap();
        assert_eq!(str::from_utf8(&json).unwrap(), golden);
    }

    #[test]
    fn a_record_that_the_sdk_wrote_is_read() {
        let data = BASE64.decode(text("/keyring_sample/payload/Data")).unwrap();
        let record = Record::decode(&*data).unwrap();
        assert_eq!(record.name, "validator");
        assert_eq!(record.secp256k1(), Some(key().public_key()));
        assert_eq!(record.private_key(), Some(key()));
        assert!(record.is_local());
    }

    #[test]
    fn a_key_of_another_type_is_only_named() {
        let mut record = Record::local("eth", &key());
        record.public_key.as_mut().unwrap().type_url = "/ethermint.PubKey".to_owned();
        assert_eq!(record.secp256k1(), None);
        assert_eq!(record.type_url(), "/ethermint.PubKey");
    }

    #[test]
    fn debug_shows_no_secret() {
        let record = Record::local("validator", &key());
        assert_eq!(format!("{record:?} {:?}", record.local), "Record(validator) Some(Local(..))");
    }

    #[test]
    fn what_is_no_item_is_refused() {
        for json in ["", "{}", "[]", r#"{"Key":"a","Data":"!"}"#, r#"{"Key":"a","Data":7}"#] {
            assert!(item_data(json.as_bytes()).is_none(), "{json}");
        }
    }
}
