//! The three ways to get agent in front of a chain, as `docker/examples` shows them.

use chainpod_tests::MNEMONIC;

use crate::{
    node::{cluster, file},
    pod::{Pod, START},
};

/// Runs the pod of an example in a namespace of its own.
fn start(namespace: &str, way: &str, images: &[&str]) -> Pod {
    for folder in images {
        let name = if *folder == "foreign" { "chain" } else { folder };
        let file = format!("docker/examples/{folder}/Dockerfile");
        cluster().build(&format!("example/{name}"), &file);
    }
    cluster().namespace(namespace);
    cluster().secret(namespace, "mnemonics", &[("gwc.mnemonic", MNEMONIC)]);
    cluster().apply(namespace, &file(&format!("docker/examples/{way}/pod.yaml")));
    Pod::new(namespace, way)
}

/// Builds an example's images and runs its pod: agent is PID 1, and the chain makes blocks.
fn runs(way: &str, images: &[&str], agent: &str) {
    let namespace = format!("way-{way}");
    let pod = start(&namespace, way, images);
    pod.wait_ready();
    pod.wait_height(1);
    let process = pod.process("agent");
    assert_eq!(process.status("NSpid"), "1");
    assert_eq!(process.status("Uid"), "64123");
    assert_eq!(process.program(), agent);
    assert!(process.root_options().split(',').any(|option| option == "ro"));
    cluster().kubectl(&["delete", "namespace", &namespace]);
}

#[test]
fn an_image_derived_from_agents_runs() {
    runs("derived", &["derived"], "/agent");
}

#[test]
fn an_image_that_agent_was_copied_into_runs() {
    runs("copy-from", &["foreign", "copy-from"], "/usr/local/bin/agent");
}

#[test]
fn an_init_container_puts_agent_in_front_of_a_foreign_image() {
    runs("install", &["foreign"], "/volume/agent");
}

#[test]
fn an_agent_killed_while_it_makes_the_home_makes_it_whole_at_the_next_start() {
    let namespace = "killed";
    let pod = start(namespace, "derived", &["derived"]);
    // The node's own init runs, in the middle of the agent's.
    pod.process("gwcd");
    pod.process("agent").kill();
    cluster().wait(namespace, "another start", START, || (pod.restarts() > 0).then_some(()));
    pod.wait_ready();
    pod.wait_height(1);
    assert_eq!(pod.restarts(), 1);
    cluster().kubectl(&["delete", "namespace", namespace]);
}
