//! Brings the world to where a plan wants it: look, change what is missing, look again.

use std::{error::Error as StdError, fmt, io, pin::pin, time::Duration};

use thiserror::Error;
use tokio::time::Instant;

use super::signal::Signal;

/// What a look at the world found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Check {
    /// It is as it should be.
    Done,
    /// Something is missing; the text says what, as a lower-case fragment.
    Pending(String),
}

impl Check {
    /// Pending, for this reason.
    pub fn pending(why: impl Into<String>) -> Self {
        Self::Pending(why.into())
    }
}

/// One change that can be observed, and made.
///
/// Its [`Display`](fmt::Display) form is its name, in kebab case and for its result: `init-home`,
/// `gentx`. The name is a log field and a metric label.
///
/// A process may be killed at any point of `apply`, and the future of either may be dropped at
/// any `await`. The next `check` must then say [`Check::Pending`], and `apply` must succeed from
/// what was left behind. No step writes a marker of its own: what is looked at is what the node
/// itself will read.
#[expect(async_fn_in_trait, reason = "one current-thread runtime, so futures need not be Send")]
pub trait Step: fmt::Display {
    /// What `check` looks at and `apply` changes.
    type World;
    /// Why either can fail.
    type Error: StdError + 'static;

    /// Looks, and changes nothing. A world that is not there yet is pending, not an error;
    /// something that is there and is not ours is an error.
    async fn check(&self, world: &Self::World) -> Result<Check, Self::Error>;

    /// Makes the change; called only where `check` found it pending.
    async fn apply(&self, world: &Self::World) -> Result<(), Self::Error>;
}

/// How far a plan is; told to whoever shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress<'a> {
    /// The step was done already.
    Done {
        /// The step's name.
        step: &'a str,
    },
    /// The step is pending, and is being applied.
    Applying {
        /// The step's name.
        step: &'a str,
        /// What is missing.
        why: &'a str,
    },
    /// The step was applied, and looked at again.
    Applied {
        /// The step's name.
        step: &'a str,
        /// How long it took, both looks included.
        took: Duration,
    },
}

/// Why a plan did not come to its end.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum PlanError<E: StdError + 'static> {
    /// The step's look, or its change, failed.
    #[error("step `{step}` failed")]
    Step {
        /// The step's name.
        step: String,
        /// Why.
        #[source]
        source: E,
    },
    /// The step was applied without an error, and is still pending.
    #[error("step `{step}` was applied and is still pending: {why}")]
    NotConverged {
        /// The step's name.
        step: String,
        /// What is missing.
        why: String,
    },
    /// A signal asked us to stop; the next start goes on from here.
    #[error("stopped by {signal} in step `{step}`")]
    Stopped {
        /// The step that was next, or under way.
        step: String,
        /// The signal.
        signal: Signal,
    },
    /// The signals cannot be read.
    #[error("cannot read the signals that are sent to us")]
    Signals(#[source] io::Error),
}

/// Brings the world to where the plan wants it, step by step, and returns how many steps had to
/// be applied.
///
/// `stop` is [`Signals::stop`](super::signals::Signals::stop): when it is ready, the step under
/// way is dropped, which kills its programs. Between two steps it is always looked at, even if
/// the first one blocked.
///
/// # Errors
///
/// See [`PlanError`]. The steps before the failed one are done.
pub async fn converge<S: Step>(
    plan: &[S],
    world: &S::World,
    stop: impl Future<Output = io::Result<Signal>>,
    tell: &mut dyn FnMut(&Progress<'_>),
) -> Result<usize, PlanError<S::Error>> {
    let mut stop = pin!(stop);
    let mut changed = 0;
    for step in plan {
        let name = step.to_string();
        let applied = tokio::select! {
            // A stop wins; the step is killed wherever it is, which it must bear anyway.
            biased;
            signal = &mut stop => {
                let signal = signal.map_err(PlanError::Signals)?;
                return Err(PlanError::Stopped { step: name, signal });
            }
            applied = take(step, &name, world, tell) => applied?,
        };
        changed += usize::from(applied);
    }
    Ok(changed)
}

/// Takes one step; returns whether it had to be applied.
async fn take<S: Step>(
    step: &S,
    name: &str,
    world: &S::World,
    tell: &mut dyn FnMut(&Progress<'_>),
) -> Result<bool, PlanError<S::Error>> {
    let failed = |source| PlanError::Step { step: name.to_owned(), source };
    let begun = Instant::now();
    let Check::Pending(why) = step.check(world).await.map_err(failed)? else {
        tell(&Progress::Done { step: name });
        return Ok(false);
    };
    tell(&Progress::Applying { step: name, why: &why });
    step.apply(world).await.map_err(failed)?;
    if let Check::Pending(why) = step.check(world).await.map_err(failed)? {
        return Err(PlanError::NotConverged { step: name.to_owned(), why });
    }
    tell(&Progress::Applied { step: name, took: begun.elapsed() });
    Ok(true)
}

/// Writes progress to the log.
pub fn log(progress: &Progress<'_>) {
    match progress {
        Progress::Done { step } => tracing::debug!(step, "done already"),
        Progress::Applying { step, why } => tracing::info!(step, why, "applying"),
        Progress::Applied { step, took } => {
            tracing::info!(step, seconds = took.as_secs_f64(), "applied");
        }
    }
}

#[cfg(test)]
mod tests;
