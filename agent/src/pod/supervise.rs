//! Keeps the node running, and ends it when asked.
//!
//! [`Supervisor::on`] decides and does nothing; [`run()`] does and decides nothing.
//!
//! ```text
//!            Start                stop, restart           its end
//! Idle ──────────────► Running ─────────────────► Stopping ─────► Draining ──► Finish
//!   ▲  program is busy    │ its end                (SIGKILL after    │ (until its group is gone)
//!   └──── Busy            └────────────────────────── the grace) ──► │
//!                         ▲                                          │ by policy
//!                         └───────────── Pausing ◄───────────────────┘
//! ```
//!
//! While the policy holds the node, it is stopped and not started (`Held`): whoever uses what the
//! node uses too may then do so.
//!
//! What the node leaves behind in its process group is ended before anything else happens: when
//! the node was asked to stop, its group was asked too and has the rest of the grace period (a
//! shell around a node is gone at once, the node still has to close its database); when it ended
//! by itself, SIGKILL follows at once. What has left the group is the pod's, not the node's: as
//! PID 1, the kernel ends it with us.

mod policy;
mod run;
mod status;

use std::{fmt, time::Duration};

use tokio::time::Instant;

pub use policy::{Policy, Restart};
pub use run::{Node, SuperviseError, run};
pub use status::{Phase, Status};

use super::{backoff::Rolls, end::End, signal::Signal};

/// A run this long means that the node is well: its failures are forgotten.
pub const HEALTHY_AFTER: Duration = Duration::from_mins(1);

/// A run shorter than this means that the node does not come up: the wait doubles.
pub const QUICK_WITHIN: Duration = Duration::from_secs(10);

/// How long what was killed may take to be gone; only a disk that hangs takes longer.
const KILLED_WITHIN: Duration = Duration::from_secs(5);

/// How often a program that is still being written is tried again, and for how long.
const BUSY_INTERVAL: Duration = Duration::from_millis(20);
const BUSY_LIMIT: Duration = Duration::from_secs(10);

/// Why a restart was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    /// The program's file was replaced.
    Binary,
    /// The command line is another.
    Command,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Binary => "new binary",
            Self::Command => "new command",
        })
    }
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// All is ready for the first start.
    Begin,
    /// The node was started.
    Started,
    /// The node could not be started.
    NotStarted {
        /// What a shell would report.
        end: End,
        /// Whether its file is still being written.
        busy: bool,
    },
    /// Somebody sent us a signal.
    Signal(Signal),
    /// The node ended.
    Ended {
        /// How.
        end: End,
        /// Whether that was Ctrl-C on a terminal that was the node's.
        interrupted: bool,
    },
    /// Nothing is left of the node's process group.
    GroupGone,
    /// The node is to be started anew.
    Restart(Reason),
    /// The rules are others from now on.
    Policy(Policy),
    /// The time set by [`Supervisor::deadline`] has come.
    Deadline,
}

/// What to do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Nothing.
    Nothing,
    /// Start the node, and report [`Event::Started`] or [`Event::NotStarted`].
    Start,
    /// Send this to the node's process group.
    Signal(Signal),
    /// End; the agent's exit code is this one's.
    Finish(End),
}

/// The state of the supervision.
#[derive(Clone, Debug)]
pub struct Supervisor {
    policy: Policy,
    rolls: Rolls,
    state: State,
    deadline: Option<Instant>,
    last: Option<End>,
    /// Ends in a row without a healthy run.
    failed: u32,
    /// Quick ends in a row without a healthy run.
    quick: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Idle,
    Busy { since: Instant },
    Running { since: Instant },
    Stopping { next: Next, killed: bool },
    Draining { end: End, at: Instant, next: Next, killed: bool },
    Pausing { at: Instant },
    Held,
}

/// What follows when the node and its group are gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    /// Whatever the policy says.
    ByPolicy,
    /// A start, because we were asked for it.
    Restart,
    /// Our own end.
    Finish,
}

impl Supervisor {
    /// A supervision that has not begun.
    pub fn new(policy: Policy, rolls: Rolls) -> Self {
        Self { policy, rolls, state: State::Idle, deadline: None, last: None, failed: 0, quick: 0 }
    }

    /// When to report [`Event::Deadline`], if ever.
    pub fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// What it is about.
    pub fn phase(&self) -> Phase {
        match self.state {
            State::Idle | State::Busy { .. } => Phase::Starting,
            State::Running { .. } => Phase::Running,
            State::Stopping { next: Next::Restart, .. }
            | State::Draining { next: Next::Restart, .. } => Phase::Restarting,
            State::Stopping { .. } | State::Draining { .. } => Phase::Stopping,
            State::Pausing { .. } => Phase::Waiting,
            State::Held => Phase::Held,
        }
    }

    /// Whether [`Event::GroupGone`] is waited for.
    pub fn is_draining(&self) -> bool {
        matches!(self.state, State::Draining { .. })
    }

    /// Whether there is a node, or something is left of it.
    pub fn has_node(&self) -> bool {
        matches!(
            self.state,
            State::Running { .. } | State::Stopping { .. } | State::Draining { .. }
        )
    }

    /// How many quick ends there have been in a row.
    pub fn quick_ends(&self) -> u32 {
        self.quick
    }

    /// Whether the node has used up its attempts.
    pub fn is_spent(&self) -> bool {
        self.policy.backoff.attempts.is_some_and(|most| self.failed >= most.get())
    }

    /// Decides what to do about an event.
    pub fn on(&mut self, event: Event, now: Instant) -> Action {
        use Action::{Nothing, Start};
        use State::{Busy, Draining, Held, Idle, Pausing, Running, Stopping};

        match (self.state, event) {
            (_, Event::Policy(policy)) => self.on_policy(policy, now),
            (Idle, Event::Begin) if self.policy.hold => self.enter(Held, None, Nothing),
            (Idle, Event::Begin) | (Busy { .. } | Pausing { .. }, Event::Deadline) => Start,
            (_, Event::Started) => self.enter(Running { since: now }, None, Nothing),
            (state, Event::NotStarted { end, busy }) => self.not_started(state, end, busy, now),

            (_, Event::Signal(signal)) if signal.is_stop() => self.on_stop(signal, now),
            (Running { .. } | Stopping { .. }, Event::Signal(signal)) => Action::Signal(signal),

            (Running { since }, Event::Ended { end, interrupted }) => {
                self.count(now.duration_since(since));
                let next = if interrupted { Next::Finish } else { Next::ByPolicy };
                self.drain(end, next, true, now);
                Action::Signal(Signal::KILL)
            }
            (Stopping { next, killed }, Event::Ended { end, .. }) => {
                self.drain(end, next, killed, now)
            }
            (Draining { end, at, next, .. }, Event::GroupGone)
            | (Draining { end, at, next, killed: true }, Event::Deadline) => {
                self.conclude(end, at, next)
            }
            (Stopping { killed: false, .. } | Draining { killed: false, .. }, Event::Deadline) => {
                self.kill(now)
            }

            (Running { .. }, Event::Restart(_)) => {
                self.forget();
                self.stop(Next::Restart, self.policy.stop_signal, now)
            }
            (Draining { end, at, next: Next::ByPolicy, killed }, Event::Restart(_)) => {
                self.forget();
                self.enter(
                    Draining { end, at, next: Next::Restart, killed },
                    self.deadline,
                    Nothing,
                )
            }
            (Pausing { at }, Event::Restart(_)) => {
                self.forget();
                self.deadline = self.deadline.min(Some(at + self.policy.backoff.wait(0, 0)));
                Nothing
            }
            (Busy { .. }, Event::Restart(_)) => {
                self.deadline = Some(now);
                Nothing
            }
            _ => Nothing,
        }
    }

    /// Decides what to do about new rules: all but one wait until they are needed.
    fn on_policy(&mut self, policy: Policy, now: Instant) -> Action {
        self.policy = policy;
        match (self.state, self.policy.hold) {
            (State::Running { .. }, true) => self.stop(Next::Restart, self.policy.stop_signal, now),
            (State::Idle | State::Busy { .. } | State::Pausing { .. }, true) => {
                self.enter(State::Held, None, Action::Nothing)
            }
            (State::Held, false) => self.enter(State::Idle, None, Action::Start),
            _ => Action::Nothing,
        }
    }

    /// Decides what to do about a stop signal: it wins over all that is under way.
    fn on_stop(&mut self, signal: Signal, now: Instant) -> Action {
        use State::{Busy, Draining, Held, Idle, Pausing, Running, Stopping};

        match self.state {
            Idle | Busy { .. } | Pausing { .. } | Held => {
                Action::Finish(self.verdict(self.last.unwrap_or(End::Signal(signal))))
            }
            Running { .. } => self.stop(Next::Finish, self.policy.stop_signal_for(signal), now),
            // The node, or what is left of it, was asked to end, but not from outside: from now
            // on nothing follows its end.
            Stopping { next: Next::Restart, killed } => {
                let state = Stopping { next: Next::Finish, killed };
                self.enter(state, self.deadline, Action::Nothing)
            }
            Draining { end, at, next: Next::Restart | Next::ByPolicy, killed } => {
                let state = Draining { end, at, next: Next::Finish, killed };
                self.enter(state, self.deadline, Action::Nothing)
            }
            // The second one from outside does not wait.
            Stopping { killed: false, .. } | Draining { killed: false, .. } => self.kill(now),
            Stopping { .. } | Draining { .. } => Action::Nothing,
        }
    }

    fn enter(&mut self, state: State, deadline: Option<Instant>, action: Action) -> Action {
        self.state = state;
        self.deadline = deadline;
        action
    }

    /// Asks the group to end, within the grace period.
    fn stop(&mut self, next: Next, signal: Signal, now: Instant) -> Action {
        let deadline = Some(now + self.policy.grace);
        self.enter(State::Stopping { next, killed: false }, deadline, Action::Signal(signal));
        if self.policy.grace.is_zero() { self.kill(now) } else { Action::Signal(signal) }
    }

    /// Kills the group.
    fn kill(&mut self, now: Instant) -> Action {
        let limit = Some(now + KILLED_WITHIN);
        let kill = Action::Signal(Signal::KILL);
        match self.state {
            State::Stopping { next, .. } => {
                self.enter(State::Stopping { next, killed: true }, None, kill)
            }
            State::Draining { end, at, next, .. } => {
                self.enter(State::Draining { end, at, next, killed: true }, limit, kill)
            }
            _ => kill,
        }
    }

    /// Waits for what is left of the group.
    fn drain(&mut self, end: End, next: Next, killed: bool, now: Instant) -> Action {
        self.last = Some(end);
        let deadline = if killed { Some(now + KILLED_WITHIN) } else { self.deadline };
        self.enter(State::Draining { end, at: now, next, killed }, deadline, Action::Nothing)
    }

    fn not_started(&mut self, state: State, end: End, busy: bool, now: Instant) -> Action {
        let since = if let State::Busy { since } = state { since } else { now };
        if busy && now.duration_since(since) < BUSY_LIMIT {
            return self.enter(State::Busy { since }, Some(now + BUSY_INTERVAL), Action::Nothing);
        }
        if self.last.is_none() {
            // What has never run does not come by waiting: the pod is to show it.
            return Action::Finish(self.verdict(end));
        }
        self.last = Some(end);
        self.count(Duration::ZERO);
        self.conclude(end, now, Next::ByPolicy)
    }

    /// What follows an end, once the group is gone.
    fn conclude(&mut self, end: End, at: Instant, next: Next) -> Action {
        let verdict = self.verdict(end);
        if self.policy.hold && next != Next::Finish {
            return self.enter(State::Held, None, Action::Nothing);
        }
        let again = match next {
            Next::Restart => return self.enter(State::Idle, None, Action::Start),
            Next::Finish => false,
            Next::ByPolicy => match self.policy.restart {
                Restart::Never => false,
                Restart::OnFailure => !verdict.is_success(),
                Restart::Always => true,
            },
        };
        if !again || self.is_spent() {
            return Action::Finish(verdict);
        }
        let wait = self.policy.backoff.wait(self.quick.saturating_sub(1), self.rolls.roll());
        self.enter(State::Pausing { at }, Some(at + wait), Action::Nothing)
    }

    /// The end as the outside is to see it.
    fn verdict(&self, end: End) -> End {
        self.policy.exit_codes.get(&end.code()).map_or(end, |code| End::Code(*code))
    }

    fn count(&mut self, uptime: Duration) {
        if uptime >= HEALTHY_AFTER {
            self.forget();
        }
        self.failed = self.failed.saturating_add(1);
        if uptime < QUICK_WITHIN {
            self.quick = self.quick.saturating_add(1);
        }
    }

    fn forget(&mut self) {
        self.failed = 0;
        self.quick = 0;
    }
}

#[cfg(test)]
mod tests;
