//! `agent mnemonic ensure`.

use std::{collections::BTreeMap, process::Stdio, time::Duration};

use agent::cosmos::mnemonic::Mnemonic;
use base64::{Engine as _, prelude::BASE64_STANDARD};
use chainpod_tests::{MNEMONIC, wait};

use crate::{
    api::{Ended, Namespace},
    proxy::{Plain, plain_config},
};

const ENSURE: [&str; 4] = ["mnemonic", "ensure", "--secret", "words"];

fn words<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&ENSURE, more].concat()
}

fn ensure(namespace: &Namespace, more: &[&str]) -> Ended {
    namespace.run(&namespace.admin(), &words(more))
}

/// The entries of the Secret, decoded.
fn entries(namespace: &Namespace) -> BTreeMap<String, String> {
    let secret = namespace.get("secret", "words");
    let data = secret["data"].as_object().expect("it has entries").iter();
    let decoded = data.map(|(key, value)| {
        let value = BASE64_STANDARD.decode(value.as_str().unwrap()).unwrap();
        (key.clone(), String::from_utf8(value).unwrap())
    });
    decoded.collect()
}

fn version(namespace: &Namespace) -> String {
    namespace.get("secret", "words")["metadata"]["resourceVersion"].to_string()
}

fn secret(namespace: &Namespace, rest: &str) {
    namespace
        .apply(&format!("{{apiVersion: v1, kind: Secret, metadata: {{name: words}}, {rest}}}"));
}

#[test]
fn a_new_secret_has_an_entry_for_every_chain_and_role_and_no_log_has_a_word() {
    let namespace = Namespace::new();
    let more = ["--chain", "gwc", "--chain=mdsc", "--role", "gwc/relayer", "--log-level=trace"];
    let ended = ensure(&namespace, &more);
    let made = "made  gwc.mnemonic\nmade  mdsc.mnemonic\nmade  gwc.relayer.mnemonic\n";
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(0), made), "{}", ended.stderr);
    let entries = entries(&namespace);
    assert_eq!(entries.len(), 3);
    for phrase in entries.values() {
        assert_eq!(*Mnemonic::parse(phrase).unwrap().phrase(), *phrase);
        assert_eq!(phrase.split(' ').count(), 24);
        let encoded = BASE64_STANDARD.encode(phrase);
        assert!(!ended.stderr.contains(phrase) && !ended.stderr.contains(&encoded[..40]));
    }
}

#[test]
fn nobody_owns_the_secret() {
    let namespace = Namespace::new();
    ensure(&namespace, &["--chain", "gwc"]).ok();
    let metadata = &namespace.get("secret", "words")["metadata"];
    assert!(metadata.get("ownerReferences").is_none(), "{metadata}");
    assert_ne!(metadata["labels"]["app.kubernetes.io/managed-by"], "Helm");
    assert!(metadata["labels"].get("app.kubernetes.io/instance").is_none());
    assert!(metadata["annotations"].get("meta.helm.sh/release-name").is_none());
    assert_eq!(metadata["annotations"]["helm.sh/resource-policy"], "keep");
}

#[test]
fn a_second_run_writes_nothing() {
    let namespace = Namespace::new();
    ensure(&namespace, &["--chain", "gwc"]).ok();
    let (before, version_before) = (entries(&namespace), version(&namespace));
    assert_eq!(ensure(&namespace, &["--chain", "gwc"]).ok(), "kept  gwc.mnemonic\n");
    assert_eq!((entries(&namespace), version(&namespace)), (before, version_before));
}

#[test]
fn what_others_wrote_is_kept_to_the_byte_and_only_the_missing_is_added() {
    let namespace = Namespace::new();
    let by_hand = format!("{}\\r\\n", MNEMONIC.to_uppercase());
    secret(
        &namespace,
        &format!("stringData: {{gwc.mnemonic: \"{by_hand}\", other: x}}, type: example.com/words"),
    );
    namespace.kubectl(&["label", "secret", "words", "team=a"]);
    let said = ensure(&namespace, &["--chain", "gwc", "--chain", "fdsc-0"]).ok();
    assert_eq!(said, "kept  gwc.mnemonic\nmade  fdsc-0.mnemonic\n");
    let entries = entries(&namespace);
    assert_eq!(entries["gwc.mnemonic"], format!("{}\r\n", MNEMONIC.to_uppercase()));
    assert_eq!(entries["other"], "x");
    let secret = namespace.get("secret", "words");
    assert_eq!(
        (&secret["type"], &secret["metadata"]["labels"]["team"]),
        (&"example.com/words".into(), &"a".into())
    );
}

#[test]
fn several_at_the_same_time_agree() {
    let namespace = Namespace::new();
    let admin = namespace.admin();
    let all = ["a", "b", "c", "d", "e", "f"];
    let runs: Vec<_> = (0..6)
        .map(|n| {
            let chains: Vec<_> =
                all.iter().cycle().skip(n).take(3).flat_map(|it| ["--chain", it]).collect();
            namespace.agent(&admin, &words(&chains)).spawn().unwrap()
        })
        .collect();
    let said: Vec<_> =
        runs.into_iter().map(|run| Ended::of(run.wait_with_output().unwrap()).ok()).collect();
    let made: BTreeMap<_, _> = entries(&namespace);
    assert_eq!(made.len(), all.len());
    for chain in all {
        let line = format!("made  {chain}.mnemonic");
        let makers = said.iter().filter(|said| said.contains(&line)).count();
        assert_eq!(makers, 1, "{chain}: {said:?}");
    }
}

#[test]
fn a_kill_at_any_moment_loses_nothing_and_the_next_run_goes_on() {
    let namespace = Namespace::new();
    let admin = namespace.admin();
    let mut known = BTreeMap::new();
    for round in 0..30_u64 {
        let chains: Vec<_> = (0..=round).map(|n| format!("--chain=c{n}")).collect();
        let chains: Vec<_> = chains.iter().map(String::as_str).collect();
        let mut agent = namespace.agent(&admin, &words(&chains));
        let mut child = agent.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        wait::pause(Duration::from_millis(round * 3));
        child.kill().unwrap();
        child.wait().unwrap();
        let listed = namespace.kubectl(&["get", "secrets", "--output", "name"]);
        let now =
            if listed.contains("secret/words") { entries(&namespace) } else { BTreeMap::new() };
        for (entry, phrase) in &known {
            assert_eq!(now.get(entry), Some(phrase), "round {round}");
        }
        assert!(now.values().all(|phrase| Mnemonic::parse(phrase).is_ok()), "round {round}");
        known = now;
    }
    ensure(&namespace, &["--chain", "c0", "--chain", "c29"]).ok();
    let after = entries(&namespace);
    assert!(known.iter().all(|(entry, phrase)| after.get(entry) == Some(phrase)));
    assert!(after.contains_key("c0.mnemonic") && after.contains_key("c29.mnemonic"));
}

#[test]
fn an_answer_that_is_lost_makes_nothing_twice() {
    let namespace = Namespace::new();
    let plain = Plain::start(&namespace);
    for (method, chain) in [("POST", "gwc"), ("PUT", "mdsc")] {
        let kubeconfig = plain_config(&namespace, plain.losing(method));
        let ended = namespace.run(&kubeconfig, &words(&["--chain", chain]));
        assert!(ended.stderr.contains("trying again"), "{}", ended.stderr);
        assert_eq!(ended.ok(), format!("made  {chain}.mnemonic\n"));
    }
    assert_eq!(entries(&namespace).len(), 2);
}

#[test]
fn an_entry_that_is_no_mnemonic_is_an_error_and_stays_as_it_is() {
    for (text, problem) in [
        ("\"\"", "the mnemonic is empty"),
        ("hunter2 is my password", "has 4 words"),
        ("!!binary '/w=='", "is not UTF-8"),
    ] {
        let namespace = Namespace::new();
        let data = if problem.contains("UTF-8") {
            "data: {gwc.mnemonic: /w==}".to_owned()
        } else {
            format!("stringData: {{gwc.mnemonic: {text}}}")
        };
        secret(&namespace, &data);
        let before = version(&namespace);
        let error = ensure(&namespace, &["--chain", "mdsc", "--chain", "gwc"]).failed(65);
        assert!(error.contains("`gwc.mnemonic` of the Secret `words`"), "{error}");
        assert!(error.contains(problem) && !error.contains("hunter2"), "{error}");
        assert_eq!(version(&namespace), before);
    }
}

#[test]
fn an_immutable_secret_is_used_if_it_is_complete_and_else_an_error() {
    let namespace = Namespace::new();
    secret(&namespace, &format!("immutable: true, stringData: {{gwc.mnemonic: {MNEMONIC}}}"));
    assert_eq!(ensure(&namespace, &["--chain", "gwc"]).ok(), "kept  gwc.mnemonic\n");
    let error = ensure(&namespace, &["--chain", "gwc", "--chain", "mdsc"]).failed(77);
    assert!(error.contains("is immutable and lacks `mdsc.mnemonic`"), "{error}");
}

#[test]
fn a_secret_that_is_being_deleted_is_not_filled() {
    let namespace = Namespace::new();
    secret(&namespace, &format!("stringData: {{gwc.mnemonic: {MNEMONIC}}}"));
    let finalizer = r#"{"metadata": {"finalizers": ["example.com/hold"]}}"#;
    namespace.kubectl(&["patch", "secret", "words", "--type=merge", "--patch", finalizer]);
    namespace.kubectl(&["delete", "secret", "words", "--wait=false"]);
    let error = ensure(&namespace, &["--chain", "gwc"]).failed(75);
    assert!(error.contains("`words`") && error.contains("deleted"), "{error}");
    namespace.kubectl(&[
        "patch",
        "secret",
        "words",
        "--type=merge",
        "--patch",
        r#"{"metadata": {"finalizers": null}}"#,
    ]);
    assert_eq!(ensure(&namespace, &["--chain", "gwc"]).ok(), "made  gwc.mnemonic\n");
}

#[test]
fn a_secret_of_a_helm_release_is_told_of() {
    let namespace = Namespace::new();
    secret(&namespace, &format!("stringData: {{gwc.mnemonic: {MNEMONIC}}}"));
    namespace.kubectl(&["annotate", "secret", "words", "meta.helm.sh/release-name=net"]);
    let ended = ensure(&namespace, &["--chain", "gwc"]);
    assert!(ended.stderr.contains("Helm deletes this Secret"), "{}", ended.stderr);
    ended.ok();
}

#[test]
fn a_mistake_on_the_command_line_is_told_before_anything_is_asked() {
    let namespace = Namespace::new();
    let nowhere = namespace.dir().join("none");
    let error = namespace.run(&nowhere, &words(&["--chain", "a", "--role", "b/r"])).failed(64);
    assert!(error.contains("`b/r`"), "{error}");
    for more in [vec![], vec!["--chain", "a/b"], vec!["--chain", "a", "--role", "a"]] {
        assert_eq!(namespace.run(&nowhere, &words(&more)).code, Some(64), "{more:?}");
    }
}
