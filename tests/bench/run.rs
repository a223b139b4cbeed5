//! A supervisor that runs, and what its node tells.

use std::{
    io::{BufRead as _, BufReader},
    os::fd::AsFd as _,
    process::{Child, ChildStdout, Command, Stdio},
    time::Duration,
};

use nix::{
    poll::{PollFd, PollFlags, PollTimeout, poll},
    sys::signal::{Signal, kill},
    unistd::Pid,
};

use crate::{series::Result, stub};

/// How long the node may be silent, in milliseconds.
const LIMIT: u16 = 60_000;

/// How long a supervisor may take to end before it is killed, in seconds.
const GRACE: f64 = 2.0;

/// A supervisor that runs. Dropping it ends it, and its node with it.
#[derive(Debug)]
pub struct Run {
    child: Child,
    out: BufReader<ChildStdout>,
    /// When it was started, in seconds.
    pub began: f64,
}

/// What the node told.
#[derive(Clone, Copy, Debug)]
pub struct Mark {
    /// When it did, in seconds.
    pub at: f64,
    /// Its process id.
    pub node: Pid,
}

impl Run {
    /// Starts a supervisor.
    pub fn start(mut command: Command) -> Result<Self> {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let began = stub::now();
        let mut child = command.spawn()?;
        let out = BufReader::new(child.stdout.take().ok_or("it is piped")?);
        Ok(Self { child, out, began })
    }

    /// Starts a supervisor, and waits until its node is up.
    pub fn up(command: Command) -> Result<(Self, Mark)> {
        let mut run = Self::start(command)?;
        let mark = run.expect("up")?;
        Ok((run, mark))
    }

    /// Its process id.
    pub fn pid(&self) -> Pid {
        Pid::from_raw(i32::try_from(self.child.id()).expect("a process id"))
    }

    /// What its node writes.
    pub fn output(&mut self) -> &mut BufReader<ChildStdout> {
        &mut self.out
    }

    /// Waits until the node tells this.
    pub fn expect(&mut self, what: &str) -> Result<Mark> {
        if self.out.buffer().is_empty() {
            let mut fds = [PollFd::new(self.out.get_ref().as_fd(), PollFlags::POLLIN)];
            if poll(&mut fds, PollTimeout::from(LIMIT))? == 0 {
                return Err(format!("the node does not say `{what}`").into());
            }
        }
        let mut line = String::new();
        // Pebble's own log is among the node's lines.
        while self.out.read_line(&mut line)? > 0 && line.contains("[pebble]") {
            line.clear();
        }
        let words: Vec<_> = line.split_whitespace().collect();
        match words.as_slice() {
            // Some supervisors write something before each line.
            [.., word, at, pid] if *word == what => {
                Ok(Mark { at: at.parse()?, node: Pid::from_raw(pid.parse()?) })
            }
            _ => Err(format!("the node says `{line}` where `{what}` is expected").into()),
        }
    }

    /// Sends it a signal, and returns when that was, in seconds.
    pub fn signal(&self, signal: Signal) -> Result<f64> {
        let now = stub::now();
        kill(self.pid(), signal)?;
        Ok(now)
    }

    /// Waits for its end, and returns when that was, in seconds.
    pub fn end(&mut self) -> Result<f64> {
        self.child.wait()?;
        Ok(stub::now())
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        // A supervisor of several processes that is killed leaves some of them.
        let _ = kill(self.pid(), Signal::SIGTERM); // it may have ended
        let deadline = stub::now() + GRACE;
        while stub::now() < deadline && matches!(self.child.try_wait(), Ok(None)) {
            chainpod_tests::wait::pause(Duration::from_millis(2));
        }
        let _ = self.child.kill(); // likewise
        let _ = self.child.wait(); // likewise
    }
}
