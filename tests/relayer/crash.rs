//! Whatever a killed relayer-agent leaves behind, the next one ends with one of each.

use std::{
    hash::{BuildHasher as _, RandomState},
    time::Duration,
};

use chainpod_tests::{
    network::{Network, Terms, text},
    relayer::Relayer,
    wait,
};

const LIMIT: Duration = Duration::from_mins(1);

/// How often relayer-agent is killed while it links, over all networks.
const KILLS: usize = 20;

/// A moment within the next 4 seconds.
fn moment() -> Duration {
    Duration::from_millis(100 + RandomState::new().hash_one(0) % 3900)
}

#[test]
fn killed_at_random_moments_it_makes_nothing_twice() {
    let mut kills = 0;
    let mut rounds = 0;
    while kills < KILLS {
        rounds += 1;
        assert!(rounds < 12, "too few kills hit the linking");
        let network = Network::start(&["gwc", "mdsc", "fdsc-0"]);
        let relayer = Relayer::new(&network);
        for attempt in 0.. {
            let mut running = relayer.start(&["link"]);
            wait::pause(moment());
            if running.has_ended() {
                break;
            }
            // Its rly lives on, and may have a transaction on the way.
            running.kill();
            kills += 1;
            if attempt % 3 == 2 {
                relayer.forget();
            }
        }
        relayer.ok(&["link"]);
        network.assert_one_of_each();
    }
}

/// Kills everything as soon as the hub has an end in this state; says which.
fn interrupted(network: &mut Network, kind: &str, state: &str) -> String {
    let relayer = Relayer::new(network);
    let running = relayer.start(&["link"]);
    let id = wait::until(&format!("a {kind} in {state}"), LIMIT, || {
        let hub = network.chain("gwc");
        let (ends, key) = match kind {
            "connection" => (hub.connections(), "/id"),
            _ => (hub.channels(), "/channel_id"),
        };
        let end = ends.iter().find(|end| text(end, "/state") == state)?;
        Some(text(end, key).to_owned())
    });
    running.kill_all();
    relayer.forget();
    id
}

#[test]
fn a_half_open_connection_is_finished() {
    let mut network = Network::start(&["gwc", "mdsc"]);
    let id = interrupted(&mut network, "connection", "STATE_INIT");
    let log = Relayer::new(&network).ok(&["link"]);
    assert!(log.contains("finish-connection"), "{log}");
    network.assert_one_of_each();
    let hub = network.chain("gwc").connections();
    assert_eq!(text(&hub[0], "/id"), id);
    assert_eq!(text(&hub[0], "/state"), "STATE_OPEN");
}

#[test]
fn a_half_open_connection_whose_blocks_are_gone_is_left_and_another_is_made() {
    let mut network = Network::with(Terms { keep: Some(10), ..Terms::default() }, &["gwc", "mdsc"]);
    let id = interrupted(&mut network, "connection", "STATE_INIT");
    for chain in &network.chains {
        let last = chain.height().unwrap();
        wait::until("the blocks to be gone", LIMIT, || {
            chain.earliest().filter(|first| *first > last)
        });
    }
    // Nor can the clients be updated.
    let relayer = Relayer::new(&network);
    relayer.ok(&["link"]);
    network.assert_open();
    let hub = network.chain("gwc").counts();
    assert_eq!((hub.clients, hub.connections, hub.channels), (2, 2, 1), "{id} is left");
    let before = network.transactions();
    relayer.ok(&["link"]);
    assert_eq!(network.transactions(), before);
}

#[test]
fn a_half_open_channel_is_finished() {
    let mut network = Network::start(&["gwc", "mdsc"]);
    let id = interrupted(&mut network, "channel", "STATE_INIT");
    let log = Relayer::new(&network).ok(&["link"]);
    assert!(log.contains("finish-channel"), "{log}");
    network.assert_one_of_each();
    assert_eq!(text(&network.chain("gwc").channels()[0], "/channel_id"), id);
}
