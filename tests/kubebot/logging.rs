//! The agent's own log, as kubebot's `logging` and our `log` want it.

use std::fs;

use serde_json::{Value, json};

use crate::support::{pod, script};

#[test]
fn kubebots_logging_goes_to_its_outputs_with_its_fields() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("log");
    let yaml = format!(
        "{}logging:\n  level: info\n  encoding: json\n  outputPaths: [stdout, {}]\n  \
         initialFields: {{pod: node-2, n: 7}}\n",
        script("echo hello"),
        file.display()
    );
    let output = pod(&yaml).output(&[]);
    assert!(output.status.success());
    let lines: Vec<Value> = fs::read_to_string(&file)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert!(!lines.is_empty());
    assert!(lines.iter().all(|line| line["pod"] == "node-2" && line["n"] == json!(7)));
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert!(stdout.contains(r#"{"pod":"node-2","n":7,"timestamp""#), "{stdout}");
    assert!(stdout.contains("hello\n"), "{stdout}");
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
}

#[test]
fn a_flag_wins_over_the_file() {
    let yaml = format!("{}log: {{level: debug, format: text}}\n", script(":"));
    let pod = pod(&yaml).unset("AGENT_LOG_FORMAT");
    let quiet = pod.output(&["--log-level", "error"]);
    assert_eq!(String::from_utf8(quiet.stderr).unwrap(), "");
    let loud = String::from_utf8(pod.output(&[]).stderr).unwrap();
    assert!(loud.contains("INFO") && !loud.contains('{'), "{loud}");
    assert!(loud.contains(r#"Starting node: "/usr/bin/sh" "-c" ":""#), "{loud}");
}

#[test]
fn a_log_that_cannot_be_opened_is_one_error() {
    let yaml = format!("{}log: {{outputs: [/nowhere/log]}}\n", script("echo ran"));
    let output = pod(&yaml).output(&[]);
    assert_eq!(output.status.code(), Some(73));
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.contains("cannot write the log to `/nowhere/log`"), "{error}");
    assert_eq!(output.stdout, b"");
}
