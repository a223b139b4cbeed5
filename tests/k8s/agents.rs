//! The configuration that the chart renders is one that the agents take.

use std::{
    collections::BTreeMap,
    path::Path,
    process::{Command, Output},
};

use chainpod_tests::{MNEMONIC, agent::write as fixture, bin, root};
use serde_json::Value;
use tempfile::TempDir;

use crate::tools::{Set, documents, parse, sets, template, text};

/// The agents' configuration of a set of values, by the name of the file.
pub fn configurations(set: &Set) -> BTreeMap<String, String> {
    let rendered = template(&set.files, &[]).unwrap_or_else(|e| panic!("{}: {e}", set.name));
    let documents = documents(&rendered);
    let map = documents.iter().find(|document| {
        text(document, "/kind") == "ConfigMap"
            && text(document, "/metadata/name") == "raidchain-agents"
    });
    let data = map.expect("the agents' ConfigMap")["data"].as_object().expect("its data").clone();
    data.into_iter().map(|(name, text)| (name, text.as_str().expect("a file").to_owned())).collect()
}

#[test]
fn every_chains_configuration_is_taken_by_the_agent() {
    for set in sets() {
        for (name, content) in configurations(&set) {
            if name == "relayer.yaml" {
                continue;
            }
            let dir = tempfile::tempdir().expect("a temporary folder");
            let output = dry_run("agent", &dir, &name, &content);
            let printed = String::from_utf8_lossy(&output.stdout);
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{}: {name}: {said}\n{content}", set.name);
            let config = parse(&content, &name);
            let program = text(&config, "/nodeTemplate/command/0");
            assert!(printed.contains(program) && printed.contains("start"), "{name}: {printed}");
            assert!(!dir.path().join("home").exists(), "a dry run made a home");
        }
    }
}

#[test]
fn the_relayers_configuration_is_taken_by_the_relayer_agent() {
    for set in sets() {
        let content = &configurations(&set)["relayer.yaml"];
        let dir = tempfile::tempdir().expect("a temporary folder");
        let output = dry_run("relayer-agent", &dir, "relayer.yaml", content);
        let printed = String::from_utf8_lossy(&output.stdout);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{}: {said}\n{content}", set.name);
        let config = parse(content, "relayer.yaml");
        for chain in config["chains"].as_array().expect("chains") {
            let (name, role) = (text(chain, "/name"), text(chain, "/role"));
            let host = format!("raidchain-{name}-headless.net.svc.cluster.local:26657");
            assert!(printed.contains(&host), "{}: {printed}", set.name);
            let path = format!("path-gwc-to-{name}: ");
            assert!(role == "hub" || printed.contains(&path), "{}: {printed}", set.name);
        }
    }
}

#[test]
fn a_setting_that_the_agent_does_not_know_is_refused() {
    let set = Set { name: String::new(), files: Vec::new() };
    let content = configurations(&set)["gwc.yaml"].replace("peerHost", "peerHots");
    let dir = tempfile::tempdir().expect("a temporary folder");
    let output = dry_run("agent", &dir, "gwc.yaml", &content);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("`init.peerHots` is not a setting"), "{said}");
    assert_eq!(output.status.code(), Some(78));
}

#[test]
fn the_grace_of_the_agents_fits_into_that_of_the_pods() {
    for set in sets() {
        let files = configurations(&set);
        let rendered = template(&set.files, &[]).expect("it rendered before");
        for document in documents(&rendered) {
            let name = text(&document, "/metadata/name").trim_start_matches("raidchain-");
            let (file, grace) = match text(&document, "/kind") {
                "StatefulSet" => (format!("{name}.yaml"), "/supervise/grace"),
                "Deployment" => ("relayer.yaml".to_owned(), "/relayer/supervise/grace"),
                _ => continue,
            };
            let config = parse(&files[&file], &file);
            let grace = text(&config, grace).trim_end_matches('s').parse::<u64>().expect("seconds");
            let pod = &document["spec"]["template"]["spec"];
            let sleep = &pod["containers"][0]["lifecycle"]["preStop"]["sleep"]["seconds"];
            let (limit, sleep) =
                (&pod["terminationGracePeriodSeconds"], sleep.as_u64().unwrap_or_default());
            let limit = limit.as_u64().expect("a number of seconds");
            assert_eq!(sleep + grace + 5, limit, "{}: {name}", set.name);
        }
    }
}

#[test]
fn lanes_are_as_many_as_spokes_at_least() {
    let lanes = |settings: &[&str]| {
        let rendered = template(&[], settings).expect("it renders");
        let documents = documents(&rendered);
        let map = documents.iter().find(|d| text(d, "/metadata/name") == "raidchain-agents");
        let config = map.map(|map| text(map, "/data/gwc.yaml").to_owned()).expect("the ConfigMap");
        parse(&config, "gwc.yaml").pointer("/init/lanes").and_then(Value::as_u64)
    };
    assert_eq!(lanes(&[]), Some(16));
    assert_eq!(lanes(&["datastores=30"]), Some(31));
    assert_eq!(lanes(&["chainTypes.gwc.lanes=0"]), None);
}

/// Runs `--dry-run` on a configuration, with nothing of this machine in its way.
fn dry_run(program: &str, dir: &TempDir, name: &str, content: &str) -> Output {
    let (file, words) = (dir.path().join(name), dir.path().join("words"));
    fixture(&file, content);
    fixture(&words, MNEMONIC);
    let home = dir.path().join("home");
    let mut command = Command::new(bin(program));
    command.arg("--dry-run").arg("--config").arg(&file).env_clear();
    command.env("PATH", root().join("bin")).env("HOSTNAME", "raidchain-gwc-0");
    command.envs(variables(program, &home, &words)).output().expect("it starts")
}

/// Where the home and the words are, in place of what the pod has.
fn variables<'p>(program: &str, home: &'p Path, words: &'p Path) -> Vec<(&'static str, &'p Path)> {
    if program == "agent" {
        vec![("CHAIN_HOME", home), ("MNEMONIC_FILE", words)]
    } else {
        vec![("RELAYER_HOME", home)]
    }
}
