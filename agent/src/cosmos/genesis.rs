//! The genesis document of a chain: `config/genesis.json`.

mod accounts;
mod gentxs;
mod path;
mod summary;

use serde_json::Value;
use thiserror::Error;

pub use self::{
    path::{PathError, Presence},
    summary::{GenesisSummary, SummaryError},
};
use super::{
    address::AddressError,
    chain_id::{ChainId, ChainIdError},
    coin::{CoinError, Denom},
    go_json,
};

/// A genesis document, whatever the modules of its chain.
///
/// It is kept as JSON with the order of its keys and the digits of its numbers: what is not
/// changed is written as it was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Genesis(Value);

/// How a genesis document is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GenesisShape {
    /// As the SDK has written it since 0.50: `consensus.params`, `initial_height` a number.
    App,
    /// As CometBFT writes it, and the SDK until 0.47: `consensus_params`, `initial_height` text.
    CometBft,
}

/// Why a genesis document cannot be read or changed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum GenesisError {
    /// It is not JSON.
    #[error("the genesis is not JSON")]
    Json(#[source] serde_json::Error),
    /// It has something else where something was looked for.
    #[error(transparent)]
    Path(#[from] PathError),
    /// The chain-id in it is not one.
    #[error("`chain_id` of the genesis")]
    ChainId(#[source] ChainIdError),
    /// A coin in it is not one, or is too large.
    #[error("`{path}` of the genesis")]
    Coin {
        /// Where.
        path: String,
        /// Why.
        #[source]
        source: CoinError,
    },
    /// The account is in it already.
    #[error("account `{0}` is in the genesis already")]
    AccountExists(String),
    /// A gentx is not JSON.
    #[error("gentx {number} is not JSON")]
    GentxJson {
        /// Which, counted from 1.
        number: usize,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
    /// A gentx lacks something, or has too much.
    #[error("gentx {number}")]
    Gentx {
        /// Which, counted from 1.
        number: usize,
        /// What.
        #[source]
        source: PathError,
    },
    /// A gentx names a validator with a bad address.
    #[error("gentx {number}: `validator_address`")]
    GentxValidator {
        /// Which, counted from 1.
        number: usize,
        /// Why.
        #[source]
        source: AddressError,
    },
    /// A gentx delegates what its account has not.
    #[error("gentx {number}: `{validator}` delegates {delegated}{denom}, but has {balance}{denom}")]
    GentxBalance {
        /// Which, counted from 1.
        number: usize,
        /// The operator's address.
        validator: String,
        /// What is delegated.
        delegated: u128,
        /// What its account has.
        balance: u128,
        /// Of what.
        denom: Denom,
    },
}

impl Genesis {
    /// Reads a document.
    ///
    /// # Errors
    ///
    /// [`GenesisError::Json`], and [`GenesisError::Path`] if it is JSON, but not an object.
    pub fn parse(json: &[u8]) -> Result<Self, GenesisError> {
        let document: Value = serde_json::from_slice(json).map_err(GenesisError::Json)?;
        path::object(&document, "")?;
        Ok(Self(document))
    }

    /// The document as the SDK writes it: two spaces a level, no newline at the end.
    ///
    /// # Source
    ///
    /// `SaveAs`, cosmos-sdk v0.53.4, x/genutil/types/genesis.go:82.
    pub fn to_bytes(&self) -> Vec<u8> {
        go_json::indented(&self.0)
    }

    /// The document.
    pub fn as_json(&self) -> &Value {
        &self.0
    }

    /// How the document is laid out.
    ///
    /// # Source
    ///
    /// `AppGenesisFromReader`, cosmos-sdk v0.53.4, x/genutil/types/genesis.go:92: what is not an
    /// application's genesis, above all for the text in `initial_height`, is read as CometBFT's.
    pub fn shape(&self) -> GenesisShape {
        let has = |key: &str| self.0.get(key).is_some();
        let is_text = self.0.get("initial_height").is_some_and(Value::is_string);
        GenesisShape::of(has("consensus"), has("consensus_params"), is_text)
    }

    /// The chain that the genesis is of.
    ///
    /// # Errors
    ///
    /// [`GenesisError`] if there is none.
    pub fn chain_id(&self) -> Result<ChainId, GenesisError> {
        let text = path::text(&self.0, "chain_id")?;
        text.parse().map_err(GenesisError::ChainId)
    }

    /// The denom that validators delegate.
    ///
    /// # Errors
    ///
    /// [`GenesisError`] if the chain has no staking module, or has it elsewhere.
    pub fn bond_denom(&self) -> Result<Denom, GenesisError> {
        const PATH: &str = "app_state.staking.params.bond_denom";
        let text = path::text(&self.0, PATH)?;
        text.parse().map_err(|source| GenesisError::Coin { path: PATH.to_owned(), source })
    }

    /// What stands at a path such as `app_state.staking.params`.
    ///
    /// # Errors
    ///
    /// [`PathError`] names the first key that is missing, and the nearest that is there.
    pub fn get(&self, path: &str) -> Result<&Value, PathError> {
        path::get(&self.0, path)
    }

    /// Puts `value` at a path such as `consensus.params.block.max_bytes`; the elements of a list
    /// have numbers, from 0.
    ///
    /// Most numbers of a genesis are text. So a number becomes text where text is, and digits
    /// become a number where a number is.
    ///
    /// # Errors
    ///
    /// [`PathError`] names the first key that is missing and the nearest that is there; or the
    /// kind of what is there, if it is another than that of `value`.
    pub fn set(&mut self, path: &str, value: Value, presence: Presence) -> Result<(), PathError> {
        path::set(&mut self.0, path, value, presence)
    }
}

impl GenesisShape {
    /// The shape of a document with these keys, and with text in `initial_height` or not.
    fn of(has_consensus: bool, has_consensus_params: bool, height_is_text: bool) -> Self {
        if !has_consensus && (has_consensus_params || height_is_text) {
            Self::CometBft
        } else {
            Self::App
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_not_changed_is_written_as_it_was_read() {
        let bytes = include_bytes!("testdata/genesis-init.json");
        assert!(Genesis::parse(bytes).unwrap().to_bytes() == bytes);
    }

    #[test]
    fn a_genesis_names_its_chain_and_its_denom() {
        let genesis = Genesis::parse(include_bytes!("testdata/genesis-init.json")).unwrap();
        assert_eq!(genesis.chain_id().unwrap().as_str(), "gwc");
        assert_eq!(genesis.bond_denom().unwrap().as_str(), "uatom");
        assert_eq!(genesis.shape(), GenesisShape::App);
    }

    #[test]
    fn the_shape_of_sdk_0_47_is_recognised() {
        let shape = |json: Value| Genesis(json).shape();
        let old = json!({"initial_height": "1", "consensus_params": {}, "app_state": {}});
        assert_eq!(shape(old), GenesisShape::CometBft);
        assert_eq!(shape(json!({"initial_height": "1"})), GenesisShape::CometBft);
        assert_eq!(shape(json!({"initial_height": 1})), GenesisShape::App);
        let both = json!({"initial_height": 1, "consensus": {}, "consensus_params": {}});
        assert_eq!(shape(both), GenesisShape::App);
    }

    #[test]
    fn what_is_no_genesis_is_refused() {
        assert!(matches!(Genesis::parse(b"{\"a\""), Err(GenesisError::Json(_))));
        let error = Genesis::parse(b"[]").unwrap_err();
        assert_eq!(error.to_string(), "the document has a list, not an object");
        let error = Genesis::parse(b"{}").unwrap().bond_denom().unwrap_err();
        assert_eq!(error.to_string(), "the document has no key `app_state`");
    }
}
