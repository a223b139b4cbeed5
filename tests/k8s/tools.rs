//! `helm` and `kubectl`, and what they print as documents.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use agent::config::yaml;
use chainpod_tests::{bin, root};
use serde_json::Value;

/// The version of Kubernetes that is rendered for; a helm that was built from its module says another.
const KUBERNETES: &str = "1.33.0";

/// A set of values: what it is called, and its files.
pub struct Set {
    /// The name of its golden file.
    pub name: String,
    /// The values files, in order.
    pub files: Vec<PathBuf>,
}

/// The chart's defaults, and every values file that users are told to copy.
pub fn sets() -> Vec<Set> {
    let folder = root().join("k8s/examples/values");
    let mut files: Vec<_> = entries(&folder);
    files.sort();
    assert!(files.len() >= 5, "the examples are gone from {}", folder.display());
    let named = |file: PathBuf| {
        let name = file.file_stem().expect("a values file has a name").to_string_lossy().into();
        Set { name, files: vec![file] }
    };
    let defaults = Set { name: "defaults".to_owned(), files: Vec::new() };
    std::iter::once(defaults).chain(files.into_iter().map(named)).collect()
}

/// The chart.
pub fn chart() -> PathBuf {
    root().join("k8s/helm/chainpod")
}

/// Runs a tool of `bin/kube`; what it printed, or how it failed.
pub fn run(tool: &str, args: &[&str]) -> Result<String, String> {
    let program = bin("kube").join(tool);
    assert!(program.exists(), "`{}` is not there; run `make kube`", program.display());
    let output = Command::new(program).args(args).current_dir(root()).output().expect("it starts");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
}

/// The chart rendered with values files and single values.
pub fn template(files: &[PathBuf], settings: &[&str]) -> Result<String, String> {
    let chart = chart().display().to_string();
    let mut args = vec!["template", "raidchain", &chart, "--namespace", "net"];
    args.extend(["--kube-version", KUBERNETES]);
    let files: Vec<_> = files.iter().map(|file| file.display().to_string()).collect();
    args.extend(files.iter().flat_map(|file| ["--values", file]));
    args.extend(settings.iter().flat_map(|setting| ["--set-json", setting]));
    run("helm", &args)
}

/// The documents of a stream.
pub fn documents(stream: &str) -> Vec<Value> {
    let texts = stream.split("\n---").filter(|text| text.lines().any(is_content));
    texts.map(|text| parse(text, "a rendered document")).collect()
}

/// A file or a text as JSON.
pub fn parse(text: &str, what: &str) -> Value {
    let text = text.trim_start_matches("---");
    let node = yaml::parse(text).unwrap_or_else(|error| {
        panic!("{what}, line {}: {error}\n{text}", error.at.line);
    });
    node.map_or(Value::Null, |node| node.to_json())
}

/// A file of the repository as JSON.
pub fn parse_file(path: &Path) -> Value {
    parse(&read(path), &path.display().to_string())
}

/// A file of the repository.
pub fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// What is in a folder.
pub fn entries(folder: &Path) -> Vec<PathBuf> {
    let found = fs::read_dir(folder);
    let found = found.unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    found.map(|entry| entry.expect("a folder can be read").path()).collect()
}

/// All files below a folder.
pub fn tree(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for path in entries(folder) {
        if path.is_dir() {
            found.extend(tree(&path));
        } else {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// Whether a test was asked to write what it would compare with.
pub fn updates() -> bool {
    std::env::var_os("UPDATE").is_some()
}

/// The value at a JSON pointer as a text; empty if there is none.
pub fn text<'v>(value: &'v Value, pointer: &str) -> &'v str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

fn is_content(line: &str) -> bool {
    let line = line.trim();
    !line.is_empty() && !line.starts_with('#') && line != "---"
}
