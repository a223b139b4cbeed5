//! The `limits` section: how long things may take, and how many at once.

use std::time::Duration;

use agent::{
    config::{env::Env, reader::Section},
    pod::backoff::Backoff,
};

/// The longest duration that a setting may have.
const MOST: Duration = Duration::from_hours(24);

/// How long things may take, and how many at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The height that a chain must have: proofs need history.
    pub height: u64,
    /// How long the chains may take to be there.
    pub wait: Duration,
    /// How long a path may take to be linked, in one round.
    pub link: Duration,
    /// How long a step may go on without anything changing on either chain.
    pub stall: Duration,
    /// How often a step that failed is tried in one round, and the waits between.
    pub retry: Backoff,
    /// How many paths are linked at once.
    pub jobs: usize,
    /// How often the chains are looked at while something is going on.
    pub poll: Duration,
    /// How long a transaction of ours may take to be in a block.
    pub transaction: Duration,
    /// How often the links are looked at while the relayer runs.
    pub check: Duration,
    /// How long the relayer may see no new block of a chain that makes blocks.
    pub progress: Duration,
}

/// Reads the section over the defaults.
pub fn read(mut section: Section<'_>, env: &Env) -> Limits {
    let least = Duration::from_millis(10);
    let mut duration = |key: &'static str, default: u64| {
        let read = section.take(key).and_then(|field| field.duration(least, MOST));
        read.unwrap_or(Duration::from_millis(default))
    };
    let wait = duration("wait", 60_000);
    let link = duration("link", 600_000);
    let stall = duration("stall", 90_000);
    let poll = duration("poll", 500);
    let transaction = duration("transaction", 60_000);
    let check = duration("check", 30_000);
    let progress = duration("progress", 180_000);
    let first = duration("retryDelay", 1_000);
    let max = duration("retryMaxDelay", 15_000).max(first);
    let height = section.take_or_env("height", env, "MIN_HEIGHT");
    let height = height.and_then(|field| field.number(1, u64::MAX)).unwrap_or(5);
    let attempts = section.take("attempts").and_then(|field| field.number(1, 1000)).unwrap_or(6);
    let jobs = section.take_or_env("jobs", env, "JOBS").and_then(|field| field.number(1, 1000));
    section.finish();
    let retry = Backoff { jitter: 30, ..Backoff::new(first, max) };
    let retry = match std::num::NonZeroU32::new(attempts) {
        Some(attempts) => retry.attempts(attempts),
        None => retry,
    };
    let jobs = jobs.unwrap_or(16);
    Limits { height, wait, link, stall, retry, jobs, poll, transaction, check, progress }
}
