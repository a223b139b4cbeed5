//! A network is linked, registered, and relays; and that is all.

use std::{net::SocketAddr, time::Duration};

use chainpod_tests::{MNEMONIC, bin, chain, http, network::Network, relayer::Relayer, wait};
use serde_json::Value;

const LIMIT: Duration = Duration::from_secs(90);

const SPOKES: [&str; 4] = ["gwc", "mdsc", "fdsc-0", "fdsc-1"];

/// Sends a packet on the hub to a spoke's channel.
fn send_packet(network: &mut Network, channel: &str) {
    let home = network.dir().join("client");
    let words = ["keys", "add", "sender", "--recover", "--hd-path", "m/44'/118'/0'/0/2"];
    let test = ["--keyring-backend", "test"];
    chain::run("gwc", &home, &[&words[..], &test].concat(), &format!("{MNEMONIC}\n"));
    let node = format!("http://{}:26657", network.chain("gwc").ip);
    let words = ["tx", "gateway", "send-packet", channel, "a-key", "some-data", "--from", "sender"];
    let more = ["--chain-id", "gwc", "--node", &node, "-y", "--gas", "300000", "-o", "json"];
    let answer = chain::run("gwc", &home, &[&words[..], &test, &more].concat(), "");
    assert!(answer.contains("\"code\":0"), "{answer}");
}

#[test]
fn a_network_is_linked_once_and_packets_are_relayed() {
    let mut network = Network::start(&SPOKES);
    let relayer = Relayer::new(&network);
    let running = relayer.start(&[]);
    wait::until("rly start", LIMIT, || running.log().contains("the node is started").then_some(()));
    network.assert_one_of_each();

    let socket = SocketAddr::new(network.chain("gwc").ip, 26681);
    let ready = http::get(socket, "/readyz").unwrap();
    assert!(ready.contains("\"ready\":true"), "{ready}");
    let metrics = http::get(socket, "/metrics").unwrap();
    let page = prometheus_parse::Scrape::parse(metrics.lines().map(|line| Ok(line.to_owned())));
    let linked = page.unwrap().samples;
    let linked = linked.iter().filter(|sample| {
        sample.metric == "chainpod_relayer_path_linked"
            && sample.value == prometheus_parse::Value::Gauge(1.0)
    });
    assert_eq!(linked.count(), 3, "{metrics}");

    let mut wanted = Vec::new();
    for spoke in ["mdsc", "fdsc-0", "fdsc-1"] {
        let url = format!("http://{}:1317", network.chain(spoke).ip);
        if spoke != "mdsc" {
            wanted.push((network.hub_channel(spoke), url.clone()));
        }
        wanted.push((spoke.to_owned(), url));
    }
    let mut found = network.endpoints();
    wanted.sort();
    found.sort();
    assert_eq!(found, wanted);

    let channel = network.hub_channel("fdsc-0");
    send_packet(&mut network, &channel);
    wait::until("the data on the datastore", LIMIT, || {
        let items = network.chain("fdsc-0").api("/chainpod/storage/v1/items").to_string();
        items.contains("some-data").then_some(())
    });
    wait::until("the acknowledgement", LIMIT, || {
        let packets = network.chain("gwc").api("/gwc/gateway/v1/packets").to_string();
        packets.contains("ACKNOWLEDGED").then_some(())
    });
    let log = running.log();
    assert_eq!(running.stop(), 0, "{log}");

    nothing_is_done_again(&network, &relayer);
}

/// A second run, and one without the home of the first, send no transaction.
fn nothing_is_done_again(network: &Network, relayer: &Relayer) {
    let before = network.transactions();
    assert!(before > 0);
    relayer.ok(&["link"]);
    relayer.ok(&["register"]);
    assert_eq!(network.transactions(), before);
    relayer.forget();
    relayer.ok(&["link"]);
    relayer.ok(&["register"]);
    assert_eq!(network.transactions(), before);
    network.assert_one_of_each();
    status_tells_all(relayer);
}

fn status_tells_all(relayer: &Relayer) {
    let output = relayer.output(&["status", "-o", "json"]);
    assert!(output.status.success());
    let status: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(status.pointer("/paths").unwrap().as_array().unwrap().len(), 3);
    assert!(
        status.pointer("/paths").unwrap().as_array().unwrap().iter().all(|p| p["linked"] == true)
    );
    let expires = status.pointer("/paths/0/src_clients/0/expires").and_then(Value::as_str);
    assert!(expires.is_some_and(|expires| expires.ends_with('Z')), "{status}");
    assert_eq!(status.pointer("/endpoints").unwrap().as_array().unwrap().len(), 5);
    let plan = String::from_utf8(relayer.output(&["--dry-run"]).stdout).unwrap();
    assert!(plan.contains("nothing to do: channel channel-"), "{plan}");
    assert!(plan.contains(&format!("{} start path-gwc-to-mdsc", bin("rly").display())), "{plan}");
}
