//! Looks whether the node is well: alive, so that a restart would not help, and ready for work.

mod look;
mod progress;
pub mod substrate;

use std::{
    convert::Infallible,
    fmt,
    time::{Duration, SystemTime},
};

use reqwest::Url;
use tokio::{sync::watch, time};

pub use look::Prober;

use super::{
    reaper::Reaper,
    supervise::{Phase, Status},
};
use crate::cosmos::rpc;

/// How often a node is looked at that has never been ready.
const EAGERLY: Duration = Duration::from_secs(1);

/// What to look at, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probe {
    /// What to look at.
    pub kind: Kind,
    /// When.
    pub timing: Timing,
}

/// When to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// Time between two looks.
    pub interval: Duration,
    /// How long one may take.
    pub timeout: Duration,
    /// How long after its start a node that fails still counts as alive.
    pub start_period: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            interval: Duration::from_secs(5),
            timeout: Duration::from_secs(3),
            start_period: Duration::from_mins(1),
        }
    }
}

/// What to look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// CometBFT's RPC: alive when it answers, ready when the height advances and has caught up.
    CometBft {
        /// The RPC.
        rpc: rpc::Url,
        /// The height must advance within it.
        block_limit: Option<Duration>,
    },
    /// Substrate's WebSocket, as node-liveness-probe looks at it.
    Substrate {
        /// The WebSocket.
        rpc: Url,
        /// The best and the finalized block must change within it.
        block_limit: Option<Duration>,
    },
    /// Somebody accepts connections.
    Tcp {
        /// Host and port.
        address: String,
    },
    /// A GET is answered.
    Http {
        /// What to get.
        url: Url,
        /// The status that is well; any from 200 to 399 if unset.
        status: Option<u16>,
    },
    /// A program exits with 0.
    Command {
        /// The program and its arguments.
        words: Vec<String>,
    },
}

impl Kind {
    /// Where CometBFT listens unless it is told otherwise.
    pub const COMETBFT_RPC: &str = "http://127.0.0.1:26657";
    /// Where Substrate listens unless it is told otherwise.
    pub const SUBSTRATE_RPC: &str = "ws://127.0.0.1:9944";
    /// Longer than a chain pauses between two blocks by itself.
    pub const BLOCK_LIMIT: Duration = Duration::from_mins(5);

    /// Whether a text is a host and a port.
    pub fn is_address(text: &str) -> bool {
        text.rsplit_once(':')
            .is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok())
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::CometBft { .. } => "cometbft",
            Self::Substrate { .. } => "substrate",
            Self::Tcp { .. } => "tcp",
            Self::Http { .. } => "http",
            Self::Command { .. } => "command",
        })
    }
}

/// Well, or why not.
pub type Verdict = Result<(), String>;

/// What a look found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Whether the node is alive.
    pub live: Verdict,
    /// Whether it is ready for work.
    pub ready: Verdict,
    /// The last block that it has.
    pub height: Option<u64>,
    /// Whether it is still fetching blocks that others have.
    pub catching_up: Option<bool>,
    /// How long the look took.
    pub took: Duration,
    /// When it ended.
    pub at: SystemTime,
}

/// Looks at the node while it runs, again and again, and tells what is found; `None` when there
/// is nothing to look at. A new probe holds at once.
///
/// It never ends by itself.
pub async fn keep_looking(
    mut probe: watch::Receiver<Option<Probe>>,
    mut status: watch::Receiver<Status>,
    reaper: &Reaper,
    mut tell: impl FnMut(Option<Report>),
) -> Infallible {
    loop {
        let now = probe.borrow_and_update().clone();
        let (phase, starts) = {
            let status = status.borrow_and_update();
            (status.phase, status.starts)
        };
        tell(None);
        let look = async {
            match now {
                Some(now) if phase == Phase::Running => {
                    look_at_one_start(now, reaper, &mut tell).await
                }
                _ => std::future::pending().await,
            }
        };
        tokio::select! {
            // Cancel-safe: a look is given up with the node or the probe that it was for.
            Ok(()) = probe.changed() => {}
            Ok(()) = moved_on(&mut status, phase, starts) => {}
            never = look => match never {},
        }
    }
}

/// Waits until another node runs, or none.
async fn moved_on(
    status: &mut watch::Receiver<Status>,
    phase: Phase,
    starts: u64,
) -> Result<(), watch::error::RecvError> {
    status.wait_for(|status| status.phase != phase || status.starts != starts).await.map(drop)
}

async fn look_at_one_start(
    probe: Probe,
    reaper: &Reaper,
    tell: &mut impl FnMut(Option<Report>),
) -> Infallible {
    let timing = probe.timing;
    let mut prober = Prober::new(probe);
    let mut last: Option<Verdict> = None;
    let mut was_ready = false;
    loop {
        let report = prober.look(reaper).await;
        if last.as_ref() != Some(&report.ready) {
            match &report.ready {
                Ok(()) => tracing::info!(height = report.height, "the node is ready"),
                Err(why) if was_ready => tracing::warn!(why, "the node is not ready any more"),
                Err(why) => tracing::debug!(why, "the node is not ready yet"),
            }
            last = Some(report.ready.clone());
        }
        was_ready |= report.ready.is_ok();
        tell(Some(report));
        time::sleep(if was_ready { timing.interval } else { timing.interval.min(EAGERLY) }).await;
    }
}
