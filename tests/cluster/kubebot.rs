//! The Kustomize base for any node, with a plain program in place of a Substrate node.

use std::time::Duration;

use serde_json::Value;

use crate::{
    node::{cluster, file},
    pod::Pod,
};

const NAMESPACE: &str = "kubebot";
const FOLDER: &str = "tests/cluster/kubebot";

#[test]
fn the_overlay_runs_a_program_with_a_node_port_and_takes_a_changed_configuration() {
    cluster().build("example/plain", &format!("{FOLDER}/Dockerfile"));
    cluster().namespace(NAMESPACE);
    let folder = chainpod_tests::root().join(FOLDER).display().to_string();
    cluster().kubectl(&["apply", "-k", &folder]);
    let pod = Pod::new(NAMESPACE, "kubebot-0");
    pod.wait_ready();
    let words =
        ["/plain", "--base-path", "/data", "--name", "[KUBE-VALI] Test 00", "--port", "30333"];
    assert_eq!(pod.process("plain").arguments(), words);
    assert_service(&pod);
    change_name(&pod);
    cluster().kubectl(&["delete", "namespace", NAMESPACE]);
}

/// One Service has the port of the node, and no other pod behind it.
fn assert_service(pod: &Pod) {
    let services = cluster().get(&["services", "-n", NAMESPACE]);
    let services = services.pointer("/items").and_then(Value::as_array).expect("a list");
    let has_port = |service: &&Value| {
        service.pointer("/spec/ports/0/nodePort").and_then(Value::as_u64) == Some(30333)
    };
    let service = services.iter().find(has_port).expect("a Service with the NodePort");
    assert_eq!(service.pointer("/spec/type"), Some(&"NodePort".into()));
    let selector =
        service.pointer("/spec/selector").and_then(Value::as_object).expect("a selector");
    assert_eq!(selector.get("statefulset.kubernetes.io/pod-name"), Some(&"kubebot-0".into()));
    let labels = pod.document();
    let labels = labels.pointer("/metadata/labels").and_then(Value::as_object).expect("labels");
    assert!(selector.iter().all(|(key, value)| labels.get(key) == Some(value)), "{selector:?}");
    assert!(!selector.contains_key("controller-revision-hash"));
}

/// Another name in the ConfigMap starts the program anew in the same container.
fn change_name(pod: &Pod) {
    let uid = pod.uid();
    let changed = file(&format!("{FOLDER}/kubebot.yaml")).replace("Test", "Changed");
    let mut map = cluster().get(&["configmap", "-n", NAMESPACE, "kubebot"]);
    *map.pointer_mut("/data/kubebot.yaml").expect("the configuration") = Value::from(changed);
    cluster().apply(NAMESPACE, &map.to_string());
    cluster().wait(NAMESPACE, "the program has the new name", Duration::from_mins(2), || {
        let words = pod.find("plain")?.arguments();
        words.contains(&"[KUBE-VALI] Changed 00".to_owned()).then_some(())
    });
    assert_eq!((pod.uid(), pod.restarts()), (uid, 0));
}
