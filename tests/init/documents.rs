//! config.toml and app.toml at every start; what is printed without touching anything.

use std::{collections::BTreeMap, fs, os::unix::fs::PermissionsExt as _, path::Path};

use chainpod_tests::{MNEMONIC, agent::Pod, chain::flaw};

/// Every file below a folder, with its content and mode.
fn tree(dir: &Path) -> BTreeMap<String, (Vec<u8>, u32)> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(dir).into_iter().flatten().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() {
            files.extend(tree(&path));
        }
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        files.insert(path.display().to_string(), (fs::read(&path).unwrap_or_default(), mode));
    }
    files
}

#[test]
fn a_second_start_changes_not_a_byte() {
    let pod = Pod::default();
    pod.init();
    let before = tree(&pod.home());
    pod.init();
    assert_eq!(tree(&pod.home()), before);
}

#[test]
fn a_whole_home_gets_new_settings_and_keeps_its_comments() {
    let pod = Pod::default();
    pod.init();
    let file = pod.home().join("config/app.toml");
    let before = fs::read_to_string(&file).unwrap();
    let pod = pod.config(
        "init: {blockTime: 1s, app.toml: {gwc: {new: {chunk_size: 10240, \
         fdsc_endpoints: {fdsc-0: 'http://a:1317'}}}}}",
    );
    pod.init();
    let after = fs::read_to_string(&file).unwrap();
    let table = "\n[gwc]\nchunk_size = 10240\n\n[gwc.fdsc_endpoints]\nfdsc-0 = \"http://a:1317\"\n";
    assert_eq!(after, format!("{before}{table}"));
    let config = fs::read_to_string(pod.home().join("config/config.toml")).unwrap();
    assert!(config.contains("\ntimeout_commit = \"1s\"\n"));
}

#[test]
fn a_dry_run_shows_the_plan_and_changes_nothing() {
    let pod = Pod::default();
    let output = pod.output(&["--dry-run"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success());
    assert!(text.contains("home         pending  there is none yet"), "{text}");
    assert!(text.contains("app.toml: api.max-request-body-size = 10737418240  (new)"), "{text}");
    assert!(text.contains("gwcd start --home"), "{text}");
    assert!(!pod.home().exists());

    pod.init();
    let before = tree(&pod.home());
    let pod = pod.config("init: {config.toml: {mempool.size: 7}}");
    let text = String::from_utf8(pod.output(&["run", "--dry-run"]).stdout).unwrap();
    assert!(text.contains("-size = 50000\n+size = 7\n"), "{text}");
    assert_eq!(tree(&pod.home()), before);
}

#[test]
fn the_readmes_configuration_is_one() {
    let readme = fs::read_to_string(chainpod_tests::root().join("README.md")).unwrap();
    let section = readme.split("\n## Configuration\n").nth(1).unwrap();
    let yaml = section.split("```yaml\n").nth(1).unwrap().split("```").next().unwrap();
    let pod = Pod::default().config(yaml).env("HOSTNAME", "gwc-0");
    let output = pod.output(&["--dry-run"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
}

#[test]
fn keys_are_printed_and_nothing_is_written() {
    let pod = Pod::default();
    let output = pod.output(&["keys"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        text.contains(
            "relayer    m/44'/118'/0'/0/1  cosmos1jrkmdcwgq94uaamx6zax2luewlhf7u4kucx3kz"
        )
    );
    let json: serde_json::Value =
        serde_json::from_slice(&pod.output(&["keys", "-o", "json"]).stdout).unwrap();
    assert_eq!(json[2]["address"], "cosmos1kng7tv83qesgvv2ze7hxlw4urfrjk8vqqnpqdt");
    assert!(!pod.home().exists());
}

#[test]
fn the_version_names_commit_and_features() {
    let text = String::from_utf8(Pod::default().output(&["version"]).stdout).unwrap();
    assert!(text.starts_with("agent 0.1.0\ncommit ") && text.contains("\nfeatures "), "{text}");
}

#[test]
fn files_with_private_keys_are_for_their_owner_only() {
    let pod = Pod::default();
    pod.init();
    let secret = |path: &str| path.contains("/keyring-test/") || path.ends_with("_key.json");
    let open: Vec<_> = tree(&pod.home())
        .into_iter()
        .filter(|(path, (_, mode))| {
            let is_dir = Path::new(path).is_dir();
            (secret(path) && mode & 0o777 != 0o600) || (is_dir && mode & 0o777 != 0o700)
        })
        .collect();
    assert!(open.is_empty(), "{open:?}");
}

#[test]
fn keys_that_a_volume_opened_are_closed_again() {
    let pod = Pod::default();
    pod.init();
    let file = pod.home().join("keyring-test/validator.info");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o660)).unwrap();
    pod.init();
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(flaw("gwc", &pod.home()), None);
}

#[test]
fn a_key_on_a_read_only_mount_is_left_as_it_is() {
    let pod = Pod::default();
    pod.init();
    let key = pod.home().join("config/priv_validator_key.json");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
    let key = key.display();
    let mount =
        format!("mount --bind {key} {key} && mount -o remount,bind,ro {key} && exec \"$@\"");
    pod.wrapped(&["unshare", "--mount", "sh", "-c", &mount, "sh"]).init();
}

#[test]
fn a_whole_home_needs_no_mnemonic_and_is_not_touched_by_another() {
    let pod = Pod::default();
    pod.init();
    let before = tree(&pod.home());
    fs::remove_file(pod.mnemonic_file()).unwrap();
    pod.init();
    let other = "legal winner thank year wave sausage worth useful legal winner thank yellow";
    let pod = pod.mnemonic(other);
    let log = String::from_utf8(pod.output(&["init"]).stderr).unwrap();
    assert!(log.contains("the keyring has another key of this name than the mnemonic"), "{log}");
    assert_eq!(tree(&pod.home()), before);
    let pod = pod.mnemonic(MNEMONIC);
    assert!(!String::from_utf8(pod.output(&["init"]).stderr).unwrap().contains("WARN"));
}

#[test]
fn a_key_that_a_whole_home_lost_is_written_again() {
    let pod = Pod::default();
    pod.init();
    fs::remove_dir_all(pod.home().join("keyring-test")).unwrap();
    pod.init();
    assert_eq!(flaw("gwc", &pod.home()), None);
}

#[test]
fn the_mnemonic_is_nowhere_to_be_seen() {
    for engine in ["native", "cli"] {
        let pod = Pod::default().config(&format!("init: {{engine: {engine}}}"));
        let pod = pod.env("AGENT_LOG_LEVEL", "trace");
        let trace = pod.dir().join("trace").display().to_string();
        let strace =
            ["strace", "-f", "-qq", "-s", "9999", "-v", "-e", "trace=execve", "-o", &trace];
        let pod = pod.wrapped(&strace);
        let output = pod.output(&["init"]);
        assert!(output.status.success());
        let said = [output.stdout, output.stderr, fs::read(&trace).unwrap()].concat();
        let said = String::from_utf8_lossy(&said);
        assert!(said.contains("execve") && !said.contains("abandon"), "{said}");
        let files = tree(&pod.home());
        let leaks = |(_, (bytes, _)): &(&String, &(Vec<u8>, u32))| {
            String::from_utf8_lossy(bytes).contains("abandon abandon")
        };
        assert_eq!(files.iter().filter(leaks).count(), 0);
    }
}
