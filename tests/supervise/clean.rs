//! What the node inherits, and what it does not.

use std::process::Command;

use agent::pod::signal::Signal;
use chainpod_tests::supervised::PLACES;

use crate::pod;

/// Ignores and blocks signals, as `nohup` and careless parents do.
const CARELESS: [&str; 3] = [
    "env",
    "--ignore-signal=HUP,INT,QUIT,PIPE,TERM,CHLD,USR1,TSTP,RTMIN",
    "--block-signal=HUP,INT,QUIT,PIPE,TERM,CHLD,USR1,TSTP,RTMIN",
];

#[test]
fn no_signal_is_ignored_or_blocked_in_the_node() {
    for place in PLACES {
        let node = ["grep", "-E", "^Sig(Blk|Ign):", "/proc/self/status"];
        let mut pod = pod().place(place).wrap(&CARELESS).node(node).start();
        assert_eq!(pod.code(), 0);
        for mask in ["SigBlk:", "SigIgn:"] {
            let line = pod.out.expect(mask);
            let bits = u64::from_str_radix(line[mask.len()..].trim(), 16).unwrap();
            // glibc's `posix_spawn` leaves 32 and 33, which are its own, ignored.
            assert_eq!(bits & !(0b11 << 31), 0, "{place:?} {line}");
        }
    }
}

#[test]
fn a_careless_parent_does_not_hide_the_end_of_the_node() {
    for place in PLACES {
        let mut pod = pod().place(place).wrap(&CARELESS).script("exit 11").start();
        assert_eq!(pod.code(), 11);
    }
}

#[test]
fn no_descriptor_of_ours_is_open_in_the_node() {
    for place in PLACES {
        let args = "--watch-binary 300ms --restart on-failure";
        let list = ["ls", "/proc/self/fd"];
        let mut pod = pod().place(place).args(args).node(list).start();
        assert_eq!(pod.code(), 0);
        let without_us = Command::new(list[0]).arg(list[1]).output().unwrap().stdout;
        assert_eq!(pod.out.expect_end(), String::from_utf8_lossy(&without_us).trim_end());
    }
}

#[test]
fn the_node_leads_a_group_of_its_own() {
    for place in PLACES {
        let script = "set -- $(cat /proc/self/stat); echo $5; echo $$";
        let mut pod = pod().place(place).node(["sh", "-c", script]).start();
        assert_eq!(pod.code(), 0);
        assert_eq!(pod.out.expect(""), pod.out.expect(""));
    }
}

#[test]
fn the_node_has_our_environment_and_folder() {
    let mut pod =
        pod().wrap(&["env", "-C", "/usr", "COLOUR=red"]).script("echo $COLOUR; pwd").start();
    assert_eq!(pod.code(), 0);
    assert_eq!(pod.out.expect_end(), "red\n/usr");
}

#[test]
fn the_supervisor_wakes_up_for_nothing() {
    let pod = pod()
        .args("--watch-binary 300ms --restart always")
        .script("echo up; exec sleep 1000")
        .start();
    pod.out.expect("up");
    pod.signal(Signal::CONT); // what waits for signals has been woken once
    pod.log.expect_log("signal received");
    let switches = || pod.status("voluntary_ctxt_switches");
    let before = chainpod_tests::wait::until("a rest", chainpod_tests::supervised::LIMIT, || {
        let before = (switches(), pod.ticks());
        nap("0.3");
        ((switches(), pod.ticks()) == before).then_some(before)
    });
    nap("1");
    assert_eq!((switches(), pod.ticks()), before);
}

/// Lets time go by in which nothing must happen.
fn nap(seconds: &str) {
    assert!(Command::new("sleep").arg(seconds).status().unwrap().success());
}
