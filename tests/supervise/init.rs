//! Signals while there is no node yet.

use agent::pod::signal::Signal;
use chainpod_tests::{
    supervised::{LIMIT, PLACES, is_alive},
    wait,
};

use crate::pod;

const SLOW: &str = "--init=sleep 1000 & sleep 1000";

#[test]
fn a_stop_during_initialisation_ends_it_at_once() {
    for place in PLACES {
        for (signal, code) in [(Signal::TERM, 143), (Signal::INT, 130), (Signal::QUIT, 131)] {
            let mut pod = pod().place(place).arg(SLOW).script("echo up").start();
            pod.log.expect_log("applying");
            pod.signal(signal);
            assert_eq!(pod.code(), code);
            assert_eq!(pod.out.expect_end(), "", "no node was started");
        }
    }
}

#[test]
fn the_programs_of_a_stopped_initialisation_are_dead() {
    for place in PLACES {
        let mut pod = pod().place(place).arg(SLOW).script("echo up").start();
        let programs = wait::until("two programs", LIMIT, || {
            let shell = *pod.children().first()?;
            let sleeps = chainpod_tests::supervised::children(shell);
            (sleeps.len() == 2).then_some([vec![shell], sleeps].concat())
        });
        pod.signal(Signal::TERM);
        pod.code();
        wait::until("their end", LIMIT, || {
            (!programs.iter().any(|program| is_alive(*program))).then_some(())
        });
    }
}

#[test]
fn other_signals_during_initialisation_do_not_reach_the_node() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let init = format!("--init=while [ -e {} ]; do sleep 0.01; done", file.path().display());
    let mut pod = pod().arg(init).script("echo up; sleep 0.2; exit 5").start();
    pod.log.expect_log("applying");
    pod.signal(Signal::HUP);
    pod.signal(Signal::USR1);
    file.close().unwrap();
    assert_eq!(pod.code(), 5);
}
