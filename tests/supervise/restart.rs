//! Restarts by policy.

use std::{
    fs,
    time::{Duration, Instant},
};

use agent::pod::signal::Signal;
use chainpod_tests::supervised::{PLACES, Place, write_script};

use crate::{NODE, pod};

#[test]
fn a_node_that_fails_is_started_again_until_its_attempts_are_spent() {
    for place in PLACES {
        let args = "--restart on-failure --delay 1ms --attempts 3";
        let mut pod = pod().place(place).args(args).script("echo up; exit 7").start();
        assert_eq!(pod.code(), 7);
        assert_eq!(pod.out.expect_end(), "up\nup\nup");
        pod.log.expect_log("the node keeps failing, giving up");
    }
}

#[test]
fn an_end_by_signal_is_a_failure() {
    let args = "--restart on-failure --delay 1ms --attempts 2";
    let mut pod = pod().args(args).script("echo up; kill -TERM $$").start();
    assert_eq!(pod.code(), 143);
    assert_eq!(pod.out.expect_end(), "up\nup");
}

#[test]
fn on_failure_a_clean_end_is_the_end() {
    let mut pod = pod().args("--restart on-failure --delay 1ms").script("echo up").start();
    assert_eq!(pod.code(), 0);
    assert_eq!(pod.out.expect_end(), "up");
}

#[test]
fn always_means_after_a_clean_end_too() {
    let pod = pod().args("--restart always --delay 1ms --max-delay 1ms").script("echo up").start();
    (0..3).for_each(|_| drop(pod.out.expect("up")));
}

#[test]
fn a_node_that_was_killed_is_started_again() {
    let pod = pod().place(Place::Child).args("--restart always --delay 1ms").script(NODE).start();
    for _ in 0..3 {
        pod.out.expect("up");
        Signal::KILL.send(pod.node()).unwrap();
    }
    pod.out.expect("up");
}

#[test]
fn the_waits_grow_and_are_told() {
    let args = "--restart always --delay 20ms --max-delay 80ms";
    let pod = pod().args(args).script("exit 1").start();
    let begun = Instant::now();
    pod.log.expect_log("the node is started again after a wait");
    let waits = [(); 4].map(|()| {
        pod.log.expect_log("the node keeps ending, the wait grows")["seconds"].as_f64().unwrap()
    });
    assert!(waits.is_sorted_by(|one, next| *one <= next * 1.12), "{waits:?}");
    assert!(waits.iter().all(|wait| *wait <= 0.080), "{waits:?}");
    assert!(begun.elapsed() >= Duration::from_millis(20 + 36 + 72 + 72));
}

#[test]
fn a_program_that_vanished_is_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("node");
    write_script(&file, "echo up; exec sleep 1000");
    let pod = pod()
        .place(Place::Child)
        .args("--restart always --delay 5ms --max-delay 5ms")
        .node([&file])
        .start();
    pod.out.expect("up");
    fs::remove_file(&file).unwrap();
    Signal::KILL.send(pod.node()).unwrap();
    pod.log.expect_log("the node cannot be started");
    write_script(&file, "echo back; exec sleep 1000");
    pod.out.expect("back");
}

/// The suite's longest: a leak of one descriptor, or one page, a restart would be seen.
#[test]
fn a_thousand_restarts_leave_nothing_behind() {
    let args = "--restart always --delay 0s --max-delay 0s --watch-binary 300ms --log error";
    let pod = pod().args(args).script("echo up; exit 1").start();
    (0..50).for_each(|_| drop(pod.out.expect("up")));
    let (descriptors, memory) = (pod.descriptors(), pod.status("VmRSS"));
    (0..1000).for_each(|_| drop(pod.out.expect("up")));
    assert!(pod.descriptors() <= descriptors, "{} are open", pod.descriptors());
    assert!(pod.status("VmRSS") <= memory + 128, "{memory} kB, then {} kB", pod.status("VmRSS"));
    assert!(pod.children().len() <= 1, "no zombie is left");
    assert_eq!(pod.status("Threads"), 1);
}
