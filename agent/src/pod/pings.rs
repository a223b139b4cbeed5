//! Reports to a server such as healthchecks.io that the node is at work.
//!
//! `/start` when the node is started; its exit code when it ended; and from the first line with a
//! keyword on, every minute, how long ago the last one was: as a failure when that is too long.
//! Reports go out one after the other and are tried again; a newer one replaces one that waits.
//! The node and its output never wait for them.
//!
//! # Source
//!
//! healthchecks.io, Pinging API: `/<uuid>`, `/<uuid>/fail`, `/<uuid>/start`,
//! `/<uuid>/<exit-status>`.

mod send;

use std::{sync::Arc, time::Duration};

use reqwest::Url;
use tokio::{
    sync::watch,
    time::{self, Instant},
};

pub use send::{Counts, Sender};

use super::{
    relay::{Seen, Snapshot},
    supervise::Status,
};
use send::Ping;

/// Whom to tell, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// The server.
    pub server: Url,
    /// The check.
    pub id: String,
    /// How long ago the last line with a keyword may be.
    pub threshold: Duration,
    /// Time between two reports.
    pub interval: Duration,
}

/// Reports on the nodes that run, one after the other, until the last one's end is reported.
///
/// It returns when the sender of `status` is gone.
pub async fn report(
    check: watch::Receiver<Option<Check>>,
    mut status: watch::Receiver<Status>,
    seen: Arc<Seen>,
    sender: &Sender,
) {
    let mut starts = 0;
    let mut running = false;
    let mut next: Option<Instant> = None;
    loop {
        tokio::select! {
            // Cancel-safe: `changed` and `first` per their docs, the timer is made anew.
            biased;
            changed = status.changed() => {
                let now = status.borrow_and_update().clone();
                if running && (now.pid.is_none() || now.starts > starts) {
                    if let (Some(check), Some(end)) = (&*check.borrow(), now.last_end) {
                        sender.send(Ping::end(check, end.code()));
                    }
                    running = false;
                    next = None;
                }
                if now.pid.is_some() && now.starts > starts {
                    running = true;
                    starts = now.starts;
                    if let Some(check) = &*check.borrow() {
                        sender.send(Ping::start(check));
                    }
                }
                if changed.is_err() {
                    return;
                }
            }
            () = seen.first(), if running && next.is_none() => next = Some(Instant::now()),
            () = until(next), if running => {
                let check = check.borrow().clone();
                next = Some(Instant::now() + check.as_ref().map_or(Duration::from_mins(1), |check| check.interval));
                if let Some(check) = check
                    && let Some((at, _, line)) = seen.snapshot().last
                {
                    sender.send(Ping::seen(&check, at.elapsed(), &line));
                }
            }
        }
    }
}

/// Whether the last line with a keyword is too long ago.
///
/// # Errors
///
/// How long ago it is.
pub fn is_recent(seen: &Snapshot, threshold: Duration) -> Result<(), String> {
    match &seen.last {
        Some((at, ..)) if at.elapsed() > threshold => Err(format!(
            "the keyword was last seen {} s ago, more than {} s",
            at.elapsed().as_secs(),
            threshold.as_secs_f64()
        )),
        _ => Ok(()),
    }
}

async fn until(at: Option<Instant>) {
    match at {
        None => std::future::pending().await,
        Some(at) => time::sleep_until(at).await,
    }
}
