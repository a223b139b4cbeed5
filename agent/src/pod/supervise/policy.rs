//! The rules of the supervision.

use std::{collections::BTreeMap, time::Duration};

use crate::pod::{backoff::Backoff, signal::Signal};

/// When a node that ended by itself is started again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Restart {
    /// Never: its end is the agent's.
    #[default]
    Never,
    /// When its exit code is not 0, or a signal ended it.
    OnFailure,
    /// Whenever it ended.
    Always,
}

/// The rules of the supervision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// When the node is started again.
    pub restart: Restart,
    /// The wait before that. It doubles while runs are shorter than
    /// [`QUICK_WITHIN`](super::QUICK_WITHIN); after a run of
    /// [`HEALTHY_AFTER`](super::HEALTHY_AFTER) all starts anew. Its attempts are the starts in a
    /// row without such a run: when they are spent, the node's end is the agent's.
    pub backoff: Backoff,
    /// What asks the node to end. SIGINT and SIGQUIT are passed as they are.
    pub stop_signal: Signal,
    /// How long the node may take for it before SIGKILL.
    pub grace: Duration,
    /// Exit codes to report as others, and to judge as those. An end by signal n has code 128 + n.
    pub exit_codes: BTreeMap<u8, u8>,
    /// How long the program's file must have been left alone, after it was replaced, to be
    /// started; none to start it only when the node ends.
    pub watch_binary: Option<Duration>,
    /// Whether the node is not to run for now.
    pub hold: bool,
}

impl Default for Policy {
    /// No restart; 25 s of grace, under Kubernetes' 30 s.
    fn default() -> Self {
        Self {
            restart: Restart::Never,
            backoff: Backoff {
                jitter: 10,
                ..Backoff::new(Duration::from_secs(1), Duration::from_secs(30))
            },
            stop_signal: Signal::TERM,
            grace: Duration::from_secs(25),
            exit_codes: BTreeMap::new(),
            watch_binary: None,
            hold: false,
        }
    }
}

impl Policy {
    /// For development: the node is started again one second after every end, and when its
    /// program is replaced.
    pub fn development() -> Self {
        Self {
            restart: Restart::Always,
            watch_binary: Some(Duration::from_millis(300)),
            ..Self::default()
        }
    }

    /// What the node gets for a stop signal sent to us.
    pub(super) fn stop_signal_for(&self, signal: Signal) -> Signal {
        if signal == Signal::TERM { self.stop_signal } else { signal }
    }
}
