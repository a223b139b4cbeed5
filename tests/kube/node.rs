//! Pods with a node, and the nodes of the cluster.

use std::path::Path;

use chainpod_tests::agent::Pod;

use crate::api::{Ended, Namespace};

/// A node that tells its arguments and waits.
pub const NODE: &str = "[sh, -c, 'echo node \"$@\"; exec sleep 1000', sh]";

/// The agent of the pod `node-2` with a kubeconfig and this configuration.
pub fn agent(kubeconfig: &Path, yaml: &str) -> Pod {
    let pod = Pod::default().env("HOSTNAME", "node-2").config(yaml);
    let pod = pod.env("KUBECONFIG", kubeconfig.to_string_lossy());
    ["CHAIN_INSTANCE_NAME", "CHAIN_APP_NAME", "CHAIN_BINARY", "CHAIN_HOME", "MNEMONIC_FILE"]
        .into_iter()
        .fold(pod, Pod::unset)
}

/// What `--dry-run` says.
pub fn dry_run(kubeconfig: &Path, yaml: &str) -> Ended {
    Ended::of(agent(kubeconfig, yaml).output(&["--dry-run"]))
}

/// Makes the pod `node-2`, as a StatefulSet would.
pub fn make_pod(namespace: &Namespace) {
    namespace.apply(
        "apiVersion: v1\nkind: Pod\nmetadata:\n  name: node-2\n  labels: {app: node, \
         statefulset.kubernetes.io/pod-name: node-2, controller-revision-hash: node-6f7}\n\
         spec: {containers: [{name: node, image: node}]}\n",
    );
}
