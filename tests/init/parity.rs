//! What we write is what the node's own commands write.

use std::{fs, path::Path};

use chainpod_tests::{
    agent::Pod,
    chain::{self, json},
};
use serde_json::Value;

/// The genesis without the moment at which it was made.
fn genesis(home: &Path) -> Value {
    let mut document = json(&home.join("config/genesis.json"));
    document["genesis_time"] = Value::Null;
    document
}

fn gentx(home: &Path) -> (String, Vec<u8>) {
    let mut files: Vec<_> = fs::read_dir(home.join("config/gentx")).unwrap().collect();
    assert_eq!(files.len(), 1);
    let file = files.remove(0).unwrap();
    (file.file_name().into_string().unwrap(), fs::read(file.path()).unwrap())
}

/// Gives a home the node's and the validator's keys of another.
fn copy_node_keys(from: &Path, to: &Path) {
    fs::create_dir_all(to.join("config")).unwrap();
    for file in ["config/node_key.json", "config/priv_validator_key.json"] {
        fs::copy(from.join(file), to.join(file)).unwrap();
    }
}

fn addresses(home: &Path) -> Vec<(String, String)> {
    let list = ["keys", "list", "--keyring-backend", "test", "--output", "json"];
    let keys: Value = serde_json::from_str(&chain::run("gwc", home, &list, "")).unwrap();
    let text = |key: &Value, name: &str| key[name].as_str().unwrap().to_owned();
    keys.as_array().unwrap().iter().map(|key| (text(key, "name"), text(key, "address"))).collect()
}

#[test]
fn the_genesis_is_the_one_of_the_shell() {
    let pod = Pod::default();
    pod.init();
    let shell = pod.dir().join("shell");
    chain::run("gwc", &shell, &["init", "gwc", "--chain-id", "gwc"], "");
    copy_node_keys(&pod.home(), &shell);
    chain::shell_accounts("gwc", "gwc", &shell);
    assert_eq!(gentx(&pod.home()), gentx(&shell), "the gentx, byte by byte");
    assert_eq!(genesis(&pod.home()), genesis(&shell));
    assert_eq!(addresses(&pod.home()), addresses(&shell));
}

#[test]
fn both_engines_make_the_same_home() {
    let accounts = "chainId: gwc, lanes: 3, accounts: [
        {name: validator, balance: '5000000uatom,7stake', gentx: 2000000uatom},
        {name: local-admin, hdPath: \"m/44'/118'/0'/0/9\"},
        {name: other, hdPath: \"m/44'/118'/3'/0/4\", balance: 9uatom}]";
    let cli = Pod::default().config(&format!("init: {{engine: cli, {accounts}}}"));
    cli.init();
    let native = Pod::default().config(&format!("init: {{engine: native, {accounts}}}"));
    copy_node_keys(&cli.home(), &native.home());
    native.init();
    assert_eq!(gentx(&native.home()), gentx(&cli.home()));
    assert_eq!(genesis(&native.home()), genesis(&cli.home()));
    assert_eq!(addresses(&native.home()), addresses(&cli.home()));
    let balances = &genesis(&native.home())["app_state"]["bank"]["balances"];
    assert_eq!(
        balances.as_array().unwrap().len(),
        2 + 3,
        "two accounts with coins and three lanes"
    );
}

#[test]
fn all_three_apps_are_made_whole() {
    for chain in ["mdsc", "fdsc-0"] {
        let pod = Pod::new(chain);
        pod.init();
        assert_eq!(chain::flaw(chain.split('-').next().unwrap(), &pod.home()), None);
    }
}

#[test]
fn the_node_is_started_once() {
    let pod = Pod::default();
    let trace = pod.dir().join("trace");
    let trace_option = format!("--output={}", trace.display());
    let strace = ["strace", "-f", "-qq", "-e", "trace=execve", "-e", "signal=none", &trace_option];
    let pod = pod.wrapped(&strace);
    pod.init();
    let trace = fs::read_to_string(pod.dir().join("trace")).unwrap();
    let started = trace.lines().filter(|line| line.contains("bin/gwcd\"")).count();
    assert_eq!(started, 1, "{trace}");
}

#[test]
fn a_consensus_key_can_come_from_the_mnemonic() {
    let pod = Pod::default().config("init: {consensusKey: mnemonic}");
    pod.init();
    let shell = pod.dir().join("shell");
    let words = ["init", "gwc", "--chain-id", "gwc", "--recover"];
    chain::run("gwc", &shell, &words, &format!("{}\n", chainpod_tests::MNEMONIC));
    let key = |home: &Path| json(&home.join("config/priv_validator_key.json"));
    assert_eq!(key(&pod.home()), key(&shell));
}

#[test]
fn genesis_commands_and_edits_are_made() {
    let pod = Pod::default().config(
        "init:
  accounts:
    - {name: validator, balance: 1000000000uatom, gentx: 1000000uatom}
    - {name: local-admin}
  genesisCommands: [[set-admin, '{{ address \"local-admin\" }}']]
  genesis: {consensus.params.block.max_bytes: 104857600}
  genesisTime: 2026-01-31T12:00:00Z
  validate: true
",
    );
    pod.init();
    let genesis = json(&pod.home().join("config/genesis.json"));
    assert_eq!(genesis["consensus"]["params"]["block"]["max_bytes"], "104857600");
    assert_eq!(genesis["genesis_time"], "2026-01-31T12:00:00Z");
    let admin = addresses(&pod.home()).into_iter().find(|(name, _)| name == "local-admin").unwrap();
    assert!(genesis["app_state"]["gateway"].to_string().contains(&admin.1), "{genesis}");
}
