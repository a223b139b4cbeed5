//! The node's program: one function a command.

use std::{path::Path, time::Duration};

use super::home::Home;
use crate::{
    config::init::InitConfig,
    cosmos::{
        coin::{Coin, Coins},
        hd::HdPath,
        mnemonic::Mnemonic,
    },
    pod::{
        exec::{Cmd, ExecError},
        reaper::Reaper,
    },
};

/// How long one command may take. Each takes a second at most; a machine may be busy.
const LIMIT: Duration = Duration::from_mins(2);

/// The node's program, and the home that its commands work on.
#[derive(Clone, Debug)]
pub struct Node<'a> {
    program: &'a Path,
    home: &'a Home,
    reaper: &'a Reaper,
}

impl<'a> Node<'a> {
    /// Names the program and the home.
    pub fn new(program: &'a Path, home: &'a Home, reaper: &'a Reaper) -> Self {
        Self { program, home, reaper }
    }

    /// `<app>d version --long`: what the program was built with.
    ///
    /// # Errors
    ///
    /// [`ExecError`] if it fails.
    pub async fn version(&self) -> Result<String, ExecError> {
        // Without a home even this command makes one, at a place that may be read-only.
        let cmd = self.cmd(["version", "--long"]).arg("--home").arg(self.home.root());
        let output = cmd.output(self.reaper).await?;
        Ok(String::from_utf8_lossy(&output).into_owned())
    }

    /// `<app>d init`: the default genesis and configuration, and the keys that are not there yet.
    ///
    /// # Errors
    ///
    /// [`ExecError`] if it fails.
    pub async fn init(&self, config: &InitConfig) -> Result<(), ExecError> {
        let cmd = self
            .cmd(["init", &config.moniker, "--chain-id", config.chain_id.as_str()])
            .args(["--default-denom", config.denom.as_str()]);
        self.run(cmd).await
    }

    /// `<app>d keys add --recover`; the words go to standard input.
    ///
    /// # Errors
    ///
    /// [`ExecError`] if it fails.
    pub async fn add_key(
        &self,
        name: &str,
        mnemonic: &Mnemonic,
        path: &HdPath,
    ) -> Result<(), ExecError> {
        let phrase = mnemonic.phrase();
        // With the room that it needs from the start, so that no copy of the words stays behind.
        let mut line = Vec::with_capacity(phrase.len() + 1);
        line.extend_from_slice(phrase.as_bytes());
        line.push(b'\n');
        let cmd = self
            .cmd(["keys", "add", name, "--recover", "--hd-path", &path.to_string()])
            .args(["--keyring-backend", "test", "--output", "json"])
            .stdin(line);
        self.run(cmd).await
    }

    /// `<app>d genesis add-genesis-account`.
    ///
    /// # Errors
    ///
    /// [`ExecError`] if it fails.
    pub async fn add_genesis_account(&self, address: &str, coins: &Coins) -> Result<(), ExecError> {
        let cmd = self.cmd(["genesis", "add-genesis-account", address, &coins.to_string()]);
        self.run(cmd.args(["--keyring-backend", "test"])).await
    }

    /// `<app>d genesis gentx`.
    ///
    /// # Errors
    ///
    /// [`ExecError`] if it fails.
    pub async fn gentx(
        &self,
        name: &str,
        amount: &Coin,
        config: &InitConfig,
    ) -> Result<(), ExecError> {
        let mut cmd = self.cmd(["genesis", "gentx", name, &amount.to_string()]).args([
            "--chain-id",
            config.chain_id.as_str(),
            "--keyring-backend",
            "test",
        ]);
        if let Some(host) = &config.peer_host {
            cmd = cmd.args(["--ip", host]);
        }
        self.run(cmd).await
    }

    /// `<app>d genesis collect-gentxs`.
    ///
    /// # Errors
    ///
    /// [`ExecError`] if it fails.
    pub async fn collect_gentxs(&self) -> Result<(), ExecError> {
        self.run(self.cmd(["genesis", "collect-gentxs"])).await
    }

    /// `<app>d genesis validate`.
    ///
    /// # Errors
    ///
    /// [`ExecError`] if the genesis is not valid.
    pub async fn validate_genesis(&self) -> Result<(), ExecError> {
        let genesis = self.home.genesis();
        self.run(self.cmd(["genesis", "validate"]).arg(genesis)).await
    }

    /// `<app>d genesis <words>`, a command that the configuration asks for.
    ///
    /// # Errors
    ///
    /// [`ExecError`] if it fails.
    pub async fn genesis_command(&self, words: &[String]) -> Result<(), ExecError> {
        self.run(self.cmd(["genesis"]).args(words)).await
    }

    fn cmd<const N: usize>(&self, args: [&str; N]) -> Cmd {
        Cmd::new(self.program).args(args).limit(LIMIT)
    }

    async fn run(&self, cmd: Cmd) -> Result<(), ExecError> {
        cmd.arg("--home").arg(self.home.root()).output(self.reaper).await.map(|_| ())
    }
}
