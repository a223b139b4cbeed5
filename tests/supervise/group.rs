//! What a node leaves behind: in its process group, and outside of it.

use agent::pod::signal::Signal;
use chainpod_tests::{
    supervised::{LIMIT, PLACES, Place, is_alive},
    wait,
};
use nix::unistd::Pid;

use crate::{pod, stub};

fn pid(line: &str) -> Pid {
    Pid::from_raw(line.parse().expect("a process id"))
}

#[test]
fn what_is_left_of_the_group_is_dead_before_we_end() {
    let script = "(trap '' TERM HUP INT; sleep 1000) & echo $!; read x; exit 3";
    let (reader, writer) = std::io::pipe().unwrap();
    let mut pod = pod().place(Place::Child).stdin(reader).script(script).start();
    let left = pid(&pod.out.expect(""));
    drop(writer);
    assert_eq!(pod.code(), 3);
    assert!(!is_alive(left));
}

#[test]
fn what_is_left_of_the_group_is_dead_before_a_restart() {
    let script = "trap '' TERM; sleep 1000 & echo $!; exit 1";
    let args = "--restart always --delay 0s --max-delay 1ms";
    let pod = pod().place(Place::Child).args(args).script(script).start();
    for _ in 0..20 {
        let left = pid(&pod.out.expect(""));
        let next = pod.out.expect("");
        assert!(!is_alive(left), "{left} is alive beside {next}");
    }
}

#[test]
fn a_daemon_does_not_delay_the_end() {
    for place in PLACES {
        let script = "setsid sh -c 'echo $$; exec sleep 1000' & read x; exit 4";
        let (reader, writer) = std::io::pipe().unwrap();
        let mut pod = pod().place(place).stdin(reader).script(script).start();
        let daemon = pid(&pod.out.expect(""));
        drop(writer);
        assert_eq!(pod.code(), 4);
        if place == Place::Child {
            Signal::KILL.send(daemon).expect("it outlives us: it had left the group");
        } else {
            pod.out.expect_end(); // the kernel ended it, and its pipe
        }
    }
}

#[test]
fn an_orphan_that_holds_the_pipes_does_not_delay_the_end() {
    let script = "trap 'exit 8' TERM; setsid sh -c 'echo $$; exec sleep 1000' & wait";
    let mut pod = pod().place(Place::Child).script(script).start();
    let orphan = pid(&pod.out.expect(""));
    pod.signal(Signal::TERM);
    assert_eq!(pod.code(), 8);
    Signal::KILL.send(orphan).expect("it is still there");
}

#[test]
fn a_node_that_left_its_group_gets_its_signals() {
    for place in PLACES {
        let mut pod = pod().place(place).node(stub("leave-group")).start();
        pod.out.expect("up");
        pod.signal(Signal::USR1);
        pod.out.expect("SIGUSR1");
        pod.signal(Signal::TERM);
        pod.out.expect("SIGTERM");
        assert_eq!(pod.code(), 0);
    }
}

#[test]
fn a_node_that_left_its_group_and_is_deaf_is_killed() {
    let mut pod = pod().args("--grace 200ms").node(stub("leave-group")).start();
    pod.out.expect("up");
    pod.signal(Signal::INT);
    assert_eq!(pod.code(), 137);
}

#[test]
fn a_child_of_the_node_that_dies_is_the_nodes() {
    let mut pod = pod().script("sh -c 'exit 5' & wait $!; echo $?; exit 0").start();
    assert_eq!(pod.out.expect(""), "5");
    assert_eq!(pod.code(), 0);
}

#[test]
fn nothing_but_us_is_left_when_the_node_is_gone() {
    let script = "sleep 1000 & (sleep 1000 &) ; exit 1";
    let args = "--restart always --delay 60s --max-delay 60s";
    let pod = pod().args(args).script(script).start();
    pod.log.expect_log("the node is started again after a wait");
    wait::until("nobody", LIMIT, || pod.children().is_empty().then_some(()));
}
