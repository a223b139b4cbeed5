//! A stop from outside: it reaches the node at once, and it ends in bounded time.

use std::time::{Duration, Instant};

use agent::pod::signal::Signal;
use chainpod_tests::{
    supervised::{LIMIT, PLACES, Place, state},
    wait,
};

use crate::{DEAF, NODE, pod};

#[test]
fn a_node_deaf_to_sigterm_is_killed_after_the_grace() {
    for place in PLACES {
        let mut pod = pod().place(place).args("--grace 300ms").script(DEAF).start();
        pod.out.expect("up");
        let begun = Instant::now();
        pod.signal(Signal::TERM);
        assert_eq!(pod.code(), 137);
        let took = begun.elapsed();
        assert!(took >= Duration::from_millis(300), "{took:?}");
    }
}

#[test]
fn a_second_stop_kills() {
    for second in [Signal::TERM, Signal::INT, Signal::QUIT] {
        let mut pod = pod().args("--grace 600s").script(DEAF).start();
        pod.out.expect("up");
        pod.signal(Signal::TERM);
        pod.log.expect_log("signal received");
        pod.signal(second);
        assert_eq!(pod.code(), 137, "{second}");
    }
}

#[test]
fn without_grace_the_stop_kills_at_once() {
    let mut pod = pod().args("--grace 0s").script(DEAF).start();
    pod.out.expect("up");
    pod.signal(Signal::TERM);
    assert_eq!(pod.code(), 137);
}

/// A shell around a node dies of the signal that was meant for the node.
#[test]
fn a_node_in_a_shell_is_stopped_gracefully_too() {
    for place in PLACES {
        let node =
            "trap \"sleep 0.3; echo closed; exit 0\" TERM; echo up; while :; do sleep 0.01; done";
        let mut pod = pod().place(place).script(&format!("sh -c '{node}'; echo no")).start();
        pod.out.expect("up");
        pod.signal(Signal::TERM);
        pod.out.expect("closed");
        assert_eq!(pod.code(), 143, "the shell's own end");
    }
}

#[test]
fn a_shell_that_keeps_sigterm_to_itself_does_not_hide_it_from_the_node() {
    let node = "trap \"echo told; exit 0\" TERM; echo up; while :; do sleep 0.01; done";
    let script = format!("trap 'echo shell' TERM; sh -c '{node}'; exit 6");
    let mut pod = pod().script(&script).start();
    pod.out.expect("up");
    pod.signal(Signal::TERM);
    pod.out.expect("told");
    assert_eq!(pod.code(), 6);
}

#[test]
fn a_member_of_the_group_that_is_deaf_is_killed_after_the_grace() {
    let script = format!("trap 'exit 3' TERM; ({DEAF}) & wait");
    let mut pod = pod().args("--grace 300ms").script(&script).start();
    pod.out.expect("up");
    let begun = Instant::now();
    pod.signal(Signal::TERM);
    assert_eq!(pod.code(), 3);
    assert!(begun.elapsed() >= Duration::from_millis(300));
}

#[test]
fn a_stopped_node_is_woken_for_its_stop() {
    let mut pod = pod().place(Place::Child).args("--grace 600s").script(NODE).start();
    pod.out.expect("up");
    let node = pod.node();
    "SIGSTOP".parse::<Signal>().unwrap().send(node).unwrap();
    wait::until("its suspension", LIMIT, || (state(node) == Some('T')).then_some(()));
    pod.signal(Signal::TERM);
    assert_eq!(pod.code(), 0);
}

#[test]
fn a_stop_while_it_waits_ends_with_the_nodes_code() {
    for place in PLACES {
        let script = "echo up; exit 9";
        let args = "--restart always --delay 60s --max-delay 60s";
        let mut pod = pod().place(place).args(args).script(script).start();
        pod.log.expect_log("the node is started again after a wait");
        pod.signal(Signal::TERM);
        assert_eq!(pod.code(), 9);
    }
}

#[test]
fn a_stop_is_not_followed_by_a_restart() {
    let mut pod = pod().args("--restart always --delay 0s").script(NODE).start();
    pod.out.expect("up");
    pod.signal(Signal::TERM);
    assert_eq!(pod.code(), 0);
    assert_eq!(pod.out.expect_end(), "up");
}

#[test]
fn a_node_that_was_already_stopping_by_itself_is_no_problem() {
    let mut pod = pod().script("echo up; exec sleep 0.05").start();
    pod.out.expect("up");
    pod.signal(Signal::TERM);
    assert!([0, 143].contains(&pod.code()));
}
