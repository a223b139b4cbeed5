//! What goes wrong while it runs, and is mended.

use std::time::Duration;

use chainpod_tests::{MNEMONIC, chain, network::Network, relayer::Relayer, wait};
use nix::sys::signal::{Signal, kill};

use crate::kinds::starts;

const LIMIT: Duration = Duration::from_secs(90);

#[test]
fn a_rly_that_hangs_is_noticed_and_started_anew() {
    let network = Network::start(&["gwc", "mdsc"]);
    let limits = "limits: {height: 3, poll: 200ms, retryDelay: 300ms, check: 1s, progress: 4s}";
    let running = Relayer::new(&network).with(limits).start(&[]);
    let rly = wait::until("rly start", LIMIT, || running.rly());
    // It relays for longer than it may be without progress.
    wait::pause(Duration::from_secs(6));
    assert_eq!(starts(&running), 1, "{}", running.log());
    kill(rly, Signal::SIGSTOP).unwrap();
    wait::until("another rly", LIMIT, || running.rly().filter(|other| *other != rly));
    let log = running.log();
    assert!(log.contains("rly sees no new blocks, it is started anew"), "{log}");
    assert_eq!(running.stop(), 0);
}

/// An account of the test mnemonic that no genesis knows.
const POOR: &str = "m/44'/118'/0'/0/50";

/// Sends coins on the hub, without a fee.
fn send(network: &mut Network, from: &str, to: &str, amount: &str) {
    let home = network.dir().join("bank");
    let node = format!("http://{}:26657", network.chain("gwc").ip);
    let words = ["tx", "bank", "send", from, to, amount, "--chain-id", "gwc", "--node", &node];
    let more = ["--keyring-backend", "test", "-y", "--gas", "200000", "-o", "json"];
    let before = network.transactions();
    let answer = chain::run("gwc", &home, &[&words[..], &more].concat(), "");
    assert!(answer.contains("\"code\":0"), "{answer}");
    wait::until("the transfer", LIMIT, || (network.transactions() > before).then_some(()));
}

/// Puts a key into the keyring of [`send`], and returns its address.
fn key(network: &Network, name: &str, path: &str) -> String {
    let home = network.dir().join("bank");
    let test = ["--keyring-backend", "test"];
    let add = ["keys", "add", name, "--recover", "--hd-path", path];
    chain::run("gwc", &home, &[&add[..], &test].concat(), &format!("{MNEMONIC}\n"));
    chain::run("gwc", &home, &[&["keys", "show", name, "-a"][..], &test].concat(), "")
        .trim()
        .to_owned()
}

#[test]
fn a_relayer_without_funds_says_so_and_links_once_it_has_some() {
    let mut network = Network::start(&["gwc", "mdsc", "fdsc-0"]);
    key(&network, "creator", "m/44'/118'/0'/0/2");
    let poor = key(&network, "poor", POOR);
    // It is known to the chain, and has nothing.
    send(&mut network, "creator", &poor, "500uatom");
    send(&mut network, "poor", "cosmos1kng7tv83qesgvv2ze7hxlw4urfrjk8vqqnpqdt", "500uatom");

    let limits =
        "limits: {height: 3, poll: 200ms, retryDelay: 300ms, retryMaxDelay: 2s, check: 1s}";
    let relayer = Relayer::new(&network).chain("gwc", &format!("hdPath: \"{POOR}\"")).with(limits);
    let running = relayer.start(&[]);
    let said = format!("{poor}` ({POOR} of");
    wait::until("the reason", LIMIT, || {
        let log = running.log();
        (log.contains(&said) && log.contains("has 0uatom on chain `gwc`: fund it")).then_some(())
    });
    send(&mut network, "creator", &poor, "100000000uatom");
    wait::until("rly start", LIMIT, || (starts(&running) == 1).then_some(()));
    wait::until("all paths", LIMIT, || {
        let log = running.log();
        (log.contains("all paths are linked") && log.contains("endpoints registered")).then_some(())
    });
    network.assert_one_of_each();
    assert_eq!(running.stop(), 0);
}
