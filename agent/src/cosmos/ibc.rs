//! The protobuf messages of IBC that are read from a chain: ibc-go v10.4.0, `proto/ibc/`.

use prost::Message;

use super::{
    proto::Any,
    rpc::{PageRequest, PageResponse},
    tx::Timestamp,
};

/// The type of a client that follows a CometBFT chain.
pub const TENDERMINT_CLIENT: &str = "/ibc.lightclients.tendermint.v1.ClientState";

/// The states that a connection or channel can be in, as the chains number them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// One end was made.
    Init,
    /// The other end answered.
    TryOpen,
    /// It can be used.
    Open,
    /// It was closed; only channels can be.
    Closed,
    /// Something newer than us.
    Other,
}

impl State {
    /// Reads the number.
    pub fn from_number(number: i32) -> Self {
        match number {
            1 => Self::Init,
            2 => Self::TryOpen,
            3 => Self::Open,
            4 => Self::Closed,
            _ => Self::Other,
        }
    }

    /// The word that the tools print.
    pub fn name(self) -> &'static str {
        match self {
            Self::Init => "INIT",
            Self::TryOpen => "TRYOPEN",
            Self::Open => "OPEN",
            Self::Closed => "CLOSED",
            Self::Other => "UNKNOWN",
        }
    }
}

/// Asks for a page of a list.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct ListRequest {
    /// The page.
    #[prost(message, optional, tag = "1")]
    pub pagination: Option<PageRequest>,
}

/// A page of clients.
#[derive(Clone, PartialEq, Message)]
pub struct Clients {
    /// The clients.
    #[prost(message, repeated, tag = "1")]
    pub list: Vec<IdentifiedClient>,
    /// Where the next page begins.
    #[prost(message, optional, tag = "2")]
    pub pagination: Option<PageResponse>,
}

/// A client and its id.
#[derive(Clone, PartialEq, Message)]
pub struct IdentifiedClient {
    /// The id, such as `07-tendermint-0`.
    #[prost(string, tag = "1")]
    pub client_id: String,
    /// The state, by its type.
    #[prost(message, optional, tag = "2")]
    pub client_state: Option<Any>,
}

/// What a client of a CometBFT chain knows: `ibc/lightclients/tendermint/v1/tendermint.proto`.
#[derive(Clone, PartialEq, Message)]
pub struct ClientState {
    /// The chain that it follows.
    #[prost(string, tag = "1")]
    pub chain_id: String,
    /// How long a header is trusted.
    #[prost(message, optional, tag = "3")]
    pub trusting_period: Option<Duration>,
    /// The height at which misbehaviour was proven; zero if none was.
    #[prost(message, optional, tag = "6")]
    pub frozen_height: Option<Height>,
    /// The last height that it knows.
    #[prost(message, optional, tag = "7")]
    pub latest_height: Option<Height>,
}

/// A span of time: `google/protobuf/duration.proto`.
#[derive(Clone, Copy, PartialEq, Eq, Message)]
pub struct Duration {
    /// Seconds.
    #[prost(int64, tag = "1")]
    pub seconds: i64,
    /// Nanoseconds of the second.
    #[prost(int32, tag = "2")]
    pub nanos: i32,
}

/// A height and the revision of the chain that it belongs to.
#[derive(Clone, Copy, PartialEq, Eq, Message)]
pub struct Height {
    /// The revision.
    #[prost(uint64, tag = "1")]
    pub revision: u64,
    /// The height.
    #[prost(uint64, tag = "2")]
    pub height: u64,
}

/// Asks what a client knows of a height.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct ConsensusStateRequest {
    /// The client.
    #[prost(string, tag = "1")]
    pub client_id: String,
    /// The revision of the height.
    #[prost(uint64, tag = "2")]
    pub revision: u64,
    /// The height.
    #[prost(uint64, tag = "3")]
    pub height: u64,
    /// Whether the last height is meant.
    #[prost(bool, tag = "4")]
    pub latest: bool,
}

/// What a client knows of a height.
#[derive(Clone, PartialEq, Message)]
pub struct ConsensusStateResponse {
    /// It, by its type.
    #[prost(message, optional, tag = "1")]
    pub consensus_state: Option<Any>,
}

/// What a client knows of a height.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct ConsensusState {
    /// The time of the block.
    #[prost(message, optional, tag = "1")]
    pub timestamp: Option<Timestamp>,
    /// The hash of the state.
    #[prost(message, optional, tag = "2")]
    pub root: Option<MerkleRoot>,
    /// The hash of the next validators.
    #[prost(bytes = "vec", tag = "3")]
    pub next_validators_hash: Vec<u8>,
}

/// The hash of a chain's state.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct MerkleRoot {
    /// The hash.
    #[prost(bytes = "vec", tag = "1")]
    pub hash: Vec<u8>,
}

/// A page of connections.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct Connections {
    /// The connections.
    #[prost(message, repeated, tag = "1")]
    pub list: Vec<IdentifiedConnection>,
    /// Where the next page begins.
    #[prost(message, optional, tag = "2")]
    pub pagination: Option<PageResponse>,
}

/// One end of a connection.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct IdentifiedConnection {
    /// The id, such as `connection-0`.
    #[prost(string, tag = "1")]
    pub id: String,
    /// The client that it trusts.
    #[prost(string, tag = "2")]
    pub client_id: String,
    /// Its [`State`].
    #[prost(int32, tag = "4")]
    pub state: i32,
    /// The other end.
    #[prost(message, optional, tag = "5")]
    pub counterparty: Option<ConnectionCounterparty>,
}

/// The other end of a connection.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct ConnectionCounterparty {
    /// The client there.
    #[prost(string, tag = "1")]
    pub client_id: String,
    /// The connection there; empty until it is known.
    #[prost(string, tag = "2")]
    pub connection_id: String,
}

/// A page of channels.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct Channels {
    /// The channels.
    #[prost(message, repeated, tag = "1")]
    pub list: Vec<IdentifiedChannel>,
    /// Where the next page begins.
    #[prost(message, optional, tag = "2")]
    pub pagination: Option<PageResponse>,
}

/// One end of a channel.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct IdentifiedChannel {
    /// Its [`State`].
    #[prost(int32, tag = "1")]
    pub state: i32,
    /// 1 unordered, 2 ordered.
    #[prost(int32, tag = "2")]
    pub ordering: i32,
    /// The other end.
    #[prost(message, optional, tag = "3")]
    pub counterparty: Option<ChannelCounterparty>,
    /// The connection that it goes over.
    #[prost(string, repeated, tag = "4")]
    pub connection_hops: Vec<String>,
    /// What the two applications agreed on.
    #[prost(string, tag = "5")]
    pub version: String,
    /// The application's port.
    #[prost(string, tag = "6")]
    pub port_id: String,
    /// The id, such as `channel-0`.
    #[prost(string, tag = "7")]
    pub channel_id: String,
}

/// The other end of a channel.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct ChannelCounterparty {
    /// The port there.
    #[prost(string, tag = "1")]
    pub port_id: String,
    /// The channel there; empty until it is known.
    #[prost(string, tag = "2")]
    pub channel_id: String,
}
