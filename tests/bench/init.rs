//! How long a home takes to be made.

use std::{fs, path::Path, process::Command};

use chainpod_tests::chain::{self, ACCOUNTS};

use crate::{
    fixture::Fixture,
    report::{Line, Target},
    series::{Result, interleave},
    stub,
};

const ROUNDS: usize = 5;

/// Measures both engines, the shell's commands and the node's own `init` alone.
pub fn measure(fixture: &Fixture) -> Result<Vec<Line>> {
    let measure = "make a home, synced to disk";
    let names = ["agent", "cli engine", "13 commands of the shell", "one bare `gwcd init`"];
    let series = interleave(&names, ROUNDS, |place| {
        let home = fixture.home("new");
        let began = stub::now();
        match place {
            0 => agent_init(fixture, &home, "native")?,
            1 => agent_init(fixture, &home, "cli")?,
            2 => shell_init(&home),
            _ => drop(chain::run("gwc", &home, &["init", "gwc", "--chain-id", "gwc"], "")),
        }
        let took = stub::now() - began;
        if let (0..=2, Some(flaw)) = (place, flaw(&home)) {
            return Err(format!("the home of {} is not whole: {flaw}", names[place]).into());
        }
        fs::remove_dir_all(&home)?;
        Ok([took])
    })?;
    let [[native], [cli], [shell], [bare]] = series.as_slice() else { return Ok(Vec::new()) };
    Ok(vec![
        Line::beside(measure, "s", native, shell).target(Target::Faster(8.0)),
        Line::beside(measure, "s", native, bare).target(Target::Times(2.0)),
        Line::beside(measure, "s", native, cli),
        Line::beside("the same by the cli engine", "s", cli, shell),
    ])
}

fn agent_init(fixture: &Fixture, home: &Path, engine: &str) -> Result<()> {
    let config = fixture.init_section(home, engine);
    let peer = fixture.agent_with(if engine == "cli" { "cli" } else { "native" }, &config);
    let output = Command::new(&fixture.agent).arg("init").args(&peer.words()[1..]).output()?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("`agent init` failed: {}", String::from_utf8_lossy(&output.stderr)).into())
}

/// The commands of the shell entrypoint: `init`, then for each account `keys add`, `keys show`
/// and `add-genesis-account`, then `gentx`, `collect-gentxs` and `validate`.
fn shell_init(home: &Path) {
    let run = |words: &[&str], stdin: &str| chain::run("gwc", home, words, stdin);
    let test = ["--keyring-backend", "test"];
    run(&["init", "gwc", "--chain-id", "gwc"], "");
    for (name, path, balance) in ACCOUNTS {
        let words = [&["keys", "add", name, "--recover", "--hd-path", path][..], &test].concat();
        run(&words, &format!("{}\n", chainpod_tests::MNEMONIC));
        let address = run(&[&["keys", "show", name, "-a"][..], &test].concat(), "");
        run(&["genesis", "add-genesis-account", address.trim(), balance], "");
    }
    let words = ["genesis", "gentx", "validator", "1000000000uatom", "--chain-id", "gwc"];
    run(&[&words[..], &test].concat(), "");
    run(&["genesis", "collect-gentxs"], "");
    run(&["genesis", "validate"], "");
}

/// What a home lacks, if anything: what is measured must be the same work.
fn flaw(home: &Path) -> Option<&'static str> {
    let genesis = chain::json(&home.join("config/genesis.json"));
    let length = |pointer: &str| {
        let list = genesis.pointer(pointer).and_then(serde_json::Value::as_array);
        list.map_or(0, Vec::len)
    };
    if length("/app_state/genutil/gen_txs") != 1 {
        return Some("no gentx");
    }
    (length("/app_state/bank/balances") != 3).then_some("not three accounts")
}
