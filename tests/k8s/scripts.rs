//! The scripts behind `make all-in-one` and its sisters, with stand-ins for kubectl and helm that log
//! their calls.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    process::{Command, Output},
};

use chainpod_tests::{agent::write, root};
use tempfile::TempDir;

use crate::tools::{entries, read};

const TARGETS: [&str; 4] = ["all-in-one", "upgrade", "undeploy", "hot-reload"];

/// What a cluster with a release in it answers.
const KUBECTL: &str = r#"
case "$*" in
*current-context*) echo test ;;
*"get statefulsets,deployments,persist"*) echo statefulset.apps/chainpod-gwc ;;
*"get persistentvolumeclaims,secrets"*) echo secret/chainpod-mnemonics ;;
*command*) echo agent ;;
*mountPath*) ${HOT:+echo data} ;;
*program*) echo gwcd ;;
*metrics*) echo "chainpod_node_starts_total $(grep -c install "$LOG")" ;;
*install*) cat >"$LOG.received" ;;
esac
"#;

struct Machine(TempDir);

impl Machine {
    fn new() -> Self {
        let dir = tempfile::tempdir().expect("a temporary folder");
        for (name, body) in [("kubectl", KUBECTL), ("helm", ""), ("make", "")] {
            let path = dir.path().join(name);
            let text = format!("#!/bin/bash\necho \"{name} $*\" >>\"$LOG\"\n{body}");
            write(&path, &text);
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("our own file");
        }
        write(&dir.path().join("log"), "");
        Self(dir)
    }

    fn run(&self, script: &str, env: &[(&str, &str)]) -> Output {
        let path = format!("{}:/usr/bin:/bin", self.0.path().display());
        let mut command = Command::new(root().join("k8s/scripts").join(script));
        command.env_clear().env("PATH", path).env("LOG", self.0.path().join("log"));
        command.env("IMAGES", "present").env("WAIT", "2").envs(env.iter().copied());
        command.stdin(std::process::Stdio::null()).output().expect("it starts")
    }

    fn log(&self) -> String {
        read(&self.0.path().join("log"))
    }
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn every_target_of_the_makefile_has_its_script() {
    let makefile = read(&root().join("Makefile"));
    for target in TARGETS {
        assert!(makefile.contains(&format!("\n{target}: ## ")), "{target}");
        assert!(makefile.contains(&format!("@k8s/scripts/{target}\n")), "{target}");
        let mode =
            fs::metadata(root().join("k8s/scripts").join(target)).expect("a script").permissions();
        assert_eq!(mode.mode() & 0o111, 0o111, "{target}");
    }
    for script in entries(&root().join("k8s/scripts")) {
        let output = Command::new("bash").arg("-n").arg(&script).output().expect("bash");
        assert!(output.status.success(), "{}", said(&output));
    }
}

#[test]
fn nothing_is_deleted_unless_it_is_asked_for_by_name() {
    for clean in ["", "yes", "chainpo"] {
        let machine = Machine::new();
        let output = machine.run("all-in-one", &[("CLEAN", clean)]);
        assert!(
            said(&output).contains("nothing was deleted; set CLEAN=chainpod"),
            "{}",
            said(&output)
        );
        let log = machine.log();
        assert!(
            !log.contains("delete") && !log.contains("uninstall") && !log.contains("upgrade"),
            "{log}"
        );
    }
}

#[test]
fn asked_for_by_name_it_is_deleted_and_installed() {
    let machine = Machine::new();
    let output = machine.run("all-in-one", &[("CLEAN", "chainpod"), ("CHAINS", "3")]);
    let log = machine.log();
    let at = |text: &str| log.find(text).unwrap_or_else(|| panic!("no `{text}` in\n{log}"));
    assert!(at("uninstall chainpod") < at("delete persistentvolumeclaims --all"));
    assert!(at("delete namespace chainpod") < at("install chainpod /"));
    let values = read(&root().join("target/all-in-one.yaml"));
    assert!(values.contains("datastores: 3\n"), "{values}");
    // The stand-in has no pods.
    assert!(said(&output).contains("not everything is ready after 2 s"), "{}", said(&output));
}

#[test]
fn namespaces_of_everybody_are_never_deleted() {
    let machine = Machine::new();
    let output = machine.run("all-in-one", &[("CLEAN", "default"), ("NAMESPACE", "default")]);
    assert!(said(&output).contains("the namespace default is not deleted"), "{}", said(&output));
    assert!(!machine.log().contains("delete"));
}

#[test]
fn undeploy_deletes_no_data() {
    let machine = Machine::new();
    assert!(machine.run("undeploy", &[]).status.success());
    assert!(machine.log().contains("uninstall chainpod") && !machine.log().contains("delete"));
}

#[test]
fn a_new_program_arrives_whole() {
    let machine = Machine::new();
    let env = [("CHAIN", "gwc"), ("BIN", "/bin/true"), ("HOT", "1")];
    let output = machine.run("hot-reload", &env);
    assert!(output.status.success(), "{}", said(&output));
    let received = fs::read(machine.0.path().join("log.received")).expect("a file");
    assert!(received == fs::read("/bin/true").expect("a program"));
    let log = machine.log();
    assert!(
        log.contains("agent install --from - --sha256 ") && log.contains(" /hot/gwcd"),
        "{log}"
    );
}

#[test]
fn what_hot_reload_lacks_is_said() {
    let run = |env: &[(&str, &str)]| said(&Machine::new().run("hot-reload", env));
    assert!(run(&[]).contains("CHAIN is not set"));
    assert!(run(&[("CHAIN", "gwc")]).contains("BIN is not set"));
    assert!(run(&[("CHAIN", "gwc"), ("BIN", "/nowhere")]).contains("there is no program /nowhere"));
    let bin = ("BIN", "/bin/true");
    assert!(run(&[("CHAIN", "gwc"), bin]).contains("install with hotReload.enabled=true"));
}
