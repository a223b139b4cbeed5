//! Whether a client can still be used.
//!
//! A chain that was wiped and started again under its old chain-id looks, by name, like the one
//! that a client follows; but its blocks are others. So what the client knows of its last height
//! is compared with the block that the chain has there now.

use std::time::Duration;

use agent::cosmos::{
    ibc::{ConsensusState, ConsensusStateRequest, ConsensusStateResponse},
    rpc::{Rpc, RpcError},
};
use jiff::{SignedDuration, Timestamp};
use prost::Message as _;
use serde::Serialize;
use tokio::time::sleep;

use super::Client;

/// How often a chain is asked again that does not have a client's height yet: behind one address
/// there may be several nodes, one a little late.
const TRIES: u32 = 3;

/// The wait between.
const BETWEEN: Duration = Duration::from_secs(1);

/// What a client is worth.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// It can be used.
    Usable,
    /// It was frozen, for misbehaviour.
    Frozen,
    /// Its last header is older than its trusting period.
    Expired,
    /// It follows another chain of that name: one that was wiped since.
    Stale,
}

/// A client's worth, and until when it lasts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged {
    /// The worth.
    pub verdict: Verdict,
    /// When its last header stops being trusted.
    pub expires: Option<Timestamp>,
}

/// Judges a client on `host` that is named as following the chain behind `target`.
///
/// # Errors
///
/// [`RpcError`] if one of them does not answer.
pub async fn judge(
    client: &Client,
    host: &Rpc,
    now: Timestamp,
    target: &Rpc,
) -> Result<Judged, RpcError> {
    let Some(known) = consensus_state(client, host).await? else {
        return Ok(Judged { verdict: Verdict::Expired, expires: None });
    };
    let time = known.timestamp.unwrap_or_default();
    let time = Timestamp::new(time.seconds, time.nanos).unwrap_or_default();
    let period = SignedDuration::try_from(client.trusting_period).unwrap_or(SignedDuration::MAX);
    let expires = time.checked_add(period).ok();
    let verdict = if client.frozen {
        Verdict::Frozen
    } else if !is_same_chain(client, &known, time, target).await? {
        Verdict::Stale
    } else if expires.is_some_and(|expires| expires <= now) {
        Verdict::Expired
    } else {
        Verdict::Usable
    };
    Ok(Judged { verdict, expires })
}

async fn consensus_state(client: &Client, host: &Rpc) -> Result<Option<ConsensusState>, RpcError> {
    let question = ConsensusStateRequest {
        client_id: client.id.clone(),
        revision: client.revision,
        height: client.height,
        latest: true,
    };
    let path = "/ibc.core.client.v1.Query/ConsensusState";
    let answer: ConsensusStateResponse = match host.query(path, &question).await {
        Err(error) if error.is_not_found() => return Ok(None),
        answer => answer?,
    };
    let state = answer.consensus_state.map(|state| ConsensusState::decode(&*state.value));
    Ok(state.and_then(Result::ok))
}

/// Whether the block that the client knows is one of the chain as it is now.
async fn is_same_chain(
    client: &Client,
    known: &ConsensusState,
    time: Timestamp,
    target: &Rpc,
) -> Result<bool, RpcError> {
    for attempt in 1..=TRIES {
        if let Some(header) = target.header(client.height).await? {
            let root = known.root.as_ref().map_or(&[][..], |root| &root.hash);
            return Ok(header.time.parse::<Timestamp>().ok() == Some(time)
                && is_hex(&header.app_hash, root)
                && is_hex(&header.next_validators_hash, &known.next_validators_hash));
        }
        // The block may be one of those that the node no longer keeps: that says nothing.
        if client.height < target.status().await?.earliest_height {
            return Ok(true);
        }
        if attempt < TRIES {
            sleep(BETWEEN).await;
        }
    }
    Ok(false)
}

fn is_hex(text: &str, bytes: &[u8]) -> bool {
    let digits =
        |pair: &[u8]| str::from_utf8(pair).ok().and_then(|pair| u8::from_str_radix(pair, 16).ok());
    text.len() == 2 * bytes.len()
        && text.as_bytes().chunks(2).zip(bytes).all(|(pair, byte)| digits(pair) == Some(*byte))
}
