//! Looks at a Substrate node through its WebSocket, as node-liveness-probe does.
//!
//! # Source
//!
//! node-liveness-probe: `/healthz`, `/healthz_block` and `/readiness`; their parameters and
//! status codes are the contract's.

use std::{
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use futures_util::{SinkExt as _, StreamExt as _};
use reqwest::Url;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async_with_config,
    tungstenite::{Message, protocol::WebSocketConfig},
};

use super::{Kind, Probe, Verdict, progress::Progress};

/// The most that one answer may have, in bytes.
const MAX_ANSWER: usize = 1 << 20;

/// A Substrate node, and what is remembered of its blocks. Clones share that.
#[derive(Clone, Debug)]
pub struct Substrate {
    rpc: Url,
    block_limit: Option<Duration>,
    blocks: Arc<Mutex<Blocks>>,
}

#[derive(Debug, Default)]
struct Blocks {
    best: Progress,
    finalized: Progress,
}

/// A connection, and how many questions it was asked.
struct Connection {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    asked: u64,
}

impl Substrate {
    /// A node behind this WebSocket.
    pub fn new(rpc: &Url, block_limit: Option<Duration>) -> Self {
        Self { rpc: rpc.clone(), block_limit, blocks: Arc::default() }
    }

    /// The node that a probe looks at, if that is Substrate.
    pub fn of(probe: &Probe) -> Option<Self> {
        match &probe.kind {
            Kind::Substrate { rpc, block_limit } => Some(Self::new(rpc, *block_limit)),
            _ => None,
        }
    }

    /// `/healthz`: all that is asked for is answered.
    ///
    /// # Errors
    ///
    /// What is not answered, and why.
    pub async fn healthz(&self) -> Verdict {
        let mut node = self.connect().await?;
        answers(&mut node).await
    }

    /// `/healthz_block`: also, the best and the finalized block change within the limit.
    ///
    /// # Errors
    ///
    /// What is not so.
    pub async fn healthz_block(&self) -> Verdict {
        let mut node = self.connect().await?;
        answers(&mut node).await?;
        self.note_blocks(&mut node).await?;
        self.advance()
    }

    /// `/readiness`: it does not sync, and has peers.
    ///
    /// # Errors
    ///
    /// What is not so.
    pub async fn readiness(&self) -> Verdict {
        let mut node = self.connect().await?;
        is_ready(&mut node).await
    }

    /// Whether it is alive, whether all three are well, and the height of the best block.
    ///
    /// A chain that stands still is not helped by killing its nodes.
    pub(super) async fn look(&self) -> (Verdict, Verdict, Option<u64>) {
        let all = async {
            let mut node = self.connect().await?;
            answers(&mut node).await?;
            let height = self.note_blocks(&mut node).await?;
            Ok::<_, String>((height, self.advance().and(is_ready(&mut node).await)))
        };
        match all.await {
            Err(why) => (Err(why.clone()), Err(why), None),
            Ok((height, ready)) => (Ok(()), ready, Some(height)),
        }
    }

    async fn connect(&self) -> Result<Connection, String> {
        let config = WebSocketConfig::default()
            .max_message_size(Some(MAX_ANSWER))
            .max_frame_size(Some(MAX_ANSWER));
        match connect_async_with_config(self.rpc.as_str(), Some(config), true).await {
            Ok((socket, _)) => Ok(Connection { socket, asked: 0 }),
            Err(error) => Err(format!("cannot connect to {}: {error}", self.rpc)),
        }
    }

    /// Asks for the best and the finalized block; the height of the best.
    async fn note_blocks(&self, node: &mut Connection) -> Result<u64, String> {
        let best = number(&node.call("chain_getHeader", json!([])).await?)?;
        let hash = node.call("chain_getFinalizedHead", json!([])).await?;
        let finalized = number(&node.call("chain_getHeader", json!([hash])).await?)?;
        let mut blocks = self.blocks();
        blocks.best.note(best);
        blocks.finalized.note(finalized);
        Ok(best)
    }

    /// Whether both blocks change within the limit.
    fn advance(&self) -> Verdict {
        let blocks = self.blocks();
        blocks.best.check("best block", self.block_limit)?;
        blocks.finalized.check("finalized block", self.block_limit)
    }

    fn blocks(&self) -> MutexGuard<'_, Blocks> {
        self.blocks.lock().expect("nothing panics with the blocks locked")
    }
}

impl Connection {
    /// Asks, and waits for the answer.
    ///
    /// The question has a number, as everybody's has: there are nodes that take no text.
    async fn call(&mut self, method: &str, params: Value) -> Result<Value, String> {
        self.asked += 1;
        let request =
            json!({"jsonrpc": "2.0", "id": self.asked, "method": method, "params": params});
        let failed = |why: &dyn std::fmt::Display| format!("`{method}` is not answered: {why}");
        let sent = self.socket.send(Message::text(request.to_string())).await;
        sent.map_err(|error| failed(&error))?;
        loop {
            let text = match self.socket.next().await {
                None => return Err(failed(&"the connection was closed")),
                Some(Err(error)) => return Err(failed(&error)),
                Some(Ok(Message::Text(text))) => text,
                Some(Ok(_)) => continue,
            };
            let mut answer: Value =
                serde_json::from_str(text.as_str()).map_err(|error| failed(&error))?;
            if answer.get("id").and_then(Value::as_u64) != Some(self.asked) {
                continue;
            }
            return match answer.get_mut("result").map(Value::take) {
                Some(result) => Ok(result),
                None => Err(failed(&answer.get("error").unwrap_or(&Value::Null))),
            };
        }
    }
}

async fn answers(node: &mut Connection) -> Verdict {
    for method in ["system_health", "system_chain", "system_properties"] {
        node.call(method, json!([])).await?;
    }
    node.call("chain_getBlockHash", json!([0])).await.map(drop)
}

async fn is_ready(node: &mut Connection) -> Verdict {
    let health = node.call("system_health", json!([])).await?;
    match (
        field(&health, "isSyncing").and_then(Value::as_bool),
        field(&health, "peers").and_then(Value::as_u64),
    ) {
        (Some(false), Some(1..)) => Ok(()),
        (Some(true), _) => Err("it is syncing".to_owned()),
        (Some(false), Some(0)) => Err("it has no peers".to_owned()),
        _ => Err(format!("`system_health` answers {health}")),
    }
}

/// A field of an answer, in any case: Gossamer has `IsSyncing` (v0.9.0, lib/common/network.go:11), and
/// node-liveness-probe, being written in Go, reads that too.
fn field<'a>(answer: &'a Value, name: &str) -> Option<&'a Value> {
    let mut fields = answer.as_object()?.iter();
    fields.find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

/// The number of a header, which is hexadecimal.
fn number(header: &Value) -> Result<u64, String> {
    let text = header.get("number").and_then(Value::as_str);
    text.and_then(|text| u64::from_str_radix(text.trim_start_matches("0x"), 16).ok())
        .ok_or_else(|| format!("a header without a number: {header}"))
}

#[cfg(test)]
mod tests;
