//! Homes that somebody else began: completed where nothing is lost, else left alone.

use std::{fs, path::Path, process::Command};

use chainpod_tests::{
    agent::{Pod, write},
    bin,
    chain::{self, flaw},
};

/// What the shell entrypoint had done when it was killed, in order.
fn shell_commands(pod: &Pod, count: usize) {
    let home = pod.home();
    let test = ["--keyring-backend", "test"];
    let words = format!("{}\n", chainpod_tests::MNEMONIC);
    for step in 0..count {
        let account = |index: usize| chain::ACCOUNTS[index];
        match step {
            0 => drop(chain::run("gwc", &home, &["init", "gwc", "--chain-id", "gwc"], "")),
            1..4 => {
                let (name, path, _) = account(step - 1);
                let add = ["keys", "add", name, "--recover", "--hd-path", path];
                chain::run("gwc", &home, &[&add[..], &test].concat(), &words);
            }
            4..7 => {
                let (name, _, balance) = account(step - 4);
                let add = ["genesis", "add-genesis-account", name, balance];
                chain::run("gwc", &home, &[&add[..], &test].concat(), "");
            }
            _ => {
                let gentx =
                    ["genesis", "gentx", "validator", "1000000000uatom", "--chain-id", "gwc"];
                chain::run("gwc", &home, &[&gentx[..], &test].concat(), "");
            }
        }
    }
}

/// Starts the node on an unfinished home, which fails and stores the empty genesis.
fn failed_start(home: &Path) {
    let output = Command::new(bin("gwcd"))
        .args(["start", "--minimum-gas-prices=0uatom", "--home"])
        .arg(home)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && said.contains("validator set is empty"), "{said}");
    assert!(home.join("data/state.db").exists());
}

/// Runs `agent init`, which must refuse and change nothing; what it says.
fn refusal(pod: &Pod) -> String {
    let listing = || {
        let output = Command::new("find").arg(pod.home()).args(["-printf", "%p %s %T@\n"]).output();
        String::from_utf8(output.unwrap().stdout).unwrap()
    };
    let before = listing();
    let output = pod.output(&["init"]);
    assert_eq!(output.status.code(), Some(65));
    assert_eq!(listing(), before);
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn a_home_that_the_shell_left_at_any_step_is_completed() {
    for count in 1..=8 {
        let pod = Pod::default();
        shell_commands(&pod, count);
        pod.init();
        assert_eq!(flaw("gwc", &pod.home()), None, "after {count} commands");
    }
}

#[test]
fn a_completed_home_keeps_its_keys_and_equals_the_shells() {
    let pod = Pod::default();
    shell_commands(&pod, 6);
    let key = || fs::read(pod.home().join("config/priv_validator_key.json")).unwrap();
    let validator = || fs::read(pod.home().join("keyring-test/validator.info")).unwrap();
    let before = (key(), validator());
    pod.init();
    assert_eq!((key(), validator()), before);
}

#[test]
fn what_a_failed_start_has_stored_is_dropped() {
    let pod = Pod::default();
    shell_commands(&pod, 4);
    failed_start(&pod.home());
    pod.init();
    assert_eq!(flaw("gwc", &pod.home()), None);
    assert!(!pod.home().join("data/state.db").exists());
}

#[test]
fn a_genesis_that_was_cut_off_is_made_anew() {
    let pod = Pod::default();
    shell_commands(&pod, 1);
    let genesis = pod.home().join("config/genesis.json");
    let whole = fs::read_to_string(&genesis).unwrap();
    for length in [0, 1, whole.len() / 2, whole.len() - 1] {
        write(&genesis, &whole[..length]);
        pod.init();
        assert_eq!(flaw("gwc", &pod.home()), None, "cut off at {length}");
    }
}

#[test]
fn a_chain_that_has_signed_is_left_alone() {
    let pod = Pod::default();
    shell_commands(&pod, 4);
    let state = pod.home().join("data/priv_validator_state.json");
    write(&state, r#"{"height": "5", "round": 0, "step": 3}"#);
    assert!(refusal(&pod).contains("its validator has signed height 5"));
    write(&state, r#"{"height": "0", "round": 0, "step": 0}"#);
    fs::create_dir_all(pod.home().join("data/cs.wal")).unwrap();
    assert!(refusal(&pod).contains("data/cs.wal shows that its consensus has run"));
}

#[test]
fn data_without_config_and_config_without_data_are_refused() {
    let pod = Pod::default();
    pod.init();
    let moved = pod.dir().join("moved");
    fs::rename(pod.home().join("data"), &moved).unwrap();
    assert!(refusal(&pod).contains("data/priv_validator_state.json is not there"));
    fs::rename(&moved, pod.home().join("data")).unwrap();
    fs::create_dir(pod.home().join("data/blockstore.db")).unwrap();
    fs::rename(pod.home().join("config"), &moved).unwrap();
    assert!(refusal(&pod).contains("config/ has no genesis.json"));
}

#[test]
fn another_chains_home_is_refused() {
    let pod = Pod::default();
    pod.init();
    let pod = pod.env("CHAIN_INSTANCE_NAME", "gwc-2");
    assert!(refusal(&pod).contains("is of chain `gwc`, not `gwc-2`"));
}

#[test]
fn a_lost_consensus_key_is_not_replaced_by_a_new_one() {
    let pod = Pod::default();
    pod.init();
    fs::remove_file(pod.home().join("config/priv_validator_key.json")).unwrap();
    assert!(refusal(&pod).contains("priv_validator_key.json is not there"));
}

#[test]
fn a_keyring_with_another_key_of_that_name_is_never_overwritten() {
    let pod = Pod::default();
    let add = ["keys", "add", "relayer", "--keyring-backend", "test"];
    chain::run("gwc", &pod.home(), &add, "");
    assert!(refusal(&pod).contains("has a key `relayer` with another address"));
}

#[test]
fn somebody_elses_gentx_is_not_lost() {
    let pod = Pod::default();
    shell_commands(&pod, 1);
    fs::create_dir(pod.home().join("config/gentx")).unwrap();
    write(&pod.home().join("config/gentx/gentx-other.json"), "{}");
    assert!(refusal(&pod).contains("gentx-other.json`, which is not this node's"));
}

#[test]
fn keys_that_were_placed_before_are_used() {
    let pod = Pod::default();
    let other = Pod::default();
    other.init();
    fs::create_dir_all(pod.home().join("config")).unwrap();
    for file in ["config/node_key.json", "config/priv_validator_key.json"] {
        fs::copy(other.home().join(file), pod.home().join(file)).unwrap();
    }
    pod.init();
    let gentx = |pod: &Pod| {
        let mut names = fs::read_dir(pod.home().join("config/gentx")).unwrap();
        fs::read(names.next().unwrap().unwrap().path()).unwrap()
    };
    assert_eq!(gentx(&pod), gentx(&other));
    assert_eq!(flaw("gwc", &pod.home()), None);
}
