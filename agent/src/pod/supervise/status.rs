//! How the node is doing, for whoever wants to show it.

use std::{fmt, time::SystemTime};

use nix::unistd::Pid;

use crate::pod::end::End;

/// What the supervision is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Phase {
    /// The node is about to be started.
    Starting,
    /// It runs.
    Running,
    /// It was asked to end, or what it has left behind is being ended.
    Stopping,
    /// The same, and it is started again at once.
    Restarting,
    /// It ended by itself, and is started again after a wait.
    Waiting,
    /// It does not run, and is not started before the policy says so.
    Held,
    /// It ended, and so do we.
    Finished,
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Starting => "starting",
            Self::Running => "running",
            Self::Stopping => "stopping",
            Self::Restarting => "restarting",
            Self::Waiting => "waiting",
            Self::Held => "held",
            Self::Finished => "finished",
        })
    }
}

/// How the node is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// What the supervision is about.
    pub phase: Phase,
    /// Since when.
    pub since: SystemTime,
    /// The node's process id while it has one.
    pub pid: Option<Pid>,
    /// How often it was started.
    pub starts: u64,
    /// How it ended the last time.
    pub last_end: Option<End>,
}

impl Default for Status {
    fn default() -> Self {
        Self {
            phase: Phase::Starting,
            since: SystemTime::now(),
            pid: None,
            starts: 0,
            last_end: None,
        }
    }
}
