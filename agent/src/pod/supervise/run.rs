//! The loop that does what [`Supervisor`] decides.

use std::{
    fmt, io,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use nix::unistd::Pid;
use thiserror::Error;
use tokio::{
    sync::watch,
    time::{self, Instant},
};

use super::{Action, Event, Phase, Policy, Reason, Status, Supervisor};
use crate::pod::{
    backoff::Rolls,
    binary::{self, Identity, Search},
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
    Loop { node, supervisor, child: None, watch: None, started: None, busy: false, arrival: None }
        .run()
        .await
}

struct Loop<'a> {
    node: Node<'a>,
    supervisor: Supervisor,
    child: Option<Child>,
    watch: Option<Search>,
    /// What was started, or tried to start, the last time.
    started: Option<Command>,
    /// Whether the program was not ready to be started the last time.
    busy: bool,
    /// What is logged when it has been passed on: the log takes longer than the signal.
    arrival: Option<Arrival>,
}

impl Loop<'_> {
    async fn run(mut self) -> Result<End, SuperviseError> {
        let mut event = self.first()?;
        loop {
            let action = self.supervisor.on(event, Instant::now());
            if !self.supervisor.has_node() {
                self.child = None;
            }
            self.tell(action);
            event = match action {
                Action::Nothing => self.next().await?,
                Action::Start => self.start(),
                Action::Signal(signal) => {
                    self.signal(signal);
                    self.next().await?
                }
                Action::Finish(end) => {
                    self.log_arrival();
                    return Ok(end);
                }
            };
        }
    }

    /// A stop that came before the node, else the start. There is nobody yet to whom the other
    /// signals could be forwarded.
    fn first(&mut self) -> Result<Event, SuperviseError> {
        while let Some(arrival) = self.node.signals.try_recv().map_err(SuperviseError::Signals)? {
            if arrival.signal.is_stop() {
                self.arrival = Some(arrival);
                return Ok(Event::Signal(arrival.signal));
            }
        }
        Ok(Event::Begin)
    }

    async fn next(&mut self) -> Result<Event, SuperviseError> {
        self.log_arrival();
        let Self { node, supervisor, child, watch, started, arrival, .. } = self;
        let event = tokio::select! {
            // A stop from outside wins over all else.
            biased;
            // Cancel-safe, all of them: `recv`, `wait`, `changed` and `replaced` may be called
            // again, a group is only looked at, and the timer is made anew from the deadline.
            arrived = node.signals.recv() => {
                let arrived = arrived.map_err(SuperviseError::Signals)?;
                Event::Signal(arrival.insert(arrived).signal)
            }
            event = gone(child.as_mut(), supervisor.is_draining(), node.reaper) => event,
            Ok(()) = node.policy.changed() => {
                Event::Policy(node.policy.borrow_and_update().clone())
            }
            () = changed(&mut node.command, started.as_ref()) => Event::Restart(Reason::Command),
            () = replaced(watch) => Event::Restart(Reason::Binary),
            () = until(supervisor.deadline()) => Event::Deadline,
        };
        match &event {
            Event::Ended { end, .. } => node.status.send_modify(|status| {
                status.pid = None;
                status.last_end = Some(*end);
            }),
            Event::Restart(reason) => tracing::info!(%reason, "the node is to be started anew"),
            _ => {}
        }
        Ok(event)
    }

    fn start(&mut self) -> Event {
        let command = self.node.command.borrow_and_update().clone();
        self.started = Some(command.clone());
        let path = command.path().unwrap_or_else(|| PathBuf::from(&command.program));
        if !binary::is_whole(&path) {
            return self.not_ready(&path);
        }
        let identity = Identity::of(&path);
        self.watch(&path, &command);
        match Child::spawn(&command, self.node.reaper) {
            Ok(mut child) => {
                tracing::info!(cmd = %command, pid = child.pid().as_raw(), "the node is started");
                if let Some(watch) = &mut self.watch {
                    watch.started(identity);
                }
                self.node.status.send_modify(|status| {
                    status.pid = Some(child.pid());
                    status.starts += 1;
                });
                (self.node.started)(&mut child);
                self.child = Some(child);
                self.busy = false;
                Event::Started
            }
            Err(error) if error.is_busy() => self.not_ready(&path),
            Err(error) => {
                tracing::error!(%error, source = %error.source, "the node cannot be started");
                Event::NotStarted { end: error.end(), busy: false }
            }
        }
    }

    /// Says once that the program is still being written.
    fn not_ready(&mut self, program: &Path) -> Event {
        if !std::mem::replace(&mut self.busy, true) {
            tracing::warn!(program = %program.display(), "the program is not whole, it is waited for");
        }
        Event::NotStarted { end: End::NOT_EXECUTABLE, busy: true }
    }

    /// Watches the program, if the policy wants that and it is not watched already.
    fn watch(&mut self, program: &Path, command: &Command) {
        let wanted = self.node.policy.borrow().watch_binary;
        let is_as_wanted = |watch: &Search| {
            Some(watch.settle()) == wanted
                && std::path::absolute(program).is_ok_and(|p| p == watch.program())
        };
        if self.watch.as_ref().is_some_and(is_as_wanted) {
            return;
        }
        self.watch = wanted.and_then(|settle| {
            Search::new(program, &command.places(), settle)
                .inspect_err(|error| {
                    tracing::warn!(program = %program.display(), %error, "the program cannot be watched");
                })
                .ok()
        });
    }

    fn signal(&mut self, signal: Signal) {
        if let Some(child) = &mut self.child {
            tracing::debug!(%signal, "signal sent to the node");
            child.signal(signal);
        }
    }

    fn log_arrival(&mut self) {
        if let Some(Arrival { signal, from }) = self.arrival.take() {
            tracing::info!(%signal, from = from.map(Pid::as_raw), "signal received");
        }
    }

    /// Tells of a new phase, in the status and in the log.
    fn tell(&self, action: Action) {
        let phase = match action {
            Action::Finish(_) => Phase::Finished,
            _ => self.supervisor.phase(),
        };
        let changed = self.node.status.send_if_modified(|status| {
            let changed = status.phase != phase;
            if changed {
                status.phase = phase;
                status.since = SystemTime::now();
            }
            changed
        });
        if self.supervisor.is_spent() && phase == Phase::Finished {
            tracing::error!("the node keeps failing, giving up");
        } else if changed && phase == Phase::Waiting && !self.supervisor.has_node() {
            let seconds = self.wait().as_secs_f64();
            match self.supervisor.quick_ends() {
                0 | 1 => tracing::info!(seconds, "the node is started again after a wait"),
                ends => tracing::warn!(seconds, ends, "the node keeps ending, the wait grows"),
            }
        }
    }

    fn wait(&self) -> Duration {
        self.supervisor
            .deadline()
            .map_or(Duration::ZERO, |deadline| deadline.saturating_duration_since(Instant::now()))
    }
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

/// Waits until the command is another than the one that was started.
async fn changed(command: &mut watch::Receiver<Command>, started: Option<&Command>) {
    // Cancel-safe per docs on `changed`: a value that was not seen is not lost.
    while command.changed().await.is_ok() {
        if started != Some(&*command.borrow()) {
            return;
        }
    }
    std::future::pending::<()>().await;
}

/// Waits until the program was replaced.
async fn replaced(watch: &mut Option<Search>) {
    if let Some(found) = watch {
        match found.replaced().await {
            Ok(_) => return,
            Err(error) => {
                tracing::warn!(%error, "the program cannot be watched any more");
                *watch = None;
            }
        }
    }
    std::future::pending::<()>().await;
}

async fn until(deadline: Option<Instant>) {
    match deadline {
        None => std::future::pending().await,
        Some(deadline) => time::sleep_until(deadline).await,
    }
}

#[cfg(test)]
mod tests;
