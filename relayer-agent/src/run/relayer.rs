//! The supervised `rly start`, as the keeper sees it.

use agent::pod::{
    child::Command,
    supervise::{Phase, Policy, Status},
};
use tokio::sync::watch;

/// The supervised `rly start`.
#[derive(Debug)]
pub struct Relayer {
    /// What is run; another command line restarts it.
    pub commands: watch::Sender<Command>,
    /// The rules of its supervision.
    pub policy: watch::Sender<Policy>,
    /// How it is doing.
    pub status: watch::Receiver<Status>,
}

impl Relayer {
    /// Starts it anew with this command line.
    pub fn start(&self, command: Command) {
        let _ = self.commands.send(command); // the supervision may have ended
    }

    /// Takes other rules of its supervision.
    pub fn follow(&self, policy: &Policy) {
        self.policy.send_if_modified(|now| {
            let next = Policy { hold: now.hold, ..policy.clone() };
            let is_other = *now != next;
            *now = next;
            is_other
        });
    }

    /// Stops it, and returns when it is gone: somebody else may sign with its account then.
    pub async fn hold(&mut self) {
        self.policy.send_modify(|policy| policy.hold = true);
        let is_gone = |status: &Status| matches!(status.phase, Phase::Held | Phase::Finished);
        let _ = self.status.wait_for(is_gone).await; // as above
    }

    /// Lets it run again.
    pub fn release(&self) {
        self.policy.send_if_modified(|policy| std::mem::replace(&mut policy.hold, false));
    }
}
