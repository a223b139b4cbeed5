//! The kustomize overlays render, and ask for what they need and no more.

use std::{fs, process::Command};

use chainpod_tests::{agent::write, bin, root};
use serde_json::Value;

use crate::{
    pods::{containers, pods},
    tools::{documents, entries, read, run, text},
};

/// An overlay, or the base, rendered.
pub fn build(folder: &str) -> Vec<Value> {
    documents(&run("kubectl", &["kustomize", folder]).unwrap_or_else(|e| panic!("{folder}: {e}")))
}

#[test]
fn every_overlay_renders_the_nodes_pod_as_the_old_instructions_had_it() {
    let overlays = entries(&root().join("k8s/kustomize/overlays"));
    assert!(overlays.len() >= 3);
    for overlay in overlays {
        let documents = build(&overlay.display().to_string());
        let pods = pods(&documents);
        let [(object, pod)] = pods.as_slice() else { panic!("{}: one pod", overlay.display()) };
        assert_eq!(text(object, "/metadata/name"), "kubebot");
        let containers = containers(pod);
        let names: Vec<_> = containers.iter().map(|container| text(container, "/name")).collect();
        assert_eq!(names, ["init-snapshot", "init-kubebot", "node"]);
        let command = |index: usize| containers[index]["command"].to_string();
        assert_eq!(command(0), r#"["/agent","snapshot","restore"]"#);
        assert_eq!(command(1), r#"["/agent","install","/volume/agent"]"#);
        assert_eq!(command(2), r#"["/volume/agent","-c","/config/kubebot.yaml","-w"]"#);
    }
}

#[test]
fn the_base_has_no_rights() {
    let documents = build("k8s/kustomize/base");
    assert!(documents.iter().all(|document| !text(document, "/kind").contains("Role")));
    let (_, pod) = pods(&documents)[0];
    assert_eq!(pod["spec"]["automountServiceAccountToken"], false);
}

#[test]
fn the_example_has_exactly_the_rights_of_what_it_uses() {
    let documents = build("k8s/kustomize/overlays/example");
    let rules: Vec<_> =
        documents.iter().filter_map(|d| d.get("rules")).map(Value::to_string).collect();
    assert_eq!(
        rules,
        [
            r#"[{"apiGroups":[""],"resources":["pods"],"verbs":["get"]},{"apiGroups":[""],"resources":["services"],"verbs":["get","create","update"]}]"#,
            r#"[{"apiGroups":[""],"resources":["nodes"],"verbs":["list"]}]"#,
        ]
    );
    let binding = documents.iter().find(|d| text(d, "/kind") == "ClusterRoleBinding");
    assert_eq!(text(binding.expect("a binding"), "/subjects/0/namespace"), "hyperspace");
}

#[test]
fn the_storage_overlays_set_their_class() {
    for (overlay, class) in [("example-nfs", "kubebot-nfs"), ("example-local-path", "local-path")] {
        let documents = build(&format!("k8s/kustomize/overlays/{overlay}"));
        let set =
            documents.iter().find(|d| text(d, "/kind") == "StatefulSet").expect("a StatefulSet");
        assert_eq!(text(set, "/spec/volumeClaimTemplates/0/spec/storageClassName"), class);
    }
}

#[test]
fn the_examples_configuration_gives_the_command_that_it_should() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let config = read(&root().join("k8s/kustomize/overlays/example/kubebot.yaml"));
    // That template asks the API server for the addresses of the machines.
    let config: String = config
        .lines()
        .filter(|line| !line.contains("getRandomNodeIP"))
        .flat_map(|l| [l, "\n"])
        .collect();
    let file = dir.path().join("kubebot.yaml");
    write(&file, &config);
    let program = dir.path().join("hyperspace");
    fs::copy("/bin/true", &program).expect("a program");
    let output = Command::new(bin("agent"))
        .args(["--dry-run", "-w", "-c"])
        .arg(&file)
        .env_clear()
        .envs([("HOSTNAME", "kubebot-2"), ("PATH", &*dir.path().to_string_lossy())])
        .output()
        .expect("it starts");
    let said = String::from_utf8_lossy(&output.stderr) + String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}");
    let wanted = format!(
        "Starting node: \"{}\" \"--validator\" \"--base-path\" \"/data\" \"--name\" \"[KUBE-VALI] Development 02\" \
         \"--port\" \"30335\" \"--in-peers\" \"30\" \"--out-peers\" \"30\"",
        program.display()
    );
    assert!(said.contains(&wanted), "{said}");
}
