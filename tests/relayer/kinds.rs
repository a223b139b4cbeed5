//! Hubs of other kinds: without lanes, without unordered transactions, with another command that
//! registers.

use std::{fs, os::unix::fs::PermissionsExt as _, time::Duration};

use chainpod_tests::{
    agent::write,
    bin,
    network::{Network, Terms},
    relayer::{Relayer, Running},
    wait,
};

const LIMIT: Duration = Duration::from_secs(90);

/// The address of the test mnemonic's m/44'/118'/0'/0/3, the first lane.
const LANE: &str = "cosmos1zuvk68xw4y9swp06796rx8zarjvvkrt606nxtl";

/// How often `rly start` was started.
pub fn starts(running: &Running) -> usize {
    running.log().matches("the node is started").count()
}

#[test]
fn a_hub_without_lanes_and_unordered_transactions_is_linked_and_registered() {
    let terms = Terms { env: &[("TESTCHAIN_SEQUENCE_ONLY", "true")], ..Terms::default() };
    let mut network = Network::with(terms, &["gwc", "mdsc", "fdsc-0"]);
    let relayer = |network: &Network| Relayer::new(network).with("lanes: {enabled: false}");
    let running = relayer(&network).start(&[]);
    wait::until("rly start", LIMIT, || (starts(&running) == 1).then_some(()));
    network.assert_one_of_each();
    assert_eq!(network.endpoints().len(), 3);
    assert_eq!(network.chain("gwc").signed_by(LANE), 0);

    // The registration of one that comes later needs the sequence of the relayer that runs.
    network.add("fdsc-1");
    network.wait();
    let _relayer = relayer(&network);
    wait::until("a second rly start", LIMIT, || (starts(&running) == 2).then_some(()));
    network.assert_one_of_each();
    assert_eq!(network.endpoints().len(), 5);
    let log = running.log();
    assert_eq!(log.matches("rly start is held").count(), 1, "{log}");
    assert!(!log.contains("the registration failed"), "{log}");
    assert_eq!(starts(&running), 2, "one start for the new spoke and its registration: {log}");
    assert_eq!(running.stop(), 0);
}

/// A program of the newer form: it registers one channel at a time, with chain and port, and shows
/// another list. It stands before the real one, whose transactions it sends.
const NEWER: &str = r#"#!/bin/bash
set -euo pipefail
case "$1 $2 $3" in
"tx gateway register-storage")
    channel=$4 chain=$5 url=$6 port=$7
    shift 7
    exec GWCD tx gateway register-storage "$channel" "$url?chain=$chain&port=$port" "$@"
    ;;
"query gateway storage-infos")
    shift 3
    GWCD query gateway endpoints "$@" |
        sed 's/"endpoints":/"storage_infos":/; s/"chain_id":/"channel_id":/g; s/"api_endpoint":/"url":/g'
    ;;
*) echo "no such command: $*" >&2; exit 64 ;;
esac
"#;

#[test]
fn the_newer_form_of_registration_is_configuration() {
    let mut network = Network::start(&["gwc", "fdsc-0", "fdsc-1"]);
    let program = network.dir().join("newer");
    write(&program, &NEWER.replace("GWCD", &bin("gwcd").display().to_string()));
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let register = r#"
  query: {command: [PROGRAM, query, gateway, storage-infos, --node, "{hubRpc}", -o, json], list: /storage_infos, id: channel_id, url: url}
  entries: [{id: "{channel}", url: "{api}?chain={chain}&port={port}", roles: [datastore]}]
  command: [PROGRAM, tx, gateway, register-storage, "{channel}", "{chain}", "{api}", "{port}", --from, "{key}",
    --chain-id, "{hubId}", --keyring-backend, test, --home, "{clientHome}", --node, "{hubRpc}", --gas, auto,
    --gas-adjustment, "{gasAdjustment}", --gas-prices, "{gasPrices}", -y, --output, json]
"#;
    let register = register.replace("PROGRAM", &program.display().to_string());
    let relayer = Relayer::new(&network).register(&register);
    relayer.ok(&["link"]);
    relayer.ok(&["register"]);
    for spoke in ["fdsc-0", "fdsc-1"] {
        let ip = network.chain(spoke).ip;
        let wanted = format!("http://{ip}:1317?chain={spoke}&port=datastore");
        let wanted = (network.hub_channel(spoke), wanted);
        assert!(network.endpoints().contains(&wanted), "{wanted:?}: {:?}", network.endpoints());
    }
    let before = network.transactions();
    relayer.ok(&["register"]);
    assert_eq!(network.transactions(), before);
}
