//! The node's input and output are its own.

use std::{
    io::{Read as _, Write as _},
    os::unix::fs::MetadataExt as _,
    time::{Duration, Instant},
};

use agent::pod::signal::Signal;
use chainpod_tests::{
    supervised::{LIMIT, Lines, PLACES, children, state},
    wait,
};

use crate::{NODE, pod, stub};

#[test]
fn a_flood_comes_through_byte_for_byte() {
    let (mut reader, writer) = std::io::pipe().unwrap();
    let mut pod = pod().stdout(writer).script("seq 1000000").start();
    let mut bytes = Vec::new();
    reader.read_to_end(&mut bytes).unwrap();
    let mut wanted = Vec::new();
    (1..=1_000_000).for_each(|n| writeln!(wanted, "{n}").unwrap());
    assert!(bytes == wanted, "{} bytes of {}", bytes.len(), wanted.len());
    assert_eq!(pod.code(), 0);
}

#[test]
fn a_flood_that_nobody_reads_does_not_delay_the_stop() {
    for place in PLACES {
        let (reader, writer) = std::io::pipe().unwrap();
        let mut pod = pod().place(place).stdout(writer).script("exec yes").start();
        wait::until("a full pipe", LIMIT, || (state(pod.node()) == Some('S')).then_some(()));
        pod.signal(Signal::TERM);
        assert_eq!(pod.code(), 143);
        drop(reader);
    }
}

#[test]
fn a_log_that_nobody_reads_does_not_delay_the_stop() {
    for place in PLACES {
        let (reader, writer) = std::io::pipe().unwrap();
        let args = "--restart always --delay 1ms --max-delay 1ms --grace 600s";
        let mut pod = pod().place(place).args(args).stderr(writer).script("exec yes >&2").start();
        for _ in 0..3 {
            wait::until("a full pipe", LIMIT, || {
                let node = pod.children().first().copied()?;
                (state(node) == Some('S')).then_some(node)
            });
            Signal::KILL.send(pod.node()).unwrap();
        }
        let begun = Instant::now();
        pod.signal(Signal::TERM);
        assert!([137, 143].contains(&pod.code()));
        assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
        drop(reader);
    }
}

#[test]
fn lost_log_lines_are_counted() {
    let (reader, writer) = std::io::pipe().unwrap();
    // One byte more than fits, whether or not a line of the log is there already.
    let script = format!("head -c 65537 /dev/zero >&2 & exec {}", stub("signals").join(" "));
    let pod = pod().stderr(writer).script(&script).start();
    pod.out.expect("up");
    let head = || children(pod.node()).first().copied().and_then(state);
    wait::until("a full pipe", LIMIT, || (head() == Some('S')).then_some(()));
    for _ in 0..3 {
        pod.signal(Signal::USR1);
        pod.out.expect("SIGUSR1");
    }
    let log = Lines::of(Some(reader));
    // A line may still find no room while the rest of the pipe is read.
    wait::until("the lines that were lost", LIMIT, || {
        pod.signal(Signal::USR1);
        pod.out.expect("SIGUSR1");
        log.has("\"message\":\"log lines lost\"").then_some(())
    });
}

#[test]
fn a_log_whose_reader_is_gone_ends_nobody() {
    for place in PLACES {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let args = "--restart always --delay 1ms --max-delay 1ms";
        let mut pod = pod()
            .place(place)
            .args(args)
            .stderr(writer)
            .script("echo up; sleep 0.01; exit 1")
            .start();
        (0..10).for_each(|_| drop(pod.out.expect("up")));
        assert!(pod.is_running());
    }
}

#[test]
fn a_node_that_closes_its_output_is_still_supervised() {
    let script = "exec >&- 2>&-; trap 'exit 12' TERM; while :; do sleep 0.01; done";
    let mut pod = pod().script(script).start();
    pod.log.expect_log("the node is started");
    wait::until("the trap", LIMIT, || {
        let status = std::fs::read_to_string(format!("/proc/{}/status", pod.node())).ok()?;
        let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"))?.trim();
        (u64::from_str_radix(caught, 16).ok()? & (1 << 14) != 0).then_some(())
    });
    pod.signal(Signal::TERM);
    assert_eq!(pod.code(), 12);
}

#[test]
fn the_input_is_the_nodes() {
    let (reader, mut writer) = std::io::pipe().unwrap();
    let mut pod = pod().stdin(reader).script("read line; echo got $line").start();
    writeln!(writer, "hello").unwrap();
    pod.out.expect("got hello");
    assert_eq!(pod.code(), 0);
}

#[test]
fn the_output_can_go_to_standard_error_and_back() {
    let script = "echo out; echo err >&2";
    let both = pod().args("--stdout stderr --stderr stdout").script(script).start();
    both.out.expect("err");
    both.log.expect("out");
    let one = pod().args("--stderr stdout").script(script).start();
    assert_eq!(one.out.expect_end(), "out\nerr");
}

#[test]
fn the_output_is_the_very_file_that_we_were_given() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let node = ["stat", "-Lc", "%i", "/proc/self/fd/1"];
    assert_eq!(pod().stdout(file.reopen().unwrap()).node(node).start().code(), 0);
    let text = std::fs::read_to_string(file.path()).unwrap();
    assert_eq!(text.trim(), file.as_file().metadata().unwrap().ino().to_string());
}

#[test]
fn the_log_is_json_with_a_time_a_level_and_a_message() {
    let pod = pod().script(NODE).start();
    let line = pod.log.expect_log("the node is started");
    assert_eq!(line["level"], "INFO");
    assert_eq!(line["cmd"].as_str().unwrap().split(' ').next(), Some("/bin/sh"));
    let time = line["timestamp"].as_str().unwrap();
    assert!(time.ends_with('Z') && time.len() == "2026-01-01T00:00:00.000000Z".len(), "{time}");
}
