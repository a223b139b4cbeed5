//! Orphans are reaped, however many there are.

use std::time::{Duration, Instant};

use chainpod_tests::{
    supervised::{LIMIT, PLACES, Place, Running, state},
    wait,
};

use crate::pod;

/// Makes `count` orphans that end at one moment: when standard input is closed.
fn orphans(count: usize) -> String {
    format!(
        "dir=$(mktemp -d); mkfifo $dir/gate; exec 3<>$dir/gate 4<$dir/gate; rm -r $dir; i=0
         while [ $i -lt {count} ]; do (exec 3>&-; read x <&4 &); i=$((i+1)); done
         echo up; read x; exec 3>&-; echo open; exec sleep 1000"
    )
}

/// Waits until the node is the only child, and nothing is a zombie.
fn wait_for_order(pod: &Running) {
    wait::until("all to be reaped", LIMIT, || (pod.children().len() == 1).then_some(()));
    assert_ne!(state(pod.node()), Some('Z'));
}

#[test]
fn ten_thousand_orphans_that_end_at_one_moment_are_reaped() {
    let (reader, writer) = std::io::pipe().unwrap();
    let pod = pod().stdin(reader).script(&orphans(10_000)).start();
    pod.out.expect("up");
    assert_eq!(pod.children().len(), 10_001);
    let begun = Instant::now();
    drop(writer);
    pod.out.expect("open");
    wait_for_order(&pod);
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
}

#[test]
fn orphans_are_reaped_by_a_child_too() {
    for place in PLACES {
        let (reader, writer) = std::io::pipe().unwrap();
        let pod = pod().place(place).stdin(reader).script(&orphans(100)).start();
        pod.out.expect("up");
        assert_eq!(pod.children().len(), 101, "they are left to us");
        drop(writer);
        wait_for_order(&pod);
    }
}

#[test]
fn orphans_that_come_one_by_one_are_reaped() {
    let script = "i=0; while :; do (true &); i=$((i+1)); [ $((i % 100)) = 0 ] && echo tick; done";
    let pod = pod().place(Place::Child).script(script).start();
    for _ in 0..20 {
        pod.out.expect("tick");
        wait::until("few children", LIMIT, || (pod.children().len() < 50).then_some(()));
    }
}

#[test]
fn the_node_is_not_lost_among_its_orphans() {
    let script = "i=0; while [ $i -lt 300 ]; do (sleep 0.1 &); i=$((i+1)); done; exit 21";
    assert_eq!(pod().script(script).start().code(), 21);
}
