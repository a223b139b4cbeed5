//! Folders and configurations for the agent that is measured.

use std::{
    fs,
    path::{Path, PathBuf},
};

use chainpod_tests::{MNEMONIC, agent::write, bin};
use tempfile::TempDir;

use crate::{
    peers::{Peer, node},
    run::Run,
    series::Result,
};

/// The agent that is measured, and where.
#[derive(Debug)]
pub struct Fixture {
    /// The agent's program.
    pub agent: PathBuf,
    dir: TempDir,
}

impl Fixture {
    /// A folder of its own, gone with this value.
    pub fn new(agent: &Path) -> Result<Self> {
        let dir = tempfile::tempdir()?;
        write(&dir.path().join("mnemonic"), MNEMONIC);
        let missing = |error| format!("{}: {error}; run `make bin`", agent.display());
        Ok(Self { agent: fs::canonicalize(agent).map_err(missing)?, dir })
    }

    /// The folder.
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// The home of a test chain, of this name.
    pub fn home(&self, name: &str) -> PathBuf {
        self.dir().join(name)
    }

    /// The configuration's `init` section for a home.
    pub fn init_section(&self, home: &Path, engine: &str) -> String {
        format!(
            "init: {{chainId: gwc, app: gwc, binary: {binary}, home: {home}, engine: {engine}, \
             mnemonic: {{file: {mnemonic}}}}}\n",
            binary = bin("gwcd").display(),
            home = home.display(),
            mnemonic = self.dir().join("mnemonic").display(),
        )
    }

    /// An agent with this configuration, and a node that sleeps.
    pub fn agent_with(&self, name: &'static str, config: &str) -> Peer {
        self.agent_for(name, config, &node(&[]))
    }

    /// An agent with this configuration and this node.
    pub fn agent_for(&self, name: &'static str, config: &str, node: &[String]) -> Peer {
        let file = self.dir().join(format!("{name}.yaml").replace(' ', "-"));
        Peer::agent(&self.agent, &file, config, node).named(name)
    }

    /// An agent whose home is whole already.
    pub fn agent_with_home(&self) -> Result<Peer> {
        let home = self.home("whole");
        let peer = self.agent_with("agent, home", &self.init_section(&home, "native"));
        if !home.exists() {
            drop(Run::up(peer.command(&[]))?);
        }
        Ok(peer)
    }
}
