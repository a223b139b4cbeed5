//! `agent mnemonic generate`, which needs no cluster.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    process::{Command, Stdio},
};

use agent::cosmos::mnemonic::Mnemonic;
use chainpod_tests::bin;

use crate::api::Ended;

fn generate(words: &[&str]) -> Ended {
    let mut agent = Command::new(bin("agent"));
    agent.args(["mnemonic", "generate"]).args(words).env_clear().env("AGENT_LOG_FORMAT", "json");
    agent.env("AGENT_LOG_LEVEL", "trace").stdin(Stdio::null());
    Ended::of(agent.output().expect("the agent starts"))
}

#[test]
fn a_new_mnemonic_of_24_words_is_one_line_and_in_no_log() {
    let ended = generate(&[]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let words = ended.stdout.strip_suffix('\n').expect("one line");
    assert_eq!(words.split(' ').count(), 24);
    assert_eq!(*Mnemonic::parse(words).unwrap().phrase(), words);
    assert_ne!(generate(&[]).stdout, ended.stdout);
    assert!(!words.split(' ').any(|word| ended.stderr.contains(&format!("{word} "))));
}

#[test]
fn a_file_is_private_and_never_overwritten() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("words");
    let out = path.to_str().unwrap();
    assert_eq!(generate(&["--out", out]).ok(), "");
    let words = fs::read(&path).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let error = generate(&["--out", out]).failed(73);
    assert!(error.contains("is there already") && error.contains(out), "{error}");
    assert_eq!(fs::read(&path).unwrap(), words);
}

#[test]
fn a_standard_output_that_takes_nothing_is_an_error() {
    let script = format!("{} mnemonic generate >/dev/full", bin("agent").display());
    let output = Command::new("sh").args(["-c", &script]).output().unwrap();
    assert_eq!(output.status.code(), Some(74));
}
