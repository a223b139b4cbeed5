//! Supervisors that are told by files what to run.

use std::{
    fs,
    os::unix::fs::{PermissionsExt as _, symlink},
    path::{Path, PathBuf},
};

use chainpod_tests::{agent::write, root};
use serde_json::json;

use super::{Peer, find};

impl Peer {
    /// The supervisors that are installed, each with the node in files below `dir`: s6 from
    /// Debian's package, Pebble, cosmovisor and Horust from `make peers`.
    ///
    /// # Errors
    ///
    /// The files cannot be written.
    pub fn supervisors(dir: &Path, node: &[String]) -> std::io::Result<Vec<Self>> {
        let mut found = Vec::new();
        if let Some(program) = find("s6-svscan") {
            found.push(s6(&program, &dir.join("s6"), node)?);
        }
        let built = |name: &str| Some(root().join("bin/peers").join(name)).filter(|p| p.is_file());
        if let Some(program) = built("pebble") {
            found.push(pebble(&program, &dir.join("pebble"), node)?);
        }
        if let Some(program) = built("cosmovisor") {
            found.push(cosmovisor(&program, &dir.join("cosmovisor"), node)?);
        }
        if let Some(program) = built("horust") {
            found.push(horust(&program, &dir.join("horust"), node)?);
        }
        Ok(found)
    }
}

fn peer(name: &'static str, program: &Path, words: &[&str], env: &[(&str, &Path)]) -> Peer {
    let program = program.to_string_lossy().into_owned();
    let words = std::iter::once(program).chain(words.iter().map(|word| (*word).to_owned()));
    let env = env.iter().map(|(name, path)| ((*name).to_owned(), path.display().to_string()));
    Peer { name, words: words.collect(), takes_command: false, env: env.collect() }
}

/// Quoted for a shell and for what reads words as one.
fn line(node: &[String]) -> String {
    node.iter().map(|word| format!("'{word}'")).collect::<Vec<_>>().join(" ")
}

fn script(path: &Path, body: &str) -> std::io::Result<()> {
    fs::create_dir_all(path.parent().unwrap_or(path))?;
    write(path, &format!("#!/bin/sh\n{body}\n"));
    fs::set_permissions(path, fs::Permissions::from_mode(0o755))
}

/// As its documentation has it: the end of the one service ends the tree.
fn s6(program: &Path, dir: &Path, node: &[String]) -> std::io::Result<Peer> {
    script(&dir.join("node/run"), &format!("exec {}", line(node)))?;
    script(&dir.join("node/finish"), &format!("s6-svscanctl -t {}; exit 125", dir.display()))?;
    script(&dir.join(".s6-svscan/finish"), "exit 0")?;
    Ok(peer("s6", program, &[&dir.to_string_lossy()], &[]))
}

fn pebble(program: &Path, dir: &Path, node: &[String]) -> std::io::Result<Peer> {
    let service = json!({"override": "replace", "startup": "enabled", "command": line(node),
        "on-success": "shutdown", "on-failure": "shutdown"});
    fs::create_dir_all(dir.join("layers"))?;
    let layer = json!({"services": {"node": service}});
    write(&dir.join("layers/001-node.yaml"), &layer.to_string());
    // Verbose: it hands the node's output on only then, with a prefix that `Run` does not mind.
    Ok(peer("pebble", program, &["run", "--verbose"], &[("PEBBLE", dir)]))
}

fn cosmovisor(program: &Path, dir: &Path, node: &[String]) -> std::io::Result<Peer> {
    let bin = dir.join("cosmovisor/genesis/bin");
    fs::create_dir_all(&bin)?;
    fs::create_dir_all(dir.join("data"))?;
    let [own, rest @ ..] = node else { return Err(std::io::ErrorKind::InvalidInput.into()) };
    if !bin.join("node").exists() {
        symlink(PathBuf::from(own), bin.join("node"))?;
    }
    let words: Vec<_> = ["run"].into_iter().chain(rest.iter().map(String::as_str)).collect();
    let (name, quiet) = (Path::new("node"), Path::new("true"));
    let env = [
        ("DAEMON_NAME", name),
        ("DAEMON_HOME", dir),
        ("COSMOVISOR_DISABLE_LOGS", quiet),
        ("UNSAFE_SKIP_BACKUP", quiet),
    ];
    Ok(peer("cosmovisor", program, &words, &env))
}

fn horust(program: &Path, dir: &Path, node: &[String]) -> std::io::Result<Peer> {
    fs::create_dir_all(dir.join("services"))?;
    let text = format!(
        "command = {}\nstdout = \"STDOUT\"\nstderr = \"STDERR\"\n[restart]\nstrategy = \"never\"\n\
         [failure]\nstrategy = \"shutdown\"\n[environment]\nkeep-env = true\n",
        json!(line(node))
    );
    write(&dir.join("services/node.toml"), &text);
    let (own, services) = (dir.to_string_lossy(), dir.join("services"));
    let words = ["--uds-folder-path", &own, "--services-path", &services.to_string_lossy()];
    Ok(peer("horust", program, &words, &[]))
}
