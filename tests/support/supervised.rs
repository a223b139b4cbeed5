//! `pod-run` with a node, as PID 1 of its own pid namespace or as a child like any other.

mod lines;

use std::{
    cell::OnceCell,
    ffi::OsString,
    fs,
    os::unix::process::ExitStatusExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use agent::pod::signal::Signal;
use nix::unistd::Pid;

pub use lines::Lines;

use crate::wait;

/// How long anything may take.
///
/// Longer than anything takes, on a machine that is busy with ten other things.
pub const LIMIT: Duration = Duration::from_mins(1);

/// Which process the supervisor is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Place {
    /// PID 1 of a pid namespace, as in a pod.
    #[default]
    Pid1,
    /// A child of ours, as in a pod with a shared pid namespace.
    Child,
}

/// Both places.
pub const PLACES: [Place; 2] = [Place::Pid1, Place::Child];

/// A supervisor that is to be started.
#[derive(Debug)]
pub struct Pod {
    program: PathBuf,
    place: Place,
    wrap: Vec<OsString>,
    args: Vec<OsString>,
    node: Vec<OsString>,
    stdin: Option<Stdio>,
    stdout: Option<Stdio>,
    stderr: Option<Stdio>,
}

impl Pod {
    /// A supervisor (the path of `pod-run`) that does not restart.
    pub fn new(program: impl Into<PathBuf>) -> Self {
        Self {
            program: program.into(),
            place: Place::Pid1,
            wrap: Vec::new(),
            args: Vec::new(),
            node: Vec::new(),
            stdin: None,
            stdout: None,
            stderr: None,
        }
    }

    /// Which process it is; PID 1 if unset.
    #[must_use]
    pub fn place(mut self, place: Place) -> Self {
        self.place = place;
        self
    }

    /// Words before the supervisor's, within its pid namespace: `nohup`, `setsid --ctty`.
    #[must_use]
    pub fn wrap(mut self, words: &[&str]) -> Self {
        self.wrap.extend(words.iter().map(OsString::from));
        self
    }

    /// Options of the supervisor, separated by spaces.
    #[must_use]
    pub fn args(mut self, args: &str) -> Self {
        self.args.extend(args.split_whitespace().map(OsString::from));
        self
    }

    /// One option of the supervisor.
    #[must_use]
    pub fn arg(mut self, arg: impl Into<OsString>) -> Self {
        self.args.push(arg.into());
        self
    }

    /// The node is a shell script.
    #[must_use]
    pub fn script(self, script: &str) -> Self {
        self.node(["/bin/sh", "-c", script])
    }

    /// The node is this command.
    #[must_use]
    pub fn node<W: Into<OsString>>(mut self, words: impl IntoIterator<Item = W>) -> Self {
        self.node = words.into_iter().map(Into::into).collect();
        self
    }

    /// Its standard input; empty if unset.
    #[must_use]
    pub fn stdin(mut self, stdin: impl Into<Stdio>) -> Self {
        self.stdin = Some(stdin.into());
        self
    }

    /// Its standard output; lines that can be waited for if unset.
    #[must_use]
    pub fn stdout(mut self, stdout: impl Into<Stdio>) -> Self {
        self.stdout = Some(stdout.into());
        self
    }

    /// Its standard error; the log if unset.
    #[must_use]
    pub fn stderr(mut self, stderr: impl Into<Stdio>) -> Self {
        self.stderr = Some(stderr.into());
        self
    }

    /// Starts it.
    ///
    /// # Panics
    ///
    /// If it cannot be started.
    pub fn start(self) -> Running {
        let mut command = self.command();
        command
            .stdin(self.stdin.unwrap_or_else(Stdio::null))
            .stdout(self.stdout.unwrap_or_else(Stdio::piped))
            .stderr(self.stderr.unwrap_or_else(Stdio::piped));
        let mut child = command.spawn().expect("the supervisor starts");
        let out = Lines::of(child.stdout.take());
        let log = Lines::of(child.stderr.take());
        Running { child, place: self.place, pid: OnceCell::new(), out, log }
    }

    fn command(&self) -> Command {
        // Ended with the test, even when that is killed.
        let mut words: Vec<OsString> = ["setpriv", "--pdeathsig", "KILL"].map(Into::into).into();
        if self.place == Place::Pid1 {
            words.extend(["unshare", "--pid", "--fork", "--mount-proc"].map(Into::into));
            words.push("--kill-child".into());
            if !nix::unistd::Uid::effective().is_root() {
                words.extend(["--user", "--map-root-user"].map(Into::into));
            }
            words.push("--".into());
        }
        words.extend(self.wrap.iter().cloned());
        words.push(self.program.clone().into());
        words.extend(self.args.iter().cloned());
        words.push("--".into());
        words.extend(self.node.iter().cloned());
        let mut words = words.into_iter();
        let mut command = Command::new(words.next().expect("there are words"));
        command.args(words);
        command
    }
}

/// A supervisor that runs. Dropping it ends all that it has started.
#[derive(Debug)]
pub struct Running {
    child: Child,
    place: Place,
    pid: OnceCell<Pid>,
    /// The node's standard output.
    pub out: Lines,
    /// The supervisor's log, and the node's standard error.
    pub log: Lines,
}

impl Running {
    /// The supervisor's process id, as seen from here.
    ///
    /// # Panics
    ///
    /// If it ended before it was asked for.
    pub fn pid(&self) -> Pid {
        *self.pid.get_or_init(|| match self.place {
            Place::Child => self.first(),
            Place::Pid1 => soon("the namespace", || self.second()),
        })
    }

    /// The process that was started here.
    fn first(&self) -> Pid {
        Pid::from_raw(i32::try_from(self.child.id()).expect("a process id"))
    }

    /// The first process of the namespace.
    fn second(&self) -> Option<Pid> {
        children(self.first()).first().copied()
    }

    /// Sends it a signal.
    ///
    /// # Panics
    ///
    /// If it is gone.
    pub fn signal(&self, signal: Signal) {
        signal.send(self.pid()).expect("the supervisor is there");
    }

    /// Waits for its end, and returns its exit code.
    ///
    /// # Panics
    ///
    /// If it does not end in time.
    pub fn code(&mut self) -> u8 {
        let what = format!("the end of the supervisor; its log:\n{}", self.log.text());
        let status = soon(&what, || self.child.try_wait().expect("it is our child"));
        assert_eq!(status.signal(), None, "it ended itself");
        status.code().and_then(|code| u8::try_from(code).ok()).expect("an exit code")
    }

    /// Whether it still runs.
    ///
    /// # Panics
    ///
    /// Never, as long as it is our child.
    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().expect("it is our child").is_none()
    }

    /// The process ids of its children, as seen from here.
    pub fn children(&self) -> Vec<Pid> {
        children(self.pid())
    }

    /// The process id of the node, as seen from here: its first child.
    ///
    /// # Panics
    ///
    /// If there is none for too long.
    pub fn node(&self) -> Pid {
        soon("a node", || self.children().first().copied())
    }

    /// How many file descriptors it has open.
    ///
    /// # Panics
    ///
    /// If it is gone.
    pub fn descriptors(&self) -> usize {
        fs::read_dir(format!("/proc/{}/fd", self.pid())).expect("it runs").count()
    }

    /// A number of its `/proc/<pid>/status`: `VmRSS`, in kB.
    ///
    /// # Panics
    ///
    /// If it is gone.
    pub fn status(&self, key: &str) -> u64 {
        number(self.pid(), key).expect("it runs")
    }

    /// How much of a processor it has used, in ticks of the clock.
    ///
    /// # Panics
    ///
    /// If it is gone.
    pub fn ticks(&self) -> u64 {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.pid())).expect("it runs");
        let (_, fields) = stat.rsplit_once(") ").expect("a name in brackets");
        fields.split(' ').skip(11).take(2).filter_map(|ticks| ticks.parse::<u64>().ok()).sum()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // As PID 1 it takes its namespace with it; otherwise what it has started is ended first.
        if self.is_running() {
            children(self.first()).into_iter().for_each(kill_tree);
        }
        let _ = self.child.kill(); // it may have ended
        let _ = self.child.wait(); // likewise
    }
}

/// Waits for what comes within milliseconds as a rule, and is waited for hundreds of times.
fn soon<T>(what: &str, mut condition: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + LIMIT;
    loop {
        if let Some(value) = condition() {
            return value;
        }
        assert!(Instant::now() < deadline, "waited {LIMIT:?} in vain for {what}");
        wait::pause(Duration::from_millis(1));
    }
}

/// The process ids of the children of a process.
pub fn children(pid: Pid) -> Vec<Pid> {
    let threads = fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    threads
        .filter_map(|thread| fs::read_to_string(thread.path().join("children")).ok())
        .flat_map(|pids| pids.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
        .filter_map(|pid| pid.parse().ok().map(Pid::from_raw))
        .collect()
}

/// Whether a process is there and is no zombie.
pub fn is_alive(pid: Pid) -> bool {
    state(pid).is_some_and(|state| state != 'Z')
}

/// The state letter of a process, as in `ps`.
pub fn state(pid: Pid) -> Option<char> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(") ")?.1.chars().next()
}

fn number(pid: Pid, key: &str) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(':'))?;
    line.split_whitespace().next()?.parse().ok()
}

fn kill_tree(pid: Pid) {
    let children = children(pid);
    let _ = Signal::KILL.send(pid); // it may have ended
    children.into_iter().for_each(kill_tree);
}

/// Writes a program that is a shell script.
///
/// Another process writes it: a test beside this one that starts a program has a copy of our
/// descriptors for a moment, and what somebody has open for writing cannot be executed.
///
/// # Panics
///
/// If it cannot be written.
pub fn write_script(path: &Path, script: &str) {
    let write = r#"printf '#!/bin/sh\n%s\n' "$2" >"$1" && chmod 755 "$1""#;
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", write, "sh"]).arg(path).arg(script);
    assert!(shell.status().expect("there is a shell").success());
}
