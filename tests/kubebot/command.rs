//! The node's command line, beside the one that kubebot itself logs.

use chainpod_tests::agent::Pod;

use crate::support::pod;

/// The full file of the contract.
const FULL: &str = include_str!("full.yaml");

/// What kubebot reads in its own ways: scalars of YAML 1.1, and templates.
const WORDS: &str = r#"
commonTemplate: |
  {{- define "p2p" -}}
  {{ add 30333 .Index }}
  {{- end -}}
  {{- define "who" }}shared{{ end -}}
nodeTemplate:
  index: 0x2
  command: [hyperspace, on, 010, '010', !!str 010, -0, 1_000, ~, '', "a\tb\u200b\u00e9\x7f"]
  args:
    truth: yes
    octal: 010
    float: 1.50
    large: 18446744073709551616
    date: 2001-12-14
    folded: >-
      {{ if gt .Index 1 -}}
      many
      {{- end }}
    literal: |
      a
      b
    empty: ''
    bytes: '{{ trunc 1 "é" }}'
    own: '{{ define "who" }}own{{ end }}{{ template "who" }} {{ include "who" . }}'
    port: '{{ include "p2p" . | quote }}'
    command: '{{ len .Command }}'
"#;

/// What a dry run logs as kubebot does.
fn starting(pod: &Pod) -> String {
    let output = pod.output(&["--dry-run"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let stdout = String::from_utf8(output.stdout).unwrap();
    stdout.lines().find(|line| line.starts_with("Starting node: ")).unwrap().to_owned()
}

/// The exit code of a dry run that refuses a file, and why it does.
fn refusal(pod: &Pod) -> (Option<i32>, String) {
    let output = pod.output(&["--dry-run"]);
    assert_eq!(output.stdout, b"");
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

/// The words are those that kubebot printed for this file and pod; only their order is ours.
#[test]
fn the_contracts_full_file_gives_the_command_line_of_kubebot() {
    // There is no cluster to ask: `tests/kube` has the file as it is.
    let local: String =
        FULL.split_inclusive('\n').filter(|line| !line.contains("getRandomNodeIP")).collect();
    assert_eq!(
        starting(&pod(&local).env("HOSTNAME", "node-1")),
        r#"Starting node: "hyperspace" "--validator" "--name" "[KUBE-VALI] Development 01" "--port" "30334" "--out-peers" "30""#
    );
}

/// The words are those that kubebot printed for this file; only their order is ours.
#[test]
fn words_are_read_and_rendered_as_by_kubebot() {
    let expected = [
        r#""hyperspace" "1" "8" "010" "010" "0" "1000" "" "" "a\tb\u200bé\x7f""#,
        r#""--truth" "1" "--octal" "8" "--float" "1.5" "--large" "18446744073709552000""#,
        r#""--date" "2001-12-14" "--folded" "many" "--literal" "a\nb\n" "--empty" """#,
        r#""--bytes" "\xc3" "--own" "own shared" "--port" "\"30335\"" "--command" "0""#,
    ];
    assert_eq!(starting(&pod(WORDS)), format!("Starting node: {}", expected.join(" ")));
}

/// The words are those that kubebot printed for this file.
#[test]
fn one_text_is_a_command_with_commas_and_an_empty_index_the_default() {
    let yaml = "nodeTemplate:\n  command: hyperspace,--validator\n  index: \"\"\n  \
                args: {a: '{{ .Index }}'}\n";
    let line = starting(&pod(yaml).env("HOSTNAME", "node-7"));
    assert_eq!(line, r#"Starting node: "hyperspace" "--validator" "--a" "7""#);
}

#[test]
fn a_dry_run_refuses_what_a_start_would() {
    let watched = "nodeTemplate: {command: [hyperspace]}\nwatchlog: {enabled: true, keyword: x, \
                   lastThreshold: 60m, healthcheckIDs: [a, b]}\n";
    let (code, few) = refusal(&pod(watched));
    assert!(few.contains("has 2 checks, none for the pod at 2"), "{few}");
    assert_eq!(code, Some(78));
    starting(&pod(watched).env("HOSTNAME", "node-1"));
}

#[test]
fn a_template_that_fails_is_told_with_its_key_and_kubebots_exit_code() {
    for (value, why) in [("{{ fail \"no\" }}", "no"), ("{{ nope }}", "nope"), ("{{ if }}", "if")] {
        let yaml = format!("nodeTemplate: {{command: [hyperspace], args: {{a: '{value}'}}}}\n");
        let (code, said) = refusal(&pod(&yaml));
        assert_eq!(code, Some(1), "{said}");
        assert!(said.contains("`nodeTemplate.args.a` cannot be rendered: "), "{said}");
        assert!(said.contains(why), "{said}");
    }
}
