use agent::cosmos::ibc::State::{self, Closed, Init, Open, TryOpen};

use super::*;
use crate::config::{Order, Ports};

fn path() -> LinkPath {
    LinkPath {
        name: "path-gwc-to-mdsc".to_owned(),
        src: "gwc".to_owned(),
        dst: "mdsc".to_owned(),
        ports: Ports { src: "gateway".to_owned(), dst: "metastore".to_owned() },
        order: Order::Unordered,
        version: "raidchain-1".to_owned(),
    }
}

fn pair(src: &str, dst: &str) -> Pair {
    Pair { src: src.to_owned(), dst: dst.to_owned() }
}

/// Clients `c0` on the hub and `d0` on the spoke, both usable.
fn clients() -> Observation {
    let side = |id: &str| Side { clients: vec![id.to_owned()], ..Side::default() };
    Observation { src: side("c-0"), dst: side("d-0") }
}

fn connection(id: &str, clients: (&str, &str), state: State, other: &str) -> Connection {
    Connection {
        id: id.to_owned(),
        client: clients.0.to_owned(),
        state,
        other_client: clients.1.to_owned(),
        other: other.to_owned(),
    }
}

impl Observation {
    fn src_connection(mut self, id: &str, state: State, other: &str) -> Self {
        self.src.connections.push(connection(id, ("c-0", "d-0"), state, other));
        self
    }

    fn dst_connection(mut self, id: &str, state: State, other: &str) -> Self {
        self.dst.connections.push(connection(id, ("d-0", "c-0"), state, other));
        self
    }

    fn connected(self) -> Self {
        self.src_connection("connection-0", Open, "connection-5").dst_connection(
            "connection-5",
            Open,
            "connection-0",
        )
    }

    fn src_channel(mut self, id: &str, state: State, other: &str) -> Self {
        let ports = ("gateway", "metastore");
        self.src.channels.push(channel(id, ports, "connection-0", state, other));
        self
    }

    fn dst_channel(mut self, id: &str, state: State, other: &str) -> Self {
        let ports = ("metastore", "gateway");
        self.dst.channels.push(channel(id, ports, "connection-5", state, other));
        self
    }

    fn next(&self) -> Next {
        decide(self, &path())
    }
}

fn channel(id: &str, ports: (&str, &str), over: &str, state: State, other: &str) -> Channel {
    Channel {
        id: id.to_owned(),
        port: ports.0.to_owned(),
        state,
        connection: over.to_owned(),
        other: other.to_owned(),
        other_port: ports.1.to_owned(),
        ordering: 1,
        version: "raidchain-1".to_owned(),
    }
}

#[test]
fn nothing_needs_all() {
    assert_eq!(Observation::default().next(), Next::CreateClients);
}

#[test]
fn one_client_needs_the_other() {
    let mut seen = clients();
    seen.dst.clients.clear();
    assert_eq!(seen.next(), Next::CreateClient { on: Which::Dst });
    let mut seen = clients();
    seen.src.clients.clear();
    assert_eq!(seen.next(), Next::CreateClient { on: Which::Src });
}

#[test]
fn clients_need_a_connection_and_the_lowest_pair_gets_it() {
    let mut seen = clients();
    seen.src.clients.insert(0, "c-10".to_owned());
    assert_eq!(seen.next(), Next::OpenConnection { clients: pair("c-0", "d-0") });
}

#[test]
fn a_connection_over_a_client_that_is_not_usable_does_not_count() {
    let mut seen = clients().connected().src_channel("channel-0", Open, "channel-0");
    seen.src.clients = vec!["c-1".to_owned()];
    assert_eq!(seen.next(), Next::OpenConnection { clients: pair("c-1", "d-0") });
}

#[test]
fn every_half_open_connection_is_finished() {
    let table = [
        (Some((Init, "")), None, "INIT/-"),
        (Some((Init, "")), Some((TryOpen, "connection-0")), "INIT/TRYOPEN"),
        (Some((Open, "connection-5")), Some((TryOpen, "connection-0")), "OPEN/TRYOPEN"),
        (Some((TryOpen, "connection-5")), Some((Init, "")), "TRYOPEN/INIT"),
        (None, Some((Init, "")), "-/INIT"),
    ];
    for (src, dst, found) in table {
        let mut seen = clients();
        if let Some((state, other)) = src {
            seen = seen.src_connection("connection-0", state, other);
        }
        if let Some((state, other)) = dst {
            seen = seen.dst_connection("connection-5", state, other);
        }
        let next = seen.next();
        assert_eq!(next.name(), "finish-connection", "{found}");
        assert_eq!(next.found(), format!("connection {found}"));
    }
}

#[test]
fn of_two_half_open_connections_the_one_that_is_further_is_finished() {
    let seen = clients()
        .src_connection("connection-0", Init, "")
        .src_connection("connection-1", Init, "")
        .dst_connection("connection-5", TryOpen, "connection-1");
    let Next::FinishConnection { half, .. } = seen.next() else { panic!("{:?}", seen.next()) };
    assert_eq!(half.pair(), pair("connection-1", "connection-5"));
}

#[test]
fn a_connection_needs_a_channel() {
    let (clients_, connection) = (pair("c-0", "d-0"), pair("connection-0", "connection-5"));
    let seen = clients().connected();
    assert_eq!(seen.next(), Next::OpenChannel { clients: clients_, connection });
}

#[test]
fn every_half_open_channel_is_finished() {
    let table = [
        (Some((Init, "")), None),
        (Some((Init, "")), Some((TryOpen, "channel-0"))),
        (Some((Open, "channel-7")), Some((TryOpen, "channel-0"))),
        (None, Some((Init, ""))),
    ];
    for (src, dst) in table {
        let mut seen = clients().connected();
        if let Some((state, other)) = src {
            seen = seen.src_channel("channel-0", state, other);
        }
        if let Some((state, other)) = dst {
            seen = seen.dst_channel("channel-7", state, other);
        }
        assert_eq!(seen.next().name(), "finish-channel");
    }
}

#[test]
fn the_lowest_complete_channel_is_the_link() {
    let seen = clients()
        .connected()
        .src_channel("channel-10", Open, "channel-1")
        .dst_channel("channel-1", Open, "channel-10")
        .src_channel("channel-2", Open, "channel-7")
        .dst_channel("channel-7", Open, "channel-2")
        .src_channel("channel-1", Init, "");
    let Next::Done(link) = seen.next() else { panic!("{:?}", seen.next()) };
    assert_eq!(link.channel, pair("channel-2", "channel-7"));
    assert_eq!(link.connection, pair("connection-0", "connection-5"));
    assert_eq!(link.clients, pair("c-0", "d-0"));
}

#[test]
fn a_channel_that_is_closed_or_another_one_is_not_the_link() {
    let closed = clients().connected().src_channel("channel-0", Closed, "channel-7").dst_channel(
        "channel-7",
        Closed,
        "channel-0",
    );
    assert_eq!(closed.next().name(), "open-channel");
    let whole = || {
        clients().connected().src_channel("channel-0", Open, "channel-7").dst_channel(
            "channel-7",
            Open,
            "channel-0",
        )
    };
    let changes: [fn(&mut Channel); 3] = [
        |channel| channel.version = "raidchain-2".to_owned(),
        |channel| channel.ordering = 2,
        |channel| channel.port = "transfer".to_owned(),
    ];
    for change in changes {
        let mut seen = whole();
        seen.src.channels.iter_mut().for_each(change);
        seen.dst.channels.iter_mut().for_each(change);
        assert_eq!(seen.next().name(), "open-channel");
    }
}

#[test]
fn an_end_that_was_left_behind_is_not_counted() {
    // Two answers to one INIT: the hub went on with the first.
    let seen = clients().connected().dst_connection("connection-6", TryOpen, "connection-0");
    assert_eq!(seen.next().name(), "open-channel");
}
