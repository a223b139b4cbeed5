//! What a genesis document is, without keeping it in memory: it can have hundreds of megabytes.

mod visit;

use std::io::{self, BufReader, Read};

use serde::de::{DeserializeSeed, Error as _, IgnoredAny, MapAccess};
use thiserror::Error;

use self::visit::{Count, Counted, Fields, Object, Scalar};
use super::GenesisShape;
use crate::cosmos::chain_id::{ChainId, ChainIdError};

/// How much is read from a file at once, in bytes.
const BUFFER: usize = 1 << 16;

/// What is to be known of a genesis before a node is started with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GenesisSummary {
    /// The chain.
    pub chain_id: ChainId,
    /// How it is laid out.
    pub shape: GenesisShape,
    /// How many gentxs it has.
    pub gentxs: usize,
    /// Whether it names validators by itself: an exported chain, or one that another secures.
    pub has_validators: bool,
}

/// Why a file is not a genesis.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SummaryError {
    /// The file cannot be read.
    #[error("cannot read the genesis")]
    Read(#[source] io::Error),
    /// The file ends too early; a download that was cut off, for instance.
    #[error("the genesis is cut off at line {line}")]
    CutOff {
        /// The last line.
        line: usize,
    },
    /// The file is not JSON, or has something else where something was looked for.
    #[error("the genesis is not one")]
    Json(#[source] serde_json::Error),
    /// There is no chain-id.
    #[error("the genesis has no `chain_id`")]
    NoChainId,
    /// The chain-id is not one.
    #[error("`chain_id` of the genesis")]
    ChainId(#[source] ChainIdError),
}

impl GenesisSummary {
    /// Reads a document to its end, in constant memory.
    ///
    /// # Errors
    ///
    /// [`SummaryError`]: also for a document that is cut off.
    pub fn read(reader: impl Read) -> Result<Self, SummaryError> {
        let (document, result) = scan(reader, Until::End);
        result?;
        Ok(Self {
            shape: GenesisShape::of(
                document.has_consensus,
                document.has_consensus_params,
                matches!(document.initial_height, Scalar::Text(_)),
            ),
            gentxs: document.app.gentxs,
            has_validators: document.validators + document.app.validators > 0,
            chain_id: document.chain_id()?,
        })
    }

    /// Reads a document until the chain-id is known, which in most is at once.
    ///
    /// # Errors
    ///
    /// [`SummaryError`], but what is behind the chain-id is not looked at.
    pub fn read_chain_id(reader: impl Read) -> Result<ChainId, SummaryError> {
        let (document, result) = scan(reader, Until::ChainId);
        if document.chain_id.is_none() {
            result?;
        }
        document.chain_id()
    }
}

/// How far to read.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Until {
    #[default]
    End,
    ChainId,
}

/// What was found in a document.
#[derive(Default)]
struct Document {
    until: Until,
    chain_id: Option<String>,
    initial_height: Scalar,
    has_consensus: bool,
    has_consensus_params: bool,
    validators: usize,
    app: AppState,
}

/// What was found in the part of the modules.
#[derive(Default)]
struct AppState {
    gentxs: usize,
    validators: usize,
}

impl Document {
    fn chain_id(self) -> Result<ChainId, SummaryError> {
        let text = self.chain_id.ok_or(SummaryError::NoChainId)?;
        text.parse().map_err(SummaryError::ChainId)
    }
}

fn scan(reader: impl Read, until: Until) -> (Document, Result<(), SummaryError>) {
    let mut document = Document { until, ..Document::default() };
    let mut json = serde_json::Deserializer::from_reader(BufReader::with_capacity(BUFFER, reader));
    let fields = Fields { object: &mut document, place: "the document" };
    let result = fields.deserialize(&mut json).and_then(|()| json.end());
    let result = result.map_err(|error| match error.classify() {
        serde_json::error::Category::Io => SummaryError::Read(error.into()),
        serde_json::error::Category::Eof => SummaryError::CutOff { line: error.line() },
        _ => SummaryError::Json(error),
    });
    (document, result)
}

impl Object for Document {
    fn field<'de, A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        match key {
            "chain_id" => {
                if let Scalar::Text(text) = map.next_value()? {
                    self.chain_id = Some(text);
                }
                if self.until == Until::ChainId {
                    return Err(A::Error::custom("what comes behind is not wanted"));
                }
            }
            "initial_height" => self.initial_height = map.next_value()?,
            "validators" => self.validators += map.next_value_seed(Count("validators"))?,
            "consensus" => {
                self.has_consensus = true;
                return count(map, "validators", "consensus.validators", &mut self.validators);
            }
            "consensus_params" => {
                self.has_consensus_params = true;
                map.next_value::<IgnoredAny>()?;
            }
            "app_state" => {
                map.next_value_seed(Fields { object: &mut self.app, place: "app_state" })?;
            }
            _ => drop(map.next_value::<IgnoredAny>()?),
        }
        Ok(())
    }
}

impl Object for AppState {
    fn field<'de, A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        let Self { gentxs, validators } = self;
        match key {
            "genutil" => count(map, "gen_txs", "app_state.genutil.gen_txs", gentxs),
            "staking" => count(map, "validators", "app_state.staking.validators", validators),
            "ccvconsumer" => {
                count(map, "initial_val_set", "app_state.ccvconsumer.initial_val_set", validators)
            }
            _ => map.next_value::<IgnoredAny>().map(drop),
        }
    }
}

/// Adds the length of a list, in the object that comes next, to `sum`.
///
/// Chains that another secures have had theirs in an object `provider` since
/// interchain-security v3; nobody else has one of that name.
fn count<'de, A: MapAccess<'de>>(
    map: &mut A,
    list: &'static str,
    place: &'static str,
    sum: &mut usize,
) -> Result<(), A::Error> {
    let object = &mut Counted { list, place, within: "provider", count: sum };
    map.next_value_seed(Fields { object, place })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    const GENESIS: &[u8] = include_bytes!("../testdata/genesis.json");

    fn summary(document: &Value) -> Result<GenesisSummary, SummaryError> {
        GenesisSummary::read(document.to_string().as_bytes())
    }

    #[test]
    fn the_genesis_of_gwcd_is_summed_up() {
        let expected = GenesisSummary {
            chain_id: "gwc".parse().unwrap(),
            shape: GenesisShape::App,
            gentxs: 1,
            has_validators: false,
        };
        assert_eq!(GenesisSummary::read(GENESIS).unwrap(), expected);
    }

    #[test]
    fn validators_are_found_wherever_they_are() {
        for document in [
            json!({"chain_id": "a", "validators": [1]}),
            json!({"chain_id": "a", "consensus": {"validators": [1]}}),
            json!({"chain_id": "a", "app_state": {"staking": {"validators": [1]}}}),
            json!({"chain_id": "a", "app_state": {"ccvconsumer": {"initial_val_set": [1]}}}),
            json!({"chain_id": "a",
                   "app_state": {"ccvconsumer": {"provider": {"initial_val_set": [1]}}}}),
        ] {
            assert!(summary(&document).unwrap().has_validators, "{document}");
        }
        let empty = json!({"chain_id": "a", "validators": null, "consensus": {"validators": []},
                           "app_state": {"staking": {"validators": []}, "ccvconsumer": null}});
        assert!(!summary(&empty).unwrap().has_validators);
    }

    #[test]
    fn the_shape_of_sdk_0_47_is_recognised() {
        let old = json!({"chain_id": "a", "initial_height": "1", "consensus_params": {}});
        assert_eq!(summary(&old).unwrap().shape, GenesisShape::CometBft);
        let new = json!({"chain_id": "a", "initial_height": 1, "consensus": {}});
        assert_eq!(summary(&new).unwrap().shape, GenesisShape::App);
    }

    #[test]
    fn the_chain_id_is_known_before_the_end() {
        let start = br#"{"app_name": "gwcd", "chain_id": "gwc", "app_state": {"#.as_slice();
        assert_eq!(GenesisSummary::read_chain_id(start).unwrap().as_str(), "gwc");
        assert!(matches!(GenesisSummary::read(start), Err(SummaryError::CutOff { line: 1 })));
    }

    #[test]
    fn what_is_no_genesis_is_refused() {
        let error = |text: &str| GenesisSummary::read(text.as_bytes()).unwrap_err();
        assert!(matches!(error(""), SummaryError::CutOff { .. }));
        assert!(matches!(error("{}"), SummaryError::NoChainId));
        assert!(matches!(error(r#"{"chain_id": 5}"#), SummaryError::NoChainId));
        assert!(matches!(error(r#"{"chain_id": ""}"#), SummaryError::ChainId(_)));
        assert!(matches!(error(r#"{"chain_id": "a"} x"#), SummaryError::Json(_)));
        let SummaryError::Json(error) = error(r#"{"app_state": {"staking": {"validators": 5}}}"#)
        else {
            panic!("not a list");
        };
        assert!(error.to_string().contains("a list at `app_state.staking.validators`"), "{error}");
        assert!(GenesisSummary::read_chain_id(b"{".as_slice()).is_err());
    }

    #[test]
    fn a_file_that_cannot_be_read_is_not_bad_json() {
        struct Broken;
        impl Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::Error::other("no such disk"))
            }
        }
        assert!(matches!(GenesisSummary::read(Broken), Err(SummaryError::Read(_))));
    }

    proptest! {
        #[test]
        fn a_document_cut_off_anywhere_is_known_to_be(at in any::<prop::sample::Index>()) {
            let cut = &GENESIS[..at.index(GENESIS.len())];
            let is_cut_off = matches!(GenesisSummary::read(cut), Err(SummaryError::CutOff { .. }));
            prop_assert!(is_cut_off);
        }
    }
}
