//! The `rly` program, v2.6.0: one function a command, and its files as types.
//!
//! Its `config init`, `chains add`, `keys restore` and `paths new` are not used: they lose updates
//! when several run (its lock is none), they cannot take the relayer's HD path, and `keys
//! restore` shows the mnemonic to every process. The whole configuration is written at once.

pub mod process;
pub mod said;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    time::Duration,
};

use agent::{
    cosmos::{
        keyring::{self, Keyring, KeyringError},
        keys::PrivateKey,
    },
    files::{self, FileError},
    pod::child::{Command, Output, Standard},
};
use serde::Serialize;
use serde_json::Number;

use crate::{
    chain::Chain,
    config::LinkPath,
    link::decide::{Link, Pair},
};

/// The name of the relayer's key in every keyring.
pub const RELAYER: &str = "relayer";

/// The name of a lane's key.
pub const LANE: &str = "lane";

/// How often `rly` looks for a new block while it links; its own default is a second, which is
/// a whole block of a test chain.
const LINK_LOOP: &str = "250ms";

/// How often `rly start` does. It begins its work when it has seen all blocks but one, which with
/// blocks of half a second and its own default of a second it hardly ever has.
const START_LOOP: &str = "500ms";

/// A home of `rly`.
#[derive(Clone, Debug)]
pub struct Home(pub PathBuf);

/// `config.yaml`, written as JSON, which is YAML.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Config {
    global: Global,
    chains: BTreeMap<String, ChainEntry>,
    paths: BTreeMap<String, PathEntry>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
struct Global {
    timeout: &'static str,
    memo: &'static str,
    light_cache_size: u32,
    log_level: &'static str,
    ics20_memo_limit: u32,
    max_receiver_size: u32,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
struct ChainEntry {
    r#type: &'static str,
    value: ChainValue,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
struct ChainValue {
    key: String,
    chain_id: String,
    rpc_addr: String,
    account_prefix: String,
    keyring_backend: &'static str,
    gas_adjustment: Number,
    gas_prices: String,
    timeout: &'static str,
    output_format: &'static str,
    sign_mode: &'static str,
    min_loop_duration: &'static str,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
struct PathEntry {
    src: PathEnd,
    dst: PathEnd,
    src_channel_filter: Filter,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
struct PathEnd {
    #[serde(rename = "chain-id")]
    chain: String,
    #[serde(rename = "client-id", skip_serializing_if = "String::is_empty")]
    client: String,
    #[serde(rename = "connection-id", skip_serializing_if = "String::is_empty")]
    connection: String,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
struct Filter {
    rule: &'static str,
    channel_list: Vec<String>,
}

/// A path's two chains.
#[derive(Clone, Copy, Debug)]
pub struct Ends<'a> {
    /// The first.
    pub src: &'a Chain,
    /// The second.
    pub dst: &'a Chain,
}

impl Config {
    /// A configuration without chains and paths.
    pub fn empty() -> Self {
        let global = Global {
            timeout: "20s",
            memo: "",
            light_cache_size: 20,
            log_level: "info",
            ics20_memo_limit: 0,
            max_receiver_size: 0,
        };
        Self { global, chains: BTreeMap::new(), paths: BTreeMap::new() }
    }

    /// The configuration in which one path is linked, with its own signer on the first chain.
    pub fn to_link(
        path: &LinkPath,
        ends: Ends<'_>,
        signer: &str,
        clients: Option<&Pair>,
        connection: Option<&Pair>,
    ) -> Self {
        let mut config = Self::empty();
        config.add_chain(ends.src, signer, LINK_LOOP);
        config.add_chain(ends.dst, RELAYER, LINK_LOOP);
        config.add_path(path, ends, clients, connection, None);
        config
    }

    /// Adds a linked path and its chains, for `rly start`.
    pub fn add_link(&mut self, path: &LinkPath, ends: Ends<'_>, link: &Link) {
        self.add_chain(ends.src, RELAYER, START_LOOP);
        self.add_chain(ends.dst, RELAYER, START_LOOP);
        let (clients, connection) = (Some(&link.clients), Some(&link.connection));
        self.add_path(path, ends, clients, connection, Some(&link.channel.src));
    }

    fn add_chain(&mut self, chain: &Chain, key: &str, min_loop: &'static str) {
        let config = &chain.config;
        let adjustment = config.gas_adjustment.to_string();
        let value = ChainValue {
            key: key.to_owned(),
            chain_id: config.chain_id.to_string(),
            rpc_addr: config.rpc.to_string(),
            account_prefix: config.prefix.to_string(),
            keyring_backend: "test",
            gas_adjustment: adjustment.parse().unwrap_or_else(|_| Number::from(2)),
            gas_prices: config.gas_prices(),
            timeout: "20s",
            output_format: "json",
            sign_mode: "direct",
            min_loop_duration: min_loop,
        };
        self.chains.insert(config.chain_id.to_string(), ChainEntry { r#type: "cosmos", value });
    }

    fn add_path(
        &mut self,
        path: &LinkPath,
        ends: Ends<'_>,
        clients: Option<&Pair>,
        connection: Option<&Pair>,
        channel: Option<&str>,
    ) {
        let id = |pair: Option<&Pair>, of: fn(&Pair) -> &String| pair.map(of).cloned();
        let end = |chain: &Chain, of: fn(&Pair) -> &String| PathEnd {
            chain: chain.config.chain_id.to_string(),
            client: id(clients, of).unwrap_or_default(),
            connection: id(connection, of).unwrap_or_default(),
        };
        let entry = PathEntry {
            src: end(ends.src, |pair| &pair.src),
            dst: end(ends.dst, |pair| &pair.dst),
            src_channel_filter: Filter {
                rule: if channel.is_some() { "allowlist" } else { "" },
                channel_list: channel.map(str::to_owned).into_iter().collect(),
            },
        };
        self.paths.insert(path.name.clone(), entry);
    }

    /// The text of the file.
    pub fn to_text(&self) -> String {
        serde_json::to_string_pretty(self).map(|text| text + "\n").unwrap_or_default()
    }
}

impl Home {
    /// The file of the configuration.
    pub fn config_file(&self) -> PathBuf {
        self.0.join("config/config.yaml")
    }

    /// Writes the whole configuration, if it is another.
    ///
    /// # Errors
    ///
    /// [`FileError`] if it cannot be written.
    pub fn write_config(&self, config: &Config) -> Result<bool, FileError> {
        let (file, text) = (self.config_file(), config.to_text());
        if files::read(&file)?.is_some_and(|bytes| bytes == text.as_bytes()) {
            return Ok(false);
        }
        files::make_dir(&self.0.join("config"), files::PRIVATE_DIR)?;
        files::replace(&file, text.as_bytes(), files::PRIVATE)?;
        Ok(true)
    }

    /// Writes a key into the chain's keyring, if it is not there.
    ///
    /// # Errors
    ///
    /// [`KeyringError`] if it cannot be written.
    pub fn write_key(&self, chain: &Chain, name: &str, key: &PrivateKey) -> Result<(), KeyError> {
        write_key(&self.0.join("keys").join(chain.config.chain_id.as_str()), name, key)
    }
}

/// Why a key could not be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The keyring cannot be read, or the key not be encrypted.
    #[error(transparent)]
    Keyring(#[from] KeyringError),
    /// The file cannot be written.
    #[error(transparent)]
    File(#[from] FileError),
}

/// Writes a key into the `test` keyring in a folder, if it is not there: as far as the names of
/// the files tell, since deriving the keyring's own key takes milliseconds a file.
///
/// # Errors
///
/// [`KeyError`] if it cannot be written.
pub fn write_key(folder: &Path, name: &str, key: &PrivateKey) -> Result<(), KeyError> {
    let keyring = Keyring::test(folder);
    let file = keyring.dir().join(format!("{name}.info"));
    let address = key.public_key().address();
    if keyring::has_address(keyring.dir(), address)? && files::read(&file)?.is_some() {
        return Ok(());
    }
    files::make_dir(keyring.dir(), keyring::DIR_MODE)?;
    for entry in keyring.entries(name, key)? {
        files::replace(&keyring.dir().join(&entry.file_name), &entry.contents, keyring::FILE_MODE)?;
    }
    Ok(())
}

/// A command line of `rly`, log as JSON.
fn command(program: &Path, home: &Home, words: &[&str]) -> Command {
    let home = home.0.to_string_lossy();
    let options = ["--home", &home, "--log-format", "json"];
    let mut command = Command::new(program, words.iter().chain(&options));
    command.stdout = Output::Own(Standard::Error);
    command
}

/// `rly transact client`: makes a client on `on` that follows `of`, whatever there is already.
pub fn create_client(program: &Path, home: &Home, path: &str, on: &Chain, of: &Chain) -> Command {
    let (on, of) = (on.config.chain_id.as_str(), of.config.chain_id.as_str());
    command(program, home, &["transact", "client", on, of, path, "--override"])
}

/// `rly transact clients`: makes a client on each chain, whatever there is already.
pub fn create_clients(program: &Path, home: &Home, path: &str) -> Command {
    command(program, home, &["transact", "clients", path, "--override"])
}

/// `rly start` for one path that is not linked: it finishes every handshake whose beginning is in
/// the last `history` blocks, and begins none, so that it can make nothing twice.
pub fn finish(program: &Path, home: &Home, path: &str, history: u64) -> Command {
    let history = history.to_string();
    command(program, home, &["start", path, "--block-history", &history, "--flush-interval", "24h"])
}

/// `rly start` for all linked paths.
pub fn start(
    program: &Path,
    home: &Home,
    paths: &[String],
    metrics: &str,
    args: &[String],
    generation: u64,
) -> Command {
    let mut words = vec!["start"];
    words.extend(paths.iter().map(String::as_str));
    words.extend(["--enable-metrics-server", "--metrics-listen-addr", metrics]);
    words.extend(args.iter().map(String::as_str));
    let mut command = command(program, home, &words);
    command.stdout = Output::Own(Standard::Output);
    // `rly` reads its configuration only at its start; another command line is what restarts it.
    command.env = vec![("RELAYER_AGENT_START".into(), generation.to_string().into())];
    command
}

/// How many blocks back a handshake may have begun when nothing says where.
pub const HISTORY: u64 = 2_000;

/// How long a process of `rly` that was asked to end may take: it needs 10 ms.
pub const GRACE: Duration = Duration::from_secs(2);
