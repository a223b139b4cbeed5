//! Clients, connections and channels as a chain has them.
//!
//! They are asked for over RPC, not REST or gRPC: `rly` needs the RPC anyway, so it is there
//! wherever linking is possible at all; the API is off by default and gRPC listens on loopback.

pub mod live;

use std::time::Duration;

use agent::cosmos::{
    ibc::{
        Channels, ClientState, Clients, Connections, IdentifiedChannel, IdentifiedClient,
        IdentifiedConnection, ListRequest, State, TENDERMINT_CLIENT,
    },
    rpc::{PageRequest, Rpc, RpcError},
};
use jiff::Timestamp;
use prost::Message;
use serde::Serialize;
use tokio::time::Instant;

/// How many elements are asked for at once.
const PAGE: u64 = 500;

/// All that a chain knows of other chains.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// When we began to look.
    pub taken: Instant,
    /// The last block before.
    pub height: u64,
    /// Its time.
    pub time: Timestamp,
    /// The first block that the node still has.
    pub earliest: u64,
    /// The clients.
    pub clients: Vec<Client>,
    /// The connections.
    pub connections: Vec<Connection>,
    /// The channels.
    pub channels: Vec<Channel>,
}

/// A client of another chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Client {
    /// Its id.
    pub id: String,
    /// The chain that it follows.
    pub chain_id: String,
    /// The revision of the last height that it knows.
    #[serde(skip)]
    pub revision: u64,
    /// The last height that it knows.
    pub height: u64,
    /// How long a header is trusted.
    #[serde(skip)]
    pub trusting_period: Duration,
    /// Whether it was frozen, for misbehaviour.
    pub frozen: bool,
}

/// One end of a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connection {
    /// Its id.
    pub id: String,
    /// The client that it trusts.
    pub client: String,
    /// Its state.
    pub state: State,
    /// The client at the other end.
    pub other_client: String,
    /// The other end; empty until it is known.
    pub other: String,
}

/// One end of a channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Channel {
    /// Its id.
    pub id: String,
    /// The port of the application.
    pub port: String,
    /// Its state.
    pub state: State,
    /// The connection that it goes over.
    pub connection: String,
    /// The other end; empty until it is known.
    pub other: String,
    /// The port there.
    pub other_port: String,
    /// 1 unordered, 2 ordered.
    pub ordering: i32,
    /// What the applications agreed on.
    pub version: String,
}

impl Snapshot {
    /// Asks a chain.
    ///
    /// # Errors
    ///
    /// [`RpcError`] if it does not answer.
    pub async fn take(rpc: &Rpc) -> Result<Self, RpcError> {
        let taken = Instant::now();
        let status = rpc.status().await?;
        let clients = pages(rpc, "/ibc.core.client.v1.Query/ClientStates", |page: Clients| {
            (page.list, page.pagination.map(|p| p.next_key))
        })
        .await?;
        let connections =
            pages(rpc, "/ibc.core.connection.v1.Query/Connections", |page: Connections| {
                (page.list, page.pagination.map(|p| p.next_key))
            })
            .await?;
        let channels = pages(rpc, "/ibc.core.channel.v1.Query/Channels", |page: Channels| {
            (page.list, page.pagination.map(|p| p.next_key))
        })
        .await?;
        Ok(Self {
            taken,
            height: status.height,
            time: status.time.parse().unwrap_or_default(),
            earliest: status.earliest_height,
            clients: clients.into_iter().filter_map(client).collect(),
            connections: connections.into_iter().map(connection).collect(),
            channels: channels.into_iter().map(channel).collect(),
        })
    }
}

async fn pages<P: Message + Default, T>(
    rpc: &Rpc,
    path: &str,
    split: impl Fn(P) -> (Vec<T>, Option<Vec<u8>>),
) -> Result<Vec<T>, RpcError> {
    let mut all = Vec::new();
    let mut key = Vec::new();
    loop {
        let pagination = Some(PageRequest { key, limit: PAGE });
        let (list, next) = split(rpc.query(path, &ListRequest { pagination }).await?);
        all.extend(list);
        match next {
            Some(next) if !next.is_empty() => key = next,
            _ => return Ok(all),
        }
    }
}

fn client(client: IdentifiedClient) -> Option<Client> {
    let state = client.client_state.filter(|state| state.type_url == TENDERMINT_CLIENT)?;
    let state = ClientState::decode(&*state.value).ok()?;
    let period = state.trusting_period.unwrap_or_default();
    let latest = state.latest_height.unwrap_or_default();
    let seconds = u64::try_from(period.seconds).unwrap_or_default();
    let nanos = u32::try_from(period.nanos).unwrap_or_default();
    Some(Client {
        id: client.client_id,
        chain_id: state.chain_id,
        revision: latest.revision,
        height: latest.height,
        trusting_period: Duration::new(seconds, nanos.min(999_999_999)),
        frozen: state.frozen_height.is_some_and(|at| at.height > 0 || at.revision > 0),
    })
}

fn connection(connection: IdentifiedConnection) -> Connection {
    let other = connection.counterparty.unwrap_or_default();
    Connection {
        id: connection.id,
        client: connection.client_id,
        state: State::from_number(connection.state),
        other_client: other.client_id,
        other: other.connection_id,
    }
}

fn channel(channel: IdentifiedChannel) -> Channel {
    let other = channel.counterparty.unwrap_or_default();
    Channel {
        id: channel.channel_id,
        port: channel.port_id,
        state: State::from_number(channel.state),
        connection: channel.connection_hops.into_iter().next().unwrap_or_default(),
        other: other.channel_id,
        other_port: other.port_id,
        ordering: channel.ordering,
        version: channel.version,
    }
}
