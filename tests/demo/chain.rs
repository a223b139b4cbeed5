//! One chain of the demo: an agent, its volume, its log.

use std::{
    error::Error,
    fs::{self, File},
    io::{BufRead as _, BufReader},
    net::{IpAddr, Ipv4Addr, SocketAddr},
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use chainpod_tests::{MNEMONIC, agent::write, bin, http, wait};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use serde_json::Value;

/// The chains and the last part of the loopback address that each has for itself.
const CHAINS: [(&str, &str, u8); 4] =
    [("gwc", "gwc", 1), ("mdsc", "mdsc", 2), ("fdsc-0", "fdsc", 3), ("fdsc-1", "fdsc", 4)];

/// How long a chain may take to end before it is killed.
pub const GRACE: Duration = Duration::from_secs(20);

/// A chain that runs.
#[derive(Debug)]
pub struct Chain {
    /// Its id.
    pub name: &'static str,
    /// Its address on this machine.
    pub ip: IpAddr,
    dir: PathBuf,
    child: Child,
    log: BufReader<File>,
    began: Instant,
    height: u64,
    phases: Vec<(String, Duration)>,
    doing: String,
    first_block: Option<Duration>,
    at_height: Option<Duration>,
}

impl Chain {
    /// Starts all chains at the same time.
    pub fn start_all(dir: &Path) -> Result<Vec<Self>, Box<dyn Error>> {
        let mut chains = Vec::new();
        for (name, app, last) in CHAINS {
            chains.push(Self::start(&dir.join(name), name, app, last)?);
        }
        Ok(chains)
    }

    fn start(dir: &Path, name: &'static str, app: &str, last: u8) -> Result<Self, Box<dyn Error>> {
        let ip = IpAddr::V4(Ipv4Addr::new(127, 0, 1, last));
        fs::create_dir_all(dir)?;
        write(&dir.join("mnemonic"), MNEMONIC);
        write(&dir.join("kubebot.yaml"), &configuration(dir, name, app, ip));
        let log = dir.join("agent.log");
        let child = Command::new(bin("agent"))
            .args(["--config", "kubebot.yaml", "--log-format", "json"])
            .current_dir(dir)
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(File::create(dir.join("node.log"))?)
            .stderr(File::create(&log)?)
            .spawn()?;
        Ok(Self {
            name,
            ip,
            dir: dir.to_owned(),
            child,
            log: BufReader::new(File::open(log)?),
            began: Instant::now(),
            height: 0,
            phases: Vec::new(),
            doing: "starting".to_owned(),
            first_block: None,
            at_height: None,
        })
    }

    /// Looks at the agent's log and the chain's height; an agent that ended is an error.
    pub fn look(&mut self) -> Result<(), Box<dyn Error>> {
        self.read_log()?;
        if let Some(status) = self.child.try_wait()? {
            let (name, log) = (self.name, fs::read_to_string(self.dir.join("agent.log"))?);
            return Err(format!("the agent of {name} ended with {status}:\n{log}").into());
        }
        if let Some(height) = http::height(SocketAddr::new(self.ip, 26657)) {
            self.height = height;
            let now = self.began.elapsed();
            if height >= 1 {
                self.first_block.get_or_insert(now);
                "making blocks".clone_into(&mut self.doing);
            }
            if height >= super::HEIGHT {
                self.at_height.get_or_insert(now);
            }
        }
        Ok(())
    }

    fn read_log(&mut self) -> Result<(), Box<dyn Error>> {
        let mut line = String::new();
        while self.log.read_line(&mut line)? > 0 && line.ends_with('\n') {
            if let Ok(event) = serde_json::from_str::<Value>(&line) {
                self.note(&event);
            }
            line.clear();
        }
        Ok(())
    }

    fn note(&mut self, event: &Value) {
        let text = |key: &str| event.get(key).and_then(Value::as_str);
        if let (Some(part), Some(seconds)) = (text("part"), event.get("seconds")) {
            let seconds = seconds.as_f64().unwrap_or_default();
            self.phases.push((part.to_owned(), Duration::from_secs_f64(seconds)));
            self.doing = format!("{part} done");
        } else if let Some(message) = text("message") {
            message.clone_into(&mut self.doing);
        }
    }

    /// The last height that was seen.
    pub fn height(&self) -> u64 {
        self.height
    }

    /// What the agent or the chain does.
    pub fn doing(&self) -> &str {
        &self.doing
    }

    /// How long each phase took, the init's parts first.
    pub fn phases(&self) -> Vec<(String, Duration)> {
        let init: Duration = self.phases.iter().map(|(_, took)| *took).sum();
        let mut phases = self.phases.clone();
        phases.push(("init in all".to_owned(), init));
        phases.extend(self.first_block.map(|at| ("first block after".to_owned(), at)));
        let name = format!("height {} after", super::HEIGHT);
        phases.extend(self.at_height.map(|at| (name, at)));
        phases
    }

    /// The accounts' names and addresses, as `agent keys` prints them.
    pub fn addresses(&self) -> Result<Vec<(String, String)>, Box<dyn Error>> {
        let output = Command::new(bin("agent"))
            .args(["--config", "kubebot.yaml", "keys", "-o", "json"])
            .current_dir(&self.dir)
            .output()?;
        let keys: Vec<Value> = serde_json::from_slice(&output.stdout)?;
        let text = |key: &Value, name: &str| {
            key.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
        };
        Ok(keys.iter().map(|key| (text(key, "name"), text(key, "address"))).collect())
    }

    /// Asks all agents to end, and kills those that do not; says how each ended.
    pub fn stop_all(chains: &mut [Self]) -> String {
        for chain in &*chains {
            chain.signal(Signal::SIGTERM);
        }
        let deadline = Instant::now() + GRACE;
        let mut ends = Vec::new();
        for chain in chains {
            let status = loop {
                match chain.child.try_wait() {
                    Ok(Some(status)) => break status.to_string(),
                    Ok(None) if Instant::now() < deadline => wait::pause(Duration::from_millis(20)),
                    Ok(None) | Err(_) => break "killed".to_owned(),
                }
            };
            ends.push(format!("{} {status}", chain.name));
        }
        ends.join(", ")
    }

    fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.child.id()).map(Pid::from_raw);
        let _ = pid.map(|pid| kill(pid, signal)); // it may have ended
    }
}

impl Drop for Chain {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            // The agent ends its node with it; SIGKILL would leave the node behind.
            self.signal(Signal::SIGTERM);
            self.signal(Signal::SIGTERM);
            let _ = self.child.wait(); // there is nobody left to tell
        }
    }
}

/// The agent's configuration: every port on the chain's own address.
fn configuration(dir: &Path, name: &str, app: &str, ip: IpAddr) -> String {
    format!(
        "init:
  chainId: {name}
  app: {app}
  binary: {binary}
  home: {home}
  mnemonic: {{file: {mnemonic}}}
  blockTime: 1s
  lanes: {lanes}
  config.toml:
    rpc.laddr: tcp://{ip}:26657
    rpc.pprof_laddr: {ip}:6060
    p2p.laddr: tcp://{ip}:26656
  app.toml:
    api.address: tcp://{ip}:1317
    grpc.address: {ip}:9090
",
        lanes = if app == "gwc" { CHAINS.len() } else { 0 },
        binary = bin(&format!("{app}d")).display(),
        home = dir.join("volume/home").display(),
        mnemonic = dir.join("mnemonic").display(),
    )
}
