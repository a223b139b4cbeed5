//! `nodeService`.

use std::{
    fs, panic,
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

use chainpod_tests::agent::{Pod, Running, write};
use nix::sys::signal::Signal;
use serde_json::{Value, json};

use crate::{
    access::missing,
    api::{Ended, Namespace},
    node::{NODE, agent, dry_run, make_pod},
};

/// A configuration with a Service at this port.
fn config(port: u16, more: &str) -> String {
    format!(
        "nodeService: {{enabled: true, nodePortTemplate: '{{{{ template \"port\" . }}}}'{more}}}\n\
         commonTemplate: '{{{{ define \"port\" }}}}{{{{ add {port} .Index }}}}{{{{ end }}}}'\n\
         nodeTemplate:\n  command: {NODE}\n  args: {{port: '{{{{ template \"port\" . }}}}'}}\n",
    )
}

/// Starts the agent, waits for its node, and ends both.
fn run(pod: &Pod) -> String {
    let mut agent = pod.start(&["run"]);
    agent.expect_line("node --port");
    end(&mut agent)
}

fn end(agent: &mut Running) -> String {
    agent.signal(Signal::SIGTERM);
    assert_eq!(agent.code(), 143);
    agent.said()
}

fn service(namespace: &Namespace) -> Value {
    namespace.get("service", "node-2")
}

fn version(namespace: &Namespace) -> String {
    service(namespace)["metadata"]["resourceVersion"].to_string()
}

/// A Service that somebody made by hand.
fn by_hand(namespace: &Namespace, annotations: &str) {
    namespace.apply(&format!(
        "apiVersion: v1\nkind: Service\nmetadata: {{name: node-2, annotations: {{{annotations}}}}}\n\
         spec: {{selector: {{app: other}}, ports: [{{name: rpc, port: 9933, targetPort: rpc}}]}}\n"
    ));
}

#[test]
fn the_service_is_made_before_the_node_starts() {
    let namespace = Namespace::new();
    make_pod(&namespace);
    let said = run(&agent(&namespace.admin(), &config(30400, "")));
    let at = |text| said.find(text).unwrap_or_else(|| panic!("{text}: {said}"));
    assert!(at("made the Service") < at("the node is started"), "{said}");
    let service = service(&namespace);
    let spec = &service["spec"];
    let labels = json!({"app": "node", "statefulset.kubernetes.io/pod-name": "node-2"});
    assert_eq!((&spec["type"], &spec["selector"]), (&"NodePort".into(), &labels));
    let port = json!([{"name": "p2p", "port": 30333, "targetPort": 30402, "nodePort": 30402,
                       "protocol": "TCP"}]);
    assert_eq!(spec["ports"], port);
    assert_eq!(service["metadata"]["annotations"]["kubeva.li/managed-by"], "kubebot");
}

#[test]
fn a_second_start_writes_nothing_and_another_port_only_that() {
    let namespace = Namespace::new();
    make_pod(&namespace);
    let admin = namespace.admin();
    run(&agent(&admin, &config(30410, "")));
    let before = service(&namespace);
    run(&agent(&admin, &config(30410, "")));
    assert_eq!(service(&namespace), before);
    run(&agent(&admin, &config(30411, "")));
    let after = service(&namespace);
    assert_eq!(after["spec"]["ports"][0]["nodePort"], 30413);
    assert_eq!(after["spec"]["clusterIP"], before["spec"]["clusterIP"]);
}

#[test]
fn somebody_elses_service_is_left_alone_until_force_update() {
    let namespace = Namespace::new();
    make_pod(&namespace);
    by_hand(&namespace, "");
    let (admin, before) = (namespace.admin(), version(&namespace));
    let said = run(&agent(&admin, &config(30420, "")));
    assert!(said.contains("is left alone") && said.contains("forceUpdate"), "{said}");
    assert_eq!(version(&namespace), before);
    let said = run(&agent(&admin, &config(30420, ", forceUpdate: true")));
    assert!(said.contains("changed the Service"), "{said}");
    let ports = &service(&namespace)["spec"]["ports"];
    assert_eq!((&ports[0]["name"], &ports[0]["port"]), (&"rpc".into(), &9933.into()));
    assert_eq!((&ports[1]["name"], &ports[1]["nodePort"]), (&"p2p".into(), &30422.into()));
}

#[test]
fn a_service_of_kubebot_is_gone_on_with() {
    let namespace = Namespace::new();
    make_pod(&namespace);
    by_hand(&namespace, "kubeva.li/managed-by: kubebot");
    assert!(run(&agent(&namespace.admin(), &config(30430, ""))).contains("changed the Service"));
    assert_eq!(service(&namespace)["spec"]["selector"]["app"], "node");
}

#[test]
fn changes_of_others_at_the_same_time_are_kept() {
    let namespace = Namespace::new();
    make_pod(&namespace);
    by_hand(&namespace, "kubeva.li/managed-by: kubebot");
    let (admin, stop) = (namespace.admin(), AtomicBool::new(false));
    let count = thread::scope(|scope| {
        let others = scope.spawn(|| {
            let mut count = 0;
            while !stop.load(Ordering::SeqCst) {
                count += 1;
                namespace.kubectl(&[
                    "annotate",
                    "--overwrite",
                    "service/node-2",
                    &format!("n={count}"),
                ]);
            }
            count
        });
        // The others stop in any case, or a failure here would wait for them for ever.
        let ours = panic::catch_unwind(|| {
            for port in 30440..30446 {
                run(&agent(&admin, &config(port, "")));
            }
        });
        stop.store(true, Ordering::SeqCst);
        let count = others.join().unwrap();
        if let Err(failure) = ours {
            panic::resume_unwind(failure);
        }
        count
    });
    let service = service(&namespace);
    assert_eq!(service["metadata"]["annotations"]["n"], count.to_string());
    assert_eq!(service["spec"]["ports"][1]["nodePort"], 30447);
}

#[test]
fn a_dry_run_touches_nothing_and_needs_no_cluster() {
    let namespace = Namespace::new();
    let nowhere = namespace.dir().join("none");
    let said = dry_run(&nowhere, &config(30450, "")).ok();
    assert!(said.contains("Service node-2: node port 30452\n"), "{said}");
    assert!(said.contains("\"--port\" \"30452\"\n"), "{said}");
}

#[test]
fn the_rules_that_the_errors_name_are_just_what_is_missing() {
    let namespace = Namespace::new();
    make_pod(&namespace);
    let account = namespace.account("bot");
    let mut rules = Vec::new();
    for port in [30460, 30461] {
        let pod = agent(&account, &config(port, ""));
        for number in rules.len()..rules.len() + 4 {
            let mut running = pod.start(&["run"]);
            let line = running.expect_line_of(&["node --port", "giving up"]);
            if line.contains("node --port") {
                end(&mut running);
                break;
            }
            assert_eq!(running.code(), 77);
            let (kind, rule) = missing(&line);
            let rule = rule.replace('\\', "");
            namespace.grant("bot", kind, &rule, number);
            rules.push(rule);
        }
    }
    let rule = |on: &str| format!("{{apiGroups: [\"\"], resources: {on}}}");
    assert_eq!(
        rules,
        [
            rule("[pods], resourceNames: [node-2], verbs: [get]"),
            rule("[services], resourceNames: [node-2], verbs: [get]"),
            rule("[services], verbs: [create]"),
            rule("[services], resourceNames: [node-2], verbs: [update]"),
        ]
    );
}

/// A Service of somebody else that has this node port.
fn take_port(namespace: &Namespace, port: u16) {
    let port = format!("--node-port={port}");
    namespace.kubectl(&["create", "service", "nodeport", "other", "--tcp=1:1", &port]);
}

#[test]
fn a_port_that_is_taken_or_out_of_range_is_an_error_with_its_key() {
    let namespace = Namespace::new();
    make_pod(&namespace);
    take_port(&namespace, 30472);
    for (port, problem) in [(30470, "already allocated"), (1000, "valid range")] {
        let ended = Ended::of(agent(&namespace.admin(), &config(port, "")).output(&["run"]));
        let error = ended.failed(78);
        assert!(error.contains(problem) && error.contains("nodeService"), "{error}");
    }
    assert!(!namespace.kubectl(&["get", "services"]).contains("node-2"));
}

#[test]
fn a_hostname_that_is_no_pod_is_an_error() {
    let namespace = Namespace::new();
    let ended = Ended::of(agent(&namespace.admin(), &config(30480, "")).output(&["run"]));
    let error = ended.failed(78);
    assert!(error.contains("there is no pod `node-2`") && error.contains("HOSTNAME"), "{error}");
}

#[test]
fn a_changed_port_changes_the_service_and_then_the_node() {
    let namespace = Namespace::new();
    make_pod(&namespace);
    take_port(&namespace, 30499);
    let pod = agent(&namespace.admin(), &config(30490, ""));
    let mut agent = pod.start(&["run", "-w"]);
    agent.expect_line("node --port 30492");
    replace(&pod, &config(30497, ""));
    agent.expect_line("the changed configuration is refused");
    assert_eq!(service(&namespace)["spec"]["ports"][0]["nodePort"], 30492);
    replace(&pod, &config(30491, ""));
    agent.expect_line("changed the Service");
    agent.expect_line("node --port 30493");
    assert_eq!(service(&namespace)["spec"]["ports"][0]["nodePort"], 30493);
    let said = end(&mut agent);
    assert_eq!(said.matches("the node is started").count(), 2, "{said}");
}

/// Puts another configuration in the place of the one that is there.
pub fn replace(pod: &Pod, yaml: &str) {
    let new = pod.dir().join("new");
    write(&new, yaml);
    fs::rename(new, pod.dir().join("kubebot.yaml")).unwrap();
}
