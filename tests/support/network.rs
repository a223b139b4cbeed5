//! A hub and its spokes: real chains on loopback addresses of their own, and a relayer-agent
//! beside them. All of it ends with the test.

use std::{
    fs::{self, File},
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicU8, Ordering},
    time::{Duration, Instant},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use serde_json::Value;
use tempfile::TempDir;

use crate::{MNEMONIC, agent::write, bin, http, wait};

/// How long chains may take to come up.
const LIMIT: Duration = Duration::from_secs(90);

/// The last part of the next chain's address.
static NEXT: AtomicU8 = AtomicU8::new(10);

/// How the chains of a network are made.
#[derive(Clone, Debug)]
pub struct Terms {
    /// The setting `blockTime`; the node's own default, 5 s, if it is none.
    pub block_time: Option<&'static str>,
    /// How many lanes are funded in the genesis.
    pub lanes: u32,
    /// More variables of the chains' environment.
    pub env: &'static [(&'static str, &'static str)],
    /// How many blocks are kept; all if it is none.
    pub keep: Option<u32>,
}

/// Chains, and a folder for all files.
#[derive(Debug)]
pub struct Network {
    dir: TempDir,
    terms: Terms,
    /// The chains, the hub first.
    pub chains: Vec<Chain>,
}

/// A chain that runs.
#[derive(Debug)]
pub struct Chain {
    /// Its name and id.
    pub name: String,
    /// Its address on this machine.
    pub ip: IpAddr,
    dir: PathBuf,
    terms: Terms,
    child: Option<Child>,
}

/// How many of each kind a chain has, and how many transactions it ever had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counts {
    /// Clients.
    pub clients: usize,
    /// Connections, without the one to itself.
    pub connections: usize,
    /// Channels.
    pub channels: usize,
}

impl Default for Terms {
    fn default() -> Self {
        Self { block_time: Some("500ms"), lanes: 0, env: &[], keep: None }
    }
}

/// An address on this machine that no other process of the suites has.
fn address() -> IpAddr {
    let [.., high, low] = std::process::id().to_be_bytes();
    let last = NEXT.fetch_add(1, Ordering::Relaxed);
    // 127.0.0.0/14 is left to people.
    IpAddr::V4(Ipv4Addr::new(127, 16 + high % 224, low, last))
}

impl Network {
    /// Starts chains of these names at the same time, and waits until they make blocks.
    ///
    /// # Panics
    ///
    /// If one does not come up.
    pub fn start(names: &[&str]) -> Self {
        Self::with(Terms::default(), names)
    }

    /// As [`Network::start`], made in another way.
    ///
    /// # Panics
    ///
    /// As there.
    pub fn with(terms: Terms, names: &[&str]) -> Self {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let mut network = Self { dir, terms, chains: Vec::new() };
        for name in names {
            network.add(name);
        }
        network.wait();
        network
    }

    /// Starts one more chain, and does not wait for it.
    pub fn add(&mut self, name: &str) {
        let (dir, terms) = (self.dir.path().join(name), self.terms.clone());
        let mut chain = Chain { name: name.to_owned(), ip: address(), dir, terms, child: None };
        chain.up();
        self.chains.push(chain);
    }

    /// Waits until all chains that run make blocks.
    pub fn wait(&self) {
        for chain in self.chains.iter().filter(|chain| chain.child.is_some()) {
            wait::until(&format!("blocks of {}", chain.name), LIMIT, || {
                chain.height().filter(|height| *height >= 2)
            });
        }
    }

    /// The folder of everything.
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// The chain of that name.
    ///
    /// # Panics
    ///
    /// If there is none.
    pub fn chain(&mut self, name: &str) -> &mut Chain {
        let found = self.chains.iter_mut().find(|chain| chain.name == name);
        found.unwrap_or_else(|| panic!("there is no chain {name}"))
    }

    /// What is registered on the hub: ids and addresses.
    ///
    /// # Panics
    ///
    /// If the hub does not answer.
    pub fn endpoints(&self) -> Vec<(String, String)> {
        let hub = self.chains.first().expect("there is a hub");
        let answer = hub.api("/gwc/gateway/v1/storage_endpoints");
        let list = answer.pointer("/endpoints").and_then(Value::as_array);
        let pair =
            |e: &Value| (text(e, "/chain_id").to_owned(), text(e, "/api_endpoint").to_owned());
        list.into_iter().flatten().map(pair).collect()
    }

    /// The hub's channel to a spoke.
    ///
    /// # Panics
    ///
    /// If there is none.
    pub fn hub_channel(&mut self, spoke: &str) -> String {
        let channels = self.chain(spoke).channels();
        let first = channels.first().unwrap_or_else(|| panic!("{spoke} has no channel"));
        text(first, "/counterparty/channel_id").to_owned()
    }

    /// The transactions in all blocks of all chains.
    pub fn transactions(&self) -> u64 {
        self.chains.iter().map(Chain::transactions).sum()
    }

    /// Insists that the hub has exactly one link to each spoke, and each spoke one to the hub.
    ///
    /// # Panics
    ///
    /// If that is not so, with what is there.
    pub fn assert_one_of_each(&self) {
        let spokes = self.chains.len() - 1;
        for (index, chain) in self.chains.iter().enumerate() {
            let n = if index == 0 { spokes } else { 1 };
            let wanted = Counts { clients: n, connections: n, channels: n };
            assert_eq!(chain.counts(), wanted, "{}", chain.name);
        }
        self.assert_open();
    }

    /// Insists that each spoke has an open channel whose other end, on the hub, is open too.
    ///
    /// # Panics
    ///
    /// If that is not so, with what is there.
    pub fn assert_open(&self) {
        let hub = self.chains.first().expect("there is a hub").channels();
        for spoke in self.chains.iter().skip(1).filter(|chain| chain.child.is_some()) {
            let app = if spoke.name.starts_with("mdsc") { "metastore" } else { "datastore" };
            let channels = spoke.channels();
            let found = channels.iter().find(|channel| text(channel, "/state") == "STATE_OPEN");
            let found = found.unwrap_or_else(|| panic!("{}: {channels:?}", spoke.name));
            assert_eq!(text(found, "/port_id"), app);
            assert_eq!(text(found, "/version"), "raidchain-1");
            assert_eq!(text(found, "/ordering"), "ORDER_UNORDERED");
            let is_other = |channel: &&Value| {
                text(channel, "/channel_id") == text(found, "/counterparty/channel_id")
            };
            let other = hub.iter().find(is_other).unwrap_or_else(|| panic!("{hub:?}"));
            assert_eq!(text(other, "/state"), "STATE_OPEN");
            assert_eq!(text(other, "/port_id"), "gateway");
            assert_eq!(text(other, "/counterparty/port_id"), app);
            assert_eq!(text(other, "/version"), "raidchain-1");
        }
    }
}

impl Chain {
    /// Makes the home if there is none, and starts the chain.
    ///
    /// # Panics
    ///
    /// If the agent does not start.
    pub fn up(&mut self) {
        fs::create_dir_all(&self.dir).expect("a folder for the chain");
        write(&self.dir.join("mnemonic"), MNEMONIC);
        write(&self.dir.join("kubebot.yaml"), &self.configuration());
        let log = |name: &str| File::create(self.dir.join(name)).expect("a log");
        let child = Command::new(bin("agent"))
            .args(["--config", "kubebot.yaml", "--log-format", "json"])
            .current_dir(&self.dir)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .envs(self.terms.env.iter().copied())
            .stdin(Stdio::null())
            .stdout(log("node.log"))
            .stderr(log("agent.log"))
            .spawn();
        self.child = Some(child.expect("the agent starts"));
    }

    /// Ends the chain; its home stays.
    pub fn down(&mut self) {
        let Some(mut child) = self.child.take() else { return };
        let pid = Pid::from_raw(i32::try_from(child.id()).unwrap_or_default());
        let _ = kill(pid, Signal::SIGTERM); // it may have ended
        let deadline = Instant::now() + Duration::from_secs(10);
        while matches!(child.try_wait(), Ok(None)) {
            if Instant::now() > deadline {
                let _ = kill(pid, Signal::SIGTERM); // the second one does not wait
            }
            wait::pause(Duration::from_millis(20));
        }
    }

    /// Ends the chain, removes its home, and starts another one under the same chain-id.
    ///
    /// # Panics
    ///
    /// If the home cannot be removed.
    pub fn wipe(&mut self) {
        self.down();
        fs::remove_dir_all(self.dir.join("home")).expect("the home can be removed");
        self.up();
    }

    /// The last block, if the chain answers.
    pub fn height(&self) -> Option<u64> {
        http::height(self.socket(26657))
    }

    /// The first block that the node still has.
    pub fn earliest(&self) -> Option<u64> {
        let status: Value =
            serde_json::from_str(&http::get(self.socket(26657), "/status").ok()?).ok()?;
        text(&status, "/result/sync_info/earliest_block_height").parse().ok()
    }

    /// What the chain has of each kind.
    pub fn counts(&self) -> Counts {
        Counts {
            clients: self
                .list("/ibc/core/client/v1/client_states", "/client_states", |client| {
                    text(client, "/client_id").starts_with("07-tendermint")
                })
                .len(),
            connections: self.connections().len(),
            channels: self.channels().len(),
        }
    }

    /// Its connections, without the one to itself.
    pub fn connections(&self) -> Vec<Value> {
        self.list("/ibc/core/connection/v1/connections", "/connections", |connection| {
            text(connection, "/id") != "connection-localhost"
        })
    }

    /// Its channels.
    pub fn channels(&self) -> Vec<Value> {
        self.list("/ibc/core/channel/v1/channels", "/channels", |_| true)
    }

    /// Asks its API.
    pub fn api(&self, path: &str) -> Value {
        wait::until(&format!("the API of {}", self.name), LIMIT, || {
            serde_json::from_str(&http::get(self.socket(1317), path).ok()?).ok()
        })
    }

    /// How many transactions its blocks have.
    fn transactions(&self) -> u64 {
        self.found("tx.height%3E0")
    }

    /// How many transactions an account of this chain has signed.
    pub fn signed_by(&self, address: &str) -> u64 {
        self.found(&format!("message.sender%3D'{address}'"))
    }

    /// How many transactions fit a query, in the form of addresses.
    fn found(&self, query: &str) -> u64 {
        let path = format!("/tx_search?query=%22{query}%22&per_page=1");
        let answer = http::get(self.socket(26657), &path).unwrap_or_default();
        let answer: Value = serde_json::from_str(&answer).unwrap_or_default();
        text(&answer, "/result/total_count").parse().unwrap_or_default()
    }

    fn list(&self, path: &str, pointer: &str, keep: impl Fn(&Value) -> bool) -> Vec<Value> {
        let answer = self.api(&format!("{path}?pagination.limit=1000"));
        let list = answer.pointer(pointer).and_then(Value::as_array).cloned().unwrap_or_default();
        list.into_iter().filter(keep).collect()
    }

    fn socket(&self, port: u16) -> SocketAddr {
        SocketAddr::new(self.ip, port)
    }

    fn configuration(&self) -> String {
        let (name, ip, dir) = (&self.name, self.ip, self.dir.display());
        let app = name.split('-').next().unwrap_or(name);
        let binary = bin(&format!("{app}d"));
        let lanes = self.terms.lanes;
        let (genesis, retain) = match self.terms.keep {
            // A chain keeps what may still be evidence, whatever its node is told.
            Some(n) => (
                format!("\n  genesis: {{consensus.params.evidence.max_age_num_blocks: \"{n}\"}}"),
                n,
            ),
            None => (String::new(), 0),
        };
        let block_time = self.terms.block_time;
        let block_time = block_time.map_or_else(String::new, |t| format!("\n  blockTime: {t}"));
        format!(
            "init:
  chainId: {name}
  app: {app}
  binary: {binary}
  home: {dir}/home
  mnemonic: {{file: {dir}/mnemonic}}
  lanes: {lanes}{block_time}{genesis}
  config.toml:
    rpc.laddr: tcp://{ip}:26657
    rpc.pprof_laddr: {ip}:6060
    p2p.laddr: tcp://{ip}:26656
  app.toml:
    min-retain-blocks: {retain}
    api.address: tcp://{ip}:1317
    grpc.address: {ip}:9090
supervise: {{grace: 5s}}
",
            binary = binary.display(),
        )
    }
}

impl Drop for Chain {
    fn drop(&mut self) {
        self.down();
    }
}

/// The text at a place of an answer; empty if there is none.
pub fn text<'v>(value: &'v Value, pointer: &str) -> &'v str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}
