//! `--watch-config`.

use std::{fs, os::unix::fs::symlink, path::Path};

use chainpod_tests::{
    agent::{Pod, write},
    wait,
};
use nix::sys::signal::Signal;

use crate::support::{LIMIT, free, get, node_of, pod, replace, script, status, wait_for};

/// A node that says which one it is, and dies of SIGTERM. The agent's log, which shows the command
/// line, does not say it.
fn node(name: &str) -> String {
    script(&format!("echo no''de {name}; exec sleep 1000"))
}

#[test]
fn a_changed_command_line_restarts_the_node_once_and_the_same_one_does_not() {
    let listen = free();
    let metrics = format!("metrics: {{listen: '{listen}'}}\n");
    let pod = pod(&(node("one") + &metrics));
    let mut agent = pod.start(&["run", "-w"]);
    agent.expect_line("node one");
    for name in ["two", "three"] {
        replace(&pod, &(node(name) + &metrics));
        agent.expect_line(&format!("node {name}"));
    }
    replace(&pod, &format!("# a comment\n{metrics}\n{}", node("three")));
    wait::until("the comment", LIMIT, || {
        (status(listen)["config"]["generation"].as_u64() >= Some(3)).then_some(())
    });
    agent.signal(Signal::SIGTERM);
    assert_eq!(agent.code(), 143);
    assert_eq!(agent.said().matches("the node is started").count(), 3);
}

#[test]
fn an_invalid_file_keeps_the_old_node_and_the_next_valid_one_is_taken() {
    let listen = free();
    let metrics = format!("metrics: {{listen: '{listen}'}}\n");
    let pod = pod(&(node("one") + &metrics));
    let mut agent = pod.start(&["-w"]);
    agent.expect_line("node one");
    let pid = node_of(&agent);
    for (count, wrong) in [
        "nodeTemplate: {command: ['{{ fail \"no\" }}']}\n",
        "nodeTemplate: [\n",
        "nodTemplate: {}\n",
    ]
    .iter()
    .enumerate()
    {
        replace(&pod, wrong);
        agent.expect_line("the changed configuration is refused");
        let body = wait_for(listen, "/healthz", 503);
        assert!(body.contains("[-]config failed: the file on disk is refused"), "{body}");
        assert_eq!(status(listen)["config"]["refused"], count + 1);
        assert!(get(listen, "/metrics").1.contains("chainpod_config_last_reload_successful 0"));
    }
    assert_eq!(node_of(&agent), pid);
    assert_eq!(get(listen, "/readyz").0, 200);
    replace(&pod, &(node("two") + &metrics));
    agent.expect_line("node two");
    wait_for(listen, "/healthz", 200);
}

#[test]
fn what_needs_no_restart_holds_without_one() {
    let (listen, other) = (free(), free());
    let yaml = |more: &str| format!("{}{more}", node("one"));
    let pod = pod(&yaml(&format!("metrics: {{listen: '{listen}'}}\n")));
    let mut agent = pod.start(&["-w"]);
    agent.expect_line("node one");
    let pid = node_of(&agent);
    wait_for(listen, "/readyz", 200);
    replace(
        &pod,
        &yaml(&format!(
            "metrics: {{listen: '{other}'}}\nsupervise: {{exitCodes: {{143: 0}}, grace: 3s}}\n\
         probe: {{kind: command, command: ['false'], interval: 50ms}}\n"
        )),
    );
    let body = wait_for(other, "/readyz", 503);
    assert!(body.contains("[-]probe failed"), "{body}");
    wait::until("a look by the new probe", LIMIT, || {
        get(other, "/readyz").1.contains("`false`").then_some(())
    });
    assert_eq!(node_of(&agent), pid);
    agent.signal(Signal::SIGTERM);
    assert_eq!(agent.code(), 0, "the new exit codes hold");
}

/// What the kubelet does with a ConfigMap.
fn publish(volume: &Path, version: usize, yaml: &str) {
    let folder = volume.join(format!("..{version}"));
    fs::create_dir_all(&folder).unwrap();
    write(&folder.join("kubebot.yaml"), yaml);
    symlink(format!("..{version}"), volume.join("..data_tmp")).unwrap();
    let old = fs::read_link(volume.join("..data")).ok();
    fs::rename(volume.join("..data_tmp"), volume.join("..data")).unwrap();
    if let Some(old) = old {
        fs::remove_dir_all(volume.join(old)).unwrap();
    }
}

#[test]
fn a_config_map_is_followed_every_time() {
    let volume = tempfile::tempdir().unwrap();
    publish(volume.path(), 0, &node("0"));
    let file = volume.path().join("kubebot.yaml");
    symlink("..data/kubebot.yaml", &file).unwrap();
    let pod = Pod::default().arg("--config").arg(file.to_string_lossy()).arg("-w");
    let mut agent = pod.start(&[]);
    agent.expect_line("node 0");
    for version in 1..=5 {
        publish(volume.path(), version, &node(&version.to_string()));
        agent.expect_line(&format!("node {version}"));
    }
    publish(volume.path(), 6, &node("5"));
    publish(volume.path(), 7, &node("7"));
    agent.expect_line("node 7");
    agent.signal(Signal::SIGTERM);
    agent.code();
    assert_eq!(agent.said().matches("the node is started").count(), 7);
}

#[test]
fn a_stop_during_a_restart_wins() {
    let deaf = "trap '' TERM; echo deaf; while :; do sleep 0.02; done";
    let yaml = |name: &str| {
        format!("{}supervise: {{grace: 1s}}\n# {name}\n", script(&format!("{deaf} # {name}")))
    };
    let pod = pod(&yaml("one"));
    let mut agent = pod.start(&["-w"]);
    agent.expect_line("deaf");
    replace(&pod, &yaml("two"));
    agent.expect_line("the node is to be started anew");
    agent.signal(Signal::SIGTERM);
    assert_eq!(agent.code(), 137);
    assert_eq!(agent.said().matches("the node is started").count(), 1);
}

#[test]
fn watching_the_output_restarts_the_node_and_other_keywords_do_not() {
    let pod = pod(&node("one"));
    let mut agent = pod.start(&["-w"]);
    agent.expect_line("node one");
    let watched = |keyword: &str| {
        format!(
            "{}watchlog: {{enabled: true, keyword: {keyword}, lastThreshold: 1m}}\n",
            node("one")
        )
    };
    replace(&pod, &watched("a"));
    agent.expect_line("the node is to be started anew");
    agent.expect_line("node one");
    let pid = node_of(&agent);
    replace(&pod, &watched("b"));
    agent.expect_line("the changed configuration holds");
    assert_eq!(node_of(&agent), pid);
}

#[test]
fn another_keyword_holds_for_the_node_that_runs() {
    let listen = free();
    let watched = |keyword: &str| {
        format!(
            "{}metrics: {{listen: '{listen}'}}\nwatchlog: {{enabled: true, keyword: {keyword}, \
             lastThreshold: 1m}}\n",
            script("while :; do echo beta; sleep 0.05; done")
        )
    };
    let pod = pod(&watched("alpha"));
    let agent = pod.start(&["-w"]);
    wait::until("output", LIMIT, || status(listen)["output"]["stdoutBytes"].as_u64());
    let pid = node_of(&agent);
    assert_eq!(status(listen)["output"]["matches"], 0);
    replace(&pod, &watched("beta"));
    wait::until("a match", LIMIT, || {
        status(listen)["output"]["matches"].as_u64().filter(|matches| *matches > 0)
    });
    assert_eq!(node_of(&agent), pid);
}

#[test]
fn the_level_of_the_log_holds_at_once_unless_a_flag_says_otherwise() {
    let yaml = |name: &str, level: &str| format!("{}log: {{level: {level}}}\n", node(name));
    let start = |words: &[&str]| {
        let pod = pod(&yaml("one", "error"));
        let mut agent = pod.start(words);
        agent.expect_line("node one");
        replace(&pod, &yaml("two", "info"));
        (pod, agent)
    };
    let (_pod, mut agent) = start(&["-w"]);
    agent.expect_line("the changed configuration holds");
    let (_pod, mut agent) = start(&["-w", "--log-level", "error"]);
    agent.expect_line("node two");
    agent.signal(Signal::SIGTERM);
    assert_eq!(agent.code(), 143);
    assert!(!agent.said().contains("INFO"), "{}", agent.said());
}

#[test]
fn a_template_that_is_random_is_rendered_anew_only_when_it_is_another() {
    let random = |name: &str, more: &str| {
        format!("{}  args: {{x: '{{{{ randAlphaNum 8 }}}}'}}\n{more}", node(name))
    };
    let pod = pod(&random("one", ""));
    let mut agent = pod.start(&["-w"]);
    agent.expect_line("node one");
    replace(&pod, &random("one", "supervise: {grace: 3s}\n"));
    agent.expect_line("the changed configuration holds");
    replace(&pod, &random("two", ""));
    agent.expect_line("node two");
    agent.signal(Signal::SIGTERM);
    assert_eq!(agent.code(), 143);
    assert_eq!(agent.said().matches("the node is to be started anew").count(), 1);
}
