//! What was seen in the node's output.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard},
    time::SystemTime,
};

use tokio::{sync::Notify, time::Instant};

use super::scan::Found;
use crate::pod::child::Standard;

/// How much of the output's end is kept, in bytes: what fits into a termination message.
const TAIL: usize = 2 << 10;

/// What was seen, written by the relay's threads and read by anyone.
#[derive(Debug, Default)]
pub struct Seen {
    state: Mutex<Snapshot>,
    first: Notify,
}

/// What was seen so far.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// Bytes handed on to standard output.
    pub stdout_bytes: u64,
    /// Bytes handed on to standard error.
    pub stderr_bytes: u64,
    /// Lines with a keyword.
    pub matches: u64,
    /// The last one of the node that runs, and when it came.
    pub last: Option<(Instant, SystemTime, Vec<u8>)>,
    /// The last line of the node that runs which says that it is beyond help.
    pub unhealthy: Option<Vec<u8>>,
    tail: VecDeque<u8>,
}

impl Seen {
    /// What was seen so far.
    pub fn snapshot(&self) -> Snapshot {
        self.state().clone()
    }

    /// The last lines of the output.
    pub fn tail(&self) -> String {
        let mut state = self.state();
        let cut = state.tail.len() == TAIL;
        let text = String::from_utf8_lossy(state.tail.make_contiguous()).into_owned();
        match text.split_once('\n') {
            Some((_, whole)) if cut => whole.to_owned(),
            _ => text,
        }
    }

    /// Waits for the first line with a keyword of the node that runs. Cancel-safe.
    pub async fn first(&self) {
        loop {
            let next = self.first.notified();
            if self.state().last.is_some() {
                return;
            }
            next.await;
        }
    }

    /// A new node runs.
    pub(super) fn begin(&self) {
        let mut state = self.state();
        state.last = None;
        state.unhealthy = None;
    }

    /// Some output was handed on.
    pub(super) fn passed(&self, to: Standard, bytes: &[u8]) {
        let mut state = self.state();
        let count = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        match to {
            Standard::Output => state.stdout_bytes += count,
            Standard::Error => state.stderr_bytes += count,
        }
        state.tail.extend(bytes.get(bytes.len().saturating_sub(TAIL)..).unwrap_or_default());
        let over = state.tail.len().saturating_sub(TAIL);
        state.tail.drain(..over);
    }

    /// Something was found in it.
    pub(super) fn note(&self, found: Found) {
        if found.matches == 0 && found.unhealthy.is_none() {
            return;
        }
        let mut state = self.state();
        state.matches += found.matches;
        if let Some(line) = found.unhealthy {
            let line_text = String::from_utf8_lossy(&line).into_owned();
            tracing::warn!(line = line_text, "the node says that it is beyond help");
            state.unhealthy = Some(line);
        }
        if let Some(line) = found.last {
            let first = state.last.is_none();
            state.last = Some((Instant::now(), SystemTime::now(), line));
            drop(state);
            if first {
                self.first.notify_waiters();
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, Snapshot> {
        self.state.lock().expect("nothing panics with the state locked")
    }
}
