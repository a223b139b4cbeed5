//! The pods: closed as far as the standard `restricted` asks for, and each name in them means something.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::tools::{Set, documents, sets, template, text};

/// Where the pod's template is in an object of each kind.
const TEMPLATES: [(&str, &str); 4] = [
    ("StatefulSet", "/spec/template"),
    ("Deployment", "/spec/template"),
    ("Job", "/spec/template"),
    ("Pod", ""),
];

/// All pods of a rendered stream: the object, and the pod's own part of it.
pub fn pods(documents: &[Value]) -> Vec<(&Value, &Value)> {
    let pod = |document| {
        let (_, pointer) = TEMPLATES.iter().find(|(kind, _)| *kind == text(document, "/kind"))?;
        Some((document, document.pointer(pointer)?))
    };
    documents.iter().filter_map(pod).collect()
}

/// All containers of a pod.
pub fn containers(pod: &Value) -> Vec<&Value> {
    let lists = ["initContainers", "containers"].map(|key| pod["spec"][key].as_array());
    lists.into_iter().flatten().flatten().collect()
}

fn rendered(set: &Set) -> Vec<Value> {
    documents(&template(&set.files, &[]).unwrap_or_else(|error| panic!("{}: {error}", set.name)))
}

#[test]
fn every_pod_is_as_restricted_as_the_standard_asks_for() {
    for set in sets() {
        for (object, pod) in pods(&rendered(&set)) {
            let name = format!("{}: {}", set.name, text(object, "/metadata/name"));
            let security = &pod["spec"]["securityContext"];
            assert_eq!(security["runAsNonRoot"], true, "{name}");
            assert_eq!(security["runAsUser"], 64123, "{name}");
            assert_eq!(security["fsGroup"], 64123, "{name}");
            assert_eq!(text(security, "/seccompProfile/type"), "RuntimeDefault", "{name}");
            assert_eq!(pod["spec"]["enableServiceLinks"], false, "{name}");
            for container in containers(pod) {
                // The one that gives old volumes to another user, which users are told to take out.
                if text(container, "/name") == "chown" {
                    continue;
                }
                let security = &container["securityContext"];
                assert_eq!(security["allowPrivilegeEscalation"], false, "{name}");
                assert_eq!(security["readOnlyRootFilesystem"], true, "{name}");
                assert_eq!(text(security, "/capabilities/drop/0"), "ALL", "{name}");
                assert_eq!(
                    text(container, "/terminationMessagePolicy"),
                    "FallbackToLogsOnError",
                    "{name}"
                );
            }
        }
    }
}

#[test]
fn only_the_job_has_a_token_and_only_for_its_secret() {
    for set in sets() {
        let documents = rendered(&set);
        for (object, pod) in pods(&documents) {
            let has = pod["spec"]["automountServiceAccountToken"] != false;
            assert_eq!(has, text(object, "/kind") == "Job", "{}", set.name);
        }
        for object in documents.iter().filter(|document| document.get("rules").is_some()) {
            assert_eq!(text(object, "/kind"), "Role");
            let rules = object["rules"].as_array().expect("a list");
            assert_eq!(rules.len(), 2);
            assert_eq!(rules[0]["verbs"], serde_json::json!(["get", "update"]));
            assert_eq!(text(&rules[0], "/resourceNames/0"), "raidchain-mnemonics");
            assert_eq!(rules[1]["verbs"], serde_json::json!(["create"]));
            assert!(rules.iter().all(|rule| rule["resources"] == serde_json::json!(["secrets"])));
        }
    }
}

#[test]
fn every_mount_has_its_volume_and_no_file_of_a_config_map_is_mounted_alone() {
    for set in sets() {
        for (object, pod) in pods(&rendered(&set)) {
            let name = format!("{}: {}", set.name, text(object, "/metadata/name"));
            let claims = object["spec"]["volumeClaimTemplates"].as_array();
            let claims = claims.into_iter().flatten().map(|claim| text(claim, "/metadata/name"));
            let volumes = pod["spec"]["volumes"].as_array();
            let volumes = volumes.into_iter().flatten().map(|volume| text(volume, "/name"));
            let known: BTreeSet<_> = claims.chain(volumes).collect();
            for mount in
                containers(pod).iter().filter_map(|c| c["volumeMounts"].as_array()).flatten()
            {
                let volume = text(mount, "/name");
                assert!(known.contains(volume), "{name}: no volume `{volume}`");
                assert!(mount.get("subPath").is_none() || volume == "data", "{name}: {volume}");
            }
        }
    }
}

#[test]
fn every_service_and_budget_selects_one_pod_and_a_port_of_it() {
    for set in sets() {
        let documents = rendered(&set);
        let pods = pods(&documents);
        let select = |labels: &Value| {
            let labels = labels.as_object().expect("a selector");
            let has = |pod: &Value| {
                labels.iter().all(|(key, v)| pod["metadata"]["labels"].get(key) == Some(v))
            };
            pods.iter().filter(|(_, pod)| has(pod)).map(|(_, pod)| *pod).collect::<Vec<_>>()
        };
        for document in &documents {
            let name = format!("{}: {}", set.name, text(document, "/metadata/name"));
            match text(document, "/kind") {
                "Service" => {
                    let found = select(&document["spec"]["selector"]);
                    assert_eq!(found.len(), 1, "{name}");
                    let ports = document["spec"]["ports"].as_array().expect("ports");
                    for port in ports.iter().map(|port| text(port, "/targetPort")) {
                        assert!(names_port(found[0], port), "{name}: {port}");
                    }
                }
                "PodDisruptionBudget" => {
                    assert_eq!(
                        select(&document["spec"]["selector"]["matchLabels"]).len(),
                        1,
                        "{name}"
                    );
                    assert_eq!(document["spec"]["maxUnavailable"], 1, "{name}");
                }
                "NetworkPolicy" => {
                    let found = select(&document["spec"]["podSelector"]["matchLabels"]);
                    assert!(!found.is_empty(), "{name}");
                    for rule in document["spec"]["ingress"].as_array().expect("rules") {
                        for port in rule["ports"].as_array().expect("ports") {
                            assert!(
                                found.iter().all(|pod| names_port(pod, text(port, "/port"))),
                                "{name}"
                            );
                        }
                    }
                }
                _ => {}
            }
        }
    }
}

#[test]
fn what_the_old_chart_left_is_found() {
    for set in sets() {
        for document in rendered(&set).iter().filter(|d| text(d, "/kind") == "StatefulSet") {
            let chain = text(document, "/metadata/name").trim_start_matches("raidchain-");
            let app = chain.split('-').next().unwrap_or(chain);
            assert_eq!(text(document, "/spec/volumeClaimTemplates/0/metadata/name"), "data");
            let pod = &document["spec"]["template"]["spec"];
            let mounts = pod["containers"][0]["volumeMounts"].as_array().expect("mounts");
            let home = format!("/home/{app}/.{app}");
            assert!(mounts.iter().any(|m| text(m, "/mountPath") == home), "{home}");
        }
    }
}

#[test]
fn a_new_datastore_and_a_changed_setting_roll_no_pod() {
    let workloads = |settings: &[&str]| {
        let rendered = documents(&template(&[], settings).expect("it renders"));
        let is =
            |document: &Value| ["StatefulSet", "Deployment"].contains(&text(document, "/kind"));
        rendered.into_iter().filter(is).collect::<Vec<_>>()
    };
    let before = workloads(&["datastores=2"]);
    let after = workloads(&[
        "datastores=3",
        r#"chain.args={"pruning":"nothing"}"#,
        r#"chain.blockTime="2s""#,
    ]);
    assert_eq!(after.len(), before.len() + 1);
    assert!(before.iter().all(|workload| after.contains(workload)));
}

/// Whether a pod's container has a port of that name.
fn names_port(pod: &Value, name: &str) -> bool {
    let ports = containers(pod).into_iter().filter_map(|container| container["ports"].as_array());
    ports.flatten().any(|port| text(port, "/name") == name)
}
