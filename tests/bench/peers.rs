//! What starts the node: nothing, a peer, or the agent.

mod supervisors;

use std::{
    env,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::Command,
};

use chainpod_tests::agent::write;
use serde_json::json;

use crate::stub;

/// Peers that take a command line after their own words, if they are installed.
const PREFIXES: [(&str, &[&str]); 3] =
    [("tini", &["-s", "--"]), ("dumb-init", &["--"]), ("catatonit", &["--"])];

/// One way to start the node.
#[derive(Clone, Debug)]
pub struct Peer {
    /// Its name in the table.
    pub name: &'static str,
    words: Vec<String>,
    /// Whether the node's words follow; otherwise a file of the peer's has them.
    takes_command: bool,
    env: Vec<(String, String)>,
}

impl Peer {
    /// The node without anything around it.
    pub fn none() -> Self {
        Self { name: "none", words: Vec::new(), takes_command: true, env: Vec::new() }
    }

    /// The inits that are installed.
    pub fn inits() -> Vec<Self> {
        let installed = PREFIXES.iter().filter_map(|(name, options)| {
            let program = find(name)?.to_string_lossy().into_owned();
            let options = options.iter().map(|word| (*word).to_owned());
            Some(Self {
                name,
                words: [program].into_iter().chain(options).collect(),
                takes_command: true,
                env: Vec::new(),
            })
        });
        installed.collect()
    }

    /// The shell script that stood where the agent stands.
    pub fn script(dir: &Path, node: &[String]) -> Self {
        let body = "trap 'kill -TERM $p; wait $p' TERM\n\"$@\" & p=$!\nwait $p\n";
        Self::of_script("script", dir, body, node)
    }

    /// A copier of lines around the node, as kubebot's log watching is one.
    pub fn relay(node: &[String]) -> Self {
        let words = self::node(&[stub::RELAY]).into_iter().chain(node.iter().cloned());
        Self { name: "line relay", words: words.collect(), takes_command: false, env: Vec::new() }
    }

    /// The script's loop, without its wait of a second.
    pub fn script_loop(dir: &Path, node: &[String]) -> Self {
        let body = "trap 'kill -TERM $p; wait $p; exit' TERM\n\
                    while :; do \"$@\" & p=$!; wait $p; sleep 0.001; done\n";
        Self::of_script("script", dir, body, node)
    }

    fn of_script(name: &'static str, dir: &Path, body: &str, node: &[String]) -> Self {
        let path = dir.join(format!("{}.sh", body.len()));
        write(&path, &format!("#!/bin/bash\n{body}"));
        let mode = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(&path, mode).expect("it is ours");
        let script = [path.to_string_lossy().into_owned()];
        let words = script.into_iter().chain(node.iter().cloned()).collect();
        Self { name, words, takes_command: false, env: Vec::new() }
    }

    /// The agent with this configuration before its `nodeTemplate`.
    pub fn agent(agent: &Path, file: &Path, config: &str, node: &[String]) -> Self {
        let template = json!({ "command": node });
        write(file, &format!("{config}nodeTemplate: {template}\n"));
        Self::of_agent([agent, Path::new("-c"), file])
    }

    /// The agent that follows this configuration.
    pub fn watching(agent: &Path, file: &Path) -> Self {
        Self::of_agent([agent, Path::new("-w"), Path::new("-c"), file])
    }

    fn of_agent<const N: usize>(words: [&Path; N]) -> Self {
        let words = words.map(|word| word.to_string_lossy().into_owned());
        Self { name: "agent", words: words.into(), takes_command: false, env: Vec::new() }
    }

    /// Its name, for another table.
    #[must_use]
    pub fn named(self, name: &'static str) -> Self {
        Self { name, ..self }
    }

    /// The words of its own command line.
    pub fn words(&self) -> &[String] {
        &self.words
    }

    /// Whether the node's words follow its own.
    pub fn takes_command(&self) -> bool {
        self.takes_command
    }

    /// The command that starts this node.
    pub fn command(&self, node: &[String]) -> Command {
        let rest = if self.takes_command { node } else { &[] };
        let mut words = self.words.iter().chain(rest);
        let mut command = Command::new(words.next().expect("a node has words"));
        command.args(words).envs(self.env.iter().map(|(name, value)| (name, value)));
        command
    }
}

/// The node's command line: this program, with these words.
pub fn node(words: &[&str]) -> Vec<String> {
    let program = env::current_exe().expect("this program has a path");
    let first = [program.to_string_lossy().into_owned(), stub::WORD.to_owned()];
    first.into_iter().chain(words.iter().map(|word| (*word).to_owned())).collect()
}

fn find(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path).map(|dir| dir.join(program)).find(|file| file.is_file())
}
