//! A genesis that another pod has made: read from a file or downloaded, and checked.

use std::time::Duration;

use sha2::{Digest as _, Sha256};
use thiserror::Error;
use tokio::time::{Instant, sleep};

use super::{InitError, World, home::Home};
use crate::{
    config::init::{GenesisFrom, GenesisSource},
    cosmos::{
        chain_id::ChainId,
        genesis::{Genesis, GenesisSummary, SummaryError},
        rpc::http,
    },
    error,
    files::{self, PUBLIC},
};

/// How often a genesis that is not there yet is asked for.
const EVERY: Duration = Duration::from_secs(1);

/// Why a genesis is not taken.
#[derive(Debug, Error)]
pub enum DownloadError {
    /// It did not come.
    #[error("there is no genesis at `{source_name}` after {waited:?}: {why}")]
    Absent {
        /// The file or address.
        source_name: String,
        /// How long we asked.
        waited: Duration,
        /// What the last try said.
        why: String,
    },
    /// It is another file than the one that was meant.
    #[error("the genesis at `{source_name}` has the SHA-256 {found}, not {wanted}")]
    Digest {
        /// The file or address.
        source_name: String,
        /// What it has.
        found: String,
        /// What is configured.
        wanted: String,
    },
    /// It cannot be read.
    #[error("the genesis at `{source_name}` is not one")]
    Summary {
        /// The file or address.
        source_name: String,
        /// Why.
        #[source]
        source: SummaryError,
    },
    /// It is of another chain.
    #[error("the genesis at `{source_name}` is of chain `{found}`, not `{wanted}`")]
    OtherChain {
        /// The file or address.
        source_name: String,
        /// Its chain.
        found: ChainId,
        /// Our chain.
        wanted: ChainId,
    },
    /// It has nobody who could make a block.
    #[error("the genesis at `{source_name}` has neither gen_txs nor validators")]
    NoValidators {
        /// The file or address.
        source_name: String,
    },
}

/// Puts the genesis that another pod has made into the staged home.
///
/// # Errors
///
/// [`InitError::Download`] if it does not come in time or is not the one that was meant.
pub(super) async fn fill(
    world: &World,
    from: &GenesisFrom,
    staged: &Home,
) -> Result<(), InitError> {
    let bytes = wait_for(from).await?;
    let bytes = check(world, from, bytes)?;
    Ok(files::write_synced(&staged.genesis(), &bytes, PUBLIC)?)
}

async fn wait_for(from: &GenesisFrom) -> Result<Vec<u8>, DownloadError> {
    let began = Instant::now();
    loop {
        let why = match fetch(&from.source).await {
            Ok(bytes) => return Ok(bytes),
            Err(why) => why,
        };
        if began.elapsed() >= from.wait {
            let source_name = from.source.to_string();
            return Err(DownloadError::Absent { source_name, waited: from.wait, why });
        }
        tracing::info!(source = %from.source, why, "waiting for the genesis");
        sleep(EVERY).await;
    }
}

/// Reads it once; the text says why not.
async fn fetch(source: &GenesisSource) -> Result<Vec<u8>, String> {
    match source {
        GenesisSource::File(path) => match files::read(path) {
            Ok(Some(bytes)) => Ok(bytes),
            Ok(None) => Err("no such file".to_owned()),
            Err(error) => Err(error::chain(&error)),
        },
        GenesisSource::Url(url) => http::get(url).await.map_err(|error| error::chain(&error)),
    }
}

/// Makes sure that it is the genesis that was meant; takes it out of the answer of CometBFT's RPC
/// method `genesis`, if it is in one.
fn check(world: &World, from: &GenesisFrom, bytes: Vec<u8>) -> Result<Vec<u8>, InitError> {
    let source_name = from.source.to_string();
    let found = base16ct::lower::encode_string(&Sha256::digest(&bytes));
    if let Some(wanted) = from.sha256.clone().filter(|wanted| *wanted != found) {
        return Err(DownloadError::Digest { source_name, found, wanted }.into());
    }
    let bytes = match Genesis::parse(&bytes)?.get("result.genesis") {
        Ok(inner) => inner.to_string().into_bytes(),
        Err(_) => bytes,
    };
    let summary = match GenesisSummary::read(bytes.as_slice()) {
        Ok(summary) => summary,
        Err(source) => return Err(DownloadError::Summary { source_name, source }.into()),
    };
    let wanted = world.config.chain_id.clone();
    if summary.chain_id != wanted {
        let found = summary.chain_id;
        return Err(DownloadError::OtherChain { source_name, found, wanted }.into());
    }
    if summary.gentxs == 0 && !summary.has_validators {
        return Err(DownloadError::NoValidators { source_name }.into());
    }
    Ok(bytes)
}
