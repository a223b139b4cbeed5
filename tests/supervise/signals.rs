//! Which signals reach the node.

use agent::pod::signal::Signal;
use chainpod_tests::supervised::PLACES;

use crate::{NODE, pod, stub};

/// All that can be forwarded and ask for nothing, as the node sees them.
fn others() -> impl Iterator<Item = Signal> {
    let standard =
        "HUP USR1 USR2 ALRM STKFLT CONT TSTP TTIN TTOU URG XCPU VTALRM PROF WINCH IO PWR";
    let real_time = (0..=30).map(|n| format!("RTMIN+{n}"));
    let names = standard.split(' ').map(str::to_owned).chain(real_time);
    names.map(|name| name.parse().unwrap())
}

#[test]
fn every_signal_reaches_the_node_as_it_is() {
    for place in PLACES {
        let pod = pod().place(place).node(stub("signals")).start();
        pod.out.expect("up");
        for signal in others() {
            pod.signal(signal);
            assert_eq!(pod.out.expect("SIG"), signal.to_string(), "{place:?}");
        }
    }
}

#[test]
fn each_stop_signal_reaches_the_node_as_it_is() {
    for place in PLACES {
        for signal in [Signal::INT, Signal::QUIT, Signal::TERM] {
            let pod = pod().place(place).node(stub("signals")).start();
            pod.out.expect("up");
            pod.signal(signal);
            pod.out.expect(&signal.to_string());
        }
    }
}

#[test]
fn sigterm_becomes_the_stop_signal() {
    let pod = pod().args("--stop-signal SIGINT").node(stub("signals")).start();
    pod.out.expect("up");
    pod.signal(Signal::TERM);
    pod.out.expect("SIGINT");
    assert_eq!(pod.out.count("SIGTERM"), 0);
}

#[test]
fn real_time_signals_are_not_merged() {
    let pod = pod().node(stub("signals")).start();
    pod.out.expect("up");
    let signal: Signal = "SIGRTMIN+5".parse().unwrap();
    (0..100).for_each(|_| pod.signal(signal));
    (0..100).for_each(|_| drop(pod.out.expect("SIGRTMIN+5")));
}

#[test]
fn a_signal_while_there_is_no_node_is_dropped() {
    let mut pod = pod().args("--restart always --delay 300ms").script("echo up; exit 4").start();
    pod.log.expect_log("the node is started again after a wait");
    pod.signal(Signal::HUP);
    pod.log.expect_log("signal received");
    pod.out.expect("up");
    assert!(pod.is_running());
}

#[test]
fn the_sender_of_a_signal_is_logged() {
    let pod = pod().place(chainpod_tests::supervised::Place::Child).script(NODE).start();
    pod.out.expect("up");
    pod.signal(Signal::USR1);
    let line = pod.log.expect_log("signal received");
    assert_eq!(line["from"], std::process::id(), "{line}");
}
