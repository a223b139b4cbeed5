//! What is known of the pod, and the checks that follow from it.
//!
//! | path | 503 when |
//! |---|---|
//! | `/livez` | the probe finds the node dead after its start period, or a line said so |
//! | `/readyz` | the home is being made, no node runs, or the probe finds it not ready |
//! | `/healthz` | one of these, but for readiness; also an overdue keyword, a refused configuration |
//! | `/status` | never: everything as JSON |
//! | `/metrics` | never: everything for Prometheus |
//!
//! With a probe of kind `substrate`, `/healthz`, `/healthz_block` and `/readiness` answer as
//! node-liveness-probe does: by asking the node at once, within `?timeout=<seconds>`, 1 by default.

mod checks;
mod metrics;
mod routes;
mod status;

use std::{
    sync::{Arc, Mutex, MutexGuard},
    time::{Duration, SystemTime},
};

use tokio::sync::watch;

pub use routes::routes;

use crate::{
    config::watchlog::WatchLog,
    pod::{
        pings::Counts,
        plan::Progress,
        probe::{Probe, Report, substrate::Substrate},
        reaper::Reaper,
        relay::Seen,
        supervise::Status,
    },
};

/// What is known of the pod. Clones of the `Arc` share it.
#[derive(Debug)]
pub struct Health {
    /// How the node is doing.
    status: watch::Receiver<Status>,
    /// What was seen in its output.
    pub seen: Arc<Seen>,
    /// Reports on it.
    pub pings: Arc<Counts>,
    reaper: Reaper,
    began: SystemTime,
    facts: Mutex<Facts>,
}

/// What others tell.
#[derive(Clone, Debug, Default)]
struct Facts {
    init: Init,
    reload: Reload,
    probe: Option<Probe>,
    substrate: Option<Substrate>,
    report: Option<Report>,
    /// The height outlives the report: a node that is down is at the height where it stopped.
    height: Option<u64>,
    looks: u64,
    failed_looks: u64,
    watchlog: Option<WatchLog>,
}

/// How far the home is.
#[derive(Clone, Debug, Default)]
struct Init {
    done: bool,
    step: Option<String>,
    steps: Vec<(String, Duration)>,
}

/// What became of changes of the configuration.
#[derive(Clone, Debug)]
struct Reload {
    generation: u64,
    at: SystemTime,
    refused: u64,
    error: Option<String>,
}

impl Default for Reload {
    fn default() -> Self {
        Self { generation: 1, at: SystemTime::now(), refused: 0, error: None }
    }
}

impl Health {
    /// Nothing is known but how the node is doing.
    pub fn new(status: watch::Receiver<Status>, reaper: Reaper) -> Self {
        Self {
            status,
            seen: Arc::default(),
            pings: Arc::default(),
            reaper,
            began: SystemTime::now(),
            facts: Mutex::default(),
        }
    }

    /// A step of the plan for the home has begun, or is done.
    pub fn step(&self, progress: &Progress<'_>) {
        let mut facts = self.facts();
        match progress {
            Progress::Done { step } => facts.init.steps.push(((*step).to_owned(), Duration::ZERO)),
            Progress::Applying { step, .. } => facts.init.step = Some((*step).to_owned()),
            Progress::Applied { step, took } => {
                facts.init.step = None;
                facts.init.steps.push(((*step).to_owned(), *took));
            }
        }
    }

    /// The home is whole, or none is needed.
    pub fn init_done(&self) {
        self.facts().init.done = true;
    }

    /// A changed configuration holds.
    pub fn config_taken(&self) {
        let mut facts = self.facts();
        facts.reload.generation += 1;
        facts.reload.at = SystemTime::now();
    }

    /// What the file says is what holds.
    pub fn config_well(&self) {
        self.facts().reload.error = None;
    }

    /// A changed configuration was refused.
    pub fn config_refused(&self, error: String) {
        let mut facts = self.facts();
        facts.reload.refused += 1;
        facts.reload.error = Some(error);
    }

    /// What the checks go by.
    pub fn configure(&self, probe: Option<&Probe>, watchlog: Option<&WatchLog>) {
        let mut facts = self.facts();
        if facts.probe.as_ref() != probe {
            facts.substrate = probe.and_then(Substrate::of);
            facts.probe = probe.cloned();
            facts.height = None;
        }
        facts.watchlog = watchlog.cloned();
    }

    /// What a look at the node found; none if there is nothing to look at.
    pub fn probed(&self, report: Option<Report>) {
        let mut facts = self.facts();
        if let Some(report) = &report {
            facts.height = report.height.or(facts.height);
            facts.looks += 1;
            facts.failed_looks += u64::from(report.live.is_err());
        }
        facts.report = report;
    }

    fn facts(&self) -> MutexGuard<'_, Facts> {
        self.facts.lock().expect("nothing panics with the facts locked")
    }
}
