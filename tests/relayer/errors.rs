//! What cannot work is said clearly, and soon.

use std::time::{Duration, Instant};

use chainpod_tests::{agent::write, network::Network, relayer::Relayer};

/// The longest that a hopeless start may take.
const SOON: Duration = Duration::from_mins(1);

/// Another valid mnemonic, whose accounts have nothing.
const OTHER: &str = "zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo wrong";

fn fails_soon(relayer: &Relayer, said: &[&str]) {
    let began = Instant::now();
    let log = relayer.fails(&["link"]);
    assert!(began.elapsed() < SOON, "it took {:?}:\n{log}", began.elapsed());
    for text in said {
        assert!(log.contains(text), "`{text}` is not in:\n{log}");
    }
}

#[test]
fn what_cannot_work_is_said_clearly_and_soon() {
    let network = Network::start(&["gwc", "mdsc"]);
    let relayer = || Relayer::new(&network);
    let empty = network.dir().join("other.mnemonic");
    write(&empty, OTHER);
    let mnemonic = format!("mnemonic: \"{}\"", empty.display());
    let unknown = "is not known on chain `gwc`: fund it, or see whether mnemonic";
    fails_soon(&relayer().chain("gwc", &mnemonic), &[unknown]);
    let unknown = "is not known on chain `mdsc`";
    fails_soon(&relayer().chain("mdsc", &mnemonic), &[unknown]);
    fails_soon(&relayer().chain("gwc", "prefix: osmo"), &["osmo1", "prefix"]);
    fails_soon(
        &relayer().chain("mdsc", "chainId: other"),
        &["it is the chain `mdsc`, not `other`"],
    );
    let path = |keys: &str| format!("paths: [{{src: gwc, dst: mdsc, {keys}}}]");
    fails_soon(&relayer().with(&path("srcPort: nowhere")), &["port", "nowhere"]);
    fails_soon(&relayer().with(&path("version: raidchain-9")), &["version"]);
}
