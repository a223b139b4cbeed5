//! A node's RPC, the JSON-RPC of CometBFT, as a client.
//!
//! It is the one door that every node opens and that relayers need anyway: the REST API is off by
//! default, and gRPC listens on loopback. The application's queries pass through it too.

pub mod http;
mod messages;

use std::time::Duration;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use prost::Message;
use serde_json::{Value, json};
use thiserror::Error;
use tokio::time;

use self::messages::{
    AccountInfoRequest, AccountInfoResponse, BalanceRequest, BalanceResponse, SimulateRequest,
    SimulateResponse,
};
pub use self::{
    http::{HttpError, Url, UrlError, get},
    messages::{Account, PageRequest, PageResponse},
};
use super::coin::Denom;

/// How long one call may take.
const LIMIT: Duration = Duration::from_secs(10);

/// The most transactions of a mempool that a node shows at once.
const MEMPOOL_PAGE: usize = 100;

/// A node's RPC.
#[derive(Clone, Debug)]
pub struct Rpc {
    url: Url,
    limit: Duration,
}

/// Why a call gave no answer.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum RpcError {
    /// Nobody answered, or not as HTTP.
    #[error("`{url}` does not answer")]
    Http {
        /// The RPC's address.
        url: String,
        /// Why.
        #[source]
        source: HttpError,
    },
    /// The answer did not come in time.
    #[error("`{url}` did not answer within {limit:?}")]
    Timeout {
        /// The RPC's address.
        url: String,
        /// How long we waited.
        limit: Duration,
    },
    /// The answer is not what the method answers.
    #[error("`{url}` answered something else than `{method}` does")]
    Shape {
        /// The RPC's address.
        url: String,
        /// The method.
        method: String,
    },
    /// The node refused the call.
    #[error("`{url}` refused `{method}`: {message}")]
    Refused {
        /// The RPC's address.
        url: String,
        /// The method.
        method: String,
        /// What it said.
        message: String,
    },
    /// The application refused the query.
    #[error("`{url}` refused the query `{path}` with code {code}: {log}")]
    Query {
        /// The RPC's address.
        url: String,
        /// The query.
        path: String,
        /// The application's code.
        code: u64,
        /// What it said.
        log: String,
    },
}

/// How a node is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeStatus {
    /// The chain's id.
    pub chain_id: String,
    /// The last block.
    pub height: u64,
    /// The first block that the node still has.
    pub earliest_height: u64,
    /// The time of the last block, RFC 3339.
    pub time: String,
    /// Whether the node is still behind its peers.
    pub catching_up: bool,
}

/// What a block's header says of the state before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// The time of the block, RFC 3339.
    pub time: String,
    /// The hash of the application's state after the block before, in hexadecimal.
    pub app_hash: String,
    /// The hash of the next validators, in hexadecimal.
    pub next_validators_hash: String,
}

/// What a node did with a transaction that was sent to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broadcast {
    /// 0 if it is in the mempool now.
    pub code: u64,
    /// What the application said.
    pub log: String,
}

/// A transaction in a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Included {
    /// The block.
    pub height: u64,
    /// 0 if it did what it should.
    pub code: u64,
    /// What the application said.
    pub log: String,
}

/// The transactions that wait for a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mempool {
    /// How many there are.
    pub total: u64,
    /// The first of them.
    pub transactions: Vec<Vec<u8>>,
}

impl RpcError {
    /// Whether the application answered that there is no such thing.
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::Query { log, .. } if log.contains("not found") || log.contains("NotFound"))
    }

    /// Whether nobody answered at all.
    pub fn is_unreachable(&self) -> bool {
        matches!(self, Self::Http { .. } | Self::Timeout { .. })
    }
}

impl Rpc {
    /// The RPC at an address.
    pub fn new(url: Url) -> Self {
        Self { url, limit: LIMIT }
    }

    /// The same with another limit for each call.
    #[must_use]
    pub fn limit(self, limit: Duration) -> Self {
        Self { limit, ..self }
    }

    /// The address.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// Calls a method.
    ///
    /// # Errors
    ///
    /// [`RpcError`] if there is no answer, or a refusal.
    pub async fn call(&self, method: &str, params: Value) -> Result<Value, RpcError> {
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        let url = || self.url.to_string();
        let post = http::post(&self.url, body.to_string());
        let answer = match time::timeout(self.limit, post).await {
            Err(_) => return Err(RpcError::Timeout { url: url(), limit: self.limit }),
            Ok(Err(source)) => return Err(RpcError::Http { url: url(), source }),
            Ok(Ok(answer)) => answer,
        };
        let shape = || RpcError::Shape { url: url(), method: method.to_owned() };
        let mut answer: Value = serde_json::from_slice(&answer).map_err(|_| shape())?;
        if let Some(error) = answer.get("error").filter(|error| !error.is_null()) {
            let part = |key| error.get(key).and_then(Value::as_str).unwrap_or_default();
            let message = format!("{} {}", part("message"), part("data")).trim().to_owned();
            return Err(RpcError::Refused { url: url(), method: method.to_owned(), message });
        }
        answer.get_mut("result").map(Value::take).ok_or_else(shape)
    }

    /// Asks the application, by the name of a gRPC method, at its last state.
    ///
    /// # Errors
    ///
    /// [`RpcError::Query`] if the application refuses; else as [`Rpc::call`].
    pub async fn query<A: Message + Default>(
        &self,
        path: &str,
        question: &impl Message,
    ) -> Result<A, RpcError> {
        let data = base16ct::lower::encode_string(&question.encode_to_vec());
        let params = json!({"path": path, "data": data, "height": "0", "prove": false});
        let result = self.call("abci_query", params).await?;
        let shape = || RpcError::Shape { url: self.url.to_string(), method: path.to_owned() };
        let response = result.get("response").ok_or_else(shape)?;
        let code = response.get("code").and_then(Value::as_u64).unwrap_or_default();
        if code != 0 {
            let log = text(response, "/log").unwrap_or_default();
            let (url, path) = (self.url.to_string(), path.to_owned());
            return Err(RpcError::Query { url, path, code, log });
        }
        let value = response.get("value").and_then(Value::as_str).unwrap_or_default();
        let bytes = BASE64_STANDARD.decode(value).map_err(|_| shape())?;
        A::decode(&*bytes).map_err(|_| shape())
    }

    /// How the node is doing.
    ///
    /// # Errors
    ///
    /// As [`Rpc::call`].
    pub async fn status(&self) -> Result<NodeStatus, RpcError> {
        let result = self.call("status", json!({})).await?;
        let read = || {
            Some(NodeStatus {
                chain_id: text(&result, "/node_info/network")?,
                height: number(&result, "/sync_info/latest_block_height")?,
                earliest_height: number(&result, "/sync_info/earliest_block_height")?,
                time: text(&result, "/sync_info/latest_block_time")?,
                catching_up: result.pointer("/sync_info/catching_up")?.as_bool()?,
            })
        };
        read().ok_or_else(|| self.shape("status"))
    }

    /// The header of a block; none if the node has no such block.
    ///
    /// # Errors
    ///
    /// As [`Rpc::call`].
    pub async fn header(&self, height: u64) -> Result<Option<Header>, RpcError> {
        let result = match self.call("header", json!({"height": height.to_string()})).await {
            // Above the last block, or below the first that is kept.
            Err(RpcError::Refused { message, .. }) if message.contains("height") => {
                return Ok(None);
            }
            result => result?,
        };
        if result.get("header").is_none_or(Value::is_null) {
            return Ok(None);
        }
        let read = || {
            Some(Header {
                time: text(&result, "/header/time")?,
                app_hash: text(&result, "/header/app_hash")?,
                next_validators_hash: text(&result, "/header/next_validators_hash")?,
            })
        };
        read().map(Some).ok_or_else(|| self.shape("header"))
    }

    /// The transactions that wait for a block.
    ///
    /// # Errors
    ///
    /// As [`Rpc::call`].
    pub async fn mempool(&self) -> Result<Mempool, RpcError> {
        let params = json!({"limit": MEMPOOL_PAGE.to_string()});
        let result = self.call("unconfirmed_txs", params).await?;
        let shape = || self.shape("unconfirmed_txs");
        let total = number(&result, "/total").ok_or_else(shape)?;
        let listed = result.get("txs").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let decode = |tx: &Value| BASE64_STANDARD.decode(tx.as_str()?).ok();
        let transactions = listed.iter().map(decode).collect::<Option<_>>().ok_or_else(shape)?;
        Ok(Mempool { total, transactions })
    }

    /// The height of the first transaction that has an event, `type.key='value'`; none if there
    /// is none, or the node does not index.
    ///
    /// # Errors
    ///
    /// As [`Rpc::call`].
    pub async fn first_height_of(&self, event: &str) -> Result<Option<u64>, RpcError> {
        let params = json!({
            "query": event, "prove": false, "page": "1", "per_page": "1", "order_by": "asc",
        });
        match self.call("tx_search", params).await {
            Err(RpcError::Refused { .. }) => Ok(None),
            result => Ok(number(&result?, "/txs/0/height")),
        }
    }

    /// Sends a transaction, and says what the mempool did with it.
    ///
    /// # Errors
    ///
    /// As [`Rpc::call`]. One that is in the mempool already is refused.
    pub async fn broadcast(&self, tx: &[u8]) -> Result<Broadcast, RpcError> {
        let params = json!({"tx": BASE64_STANDARD.encode(tx)});
        let result = self.call("broadcast_tx_sync", params).await?;
        let code = result.get("code").and_then(Value::as_u64);
        let code = code.ok_or_else(|| self.shape("broadcast_tx_sync"))?;
        Ok(Broadcast { code, log: text(&result, "/log").unwrap_or_default() })
    }

    /// Looks for a transaction in the blocks, by its hash in hexadecimal.
    ///
    /// # Errors
    ///
    /// As [`Rpc::call`].
    pub async fn find(&self, hash: &str) -> Result<Option<Included>, RpcError> {
        let mut bytes = [0; 32];
        if base16ct::mixed::decode(hash, &mut bytes).is_err() {
            return Ok(None);
        }
        let params = json!({"hash": BASE64_STANDARD.encode(bytes), "prove": false});
        let result = match self.call("tx", params).await {
            Err(RpcError::Refused { message, .. }) if message.contains("not found") => {
                return Ok(None);
            }
            result => result?,
        };
        let read = || {
            Some(Included {
                height: number(&result, "/height")?,
                code: result.pointer("/tx_result/code")?.as_u64()?,
                log: text(&result, "/tx_result/log").unwrap_or_default(),
            })
        };
        read().map(Some).ok_or_else(|| self.shape("tx"))
    }

    /// An account's number and sequence; none if the chain does not know it.
    ///
    /// # Errors
    ///
    /// As [`Rpc::query`].
    pub async fn account(&self, address: &str) -> Result<Option<Account>, RpcError> {
        let question = AccountInfoRequest { address: address.to_owned() };
        let path = "/cosmos.auth.v1beta1.Query/AccountInfo";
        match self.query::<AccountInfoResponse>(path, &question).await {
            Err(error) if error.is_not_found() => Ok(None),
            answer => Ok(answer?.info),
        }
    }

    /// How much an account has of a denom.
    ///
    /// # Errors
    ///
    /// As [`Rpc::query`].
    pub async fn balance(&self, address: &str, denom: &Denom) -> Result<u128, RpcError> {
        let (address, denom) = (address.to_owned(), denom.as_str().to_owned());
        let question = BalanceRequest { address, denom };
        let path = "/cosmos.bank.v1beta1.Query/Balance";
        let answer: BalanceResponse = self.query(path, &question).await?;
        let amount = answer.balance.map_or_else(String::new, |coin| coin.amount);
        Ok(amount.parse().unwrap_or(0))
    }

    /// The gas that a transaction would use; its signature is not looked at.
    ///
    /// # Errors
    ///
    /// As [`Rpc::query`]: the application refuses what would fail.
    pub async fn simulate(&self, tx: Vec<u8>) -> Result<u64, RpcError> {
        let path = "/cosmos.tx.v1beta1.Service/Simulate";
        let answer: SimulateResponse = self.query(path, &SimulateRequest { tx_bytes: tx }).await?;
        Ok(answer.gas_info.map_or(0, |gas| gas.gas_used))
    }

    fn shape(&self, method: &str) -> RpcError {
        RpcError::Shape { url: self.url.to_string(), method: method.to_owned() }
    }
}

fn text(value: &Value, pointer: &str) -> Option<String> {
    value.pointer(pointer)?.as_str().map(str::to_owned)
}

/// CometBFT writes 64-bit numbers as texts.
fn number(value: &Value, pointer: &str) -> Option<u64> {
    value.pointer(pointer)?.as_str()?.parse().ok()
}
