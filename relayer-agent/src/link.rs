//! Links paths: looks at both chains, decides what is missing, has `rly` do it, looks again.

mod begin;
pub mod decide;
mod execute;
mod observe;

use std::{rc::Rc, time::Duration};

use agent::{cosmos::rpc::RpcError, files::FileError, pod::child::StartError};
use thiserror::Error;
use tokio::{
    task::JoinSet,
    time::{Instant, sleep, timeout},
};

pub use self::{
    decide::Link,
    execute::Counts,
    observe::{Seen, look},
};
use crate::{
    accounts::SendError,
    chain::SeedError,
    config::LinkPath,
    rly::{KeyError, said::Fault},
    wait::NotReady,
    world::World,
};

/// Why a path is not linked.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum LinkError {
    /// A chain is not there.
    #[error(transparent)]
    NotReady(#[from] NotReady),
    /// A chain does not answer any more.
    #[error(transparent)]
    Rpc(#[from] RpcError),
    /// There is no key.
    #[error(transparent)]
    Seed(#[from] SeedError),
    /// A key cannot be written.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// A file cannot be written.
    #[error(transparent)]
    File(#[from] FileError),
    /// A transaction of ours was not done.
    #[error(transparent)]
    Send(#[from] SendError),
    /// An account cannot sign or pay.
    #[error(
        "the relayer's account `{address}` ({hd_path} of `{mnemonic}`) {problem} on chain `{chain}`: \
         fund it, or see whether mnemonic, `hdPath` and `prefix` are the right ones"
    )]
    Account {
        /// The chain.
        chain: String,
        /// The account.
        address: String,
        /// The path to its key.
        hd_path: String,
        /// The file of the mnemonic.
        mnemonic: String,
        /// What is wrong.
        problem: String,
    },
    /// `rly` cannot be started.
    #[error(transparent)]
    Start(#[from] StartError),
    /// A step does not get on.
    #[error(
        "step `{step}` failed {attempts} times, {found}: {} ({fault}); last said: {said}",
        fault.advice()
    )]
    Step {
        /// The step.
        step: &'static str,
        /// How often it was tried.
        attempts: u32,
        /// What is on the chains.
        found: String,
        /// What kind of fault it is.
        fault: Fault,
        /// The last lines of `rly`, or what the chain said of our transaction.
        said: String,
    },
    /// It takes too long.
    #[error("not linked within {0:?}")]
    Deadline(Duration),
}

/// How long a round goes on without anything changing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// How long.
    pub limit: Duration,
    /// Whether others are held up from the start: there are links that are looked after.
    pub others: bool,
}

/// A path and what became of it.
#[derive(Debug)]
pub struct Outcome {
    /// The path.
    pub path: Rc<LinkPath>,
    /// The link, or why there is none.
    pub result: Result<Link, LinkError>,
    /// What was done for it.
    pub counts: Counts,
    /// How long it took.
    pub took: Duration,
}

/// Links all of these paths at the same time, and tells of each as soon as it is known.
///
/// With `patience`, those that are left are given up when nothing has changed for so long, so
/// that one path does not hold up what is to be done for the others.
pub async fn all(
    world: &Rc<World>,
    paths: Vec<Rc<LinkPath>>,
    patience: Option<Patience>,
) -> Vec<Outcome> {
    let began = Instant::now();
    let mut left = paths.clone();
    let wait = Instant::now() + world.config.limits.wait;
    let mut tasks = JoinSet::new();
    for path in paths {
        let world = world.clone();
        tasks.spawn_local(async move { one(&world, path, wait).await });
    }
    let mut outcomes = Vec::new();
    while !tasks.is_empty() {
        let outcome = tokio::select! {
            // Cancel-safe: `join_next` by its documentation.
            outcome = tasks.join_next() => outcome,
            limit = idle(world, patience, began, &outcomes) => {
                tasks.abort_all();
                for path in left.drain(..) {
                    let (result, counts) = (Err(LinkError::Deadline(limit)), Counts::default());
                    outcomes.push(Outcome { path, result, counts, took: began.elapsed() });
                }
                break;
            }
        };
        // A task can only fail by a panic, which ends the program.
        let Some(Ok(outcome)) = outcome else { continue };
        left.retain(|path| path.name != outcome.path.name);
        tell(&outcome);
        let found = |link: &Link| format!("channel {} is OPEN", link.channel.src);
        let result = outcome.result.as_ref().map(found).map_err(|e| agent::error::chain(e));
        world.board.result(&outcome.path.name, result);
        outcomes.push(outcome);
    }
    let order = |outcome: &Outcome| {
        world.config.paths.iter().position(|path| path.name == outcome.path.name)
    };
    outcomes.sort_by_key(order);
    outcomes
}

/// Waits until nothing has changed for as long as there is patience; for ever if nothing has been
/// linked yet, since nobody is held up then.
async fn idle(
    world: &World,
    patience: Option<Patience>,
    began: Instant,
    outcomes: &[Outcome],
) -> Duration {
    let is_linked = |one: &Outcome| one.result.is_ok();
    let holds_up = |patience: &Patience| patience.others || outcomes.iter().any(is_linked);
    let Some(Patience { limit: patience, .. }) = patience.filter(holds_up) else {
        return std::future::pending().await;
    };
    loop {
        let moved = world.board.moved().map_or(began, Instant::from_std).max(began);
        if moved.elapsed() >= patience {
            return patience;
        }
        sleep(patience.saturating_sub(moved.elapsed())).await;
    }
}

async fn one(world: &World, path: Rc<LinkPath>, wait: Instant) -> Outcome {
    let began = Instant::now();
    let mut counts = Counts::default();
    let limit = world.config.limits.link;
    let result = match timeout(limit, execute::link(world, &path, wait, &mut counts)).await {
        Ok(result) => result,
        Err(_) => Err(LinkError::Deadline(limit)),
    };
    Outcome { path, result, counts, took: began.elapsed() }
}

fn tell(outcome: &Outcome) {
    let (path, seconds) = (outcome.path.name.as_str(), outcome.took.as_secs_f64());
    let Counts { steps, attempts } = outcome.counts;
    match &outcome.result {
        Ok(link) if steps == 0 => {
            tracing::info!(path, channel = link.channel.src, "the path is linked already");
        }
        Ok(link) => tracing::info!(
            path,
            channel = link.channel.src,
            other_channel = link.channel.dst,
            steps,
            attempts,
            seconds,
            "the path is linked"
        ),
        Err(error) => {
            let error = agent::error::chain(error);
            tracing::warn!(path, steps, attempts, seconds, error, "the path is not linked");
        }
    }
}
