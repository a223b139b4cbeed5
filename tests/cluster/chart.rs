//! The chart, installed: what users do to a network, and what happens to it, loses nothing.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::{
    network::{NAME, Network},
    node::cluster,
};

/// How long a network of two datastores may take from `helm install` until all is linked.
const TO_LINKED: Duration = Duration::from_secs(90);

/// How long the kubelet may take to bring a changed ConfigMap into the pod.
const CONFIG: Duration = Duration::from_mins(2);

#[test]
fn two_datastores_are_linked_in_time_and_a_packet_is_relayed() {
    let mut network = Network::take();
    let mut time = network.first();
    if time > TO_LINKED {
        // The first of the run has a machine that still builds and imports: once more, from nothing.
        network.uninstall();
        cluster().kubectl(&["delete", "pvc,secret", "--all", "-n", NAME]);
        time = network.install(network.datastores());
    }
    assert!(time < TO_LINKED, "linked after {time:?}");
    let made = network.made();
    let paths = network.datastores() + 1;
    assert_eq!(made.counts, [paths; 3]);
    cluster().run(&["helm", "test", NAME, "-n", NAME]);
    send_packet(&network, made.channels.get("path-gwc-to-fdsc-0").expect("a path"));
}

/// Sends a packet from the hub, and waits until the datastore has it and the hub knows.
fn send_packet(network: &Network, channel: &str) {
    let value = "hello-from-the-hub";
    let words =
        ["exec", "-n", NAME, "net-gwc-0", "--", "gwcd", "tx", "gateway", "send-packet", channel];
    let signer =
        ["greeting", value, "--from", "creator", "--keyring-backend", "test", "-y", "-o", "json"];
    let chain = ["--home", "/home/gwc/.gwc", "--chain-id", "gwc", "--gas", "300000"];
    let answer = cluster().kubectl(&[&words[..], &signer, &chain].concat());
    assert!(answer.contains("\"code\":0"), "{answer}");
    cluster().wait(NAME, "the packet is stored and acknowledged", Duration::from_mins(1), || {
        let stored = network.api("fdsc-0", "chainpod/storage/v1/items").to_string();
        let sent = network.api("gwc", "gwc/gateway/v1/packets").to_string();
        (stored.contains(value) && sent.contains("STATUS_ACKNOWLEDGED")).then_some(())
    });
}

#[test]
fn an_upgrade_links_only_the_new_datastore_and_keeps_all_words() {
    let mut network = Network::take();
    let (made, words, datastores) = (network.made(), network.words(), network.datastores());
    let pods: Vec<_> = network.chains().iter().map(|chain| network.pod(chain).uid()).collect();
    let chains = network.chains();
    network.install(datastores + 1);
    network.wait_whole();
    let now = network.made();
    assert_eq!(now.counts, made.counts.map(|count| count + 1));
    assert!(made.channels.iter().all(|old| now.channels.get_key_value(old.0) == Some(old)));
    let new = network.words();
    assert_eq!(new.len(), words.len() + 1);
    assert!(words.iter().all(|old| new.get_key_value(old.0) == Some(old)), "words changed");
    let same: Vec<_> = chains.iter().map(|chain| network.pod(chain).uid()).collect();
    assert_eq!(same, pods, "chains were rolled that did not change");
}

#[test]
fn a_deleted_pod_comes_back_as_the_same_chain() {
    let network = Network::take();
    let (made, identity) = (network.made(), network.identity("fdsc-0"));
    let height = network.pod("fdsc-0").wait_height(1);
    cluster().kubectl(&["delete", "pod", "-n", NAME, "net-fdsc-0-0"]);
    let pod = network.pod("fdsc-0");
    pod.wait_ready();
    pod.wait_height(height);
    assert_eq!(network.identity("fdsc-0"), identity);
    network.wait_whole();
    assert_eq!(network.made(), made);
}

#[test]
fn a_relayer_that_lost_its_volume_makes_nothing_twice() {
    let network = Network::take();
    let made = network.made();
    // Its volume is an emptyDir: it goes with the pod.
    let pod = network.relayer();
    cluster().kubectl(&["delete", "pod", "-n", NAME, &pod]);
    assert_ne!(network.relayer(), pod);
    cluster().kubectl(&["rollout", "status", "-n", NAME, "deploy/net-relayer", "--timeout=3m"]);
    network.wait_whole();
    assert_eq!(network.made(), made);
}

#[test]
fn a_killed_node_is_started_again_in_its_pod() {
    let network = Network::take();
    let pod = network.pod("mdsc");
    let (uid, height) = (pod.uid(), pod.wait_height(1));
    let node = pod.process("mdscd");
    node.kill();
    cluster().wait(NAME, "another mdscd", Duration::from_mins(1), || {
        pod.find("mdscd").filter(|other| other.pid() != node.pid())
    });
    pod.wait_height(height);
    pod.wait_ready();
    assert_eq!((pod.uid(), pod.restarts()), (uid, 0));
}

#[test]
fn a_changed_configuration_reaches_the_node_without_a_new_pod() {
    let network = Network::take();
    let pod = network.pod("mdsc");
    let (uid, restarts) = (pod.uid(), pod.restarts());
    let mut map = cluster().get(&["configmap", "-n", NAME, "net-agents"]);
    let text = map.pointer_mut("/data/mdsc.yaml").expect("the configuration of mdsc");
    let old = text.as_str().expect("text").to_owned();
    let (from, to) =
        if old.contains("log_level: error") { ("error", "warn") } else { ("warn", "error") };
    *text = Value::from(old.replace(&format!("log_level: {from}"), &format!("log_level: {to}")));
    cluster().apply(NAME, &map.to_string());
    cluster().wait(NAME, "the node has the new argument", CONFIG, || {
        let words = pod.find("mdscd")?.arguments();
        words.windows(2).any(|pair| pair == ["--log_level", to]).then_some(())
    });
    let height = pod.height().unwrap_or_default();
    pod.wait_height(height);
    assert_eq!((pod.uid(), pod.restarts()), (uid, restarts));
    network.wait_whole();
}

#[test]
fn a_rolled_chain_ends_within_its_grace_and_goes_on() {
    let network = Network::take();
    let pod = network.pod("fdsc-1");
    let (uid, height) = (pod.uid(), pod.wait_height(1));
    let began = Instant::now();
    cluster().kubectl(&["rollout", "restart", "-n", NAME, "sts/net-fdsc-1"]);
    cluster().wait(NAME, "the old pod is gone", Duration::from_mins(2), || {
        (pod.uid() != uid).then_some(())
    });
    // terminationGracePeriodSeconds of the chart; after it the kubelet kills.
    assert!(began.elapsed() < Duration::from_mins(1), "ended after {:?}", began.elapsed());
    cluster().kubectl(&["rollout", "status", "-n", NAME, "sts/net-fdsc-1", "--timeout=2m"]);
    pod.wait_height(height);
    network.wait_whole();
}

#[test]
fn a_network_installed_again_on_its_volumes_goes_on() {
    let mut network = Network::take();
    let (made, words, datastores) = (network.made(), network.words(), network.datastores());
    let identities: Vec<_> = network.chains().iter().map(|chain| network.identity(chain)).collect();
    let height = network.pod("gwc").wait_height(1);
    network.uninstall();
    network.install(datastores);
    network.pod("gwc").wait_height(height);
    network.wait_whole();
    let again: Vec<_> = network.chains().iter().map(|chain| network.identity(chain)).collect();
    assert_eq!(again, identities);
    assert_eq!(network.words(), words);
    assert_eq!(network.made(), made);
}

#[test]
fn a_drained_node_is_empty_soon_and_all_is_there_again_afterwards() {
    let network = Network::take();
    let made = network.made();
    let pods = format!("--pod-selector=app.kubernetes.io/instance={NAME}");
    let drain =
        ["drain", "node1", "--ignore-daemonsets", "--delete-emptydir-data", "--timeout=2m", &pods];
    let output = cluster().command(&[&["kubectl"], &drain[..]].concat()).output().expect("starts");
    cluster().kubectl(&["uncordon", "node1"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    network.wait_whole();
    assert_eq!(network.made(), made);
}
