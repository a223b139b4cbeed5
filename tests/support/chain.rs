//! A real chain's program, run from outside: what the shell entrypoint did, and looks at a home.

use std::{
    fs,
    io::Write as _,
    path::Path,
    process::{Command, Stdio},
};

use serde_json::Value;

use crate::{MNEMONIC, bin};

/// The accounts of the contract: name, HD path, balance.
pub const ACCOUNTS: [(&str, &str, &str); 3] = [
    ("validator", "m/44'/118'/0'/0/0", "1000000000000uatom"),
    ("relayer", "m/44'/118'/0'/0/1", "100000000000uatom"),
    ("creator", "m/44'/118'/0'/0/2", "100000000000uatom"),
];

/// Runs one command of a chain's program and insists on success.
pub fn run(app: &str, home: &Path, words: &[&str], stdin: &str) -> String {
    let mut command = Command::new(bin(&format!("{app}d")));
    command.args(words).arg("--home").arg(home);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program starts");
    let mut pipe = child.stdin.take().expect("it is piped");
    pipe.write_all(stdin.as_bytes()).expect("it takes its input");
    drop(pipe);
    let output = child.wait_with_output().expect("its output can be read");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "`{app}d {words:?}` failed: {said}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Makes a home as the shell entrypoint did, without its edits of TOML.
pub fn shell_init(app: &str, chain_id: &str, home: &Path) {
    run(app, home, &["init", chain_id, "--chain-id", chain_id], "");
    shell_accounts(app, chain_id, home);
}

/// The commands after `init`: keys, accounts, gentx.
pub fn shell_accounts(app: &str, chain_id: &str, home: &Path) {
    let test = ["--keyring-backend", "test"];
    for (name, path, _) in ACCOUNTS {
        let words = ["keys", "add", name, "--recover", "--hd-path", path];
        run(app, home, &[&words[..], &test].concat(), &format!("{MNEMONIC}\n"));
    }
    for (name, _, balance) in ACCOUNTS {
        run(
            app,
            home,
            &[&["genesis", "add-genesis-account", name, balance][..], &test].concat(),
            "",
        );
    }
    let words = ["genesis", "gentx", "validator", "1000000000uatom", "--chain-id", chain_id];
    run(app, home, &[&words[..], &test].concat(), "");
    run(app, home, &["genesis", "collect-gentxs"], "");
}

/// Reads a JSON file.
pub fn json(path: &Path) -> Value {
    let bytes = fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_slice(&bytes).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// What a home lacks to be whole, if anything.
pub fn flaw(app: &str, home: &Path) -> Option<String> {
    let genesis = home.join("config/genesis.json");
    let Ok(bytes) = fs::read(&genesis) else { return Some("no genesis".to_owned()) };
    let Ok(document) = serde_json::from_slice::<Value>(&bytes) else {
        return Some("the genesis is not JSON".to_owned());
    };
    let length =
        |pointer: &str| document.pointer(pointer).and_then(Value::as_array).map_or(0, Vec::len);
    if length("/app_state/genutil/gen_txs") != 1 {
        return Some(format!("{} gentxs", length("/app_state/genutil/gen_txs")));
    }
    if length("/app_state/bank/balances") != 3 {
        return Some(format!("{} accounts", length("/app_state/bank/balances")));
    }
    let text = |file: &str| fs::read_to_string(home.join("config").join(file)).unwrap_or_default();
    if !text("config.toml").contains("\nladdr = \"tcp://0.0.0.0:26657\"") {
        return Some("config.toml is not edited".to_owned());
    }
    if !text("app.toml").contains("max-request-body-size = 10737418240") {
        return Some("app.toml is not edited".to_owned());
    }
    let files = ["config/node_key.json", "config/priv_validator_key.json"];
    let data = ["data/priv_validator_state.json", "keyring-test/validator.info"];
    for file in files.iter().chain(&data) {
        if !home.join(file).exists() {
            return Some(format!("no {file}"));
        }
    }
    if home.join(".staging").exists() {
        return Some("the staging folder is still there".to_owned());
    }
    let validate = Command::new(bin(&format!("{app}d")))
        .args(["genesis", "validate"])
        .arg(&genesis)
        .arg("--home")
        .arg(home)
        .output()
        .expect("the program starts");
    let said = String::from_utf8_lossy(&validate.stderr).into_owned();
    (!validate.status.success()).then_some(said)
}
