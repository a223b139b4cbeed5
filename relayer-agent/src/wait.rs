//! Waits until a chain can be linked: it answers, is the right one, is not behind, makes blocks.

use std::time::Duration;

use agent::cosmos::rpc::{NodeStatus, RpcError};
use jiff::Timestamp;
use thiserror::Error;
use tokio::time::{Instant, sleep};

use crate::chain::Chain;

/// How often a chain is asked that is not ready.
const EVERY: Duration = Duration::from_millis(300);

/// How often it is said that a chain is waited for.
const PROGRESS: Duration = Duration::from_secs(10);

/// A last block of this age means that the chain makes blocks, without waiting for the next.
const FRESH: Duration = Duration::from_secs(15);

/// A chain that is not there, and why.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("chain `{chain}` at `{url}` is not ready since {since}: {why}")]
pub struct NotReady {
    /// The chain.
    pub chain: String,
    /// Its RPC.
    pub url: String,
    /// Since when it is not.
    pub since: Timestamp,
    /// What is wrong.
    pub why: String,
}

/// Waits until the chain is ready: at least at `height`, not catching up, its height advancing.
///
/// # Errors
///
/// [`NotReady`] if it is not at the deadline; and at once if it is another chain.
pub async fn ready(chain: &Chain, height: u64, deadline: Instant) -> Result<(), NotReady> {
    // Several paths wait for one hub: one asks, and the others find the answer.
    let mut last = chain.ready.lock().await;
    let since = last.as_ref().map_or_else(Timestamp::now, |last| last.since);
    let mut next_line = Instant::now() + PROGRESS;
    let mut before: Option<u64> = None;
    loop {
        let (why, is_lasting) = match chain.rpc.status().await {
            Err(error) => (cause(&error), false),
            Ok(status) => match judge(chain, &status, height, before) {
                Ok(()) => {
                    *last = None;
                    return Ok(());
                }
                Err(why) => {
                    before.get_or_insert(status.height);
                    (why, status.chain_id != chain.config.chain_id.as_str())
                }
            },
        };
        let not_ready = NotReady {
            chain: chain.name().to_owned(),
            url: chain.config.rpc.to_string(),
            since,
            why,
        };
        if is_lasting || Instant::now() >= deadline {
            *last = Some(not_ready.clone());
            return Err(not_ready);
        }
        if Instant::now() >= next_line {
            tracing::info!(chain = chain.name(), why = not_ready.why, "waiting for a chain");
            next_line += PROGRESS;
        }
        sleep(EVERY).await;
    }
}

fn judge(
    chain: &Chain,
    status: &NodeStatus,
    height: u64,
    before: Option<u64>,
) -> Result<(), String> {
    if status.chain_id != chain.config.chain_id.as_str() {
        return Err(format!(
            "it is the chain `{}`, not `{}`; see its `rpc` and `chainId`",
            status.chain_id, chain.config.chain_id
        ));
    }
    if status.catching_up {
        return Err(format!("it is catching up, at height {}", status.height));
    }
    if status.height < height {
        return Err(format!("it is at height {}, not {height} yet", status.height));
    }
    let age = status.time.parse::<Timestamp>().map(|time| Timestamp::now().duration_since(time));
    let fresh = age.is_ok_and(|age| age.unsigned_abs() < FRESH);
    if !fresh && before.is_none_or(|before| before >= status.height) {
        return Err(format!("it makes no blocks, the last is {}", status.height));
    }
    Ok(())
}

/// An RPC error and its causes, in one line.
fn cause(error: &RpcError) -> String {
    agent::error::chain(error)
}
