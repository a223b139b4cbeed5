//! Bad input: one error that names file, key and remedy, an exit code that says what kind it is,
//! and a disk that stays as it was.

use chainpod_tests::agent::Pod;

/// A configuration that is wrong, and what the error must say.
struct Case(&'static str, &'static [&'static str]);

/// Configurations of which every one ends with `EX_CONFIG`.
const CONFIGURATIONS: &[Case] = &[
    Case("init: {hoem: /x}", &["kubebot.yaml:1:8:", "init.hoem", "did you mean `home`"]),
    Case("int: {}", &["`int` is not a setting", "did you mean `init`"]),
    Case("init: 3", &["kubebot.yaml:1:7:", "`init` must be a map"]),
    Case("- init", &["must be a map of settings"]),
    Case("init: [", &["kubebot.yaml:", "not valid YAML"]),
    Case("init: {a: 1, a: 2}", &["not valid YAML"]),
    Case("init: {}\n---\nx: 1", &["a second document"]),
    Case("init: {denom: 1x}", &["init.denom", "1x"]),
    Case("init: {denom: ''}", &["init.denom", "must not be empty"]),
    Case("init: {prefix: Cosmos}", &["init.prefix", "Cosmos"]),
    Case("init: {coinType: -1}", &["init.coinType", "whole number from 0"]),
    Case("init: {home: data}", &["init.home", "absolute path"]),
    Case("init: {keyringDir: ../x}", &["init.keyringDir", "absolute path"]),
    Case("init: {app: ../x}", &["init.app", "../x"]),
    Case("init: {moniker: knöten}", &["init.moniker", "printable ASCII"]),
    Case("init: {engine: fast}", &["init.engine", "`auto`, `native`, `cli`"]),
    Case("init: {validate: maybe}", &["init.validate", "`true` or `false`"]),
    Case("init: {consensusKey: new}", &["init.consensusKey", "`random`, `mnemonic`"]),
    Case("init: {blockTime: 5}", &["init.blockTime", "write it like"]),
    Case("init: {blockTime: 0s}", &["init.blockTime", "must be from 1ms"]),
    Case("init: {genesisTime: tomorrow}", &["init.genesisTime", "2026-01-31T12:00:00Z"]),
    Case("init: {genesisCommands: [set-admin]}", &["init.genesisCommands[0]", "must be a list"]),
    Case("init: {genesisCommands: [[]]}", &["init.genesisCommands[0]", "at least one word"]),
    Case("init: {mnemonic: words}", &["init.mnemonic", "must be a map"]),
    Case("init: {mnemonic: {file: m}}", &["init.mnemonic.file", "absolute path"]),
    Case("init: {mnemonic: {wait: 2d}}", &["init.mnemonic.wait", "write it like"]),
    Case("init: {accounts: []}", &["init.accounts", "at least one account"]),
    Case("init: {accounts: {}}", &["init.accounts", "must be a list"]),
    Case("init: {accounts: [{balance: 1uatom}]}", &["init.accounts[0].name", "must be set"]),
    Case("init: {accounts: [{name: a/b}]}", &["init.accounts[0].name", "a/b"]),
    Case("init: {accounts: [{name: a, balance: 5}]}", &["init.accounts[0].balance", "`5`"]),
    Case("init: {accounts: [{name: a, balance: -5uatom}]}", &["balance", "-5uatom"]),
    Case("init: {accounts: [{name: a, balance: 1.5uatom}]}", &["balance", "1.5uatom"]),
    Case("init: {accounts: [{name: a, balance: '1uatom,2uatom'}]}", &["balance", "twice"]),
    Case(
        "init: {accounts: [{name: a, balance: 999999999999999999999999999999999999999999uatom}]}",
        &["init.accounts[0].balance"],
    ),
    Case("init: {accounts: [{name: a}, {name: a, hdPath: \"m/1\"}]}", &["name `a`, as another"]),
    Case("init: {accounts: [{name: a, hdPath: m/x}]}", &["init.accounts[0].hdPath", "m/x"]),
    Case("init: {accounts: [{name: a, hdPath: \"m/44'/118'/0'/0/2147483648\"}]}", &["hdPath"]),
    Case("init: {accounts: [{name: a, hdPath: 44/118}]}", &["init.accounts[0].hdPath"]),
    Case(
        "init: {accounts: [{name: a, hdPath: m/1}, {name: b, hdPath: m/1}]}",
        &["init.accounts[1]", "the same key"],
    ),
    Case(
        "init: {accounts: [{name: a, balance: 5uatom, gentx: 6uatom}]}",
        &["init.accounts[0].gentx", "balance is 5uatom"],
    ),
    Case(
        "init: {accounts: [{name: a, balance: 5uatom, gentx: 5uatom}]}",
        &["init.accounts[0].gentx", "at least 1000000"],
    ),
    Case(
        "init: {accounts: [{name: a, balance: 2000000uatom, gentx: 1000000uatom},
                           {name: b, balance: 2000000uatom, gentx: 1000000uatom}]}",
        &["init.accounts[1]", "`a` is the validator already"],
    ),
    Case("init: {genesisFrom: {}}", &["init.genesisFrom", "either `file` or `url`"]),
    Case("init: {genesisFrom: {url: ftp://x}}", &["init.genesisFrom.url", "http://"]),
    Case("init: {genesisFrom: {file: /x, sha256: abc}}", &["sha256", "64 hexadecimal digits"]),
    Case("init: {lanes: many}", &["init.lanes", "whole number"]),
    Case("init: {lanes: {count: 1, firstIndex: 0}}", &["init.lanes.firstIndex", "`validator`"]),
    Case("init: {config.toml: [x]}", &["init.config.toml", "must be a map"]),
    Case("init: {config.toml: {a..b: 1}}", &["init.config.toml.a..b", "is not a key"]),
    Case("init: {genesis: {consensus.params.block.max_bytes: 104857601}}", &["104857600"]),
    Case("init: {}\nsupervise: {restart: maybe}", &["supervise.restart", "`on-failure`"]),
    Case("init: {}\nsupervise: {grace: -1s}", &["supervise.grace", "write it like"]),
    Case("init: {}\nsupervise: {stopSignal: SIGFOO}", &["supervise.stopSignal", "SIGFOO"]),
    Case("init: {}\nsupervise: {stopSignal: SIGKILL}", &["supervise.stopSignal", "SIGKILL"]),
    Case("init: {}\nsupervise: {exitCodes: {300: 0}}", &["supervise.exitCodes.300", "0 to 255"]),
    Case("init: {}\nnodeTemplate: {args: {a: 1}}", &["nodeTemplate.command", "must be set"]),
    Case("init: {}\nnodeTemplate: {command: []}", &["nodeTemplate.command", "at least one word"]),
    Case(
        "init: {}\nnodeTemplate: {command: [sh], args: {a: {b: 1}}}",
        &["nodeTemplate.args.a", "not a map"],
    ),
    Case("supervise: {}", &["`nodeTemplate` must be set, or `init`"]),
];

/// A pod whose environment overrides nothing that a configuration file says.
fn bare(yaml: &str) -> Pod {
    let pod = Pod::default().unset("CHAIN_HOME").unset("CHAIN_APP_NAME").unset("MNEMONIC_FILE");
    pod.config(yaml)
}

fn run(pod: &Pod, code: i32, name: &str, expected: &[&str]) {
    let output = pod.output(&["run"]);
    let said = String::from_utf8(output.stderr).unwrap();
    let errors: Vec<_> = said.lines().filter(|line| line.contains("\"ERROR\"")).collect();
    assert_eq!(output.status.code(), Some(code), "{name}: {said}");
    assert_eq!(errors.len(), 1, "{name}: {said}");
    for text in expected {
        assert!(errors[0].contains(text), "{name}: `{text}` is not in {}", errors[0]);
    }
    assert!(!pod.home().exists(), "{name}: something was made");
}

#[test]
fn every_bad_configuration_is_one_clear_error() {
    assert!(CONFIGURATIONS.len() > 50);
    for Case(yaml, expected) in CONFIGURATIONS {
        run(&bare(yaml), 78, yaml, expected);
    }
    assert!(!std::path::Path::new("/home/datachain").exists());
}

#[test]
fn all_problems_come_at_once() {
    let yaml = "init:\n  denom: 1x\n  home: x\n  lanes: -1\nsupervise:\n  grace: x\n";
    run(&bare(yaml), 78, yaml, &["4 problems", ":2:", ":3:", ":4:", ":6:"]);
}

#[test]
fn every_bad_environment_is_one_clear_error() {
    let cases = [
        ("CHAIN_INSTANCE_NAME", "", "must be set, here or by CHAIN_INSTANCE_NAME"),
        ("CHAIN_INSTANCE_NAME", "a b", "environment variable CHAIN_INSTANCE_NAME"),
        ("CHAIN_INSTANCE_NAME", "123456789012345678901234567890123456789012345678901", "50"),
        ("CHAIN_APP_NAME", "a/b", "environment variable CHAIN_APP_NAME"),
        ("CHAIN_HOME", "data", "environment variable CHAIN_HOME"),
        ("DENOM", "1", "environment variable DENOM"),
        ("DEV_MODE", "maybe", "environment variable DEV_MODE"),
        ("MNEMONIC_FILE", "m", "environment variable MNEMONIC_FILE"),
    ];
    for (name, value, expected) in cases {
        run(&Pod::default().env(name, value), 78, name, &[expected]);
    }
}

#[test]
fn every_bad_mnemonic_is_one_clear_error_without_its_words() {
    let eleven = "abandon ".repeat(11);
    let cases = [
        ("", "empty"),
        (eleven.trim(), "11"),
        (&"abandon ".repeat(12), "checksum"),
        (&format!("{eleven} zebraz"), "word 12"),
        (&format!("{eleven} about about"), "13"),
        (&"abandon ".repeat(27), "27"),
        ("\u{0}\u{1}", "word"),
    ];
    for (words, expected) in cases {
        let pod = Pod::default().mnemonic(words);
        run(&pod, 65, words, &["mnemonic", expected]);
        let said = String::from_utf8(pod.output(&["run"]).stderr).unwrap();
        assert!(!said.contains("abandon") && !said.contains("zebraz"), "{said}");
    }
    run(&Pod::default().mnemonic(&"x".repeat(70_000)), 65, "large", &["70000 bytes"]);
}

#[test]
fn a_key_that_a_file_does_not_have_is_an_error_and_nothing_is_made() {
    let cases = [
        ("init: {config.toml: {rpc.ladr: x}}", "has no key `rpc.ladr`; did you mean `laddr`?"),
        ("init: {app.toml: {gwc.x: 1}}", "has no key `gwc.x`"),
        ("init: {config.toml: {mempool.size: many}}", "has an integer at `mempool.size`"),
        ("init: {genesis: {consensus.params.blok.max_bytes: 5}}", "blok"),
        ("init: {genesisCommands: [[set-admin, '{{ address \"nobody\" }}']]}", "`nobody`"),
    ];
    for (yaml, expected) in cases {
        let pod = Pod::default().config(yaml);
        let output = pod.output(&["init"]);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(78), "{said}");
        assert!(said.contains(expected), "{said}");
        assert!(!pod.home().join("config").exists() && !pod.home().join(".staging").exists());
    }
}

#[test]
fn a_genesis_that_was_not_meant_is_refused() {
    let source = Pod::default();
    source.init();
    let file = source.home().join("config/genesis.json");
    let digest = "0".repeat(64);
    let cases = [
        (format!("file: {}, sha256: {digest}", file.display()), 65, "has the SHA-256"),
        ("file: /no/such, wait: 0s".to_owned(), 66, "no such file"),
        ("url: 'http://127.0.0.1:1/genesis', wait: 0s".to_owned(), 66, "Connection refused"),
        (format!("file: {}", source.mnemonic_file().display()), 65, "not JSON"),
    ];
    for (from, code, expected) in cases {
        let pod = Pod::default().config(&format!("init: {{genesisFrom: {{{from}}}}}"));
        let output = pod.output(&["init"]);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{said}");
        assert!(said.contains(expected), "{said}");
        assert!(!pod.home().join("config").exists());
    }
    let other = Pod::new("gwc-7").env("CHAIN_APP_NAME", "gwc");
    let other = other.config(&format!("init: {{genesisFrom: {{file: {}}}}}", file.display()));
    let said = String::from_utf8(other.output(&["init"]).stderr).unwrap();
    assert!(said.contains("is of chain `gwc`, not `gwc-7`"), "{said}");
}

#[test]
fn programs_and_files_that_are_not_there_are_said() {
    let pod = Pod::default().env("CHAIN_BINARY", "/no/such/gwcd");
    let output = pod.output(&["init"]);
    assert_eq!(output.status.code(), Some(69));
    assert!(String::from_utf8(output.stderr).unwrap().contains("/no/such/gwcd"));
    let output = Pod::default().arg("--config").arg("/no/such.yaml").output(&["run"]);
    assert_eq!(output.status.code(), Some(66));
    assert!(String::from_utf8(output.stderr).unwrap().contains("/no/such.yaml"));
    let output = Pod::default().arg("--no-such-flag").output(&["run"]);
    assert_eq!(output.status.code(), Some(64));
}
