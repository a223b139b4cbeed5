//! The network changes: chains are wiped, are not there, are added.

use std::{fs, time::Duration};

use chainpod_tests::{network::Network, relayer::Relayer, wait};

const LIMIT: Duration = Duration::from_secs(90);

#[test]
fn a_wiped_spoke_and_then_a_wiped_hub_get_new_links() {
    let mut network = Network::start(&["gwc", "mdsc", "fdsc-0"]);
    let relayer = Relayer::new(&network);
    relayer.ok(&["link"]);
    network.assert_one_of_each();
    let untouched = network.chain("fdsc-0").counts();

    network.chain("mdsc").wipe();
    network.wait();
    relayer.ok(&["link"]);
    network.assert_open();
    assert_eq!(network.chain("mdsc").counts().clients, 1);
    assert_eq!(network.chain("gwc").counts().clients, 3, "one more, for the new mdsc");
    assert_eq!(network.chain("fdsc-0").counts(), untouched);

    network.chain("gwc").wipe();
    network.wait();
    relayer.ok(&["link"]);
    let hub = network.chain("gwc").counts();
    assert_eq!((hub.clients, hub.connections, hub.channels), (2, 2, 2));
    assert_eq!(network.chain("mdsc").counts().clients, 2);
    assert_eq!(network.chain("fdsc-0").counts().clients, 2);
    let before = network.transactions();
    relayer.ok(&["link"]);
    assert_eq!(network.transactions(), before);
}

#[test]
fn an_absent_spoke_leaves_the_others_linked_and_a_new_one_is_linked_alone() {
    let mut network = Network::start(&["gwc", "mdsc", "fdsc-0"]);
    network.chain("fdsc-0").down();
    let limits =
        "limits: {height: 3, wait: 3s, poll: 200ms, stall: 20s, retryDelay: 300ms, check: 1s}";
    let relayer = Relayer::new(&network).with(limits);
    let log = relayer.fails(&["link"]);
    assert!(log.contains("1 of 2 paths are not linked"), "{log}");
    assert!(log.contains("chain `fdsc-0` at"), "{log}");
    assert_eq!(network.chain("mdsc").channels().len(), 1);

    let running = relayer.start(&[]);
    wait::until("rly start", LIMIT, || running.log().contains("the node is started").then_some(()));
    network.chain("fdsc-0").up();
    let both = |log: &str| log.matches("the node is started").count() == 2;
    wait::until("a second rly start", LIMIT, || both(&running.log()).then_some(()));
    network.assert_one_of_each();

    let mdsc = network.chain("mdsc").counts();
    network.add("fdsc-1");
    network.wait();
    let _relayer = Relayer::new(&network).with(limits);
    wait::until("a third rly start", LIMIT, || {
        (running.log().matches("the node is started").count() == 3).then_some(())
    });
    network.assert_one_of_each();
    assert_eq!(network.chain("mdsc").counts(), mdsc);

    // Other prices, which rly reads only at its start.
    let before = network.transactions();
    let relayer = Relayer::new(&network).with(limits).chain("mdsc", "gasPrices: 0.002uatom");
    wait::until("a fourth rly start", LIMIT, || {
        (running.log().matches("the node is started").count() == 4).then_some(())
    });
    let config = fs::read_to_string(relayer.home().join("config/config.yaml")).unwrap();
    assert!(config.contains("0.002uatom"), "{config}");
    assert_eq!(network.transactions(), before);
    assert_eq!(running.stop(), 0);
}
