//! Tests of [`run`](super::run) with a real node, for what only a program around it can do: the
//! suite `supervise` has the others.

use std::collections::BTreeMap;

use nix::sys::{
    pthread::{pthread_kill, pthread_self},
    signal::Signal as Named,
};

use super::*;
use crate::pod::reaper::Scope;

const LIMIT: Duration = Duration::from_mins(1);

/// What a test does beside the supervision.
struct Outside {
    command: watch::Sender<Command>,
    policy: watch::Sender<Policy>,
    status: watch::Receiver<Status>,
}

impl Outside {
    /// Waits for the start with this number.
    async fn expect_start(&mut self, number: u64) {
        let is_there = |status: &Status| status.starts == number && status.phase == Phase::Running;
        let status = time::timeout(LIMIT, self.status.wait_for(is_there)).await;
        drop(status.expect("it comes in time").expect("the supervision goes on"));
    }
}

/// Sends to this thread only: other tests run beside this one.
fn send(signal: Named) {
    pthread_kill(pthread_self(), signal).unwrap();
}

fn sleep(seconds: &str) -> Command {
    Command::new("sleep", [seconds])
}

async fn supervised(test: impl AsyncFnOnce(&mut Outside)) -> (End, Status) {
    supervised_with(Signals::install().unwrap(), test).await
}

/// Supervises `sleep 1000` while `test` does something; returns the end and the last status.
async fn supervised_with(signals: Signals, test: impl AsyncFnOnce(&mut Outside)) -> (End, Status) {
    let reaper = Reaper::start(Scope::Ours).unwrap();
    let (command_sender, command) = watch::channel(sleep("1000"));
    let (policy_sender, policy) = watch::channel(Policy::default());
    let status = watch::Sender::new(Status::default());
    let mut outside =
        Outside { command: command_sender, policy: policy_sender, status: status.subscribe() };
    let node =
        Node { signals: &signals, reaper: &reaper, command, policy, status, started: &mut |_| {} };
    let (end, ()) = tokio::join!(run(node), test(&mut outside));
    let status = outside.status.borrow().clone();
    (end.unwrap(), status)
}

#[tokio::test]
async fn a_new_command_restarts_the_node_and_an_equal_one_does_not() {
    let (end, status) = supervised(async |outside| {
        outside.expect_start(1).await;
        outside.command.send_replace(sleep("1000"));
        outside.command.send_replace(sleep("2000"));
        outside.expect_start(2).await;
        outside.command.send_replace(sleep("2000"));
        tokio::task::yield_now().await;
        outside.command.send_replace(sleep("3000"));
        outside.expect_start(3).await;
        send(Named::SIGTERM);
    })
    .await;
    assert_eq!((end, status.starts), (End::Signal(Signal::TERM), 3));
}

#[tokio::test]
async fn a_new_policy_holds_for_the_running_node() {
    let (end, status) = supervised(async |outside| {
        outside.expect_start(1).await;
        let exit_codes = BTreeMap::from([(143, 9)]);
        outside.policy.send_replace(Policy { exit_codes, ..Policy::default() });
        send(Named::SIGTERM);
    })
    .await;
    assert_eq!((end, status.starts), (End::Code(9), 1));
}

#[tokio::test]
async fn the_status_tells_of_the_end() {
    let (_, status) = supervised(async |outside| {
        outside.expect_start(1).await;
        assert!(outside.status.borrow().pid.is_some());
        send(Named::SIGTERM);
    })
    .await;
    assert_eq!(status.phase, Phase::Finished);
    assert_eq!(status.last_end, Some(End::Signal(Signal::TERM)));
    assert_eq!(status.pid, None);
}

#[tokio::test]
async fn a_stop_that_came_before_starts_nothing() {
    let signals = Signals::install().unwrap();
    send(Named::SIGHUP);
    send(Named::SIGINT);
    let (end, status) = supervised_with(signals, async |_| {}).await;
    assert_eq!((end, status.starts), (End::Signal(Signal::INT), 0));
}
