//! The `relayer-agent` binary, run from outside.

use std::{
    fmt::Write as _,
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    time::Duration,
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

use crate::{agent::write, bin, network::Network, wait};

/// How long a command may take.
const LIMIT: Duration = Duration::from_secs(150);

/// What a relayer-agent is told.
#[derive(Clone, Debug)]
pub struct Relayer {
    dir: PathBuf,
    /// What stands in the file for each chain, by name.
    chains: Vec<(String, String)>,
    /// What stands in `register`, beside `clientHome`.
    register: String,
    more: String,
}

/// A relayer-agent that runs; it and its programs are killed with the test.
#[derive(Debug)]
pub struct Running {
    child: Child,
    dir: PathBuf,
}

impl Relayer {
    /// A relayer-agent for all chains of a network.
    pub fn new(network: &Network) -> Self {
        let dir = network.dir().join("relayer");
        fs::create_dir_all(&dir).expect("a folder for the relayer");
        let entry = |chain: &crate::network::Chain| {
            let (name, ip) = (chain.name.clone(), chain.ip);
            let keys = format!("rpc: \"http://{ip}:26657\", api: \"http://{ip}:1317\"");
            (name, keys)
        };
        let chains = network.chains.iter().map(entry).collect();
        let register = format!("\n  binary: {}", bin("gwcd").display());
        let relayer = Self { dir, chains, register, more: String::new() };
        relayer.write();
        relayer
    }

    /// Adds settings of one chain, in YAML.
    #[must_use]
    pub fn chain(mut self, name: &str, keys: &str) -> Self {
        for (_, entry) in self.chains.iter_mut().filter(|(other, _)| other == name) {
            let _ = write!(entry, ", {keys}"); // a String takes everything
        }
        self.write();
        self
    }

    /// Adds settings, in YAML.
    #[must_use]
    pub fn with(mut self, yaml: &str) -> Self {
        self.more.push_str(yaml);
        self.more.push('\n');
        self.write();
        self
    }

    /// Registers in another way than by default, in YAML: lines that are indented by two.
    #[must_use]
    pub fn register(mut self, yaml: &str) -> Self {
        yaml.trim_end().clone_into(&mut self.register);
        self.write();
        self
    }

    /// The relayer's home.
    pub fn home(&self) -> PathBuf {
        self.dir.join("home")
    }

    /// Removes all that the relayer has written.
    ///
    /// # Panics
    ///
    /// If it cannot be removed.
    pub fn forget(&self) {
        for folder in ["home", "client"] {
            let folder = self.dir.join(folder);
            // A rly that was left running may write into it.
            wait::until("an empty folder", LIMIT, || {
                let removed = fs::remove_dir_all(&folder);
                (removed.is_ok() || !folder.exists()).then_some(())
            });
        }
    }

    fn write(&self) {
        let dir = self.dir.display();
        let mut text = format!(
            "home: {dir}/home
rly: {rly}
defaults: {{mnemonic: \"{dir}/../{{chain}}/mnemonic\", mnemonicWait: 1s}}
register:
  clientHome: {dir}/client{register}
relayer: {{metrics: \"{ip}:5184\", supervise: {{grace: 2s}}}}
health: \"{ip}:26681\"
chains:
",
            rly = bin("rly").display(),
            register = self.register,
            ip = self.ip(),
        );
        for (name, keys) in &self.chains {
            let _ = writeln!(text, "- {{name: {name}, {keys}}}"); // a String takes everything
        }
        if !self.more.contains("limits:") {
            text.push_str(
                "limits: {height: 3, poll: 200ms, stall: 20s, retryDelay: 300ms, check: 1s}\n",
            );
        }
        text.push_str(&self.more);
        write(&self.file(), &text);
    }

    /// The hub's address.
    fn ip(&self) -> String {
        let (_, keys) = self.chains.first().expect("there is a hub");
        keys.split("//").nth(1).and_then(|rest| rest.split(':').next()).unwrap_or("").to_owned()
    }

    fn file(&self) -> PathBuf {
        self.dir.join("relayer-agent.yaml")
    }

    /// A subcommand with its file, to be started.
    pub fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(bin("relayer-agent"));
        command.args(words).arg("--config").arg(self.file()).args(["--log-format", "json"]);
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.current_dir(&self.dir).stdin(Stdio::null());
        command
    }

    /// Starts a subcommand; its log goes to a file.
    ///
    /// # Panics
    ///
    /// If it does not start.
    pub fn start(&self, words: &[&str]) -> Running {
        let log = File::create(self.dir.join("log")).expect("a log");
        let mut command = self.command(words);
        command.stdout(Stdio::null()).stderr(log);
        let child = command.spawn().expect("relayer-agent starts");
        Running { child, dir: self.dir.clone() }
    }

    /// Runs a subcommand to its end.
    ///
    /// # Panics
    ///
    /// If it does not end in time.
    pub fn output(&self, words: &[&str]) -> Output {
        let mut command = self.command(words);
        let (out, err) = (self.dir.join("stdout"), self.dir.join("log"));
        command
            .stdout(File::create(&out).expect("a file"))
            .stderr(File::create(&err).expect("a file"));
        let child = command.spawn().expect("relayer-agent starts");
        let mut running = Running { child, dir: self.dir.clone() };
        let status = wait::until("relayer-agent's end", LIMIT, || {
            running.child.try_wait().expect("it can be waited for")
        });
        let read = |path: &Path| fs::read(path).expect("a file");
        Output { status, stdout: read(&out), stderr: read(&err) }
    }

    /// Runs a subcommand to its end, insists on success, and returns its log.
    ///
    /// # Panics
    ///
    /// If it fails, with its log.
    pub fn ok(&self, words: &[&str]) -> String {
        let output = self.output(words);
        let log = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "`relayer-agent {words:?}` failed:\n{log}");
        log
    }

    /// Runs a subcommand to its end, insists on failure, and returns its log.
    ///
    /// # Panics
    ///
    /// If it succeeds.
    pub fn fails(&self, words: &[&str]) -> String {
        let output = self.output(words);
        assert!(!output.status.success(), "`relayer-agent {words:?}` succeeded");
        String::from_utf8_lossy(&output.stderr).into_owned()
    }
}

impl Running {
    /// Sends SIGKILL to the relayer-agent alone; what it has started lives on.
    pub fn kill(mut self) {
        let _ = self.child.kill(); // it may have ended
        let _ = self.child.wait(); // as above
        std::mem::forget(self);
    }

    /// Kills the relayer-agent and all that it has started, at once.
    pub fn kill_all(self) {
        drop(self);
    }

    /// Whether it has ended.
    pub fn has_ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }

    /// The process id of the `rly start` that runs in its home, if there is one.
    pub fn rly(&self) -> Option<Pid> {
        let home = self.dir.join("home").display().to_string();
        rlys_below(&self.dir).into_iter().find_map(|(pid, line)| {
            let words: Vec<_> = line.split('\0').collect();
            (words.contains(&home.as_str()) && words.contains(&"start")).then_some(pid)
        })
    }

    /// What it has logged so far.
    pub fn log(&self) -> String {
        fs::read_to_string(self.dir.join("log")).unwrap_or_default()
    }

    /// Asks it to end, and returns its exit code.
    pub fn stop(mut self) -> i32 {
        let pid = i32::try_from(self.child.id()).unwrap_or_default();
        let _ = kill(Pid::from_raw(pid), Signal::SIGTERM); // it may have ended
        let status = wait::until("relayer-agent's end", Duration::from_secs(20), || {
            self.child.try_wait().expect("it can be waited for")
        });
        status.code().unwrap_or(-1)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill(); // it may have ended
        let _ = self.child.wait(); // as above
        kill_below(&self.dir);
    }
}

/// Kills every `rly` that works in a folder of ours: they survive a relayer-agent that is killed.
pub fn kill_below(dir: &Path) {
    for (pid, _) in rlys_below(dir) {
        let _ = kill(pid, Signal::SIGKILL); // it may have ended
    }
}

/// Every `rly` that works in a folder of ours, and its command line.
fn rlys_below(dir: &Path) -> Vec<(Pid, String)> {
    let Ok(processes) = fs::read_dir("/proc") else { return Vec::new() };
    let home = dir.display().to_string();
    let rly = |entry: fs::DirEntry| {
        let pid = entry.file_name().to_str()?.parse().ok().map(Pid::from_raw)?;
        let line = fs::read(entry.path().join("cmdline")).ok()?;
        let line = String::from_utf8_lossy(&line).into_owned();
        let is_ours = line.contains(&home) && line.split('\0').next()?.ends_with("rly");
        is_ours.then_some((pid, line))
    };
    processes.flatten().filter_map(rly).collect()
}
