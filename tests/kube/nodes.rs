//! `getRandomNodeIP` and `getNodeIPWithIndex`.

use std::sync::{Mutex, MutexGuard};

use nix::sys::signal::Signal;

use crate::{
    access::missing,
    api::{Ended, Namespace},
    node::{NODE, agent, dry_run},
    service::replace,
};

/// Nodes belong to no namespace: one test at a time says which there are.
static NODES: Mutex<()> = Mutex::new(());

/// Makes these the only nodes of the cluster, each with its addresses, until it is dropped.
struct Nodes<'n> {
    namespace: &'n Namespace,
    _only: MutexGuard<'static, ()>,
}

impl<'n> Nodes<'n> {
    fn new(namespace: &'n Namespace, nodes: &[(&str, &[&str])]) -> Self {
        let only = NODES.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let nodes_of = Self { namespace, _only: only };
        nodes_of.set(nodes);
        nodes_of
    }

    fn set(&self, nodes: &[(&str, &[&str])]) {
        self.namespace.kubectl(&["delete", "nodes", "--all", "--wait=false"]);
        for (name, addresses) in nodes {
            self.namespace
                .apply(&format!("{{apiVersion: v1, kind: Node, metadata: {{name: {name}}}}}"));
            let internal = r#"{"type": "InternalIP", "address": "10.0.0.1"}"#.to_owned();
            let external = addresses
                .iter()
                .map(|it| format!(r#"{{"type": "ExternalIP", "address": "{it}"}}"#));
            let all: Vec<_> = std::iter::once(internal).chain(external).collect();
            let status = format!(r#"{{"status": {{"addresses": [{}]}}}}"#, all.join(", "));
            self.namespace.kubectl(&[
                "patch",
                "node",
                name,
                "--subresource=status",
                "--patch",
                &status,
            ]);
        }
    }
}

impl Drop for Nodes<'_> {
    fn drop(&mut self) {
        // A test that has failed already must not fail again here.
        let _ = self.namespace.kubectl_with(&["delete", "nodes", "--all", "--wait=false"], "");
    }
}

fn config(template: &str) -> String {
    format!("nodeTemplate:\n  command: {NODE}\n  args: {{ip: '{{{{ {template} }}}}'}}\n")
}

const TWO: [(&str, &[&str]); 3] =
    [("b", &["198.51.100.1", "198.51.100.2"]), ("c", &[]), ("a", &["203.0.113.9"])];

#[test]
fn an_index_means_the_address_at_this_place_modulo_their_number() {
    let namespace = Namespace::new();
    let _nodes = Nodes::new(&namespace, &TWO);
    let admin = namespace.admin();
    for (index, address) in [
        ("0", "203.0.113.9"),
        ("1", "198.51.100.1"),
        ("2", "198.51.100.2"),
        (".Index", "198.51.100.2"),
        ("3", "203.0.113.9"),
        ("-1", "198.51.100.2"),
    ] {
        let said = dry_run(&admin, &config(&format!("getNodeIPWithIndex {index}"))).ok();
        assert!(said.ends_with(&format!("\"--ip\" \"{address}\"\n")), "{index}: {said}");
    }
}

/// The words are those that kubebot printed for this file, pod and cluster; only their order is ours.
#[test]
fn the_contracts_full_file_gives_the_command_line_of_kubebot() {
    let namespace = Namespace::new();
    let _nodes = Nodes::new(&namespace, &[("a", &["203.0.113.9"])]);
    let pod = agent(&namespace.admin(), include_str!("../kubebot/full.yaml"));
    let said = Ended::of(pod.env("HOSTNAME", "node-1").output(&["--dry-run"])).ok();
    let expected = r#"Starting node: "hyperspace" "--validator" "--name" "[KUBE-VALI] Development 01" "--port" "30334" "--out-peers" "30" "--public-addr" "/ip4/203.0.113.9/tcp/30334""#;
    assert_eq!(said.lines().last(), Some(expected));
}

#[test]
fn a_random_one_is_one_of_them() {
    let namespace = Namespace::new();
    let _nodes = Nodes::new(&namespace, &TWO);
    let said = dry_run(&namespace.admin(), &config("getRandomNodeIP")).ok();
    let all = TWO.iter().flat_map(|(_, addresses)| *addresses);
    let found = all.filter(|address| said.contains(*address)).count();
    assert_eq!(found, 1, "{said}");
}

#[test]
fn no_such_address_is_an_error_with_function_and_key() {
    let namespace = Namespace::new();
    let _nodes = Nodes::new(&namespace, &[("a", &[])]);
    let error = dry_run(&namespace.admin(), &config("getRandomNodeIP")).failed(1);
    assert!(error.contains("`nodeTemplate.args.ip`"), "{error}");
    assert!(error.contains("no node of the cluster has an address of type ExternalIP"), "{error}");
}

#[test]
fn only_a_template_that_asks_needs_the_cluster() {
    let namespace = Namespace::new();
    let nowhere = namespace.dir().join("none");
    dry_run(&nowhere, &config("add 1 .Index")).ok();
    let unused = format!(
        "commonTemplate: '{{{{ define \"x\" }}}}{{{{ getRandomNodeIP }}}}{{{{ end }}}}'\n{}",
        config("1")
    );
    dry_run(&nowhere, &unused).ok();
    let error = dry_run(&nowhere, &config("getRandomNodeIP")).failed(78);
    assert!(error.contains("the kubeconfig") && error.contains("getRandomNodeIP"), "{error}");
}

#[test]
fn the_right_to_list_nodes_is_all_that_is_needed() {
    let namespace = Namespace::new();
    let _nodes = Nodes::new(&namespace, &TWO);
    let account = namespace.account("looker");
    let error = dry_run(&account, &config("getRandomNodeIP")).failed(77);
    let (kind, rule) = missing(&error);
    assert_eq!(
        (kind, rule),
        ("ClusterRole", r#"{apiGroups: [""], resources: [nodes], verbs: [list]}"#)
    );
    namespace.grant("looker", kind, rule, 0);
    dry_run(&account, &config("getRandomNodeIP")).ok();
}

#[test]
fn more_nodes_than_a_page_are_all_known() {
    let namespace = Namespace::new();
    let nodes = Nodes::new(&namespace, &[]);
    let node = |n| {
        format!(
            "{{apiVersion: v1, kind: Node, metadata: {{name: n{n:03}}}, status: \
             {{addresses: [{{type: ExternalIP, address: 203.0.{}.{}}}]}}}}",
            n / 100,
            n % 100
        )
    };
    let many = (0..120).map(node).collect::<Vec<_>>().join("\n---\n");
    let made = namespace.kubectl_with(&["create", "--filename", "-"], &many);
    assert!(made.status.success());
    let said = dry_run(&namespace.admin(), &config("getNodeIPWithIndex 119")).ok();
    assert!(said.ends_with("\"203.0.1.19\"\n"), "{said}");
    drop(nodes);
}

#[test]
fn a_changed_configuration_looks_again() {
    let namespace = Namespace::new();
    let nodes = Nodes::new(&namespace, &TWO);
    let pod = agent(&namespace.admin(), &config("getNodeIPWithIndex 0"));
    let mut agent = pod.start(&["run", "-w"]);
    agent.expect_line("node --ip 203.0.113.9");
    nodes.set(&[("z", &["192.0.2.7"])]);
    replace(&pod, &config("getNodeIPWithIndex 1"));
    agent.expect_line("node --ip 192.0.2.7");
    nodes.set(&[]);
    replace(&pod, &config("getNodeIPWithIndex 2"));
    agent.expect_line("the changed configuration is refused");
    agent.signal(Signal::SIGTERM);
    assert_eq!(agent.code(), 143);
}
