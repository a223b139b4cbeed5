//! The loop that does what [`Supervisor`](super::Supervisor) decides.

use std::{fmt, io, time::SystemTime};

use thiserror::Error;
use tokio::{
    sync::watch,
    time::{self, Instant},
};

use super::{Action, Event, Phase, Policy, Reason, Status, Supervisor};
use crate::pod::{
    backoff::Rolls,
    child::{Child, Command},
    end::End,
    reaper::Reaper,
    signal::Signal,
    signals::{Arrival, Signals},
};

/// The node, and who decides about it.
pub struct Node<'a> {
    /// What is sent to us.
    pub signals: &'a Signals,
    /// Who starts and collects processes.
    pub reaper: &'a Reaper,
    /// What to run. A new value restarts the node; one that is equal does not.
    pub command: watch::Receiver<Command>,
    /// The rules. A new value holds from then on.
    pub policy: watch::Receiver<Policy>,
    /// Where to tell how it is doing.
    pub status: watch::Sender<Status>,
    /// Called after each start; takes the child's pipes if there are any.
    pub started: &'a mut dyn FnMut(&mut Child),
}

impl fmt::Debug for Node<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Node").field("command", &self.command).finish_non_exhaustive()
    }
}

/// Why the supervision was given up.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SuperviseError {
    /// The signals cannot be read any more.
    #[error("cannot read the signals that are sent to us")]
    Signals(#[source] io::Error),
}

/// Supervises the node to its end, and returns that end.
///
/// A stop signal that has arrived before is obeyed: the node is not even started.
///
/// # Errors
///
/// See [`SuperviseError`]; whatever the node does is no error.
pub async fn run(node: Node<'_>) -> Result<End, SuperviseError> {
    let policy = node.policy.borrow().clone();
    let supervisor = Supervisor::new(policy, Rolls::random());
    Loop { node, supervisor, child: None }.run().await
}

struct Loop<'a> {
    node: Node<'a>,
    supervisor: Supervisor,
    child: Option<Child>,
}

impl Loop<'_> {
    async fn run(mut self) -> Result<End, SuperviseError> {
        let mut event = self.first()?;
        loop {
            let action = self.supervisor.on(event, Instant::now());
            if !self.supervisor.has_node() {
                self.child = None;
            }
            self.publish(action);
            event = match action {
                Action::Nothing => self.next().await?,
                Action::Start => self.start(),
                Action::Signal(signal) => {
                    self.signal(signal);
                    self.next().await?
                }
                Action::Finish(end) => return Ok(end),
            };
        }
    }

    /// A stop that came before the node, else the start. There is nobody yet to whom the other
    /// signals could be forwarded.
    fn first(&self) -> Result<Event, SuperviseError> {
        while let Some(Arrival { signal, .. }) =
            self.node.signals.try_recv().map_err(SuperviseError::Signals)?
        {
            if signal.is_stop() {
                return Ok(Event::Signal(signal));
            }
        }
        Ok(Event::Begin)
    }

    async fn next(&mut self) -> Result<Event, SuperviseError> {
        let Self { node, supervisor, child } = self;
        let event = tokio::select! {
            // A stop from outside wins over all else.
            biased;
            // Cancel-safe, all of them: `recv`, `wait` and `changed` may be called again, a group
            // is only looked at, and the timer is made anew from the deadline.
            arrival = node.signals.recv() => {
                Event::Signal(arrived(arrival.map_err(SuperviseError::Signals)?))
            }
            event = gone(child.as_mut(), supervisor.is_draining(), node.reaper) => event,
            Ok(()) = node.policy.changed() => {
                Event::Policy(node.policy.borrow_and_update().clone())
            }
            Ok(()) = node.command.changed() => Event::Restart(Reason::Command),
            () = until(supervisor.deadline()) => Event::Deadline,
        };
        Ok(event)
    }

    fn start(&mut self) -> Event {
        let command = self.node.command.borrow_and_update().clone();
        match Child::spawn(&command, self.node.reaper) {
            Ok(mut child) => {
                tracing::info!(cmd = %command, pid = child.pid().as_raw(), "the node is started");
                (self.node.started)(&mut child);
                self.child = Some(child);
                Event::Started
            }
            Err(error) if error.is_busy() => {
                tracing::debug!(cmd = %command, "the program is still being written");
                Event::NotStarted { end: error.end(), busy: true }
            }
            Err(error) => {
                tracing::error!(%error, source = %error.source, "the node cannot be started");
                Event::NotStarted { end: error.end(), busy: false }
            }
        }
    }

    fn signal(&mut self, signal: Signal) {
        if let Some(child) = &mut self.child {
            child.signal(signal);
        }
    }

    fn publish(&self, action: Action) {
        let phase = match action {
            Action::Finish(_) => Phase::Finished,
            _ => self.supervisor.phase(),
        };
        self.node.status.send_if_modified(|status| {
            let changed = status.phase != phase;
            if changed {
                status.phase = phase;
                status.since = SystemTime::now();
            }
            changed
        });
    }
}

fn arrived(arrival: Arrival) -> Signal {
    let Arrival { signal, from } = arrival;
    tracing::info!(%signal, from = from.map(nix::unistd::Pid::as_raw), "signal received");
    signal
}

/// Waits for the end of the child, or if it has ended already, of its group.
async fn gone(child: Option<&mut Child>, ended: bool, reaper: &Reaper) -> Event {
    let Some(child) = child else { return std::future::pending().await };
    if ended {
        group_gone(child, reaper).await;
        return Event::GroupGone;
    }
    let terminal = child.has_terminal();
    let end = child.wait().await;
    tracing::info!(%end, "the node ended");
    let keys = [Signal::INT, Signal::QUIT].map(|signal| End::Signal(signal).code());
    Event::Ended { end, interrupted: terminal && keys.contains(&end.code()) }
}

/// Waits until the child's process group has no member.
async fn group_gone(child: &Child, reaper: &Reaper) {
    loop {
        let next_death = reaper.reaped();
        if child.group_is_gone() {
            return;
        }
        next_death.await;
    }
}

async fn until(deadline: Option<Instant>) {
    match deadline {
        None => std::future::pending().await,
        Some(deadline) => time::sleep_until(deadline).await,
    }
}
