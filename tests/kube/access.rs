//! How the API is found, and what is said when it says no.

use std::{
    io::{BufRead as _, BufReader},
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::Command,
};

use chainpod_tests::{agent::write, bin};
use serde_json::{Value, json};

use crate::{
    api::{Ended, Namespace, read},
    proxy::forward_at,
};

const ENSURE: [&str; 6] = ["mnemonic", "ensure", "--secret", "words", "--chain", "gwc"];

/// The administrator's kubeconfig, changed.
fn changed(namespace: &Namespace, change: impl FnOnce(&mut Value)) -> PathBuf {
    let mut config = read(&namespace.admin());
    change(&mut config["clusters"][0]["cluster"]);
    namespace.kubeconfig("changed", &config)
}

/// Where the API server listens.
fn address(namespace: &Namespace) -> SocketAddr {
    let config = read(&namespace.admin());
    let server = config["clusters"][0]["cluster"]["server"].as_str().unwrap();
    server.strip_prefix("https://").unwrap().parse().unwrap()
}

/// The rule that an error names, with the kind of its role.
pub fn missing(error: &str) -> (&str, &str) {
    let (before, rest) = error.split_once(" with the rule `").unwrap_or_else(|| panic!("{error}"));
    (before.rsplit_once(' ').unwrap().1, rest.split_once('`').unwrap().0)
}

#[test]
fn the_rules_that_the_errors_name_are_just_what_is_missing() {
    let namespace = Namespace::new();
    let account = namespace.account("maker");
    let mut rules = Vec::new();
    for words in [ENSURE.to_vec(), [&ENSURE[..], &["--chain", "mdsc"]].concat()] {
        while let Ended { code: Some(77), stderr, .. } = namespace.run(&account, &words) {
            let (kind, rule) = missing(stderr.lines().last().unwrap());
            let rule = rule.replace('\\', "");
            assert!(!rules.contains(&rule), "{rule} was granted");
            namespace.grant("maker", kind, &rule, rules.len());
            rules.push(rule);
        }
        namespace.run(&account, &words).ok();
    }
    let on = r#"{apiGroups: [""], resources: [secrets], "#;
    assert_eq!(
        rules,
        [
            format!("{on}resourceNames: [words], verbs: [get]}}"),
            format!("{on}verbs: [create]}}"),
            format!("{on}resourceNames: [words], verbs: [update]}}"),
        ]
    );
}

#[test]
fn a_missing_right_names_account_verb_and_namespace() {
    let namespace = Namespace::new();
    let error = namespace.run(&namespace.account("nobody"), &ENSURE).failed(77);
    let who = format!(
        "`system:serviceaccount:{0}:nobody` may not get secrets `words` in the namespace `{0}`",
        namespace.name
    );
    assert!(error.contains(&who), "{error}");
}

#[test]
fn a_token_that_is_not_known_is_told_and_not_shown() {
    let namespace = Namespace::new();
    let error = namespace.run(&namespace.with_token("x", "aaaa.bbbb.cccc"), &ENSURE).failed(77);
    assert!(error.contains("does not know us (401)") && !error.contains("bbbb"), "{error}");
}

#[test]
fn a_server_of_another_authority_is_not_trusted() {
    let namespace = Namespace::new();
    let other = namespace.dir().join("other.crt");
    let mut openssl = Command::new("openssl");
    openssl.args(
        "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=other".split(' '),
    );
    openssl.arg("-keyout").arg(namespace.dir().join("other.key")).arg("-out").arg(&other);
    assert!(openssl.output().unwrap().status.success());
    let kubeconfig = changed(&namespace, |cluster| {
        *cluster = json!({ "server": cluster["server"], "certificate-authority": other });
    });
    let error = namespace.run(&kubeconfig, &ENSURE).failed(78);
    assert!(error.contains("cannot be trusted") && error.contains("certificate"), "{error}");
}

#[test]
fn a_namespace_that_is_not_there_is_named() {
    let namespace = Namespace::new();
    let words = [&ENSURE[..], &["--namespace", "nowhere"]].concat();
    let error = namespace.run(&namespace.admin(), &words).failed(66);
    assert!(error.contains("namespaces \"nowhere\" not found"), "{error}");
}

#[test]
fn a_kubeconfig_without_its_context_is_an_error_with_the_files_name() {
    let namespace = Namespace::new();
    let broken = namespace.kubeconfig("broken", &json!({"current-context": "c", "contexts": []}));
    let error = namespace.run(&broken, &ENSURE).failed(78);
    assert!(error.contains(&format!("`{}`", broken.display())), "{error}");
}

#[test]
fn an_api_that_comes_late_is_waited_for() {
    let namespace = Namespace::new();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let kubeconfig = changed(&namespace, |cluster| {
        cluster["server"] = format!("https://127.0.0.1:{port}").into();
    });
    let mut child = namespace.agent(&kubeconfig, &ENSURE).spawn().unwrap();
    let mut line = String::new();
    let mut log = BufReader::new(child.stderr.take().unwrap());
    log.read_line(&mut line).unwrap();
    assert!(line.contains("trying again") && line.contains("cannot be reached"), "{line}");
    forward_at(port, address(&namespace));
    assert_eq!(Ended::of(child.wait_with_output().unwrap()).ok(), "made  gwc.mnemonic\n");
}

#[test]
fn a_stop_ends_the_waiting() {
    let namespace = Namespace::new();
    let kubeconfig =
        changed(&namespace, |cluster| cluster["server"] = "https://127.0.0.1:1".into());
    let mut child = namespace.agent(&kubeconfig, &ENSURE).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stderr.take().unwrap()).read_line(&mut line).unwrap();
    let kill = Command::new("kill").arg(child.id().to_string()).status().unwrap();
    assert!(kill.success());
    assert_eq!(child.wait().unwrap().code(), Some(128 + 15));
}

#[test]
fn a_pod_uses_its_service_account() {
    let namespace = Namespace::new();
    let account = read(&namespace.account("pod"));
    let rule = r#"{apiGroups: [""], resources: [secrets], verbs: [get, create]}"#;
    namespace.grant("pod", "Role", rule, 0);
    let folder = namespace.dir().join("serviceaccount");
    std::fs::create_dir(&folder).unwrap();
    write(&folder.join("token"), account["users"][0]["user"]["token"].as_str().unwrap());
    write(&folder.join("namespace"), &namespace.name);
    write(&folder.join("ca.crt"), &authority(&account["clusters"][0]["cluster"]));
    let ended = in_pod(&folder, address(&namespace));
    assert_eq!(ended.ok(), "made  gwc.mnemonic\n");
    assert!(namespace.kubectl(&["get", "secrets"]).contains("words"));
}

/// Runs the agent where a pod has its service account.
fn in_pod(account: &Path, address: SocketAddr) -> Ended {
    let script = "mount -t tmpfs tmpfs /run && mkdir -p /run/secrets/kubernetes.io/serviceaccount && \
                  mount --bind \"$0\" /run/secrets/kubernetes.io/serviceaccount && exec \"$@\"";
    let mut unshare = Command::new("unshare");
    unshare.args(["--mount", "sh", "-c", script]).arg(account).arg(bin("agent")).args(ENSURE);
    unshare
        .env("KUBERNETES_SERVICE_HOST", address.ip().to_string())
        .env("AGENT_LOG_FORMAT", "json");
    unshare.env("KUBERNETES_SERVICE_PORT", address.port().to_string()).env_remove("KUBECONFIG");
    Ended::of(unshare.env("HOME", "/nowhere").output().unwrap())
}

/// The certificate of the authority of a kubeconfig's cluster.
fn authority(cluster: &Value) -> String {
    use base64::{Engine as _, prelude::BASE64_STANDARD};
    let data = cluster["certificate-authority-data"].as_str().expect("the kubeconfig is flat");
    String::from_utf8(BASE64_STANDARD.decode(data).unwrap()).unwrap()
}
