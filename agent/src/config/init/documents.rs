//! What is edited in the node's own files, with the contract's defaults.

use std::time::Duration;

use crate::config::{
    duration,
    edits::{self, Edit},
    reader::Section,
    yaml::{Kind, Node},
};

/// The most that CometBFT lets a block hold, in bytes.
///
/// # Source
///
/// `MaxBlockSizeBytes`, cometbft v0.38.19, types/params.go:16.
const MAX_BLOCK_BYTES: i64 = 104_857_600;

/// How long CometBFT waits for a proposal, unless configured.
///
/// # Source
///
/// `DefaultConsensusConfig`, cometbft v0.38.19, config/config.go.
const TIMEOUT_PROPOSE: Duration = Duration::from_secs(3);

/// The contract's edits of config.toml.
const CONFIG_TOML: [(&str, &str); 6] = [
    ("rpc.laddr", "tcp://0.0.0.0:26657"),
    ("rpc.max_body_bytes", "10737418240"),
    ("rpc.timeout_broadcast_tx_commit", "60s"),
    ("mempool.max_tx_bytes", "10737418240"),
    ("mempool.size", "50000"),
    ("mempool.max_txs_bytes", "10737418240"),
];

/// The contract's edits of app.toml, without `api.max-request-body-size`, which is a new key.
const APP_TOML: [(&str, &str); 7] = [
    ("api.enable", "true"),
    ("api.address", "tcp://0.0.0.0:1317"),
    ("grpc.enable", "true"),
    ("grpc.address", "0.0.0.0:9090"),
    ("grpc.max-recv-msg-size", "10737418240"),
    ("grpc.max-send-msg-size", "10737418240"),
    ("grpc-web.enable", "true"),
];

/// Edits of the node's documents.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Documents {
    /// Of genesis.json; only while a home is made.
    pub genesis: Vec<Edit>,
    /// Of config.toml; at every start.
    pub config_toml: Vec<Edit>,
    /// Of app.toml; at every start.
    pub app_toml: Vec<Edit>,
    /// Of client.toml; at every start.
    pub client_toml: Vec<Edit>,
}

impl Documents {
    /// Reads the edits of all documents over the contract's defaults.
    pub(super) fn read(section: &mut Section<'_>) -> Self {
        let block_time = section
            .take("blockTime")
            .and_then(|field| field.duration(Duration::from_millis(1), Duration::from_hours(1)));
        let defaults = config_toml(block_time);
        let documents = Self {
            genesis: edits::read(section.take("genesis"), Vec::new()),
            config_toml: edits::read(section.take("config.toml"), defaults),
            app_toml: edits::read(section.take("app.toml"), app_toml()),
            client_toml: edits::read(section.take("client.toml"), Vec::new()),
        };
        if let Some(edit) = documents.genesis.iter().find(|edit| too_large(edit)) {
            section.missing(
                &format!("genesis.{}", edit.key()),
                &format!("is more than {MAX_BLOCK_BYTES}, the most that CometBFT allows"),
            );
        }
        documents
    }
}

fn config_toml(block_time: Option<Duration>) -> Vec<Edit> {
    let mut edits: Vec<_> =
        CONFIG_TOML.iter().map(|(path, value)| Edit::default_of(path, value)).collect();
    edits.insert(1, Edit::default_of("rpc.cors_allowed_origins", "*").in_a_list());
    if let Some(block_time) = block_time {
        // A proposer that is away costs one `timeout_propose`: no longer than a few blocks.
        let propose = block_time.clamp(Duration::from_secs(1), TIMEOUT_PROPOSE);
        let time = |path, time| Edit::default_of(path, &duration::format(time));
        edits.push(time("consensus.timeout_commit", block_time));
        edits.push(time("consensus.timeout_propose", propose));
    }
    edits
}

fn app_toml() -> Vec<Edit> {
    let mut edits: Vec<_> =
        APP_TOML.iter().map(|(path, value)| Edit::default_of(path, value)).collect();
    edits.insert(2, Edit::default_of("api.max-request-body-size", "10737418240").or_new());
    edits
}

fn too_large(edit: &Edit) -> bool {
    let Node { kind: Kind::Scalar { text, .. }, .. } = &edit.value else { return false };
    edit.key() == "consensus.params.block.max_bytes"
        && text.parse::<i64>().is_ok_and(|bytes| bytes > MAX_BLOCK_BYTES)
}
