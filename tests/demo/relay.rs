//! The demo's relayer: links the chains, registers storage, relays one packet.

use std::{
    error::Error,
    fs::{self, File},
    io::{BufRead as _, BufReader},
    net::{IpAddr, SocketAddr},
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use chainpod_tests::{MNEMONIC, agent::write, bin, chain, http, wait};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use serde_json::Value;

use super::chain::{Chain, GRACE};

/// What the packet carries.
const PACKET: (&str, &str) = ("greeting", "hello-from-the-hub");

/// How far the relayer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Not all paths are linked and registered.
    Linking,
    /// `rly start` runs.
    Relaying,
    /// The packet is on its way.
    Sent,
    /// The packet is stored on the datastore and acknowledged on the hub.
    Acknowledged,
}

/// A relayer-agent that runs.
#[derive(Debug)]
pub struct Relay {
    dir: PathBuf,
    child: Child,
    log: BufReader<File>,
    began: Instant,
    phase: Phase,
    doing: String,
    ends: Vec<(Phase, Duration)>,
    hub: IpAddr,
}

impl Relay {
    /// Starts the relayer-agent; it waits for the chains by itself.
    pub fn start(dir: &Path, chains: &[Chain]) -> Result<Self, Box<dyn Error>> {
        fs::create_dir_all(dir)?;
        let hub = chains.first().ok_or("there is no hub")?.ip;
        write(&dir.join("relayer-agent.yaml"), &configuration(dir, chains, hub));
        let log = dir.join("relayer-agent.log");
        let child = command(dir, &[])
            .process_group(0)
            .stdout(File::create(dir.join("rly.log"))?)
            .stderr(File::create(&log)?)
            .spawn()?;
        Ok(Self {
            dir: dir.to_owned(),
            child,
            log: BufReader::new(File::open(log)?),
            began: Instant::now(),
            phase: Phase::Linking,
            doing: "starting".to_owned(),
            ends: Vec::new(),
            hub,
        })
    }

    /// What it does.
    pub fn doing(&self) -> &str {
        &self.doing
    }

    /// How far it is.
    pub fn phase(&self) -> Phase {
        self.phase
    }

    /// How long it took to each phase.
    pub fn ends(&self) -> &[(Phase, Duration)] {
        &self.ends
    }

    /// Looks at its log and at the packet; a relayer-agent that ended is an error.
    pub fn look(&mut self, chains: &[Chain]) -> Result<(), Box<dyn Error>> {
        if let Some(status) = self.child.try_wait()? {
            let log = fs::read_to_string(self.dir.join("relayer-agent.log"))?;
            return Err(format!("the relayer-agent ended with {status}:\n{log}").into());
        }
        let mut line = String::new();
        while self.log.read_line(&mut line)? > 0 && line.ends_with('\n') {
            self.note(&serde_json::from_str(&line).unwrap_or_default());
            line.clear();
        }
        match self.phase {
            Phase::Relaying => self.send(chains),
            Phase::Sent if self.is_acknowledged() && is_stored(chains) => {
                self.enter(Phase::Acknowledged, "the packet is stored and acknowledged");
                Ok(())
            }
            Phase::Linking | Phase::Sent | Phase::Acknowledged => Ok(()),
        }
    }

    fn note(&mut self, event: &Value) {
        let text = |key: &str| event.get(key).and_then(Value::as_str).unwrap_or_default();
        let fields = ["path", "chain", "step", "found", "why", "channel"];
        let fields: Vec<_> = fields.iter().map(|key| text(key)).filter(|s| !s.is_empty()).collect();
        let message = text("message");
        if self.phase == Phase::Linking && message == "the node is started" {
            self.enter(Phase::Relaying, "rly start runs");
        } else if self.phase == Phase::Linking {
            self.doing = format!("{message} {}", fields.join(" "));
        }
    }

    fn enter(&mut self, phase: Phase, doing: &str) {
        self.phase = phase;
        self.ends.push((phase, self.began.elapsed()));
        doing.clone_into(&mut self.doing);
    }

    /// Sends one packet from the hub to the first datastore, signed by the creator.
    fn send(&mut self, chains: &[Chain]) -> Result<(), Box<dyn Error>> {
        let datastore = datastore(chains)?;
        let channel = api(datastore, "/ibc/core/channel/v1/channels");
        let channel = channel.pointer("/channels/0/counterparty/channel_id");
        let channel = channel.and_then(Value::as_str).ok_or("the datastore has no channel")?;
        let home = self.dir.join("creator");
        let test = ["--keyring-backend", "test"];
        let add = ["keys", "add", "creator", "--recover", "--hd-path", "m/44'/118'/0'/0/2"];
        chain::run("gwc", &home, &[&add[..], &test].concat(), &format!("{MNEMONIC}\n"));
        let node = format!("http://{}:26657", self.hub);
        let send =
            ["tx", "gateway", "send-packet", channel, PACKET.0, PACKET.1, "--from", "creator"];
        let more = ["--chain-id", "gwc", "--node", &node, "-y", "--gas", "300000", "-o", "json"];
        let answer = chain::run("gwc", &home, &[&send[..], &test, &more].concat(), "");
        if !answer.contains("\"code\":0") {
            return Err(format!("the packet was not sent: {answer}").into());
        }
        self.enter(Phase::Sent, "a packet is on its way");
        Ok(())
    }

    fn is_acknowledged(&self) -> bool {
        api(self.hub, "/gwc/gateway/v1/packets").to_string().contains("STATUS_ACKNOWLEDGED")
    }

    /// What `relayer-agent status` prints.
    pub fn status(&self) -> Result<String, Box<dyn Error>> {
        let output = command(&self.dir, &["status"]).output()?;
        Ok(String::from_utf8(output.stdout)?)
    }

    /// Asks it to end, and says how it did.
    pub fn stop(&mut self) -> String {
        let pid = i32::try_from(self.child.id()).map(Pid::from_raw);
        let _ = pid.map(|pid| kill(pid, Signal::SIGTERM)); // it may have ended
        let deadline = Instant::now() + GRACE;
        while Instant::now() < deadline {
            if let Ok(Some(status)) = self.child.try_wait() {
                return format!("relayer {status}");
            }
            wait::pause(Duration::from_millis(20));
        }
        let _ = pid.map(|pid| kill(pid, Signal::SIGTERM)); // the second one does not wait
        "relayer killed".to_owned()
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            self.stop();
        }
        let _ = self.child.wait(); // there is nobody left to tell
    }
}

fn is_stored(chains: &[Chain]) -> bool {
    datastore(chains)
        .is_ok_and(|ip| api(ip, "/chainpod/storage/v1/items").to_string().contains(PACKET.1))
}

fn datastore(chains: &[Chain]) -> Result<IpAddr, &'static str> {
    let found = chains.iter().find(|chain| chain.name.starts_with("fdsc"));
    found.map(|chain| chain.ip).ok_or("there is no datastore")
}

/// Asks a chain's API; what is not there is null.
fn api(ip: IpAddr, path: &str) -> Value {
    let answer = http::get(SocketAddr::new(ip, 1317), path).unwrap_or_default();
    serde_json::from_str(&answer).unwrap_or_default()
}

fn command(dir: &Path, words: &[&str]) -> Command {
    let mut command = Command::new(bin("relayer-agent"));
    command.args(words).args(["--config", "relayer-agent.yaml", "--log-format", "json"]);
    command.current_dir(dir).stdin(Stdio::null());
    command
}

fn configuration(dir: &Path, chains: &[Chain], hub: IpAddr) -> String {
    let entry = |chain: &Chain| {
        let (name, ip) = (chain.name, chain.ip);
        format!("- {{name: {name}, rpc: 'http://{ip}:26657', api: 'http://{ip}:1317'}}")
    };
    let list: Vec<_> = chains.iter().map(entry).collect();
    format!(
        "home: {dir}/home
rly: {rly}
defaults: {{mnemonic: '{dir}/../{{chain}}/mnemonic'}}
register: {{binary: {gwcd}, clientHome: {dir}/client}}
relayer: {{metrics: '{hub}:5184'}}
chains:
{list}
",
        list = list.join("\n"),
        dir = dir.display(),
        rly = bin("rly").display(),
        gwcd = bin("gwcd").display(),
    )
}
