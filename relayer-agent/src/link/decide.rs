//! What a path still needs, decided from what both chains have.
//!
//! The chains are the only memory: what exists there is used or finished, and nothing is made
//! twice. The rules, first match wins:
//!
//! | what is there, over clients that can be used | what is next |
//! |---|---|
//! | a channel OPEN at both ends, with our ports, order and version | nothing: the lowest is the link |
//! | such a channel, half open, over an OPEN connection | finish it |
//! | a connection OPEN at both ends | begin a channel over it |
//! | a half-open connection | finish it |
//! | a client on each chain | begin a connection |
//! | a client on one chain | make the other one |
//! | nothing | make clients |

use agent::cosmos::ibc::State;
use serde::Serialize;

use crate::{
    chain_state::{Channel, Connection},
    config::LinkPath,
};

/// What one chain of a path has: of clients only those that can be used.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Side {
    /// The ids of the usable clients of the other chain.
    pub clients: Vec<String>,
    /// All connections.
    pub connections: Vec<Connection>,
    /// All channels.
    pub channels: Vec<Channel>,
}

/// What both chains of a path have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Observation {
    /// The first chain.
    pub src: Side,
    /// The second chain.
    pub dst: Side,
}

/// Something that both chains have an end of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Pair {
    /// The end on the first chain.
    pub src: String,
    /// The end on the second chain.
    pub dst: String,
}

/// A link: all that a packet passes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Link {
    /// The clients.
    pub clients: Pair,
    /// The connection.
    pub connection: Pair,
    /// The channel.
    pub channel: Pair,
}

/// Which of a path's chains.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// The first.
    Src,
    /// The second.
    Dst,
}

/// What has two ends that are opened by a handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A connection.
    Connection,
    /// A channel.
    Channel,
}

impl Kind {
    /// The event of a step of the handshake, as chains index it, with the id that it is about.
    ///
    /// # Source
    ///
    /// ibc-go v10.4.0, `modules/core/{03-connection,04-channel}/types/events.go`.
    pub fn event(self, step: &str, id: &str) -> String {
        match self {
            Self::Connection => format!("connection_{step}.connection_id='{id}'"),
            Self::Channel => format!("channel_{step}.channel_id='{id}'"),
        }
    }
}

/// Something of which only one end may be there, and the states of both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Half {
    /// The end on the first chain.
    pub src: Option<(String, State)>,
    /// The end on the second chain.
    pub dst: Option<(String, State)>,
}

/// What is next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// Nothing: the path is linked.
    Done(Link),
    /// Finish a channel.
    FinishChannel {
        /// The clients.
        clients: Pair,
        /// The connection.
        connection: Pair,
        /// What is there of the channel.
        half: Half,
    },
    /// Begin a channel over a connection.
    OpenChannel {
        /// The clients.
        clients: Pair,
        /// The connection.
        connection: Pair,
    },
    /// Finish a connection.
    FinishConnection {
        /// The clients.
        clients: Pair,
        /// What is there of the connection.
        half: Half,
    },
    /// Begin a connection.
    OpenConnection {
        /// The clients.
        clients: Pair,
    },
    /// Make one client.
    CreateClient {
        /// On which chain.
        on: Which,
    },
    /// Make both clients.
    CreateClients,
}

impl Next {
    /// The step's name, for logs and metrics.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Done(_) => "linked",
            Self::FinishChannel { .. } => "finish-channel",
            Self::OpenChannel { .. } => "open-channel",
            Self::FinishConnection { .. } => "finish-connection",
            Self::OpenConnection { .. } => "open-connection",
            Self::CreateClient { .. } => "create-client",
            Self::CreateClients => "create-clients",
        }
    }

    /// The kind of what is half open and next to be finished, and its ends.
    pub fn half(&self) -> Option<(Kind, &Half)> {
        match self {
            Self::FinishConnection { half, .. } => Some((Kind::Connection, half)),
            Self::FinishChannel { half, .. } => Some((Kind::Channel, half)),
            Self::Done(_)
            | Self::OpenChannel { .. }
            | Self::OpenConnection { .. }
            | Self::CreateClient { .. }
            | Self::CreateClients => None,
        }
    }

    /// What is there, for people: `connection INIT/-`.
    pub fn found(&self) -> String {
        match self {
            Self::Done(link) => format!("channel {} is OPEN", link.channel.src),
            Self::FinishChannel { half, .. } => format!("channel {half}"),
            Self::OpenChannel { connection, .. } => {
                format!("connection {} is OPEN, no channel", connection.src)
            }
            Self::FinishConnection { half, .. } => format!("connection {half}"),
            Self::OpenConnection { .. } => "clients, no connection".to_owned(),
            Self::CreateClient { on: Which::Src } => "a client on the spoke only".to_owned(),
            Self::CreateClient { on: Which::Dst } => "a client on the hub only".to_owned(),
            Self::CreateClients => "no client that can be used".to_owned(),
        }
    }
}

impl std::fmt::Display for Half {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let state = |end: &Option<(String, State)>| end.as_ref().map_or("-", |(_, s)| s.name());
        write!(f, "{}/{}", state(&self.src), state(&self.dst))
    }
}

/// Decides what a path needs next.
pub fn decide(seen: &Observation, path: &LinkPath) -> Next {
    let connections = connections(seen);
    let open: Vec<_> = connections.iter().filter(|found| found.half.is_open()).collect();
    let over: Vec<_> = open.iter().flat_map(|found| channels(seen, path, found)).collect();
    let best = |is_whole: bool| {
        let of_kind = over.iter().filter(|(_, half)| half.is_open() == is_whole);
        of_kind.min_by_key(|(_, half)| half.rank())
    };
    if let Some((found, half)) = best(true) {
        return Next::Done(Link {
            clients: found.clients.clone(),
            connection: found.half.pair(),
            channel: half.pair(),
        });
    }
    if let Some((found, half)) = best(false) {
        let (clients, connection) = (found.clients.clone(), found.half.pair());
        return Next::FinishChannel { clients, connection, half: half.clone() };
    }
    if let Some(found) = open.iter().min_by_key(|found| found.half.rank()) {
        let (clients, connection) = (found.clients.clone(), found.half.pair());
        return Next::OpenChannel { clients, connection };
    }
    if let Some(found) = connections.iter().min_by_key(|found| found.half.rank()) {
        return Next::FinishConnection { clients: found.clients.clone(), half: found.half.clone() };
    }
    let lowest = |side: &Side| side.clients.iter().min_by_key(|id| number(id)).cloned();
    match (lowest(&seen.src), lowest(&seen.dst)) {
        (Some(src), Some(dst)) => Next::OpenConnection { clients: Pair { src, dst } },
        (Some(_), None) => Next::CreateClient { on: Which::Dst },
        (None, Some(_)) => Next::CreateClient { on: Which::Src },
        (None, None) => Next::CreateClients,
    }
}

/// A connection, whole or not, over clients that can be used.
struct Found {
    clients: Pair,
    half: Half,
}

/// The connections between usable clients: each end once, with its other end if there is one.
fn connections(seen: &Observation) -> Vec<Found> {
    let usable = |src: &str, dst: &str| {
        seen.src.clients.iter().any(|id| id == src) && seen.dst.clients.iter().any(|id| id == dst)
    };
    let src: Vec<_> =
        seen.src.connections.iter().filter(|c| usable(&c.client, &c.other_client)).collect();
    let dst: Vec<_> =
        seen.dst.connections.iter().filter(|c| usable(&c.other_client, &c.client)).collect();
    let ends = |c: &&Connection| End { id: c.id.clone(), state: c.state, other: c.other.clone() };
    let clients_of = |half: &Half| {
        let by_src = half.src.as_ref().and_then(|(id, _)| src.iter().find(|c| c.id == *id));
        let by_dst = half.dst.as_ref().and_then(|(id, _)| dst.iter().find(|c| c.id == *id));
        by_src
            .map(|c| Pair { src: c.client.clone(), dst: c.other_client.clone() })
            .or_else(|| by_dst.map(|c| Pair { src: c.other_client.clone(), dst: c.client.clone() }))
    };
    matched(src.iter().map(ends).collect(), dst.iter().map(ends).collect())
        .into_iter()
        .filter_map(|half| Some(Found { clients: clients_of(&half)?, half }))
        .collect()
}

/// The path's channels over a connection.
fn channels<'f>(seen: &Observation, path: &LinkPath, found: &'f Found) -> Vec<(&'f Found, Half)> {
    let over = found.half.pair();
    let ours = |channel: &&Channel, connection: &str, port: &str, other_port: &str| {
        channel.connection == connection
            && channel.port == port
            && channel.other_port == other_port
            && channel.ordering == path.order.number()
            && channel.version == path.version
            && matches!(channel.state, State::Init | State::TryOpen | State::Open)
    };
    let end = |c: &Channel| End { id: c.id.clone(), state: c.state, other: c.other.clone() };
    let (a, b) = (&path.ports.src, &path.ports.dst);
    let src = seen.src.channels.iter().filter(|c| ours(c, &over.src, a, b)).map(end);
    let dst = seen.dst.channels.iter().filter(|c| ours(c, &over.dst, b, a)).map(end);
    matched(src.collect(), dst.collect()).into_iter().map(|half| (found, half)).collect()
}

/// One end of a connection or channel.
struct End {
    id: String,
    state: State,
    other: String,
}

/// Puts ends together that name each other; an end that the other chain has nothing for stays
/// alone.
fn matched(src: Vec<End>, dst: Vec<End>) -> Vec<Half> {
    let mut halves = Vec::new();
    let mut taken = vec![false; dst.len()];
    for end in src {
        // An INIT end does not know its other end yet, but that one knows it.
        let is_other = |other: &End| {
            if end.other.is_empty() { other.other == end.id } else { other.id == end.other }
        };
        let found = dst.iter().zip(&mut taken).filter(|(other, taken)| !**taken && is_other(other));
        let found = found.min_by_key(|(other, _)| number(&other.id));
        let other = found.map(|(other, taken)| {
            *taken = true;
            (other.id.clone(), other.state)
        });
        halves.push(Half { src: Some((end.id, end.state)), dst: other });
    }
    for (end, taken) in dst.into_iter().zip(taken) {
        // One that answered an end which has gone on with another is of no use any more.
        if !taken && end.state == State::Init {
            halves.push(Half { src: None, dst: Some((end.id, end.state)) });
        }
    }
    halves
}

impl Half {
    fn is_open(&self) -> bool {
        let is_open = |end: &Option<(String, State)>| matches!(end, Some((_, State::Open)));
        is_open(&self.src) && is_open(&self.dst)
    }

    /// The ids; empty where there is none.
    pub fn pair(&self) -> Pair {
        let id = |end: &Option<(String, State)>| end.clone().map(|(id, _)| id).unwrap_or_default();
        Pair { src: id(&self.src), dst: id(&self.dst) }
    }

    /// The further it is the better, then the lower the better.
    fn rank(&self) -> (u8, u64) {
        let steps = |end: &Option<(String, State)>| match end {
            None => 0,
            Some((_, State::Init)) => 1,
            Some((_, State::TryOpen)) => 2,
            Some(_) => 3,
        };
        let id = self.src.as_ref().or(self.dst.as_ref()).map_or(u64::MAX, |(id, _)| number(id));
        (6 - steps(&self.src) - steps(&self.dst), id)
    }
}

/// The number at the end of an id, by which the older one is known.
fn number(id: &str) -> u64 {
    id.rsplit_once('-').and_then(|(_, digits)| digits.parse().ok()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
