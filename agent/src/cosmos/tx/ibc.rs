//! The messages that begin a handshake of IBC, which are the ones that prove nothing:
//! `ibc/core/{connection,channel}/v1/{tx,connection,channel}.proto`, ibc-go v10.4.0.

use prost::Message;

use crate::cosmos::proto::Any;

/// What every chain of the SDK keeps its IBC state under.
const STORE: &[u8] = b"ibc";

/// The number of the state INIT.
const INIT: i32 = 1;

/// Makes the first end of a connection.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct MsgConnectionOpenInit {
    /// The client that it trusts.
    #[prost(string, tag = "1")]
    client_id: String,
    /// The other end.
    #[prost(message, optional, tag = "2")]
    counterparty: Option<ConnectionCounterparty>,
    /// The signer. Version and delay are the chain's defaults.
    #[prost(string, tag = "5")]
    signer: String,
}

#[derive(Clone, PartialEq, Eq, Message)]
struct ConnectionCounterparty {
    #[prost(string, tag = "1")]
    client_id: String,
    #[prost(string, tag = "2")]
    connection_id: String,
    #[prost(message, optional, tag = "3")]
    prefix: Option<Prefix>,
}

#[derive(Clone, PartialEq, Eq, Message)]
struct Prefix {
    #[prost(bytes = "vec", tag = "1")]
    key_prefix: Vec<u8>,
}

/// Makes the first end of a channel.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct MsgChannelOpenInit {
    /// The port of the application.
    #[prost(string, tag = "1")]
    port_id: String,
    /// The channel as it is to be.
    #[prost(message, optional, tag = "2")]
    channel: Option<Channel>,
    /// The signer.
    #[prost(string, tag = "3")]
    signer: String,
}

#[derive(Clone, PartialEq, Eq, Message)]
struct Channel {
    #[prost(int32, tag = "1")]
    state: i32,
    #[prost(int32, tag = "2")]
    ordering: i32,
    #[prost(message, optional, tag = "3")]
    counterparty: Option<ChannelCounterparty>,
    #[prost(string, repeated, tag = "4")]
    connection_hops: Vec<String>,
    #[prost(string, tag = "5")]
    version: String,
}

#[derive(Clone, PartialEq, Eq, Message)]
struct ChannelCounterparty {
    #[prost(string, tag = "1")]
    port_id: String,
    #[prost(string, tag = "2")]
    channel_id: String,
}

impl MsgConnectionOpenInit {
    /// The type of the message.
    pub const TYPE_URL: &str = "/ibc.core.connection.v1.MsgConnectionOpenInit";

    /// A connection from `client` here to `other_client` there.
    pub fn new(client: &str, other_client: &str, signer: &str) -> Self {
        let counterparty = ConnectionCounterparty {
            client_id: other_client.to_owned(),
            connection_id: String::new(),
            prefix: Some(Prefix { key_prefix: STORE.to_vec() }),
        };
        let (client_id, signer) = (client.to_owned(), signer.to_owned());
        Self { client_id, counterparty: Some(counterparty), signer }
    }

    /// The message as a transaction has it.
    pub fn to_any(&self) -> Any {
        Any::pack(Self::TYPE_URL, self)
    }
}

impl MsgChannelOpenInit {
    /// The type of the message.
    pub const TYPE_URL: &str = "/ibc.core.channel.v1.MsgChannelOpenInit";

    /// A channel over a connection, from a port here to a port there. `ordering` is 1 for
    /// unordered, 2 for ordered.
    pub fn new(
        connection: &str,
        (port, other_port): (&str, &str),
        ordering: i32,
        version: &str,
        signer: &str,
    ) -> Self {
        let counterparty =
            ChannelCounterparty { port_id: other_port.to_owned(), channel_id: String::new() };
        let channel = Channel {
            state: INIT,
            ordering,
            counterparty: Some(counterparty),
            connection_hops: vec![connection.to_owned()],
            version: version.to_owned(),
        };
        Self { port_id: port.to_owned(), channel: Some(channel), signer: signer.to_owned() }
    }

    /// The message as a transaction has it.
    pub fn to_any(&self) -> Any {
        Any::pack(Self::TYPE_URL, self)
    }
}
