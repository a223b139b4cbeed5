//! CometBFT's RPC, as far as health needs it.

use reqwest::{Client, Url};
use serde::Deserialize;
use thiserror::Error;

use crate::client::{self, ClientError};

/// How far a node is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyncInfo {
    /// The last block that it has.
    pub height: u64,
    /// The time of that block, RFC 3339 in UTC.
    pub time: String,
    /// Whether it is still fetching blocks that others have.
    pub catching_up: bool,
}

/// Why a node does not say how far it is.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum RpcError {
    /// There is no answer.
    #[error("the RPC does not answer")]
    Client(#[from] ClientError),
    /// The answer is a failure.
    #[error("the RPC answers with {0}")]
    Status(reqwest::StatusCode),
    /// The answer is not that of CometBFT.
    #[error("the answer to `/status` is not CometBFT's")]
    Shape(#[from] serde_json::Error),
    /// There is no URL for the method.
    #[error("`{0}` is not the URL of an RPC")]
    Url(Url),
}

/// Asks a node how far it is.
///
/// # Errors
///
/// See [`RpcError`]. There is no time limit here.
///
/// # Source
///
/// `ResultStatus`, cometbft v0.38, rpc/core/types/responses.go; int64 are strings in its JSON.
pub async fn sync_info(client: &Client, rpc: &Url) -> Result<SyncInfo, RpcError> {
    #[derive(Deserialize)]
    struct Envelope {
        result: Outcome,
    }
    #[derive(Deserialize)]
    struct Outcome {
        sync_info: Raw,
    }
    #[derive(Deserialize)]
    struct Raw {
        latest_block_height: String,
        latest_block_time: String,
        catching_up: bool,
    }

    let mut url = rpc.clone();
    url.path_segments_mut().map_err(|()| RpcError::Url(rpc.clone()))?.pop_if_empty().push("status");
    let response = client.get(url).send().await.map_err(ClientError::from)?;
    if !response.status().is_success() {
        return Err(RpcError::Status(response.status()));
    }
    let envelope: Envelope = serde_json::from_slice(&client::body(response).await?)?;
    let raw = envelope.result.sync_info;
    let height = raw.latest_block_height.parse().map_err(serde::de::Error::custom);
    Ok(SyncInfo {
        height: height.map_err(|error: serde_json::Error| RpcError::Shape(error))?,
        time: raw.latest_block_time,
        catching_up: raw.catching_up,
    })
}
