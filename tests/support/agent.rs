//! The `agent` binary, run from outside.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    os::unix::process::ExitStatusExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    sync::mpsc::{self, Receiver},
    time::{Duration, Instant},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use tempfile::TempDir;

use crate::{MNEMONIC, bin, wait};

/// How long a run may take.
pub const LIMIT: Duration = Duration::from_mins(1);

/// A volume, a Secret and what the agent is told.
#[derive(Debug)]
pub struct Pod {
    dir: TempDir,
    env: Vec<(String, String)>,
    args: Vec<String>,
    wrapper: Vec<String>,
}

/// An agent that runs.
#[derive(Debug)]
pub struct Running {
    child: Child,
    lines: Receiver<String>,
    seen: Vec<String>,
}

impl Default for Pod {
    fn default() -> Self {
        Self::new("gwc")
    }
}

impl Pod {
    /// A pod of the chain, with the contract's environment, an empty volume and a mnemonic.
    pub fn new(chain: &str) -> Self {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let pod = Self { dir, env: Vec::new(), args: Vec::new(), wrapper: Vec::new() };
        let app = chain.split('-').next().unwrap_or(chain);
        fs::create_dir(pod.dir.path().join("volume")).expect("a volume");
        let pod = pod.mnemonic(MNEMONIC);
        let (home, file) = (pod.home(), pod.mnemonic_file());
        pod.env("CHAIN_INSTANCE_NAME", chain)
            .env("CHAIN_APP_NAME", app)
            .env("CHAIN_BINARY", bin(&format!("{app}d")).to_string_lossy())
            .env("CHAIN_HOME", home.to_string_lossy())
            .env("MNEMONIC_FILE", file.to_string_lossy())
            .env("AGENT_LOG_FORMAT", "json")
    }

    /// The folder of everything.
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// The node's home.
    pub fn home(&self) -> PathBuf {
        self.dir.path().join("volume/home")
    }

    /// The mnemonic's file.
    pub fn mnemonic_file(&self) -> PathBuf {
        self.dir.path().join("mnemonic")
    }

    /// Puts words into the mnemonic's file.
    #[must_use]
    pub fn mnemonic(self, words: &str) -> Self {
        write(&self.mnemonic_file(), words);
        self
    }

    /// Sets an environment variable.
    #[must_use]
    pub fn env(mut self, name: &str, value: impl AsRef<str>) -> Self {
        self.env.retain(|(other, _)| other != name);
        self.env.push((name.to_owned(), value.as_ref().to_owned()));
        self
    }

    /// Takes an environment variable away.
    #[must_use]
    pub fn unset(mut self, name: &str) -> Self {
        self.env.retain(|(other, _)| other != name);
        self
    }

    /// Adds an argument.
    #[must_use]
    pub fn arg(mut self, arg: impl AsRef<str>) -> Self {
        self.args.push(arg.as_ref().to_owned());
        self
    }

    /// Gives the agent a configuration file.
    #[must_use]
    pub fn config(self, yaml: &str) -> Self {
        let file = self.dir.path().join("kubebot.yaml");
        write(&file, yaml);
        self.arg("--config").arg(file.to_string_lossy())
    }

    /// Starts the agent through another program: its words, the agent's follow.
    #[must_use]
    pub fn wrapped(mut self, words: &[&str]) -> Self {
        self.wrapper = words.iter().map(|word| (*word).to_owned()).collect();
        self
    }

    /// The command that starts the agent, for a subcommand or none.
    pub fn command(&self, words: &[&str]) -> Command {
        let agent = bin("agent").to_string_lossy().into_owned();
        let mut all = self.wrapper.iter().cloned().chain([agent]);
        let mut command = Command::new(all.next().expect("at least the agent"));
        command.args(all).args(words).args(&self.args);
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.envs(self.env.iter().map(|(name, value)| (name, value)));
        command.current_dir(self.dir.path()).stdin(Stdio::null());
        command
    }

    /// Runs a subcommand to its end.
    pub fn output(&self, words: &[&str]) -> Output {
        let mut command = self.command(words);
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        let child = child.expect("the agent starts");
        let pid = pid_of(child.id());
        let (sender, receiver) = mpsc::channel();
        wait::spawn(move || sender.send(child.wait_with_output()));
        if let Ok(output) = receiver.recv_timeout(LIMIT) {
            return output.expect("the output can be read");
        }
        // Twice, so that it ends its node at once; it may be gone.
        let _ = kill(pid, Signal::SIGTERM);
        let _ = kill(pid, Signal::SIGTERM);
        panic!("`agent {words:?}` did not end within {LIMIT:?}")
    }

    /// Runs `agent init` to its end and insists on success.
    pub fn init(&self) {
        let output = self.output(&["init"]);
        let log = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "`agent init` failed:\n{log}");
    }

    /// Starts a subcommand and follows its log.
    pub fn start(&self, words: &[&str]) -> Running {
        let mut command = self.command(words);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the agent starts");
        let (sender, lines) = mpsc::channel();
        for stream in [
            child.stdout.take().map(|stdout| Box::new(stdout) as Box<dyn std::io::Read + Send>),
            child.stderr.take().map(|stderr| Box::new(stderr) as Box<dyn std::io::Read + Send>),
        ] {
            let (stream, sender) = (stream.expect("it is piped"), sender.clone());
            wait::spawn(move || {
                for line in BufReader::new(stream).split(b'\n').map_while(Result::ok) {
                    let _ = sender.send(String::from_utf8_lossy(&line).into_owned()); // test over
                }
            });
        }
        Running { child, lines, seen: Vec::new() }
    }
}

impl Running {
    /// The agent's process id.
    pub fn pid(&self) -> Pid {
        pid_of(self.child.id())
    }

    /// Waits for a line with this text, on standard output or error.
    pub fn expect_line(&mut self, text: &str) -> String {
        self.expect_line_of(&[text])
    }

    /// Waits for a line with one of these texts.
    pub fn expect_line_of(&mut self, texts: &[&str]) -> String {
        let deadline = Instant::now() + LIMIT;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.lines.recv_timeout(left) {
                Ok(line) => {
                    self.seen.push(line.clone());
                    if texts.iter().any(|text| line.contains(text)) {
                        return line;
                    }
                }
                Err(error) => panic!("no line has {texts:?}, {error}:\n{}", self.seen.join("\n")),
            }
        }
    }

    /// Everything that was said so far.
    pub fn said(&mut self) -> String {
        self.seen.extend(self.lines.try_iter());
        self.seen.join("\n")
    }

    /// Sends a signal.
    pub fn signal(&self, signal: Signal) {
        kill(self.pid(), signal).expect("the agent is there");
    }

    /// Waits for the end: the exit code, or 128 + n for signal n.
    pub fn code(&mut self) -> i32 {
        let status = wait::until("the agent's end", LIMIT, || {
            self.child.try_wait().expect("it can be waited for")
        });
        status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or_default())
    }
}

impl Drop for Running {
    /// Ends the agent and its node; the second SIGTERM makes it kill a node that takes its time.
    fn drop(&mut self) {
        let deadline = Instant::now() + Duration::from_secs(10);
        while let (Ok(None), true) = (self.child.try_wait(), Instant::now() < deadline) {
            let _ = kill(self.pid(), Signal::SIGTERM); // it may have ended just now
            wait::pause(Duration::from_millis(100));
        }
        let _ = self.child.kill(); // as above
        let _ = self.child.wait(); // there is nobody to tell
    }
}

fn pid_of(id: u32) -> Pid {
    Pid::from_raw(i32::try_from(id).expect("a process id is positive"))
}

/// Writes a fixture.
#[expect(clippy::disallowed_methods, reason = "a fixture need not survive a crash")]
pub fn write(path: &Path, text: &str) {
    fs::write(path, text).expect("a fixture can be written");
}
