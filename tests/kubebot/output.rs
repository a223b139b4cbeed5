//! The node's output, watched.

use std::{
    fs::File,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    ops::RangeInclusive,
    process::{Child, Stdio},
    time::{Duration, Instant},
};

use chainpod_tests::{agent::Pod, wait};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

use crate::support::{LIMIT, free, get, pod, script, status, wait_for};

const WATCHED: &str = "watchlog: {enabled: true, keyword: needle, lastThreshold: 1m}\n";

/// Runs a pod to its end, and returns its code and what went to its two outputs.
fn run(pod: &Pod) -> (Option<i32>, Vec<u8>, Vec<u8>) {
    let output = pod.output(&[]);
    (output.status.code(), output.stdout, output.stderr)
}

/// A line for each number.
fn lines(numbers: RangeInclusive<u32>, line: impl Fn(u32) -> String) -> String {
    let mut lines: Vec<_> = numbers.map(line).collect();
    lines.push(String::new());
    lines.join("\n")
}

#[test]
fn any_bytes_come_through() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let mut bytes = Vec::new();
    let mut state = 1_u32;
    for _ in 0..3_000_000 {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        bytes.push(state.to_be_bytes()[0]);
    }
    bytes.extend(vec![b'x'; 5 << 20]); // one line of 5 MiB, without an end
    file.as_file().write_all(&bytes).unwrap();
    let path = file.path().to_string_lossy().into_owned();
    let (code, stdout, _) =
        run(&pod(&format!("{}{WATCHED}", script(&format!("cat {path}; exit 7")))));
    assert_eq!(code, Some(7));
    assert!(stdout == bytes, "{} bytes of {}", stdout.len(), bytes.len());
}

#[test]
fn both_outputs_keep_their_order_in_one() {
    let text = "for n in 1 2 3 4 5 6 7 8 9; do echo out $n; echo err $n >&2; done";
    let (_, stdout, _) = run(&pod(&format!("{}{WATCHED}", script(text))));
    let wanted = lines(1..=9, |n| format!("out {n}\nerr {n}"));
    assert_eq!(String::from_utf8(stdout).unwrap(), wanted);
}

#[test]
fn outputs_go_where_they_are_sent_watched_or_not() {
    for watched in ["", WATCHED] {
        let both = "nodeStdout: stderr\nnodeStderr: stdout\n";
        let (_, stdout, stderr) =
            run(&pod(&format!("{}{both}{watched}", script("echo out; echo err >&2"))));
        assert_eq!(stdout, b"err\n");
        assert!(String::from_utf8(stderr).unwrap().lines().any(|line| line == "out"));
    }
}

#[test]
fn a_reader_that_pauses_loses_nothing_and_the_node_waits() {
    let pod = pod(&format!("{}{WATCHED}", script("seq 1000000")));
    let mut child = pod.command(&[]).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut stdout = child.stdout.take().unwrap();
    let mut bytes = vec![0; 1000];
    stdout.read_exact(&mut bytes).unwrap();
    wait::pause(Duration::from_secs(1));
    stdout.read_to_end(&mut bytes).unwrap();
    let wanted = lines(1..=1_000_000, |n| format!("{n}"));
    assert!(bytes == wanted.as_bytes(), "{} bytes of {}", bytes.len(), wanted.len());
    assert!(child.wait().unwrap().success());
}

#[test]
fn what_is_read_only_after_the_nodes_end_is_all_there() {
    let pod = pod(&format!("{}{WATCHED}", script("seq 150000")));
    let mut child = pod.command(&[]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut log = BufReader::new(child.stderr.take().unwrap()).lines();
    assert!(log.any(|line| line.unwrap().contains("the node ended")));
    let mut text = String::new();
    child.stdout.take().unwrap().read_to_string(&mut text).unwrap();
    assert!(text == lines(1..=150_000, |n| format!("{n}")), "{} bytes", text.len());
    assert!(child.wait().unwrap().success());
}

#[test]
fn last_output_that_nobody_reads_does_not_delay_the_end_for_long() {
    let (reader, writer) = std::io::pipe().unwrap();
    let pod = pod(&format!("{}{WATCHED}", script("seq 150000; exit 5")));
    let mut child = pod.command(&[]).stdout(writer).stderr(Stdio::null()).spawn().unwrap();
    let end = wait::until("its end", LIMIT, || child.try_wait().unwrap());
    assert_eq!(end.code(), Some(5));
    drop(reader);
}

#[test]
fn output_to_a_file_is_appended_in_full() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let pod = pod(&format!("{}{WATCHED}", script("seq 200000")));
    let mut child = pod
        .command(&[])
        .stdout(File::options().append(true).open(file.path()).unwrap())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    assert!(child.wait().unwrap().success());
    let wanted = lines(1..=200_000, |n| format!("{n}"));
    assert!(std::fs::read(file.path()).unwrap() == wanted.as_bytes());
}

#[test]
fn an_orphan_that_keeps_the_pipe_open_does_not_delay_the_end() {
    let begun = Instant::now();
    let pod = pod(&format!("{}{WATCHED}", script("echo last; setsid sleep 20 & exit 4")));
    let mut agent = pod.start(&[]);
    agent.expect_line("last");
    assert_eq!(agent.code(), 4);
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
}

#[test]
fn a_keyword_in_a_last_line_without_an_end_is_seen() {
    let listen = free();
    let more =
        format!("metrics: {{listen: '{listen}'}}\nsupervise: {{restart: always, delay: 1h}}\n");
    let pod = pod(&format!("{}{WATCHED}{more}", script("echo hay; printf 'and a needle'")));
    let _agent = pod.start(&[]);
    wait::until("a match", LIMIT, || {
        (status(listen)["output"]["lastMatch"]["line"] == "and a needle").then_some(())
    });
}

#[test]
fn an_unhealthy_line_makes_the_pod_unhealthy() {
    let listen = free();
    let yaml = format!(
        "{}metrics: {{listen: '{listen}'}}\nwatchlog:\n  enabled: true\n  patterns: ['height=\\d+']\n  \
         unhealthy: ['^CONSENSUS FAILURE']\n  lastThreshold: 1m\n",
        script("echo height=12; read line; echo CONSENSUS FAILURE; exec sleep 1000")
    );
    let pod = pod(&yaml);
    let mut child = pod
        .command(&[])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    wait_for(listen, "/livez", 200);
    wait::until("a match", LIMIT, || {
        (status(listen)["output"]["lastMatch"]["line"] == "height=12").then_some(())
    });
    child.stdin.take().unwrap().write_all(b"\n").unwrap();
    let body = wait_for(listen, "/livez", 503);
    assert!(body.contains("the node said: CONSENSUS FAILURE"), "{body}");
    assert!(get(listen, "/metrics").1.contains("chainpod_log_unhealthy 1"));
    stop(&child);
    child.wait().unwrap();
}

fn stop(agent: &Child) {
    let pid = Pid::from_raw(i32::try_from(agent.id()).unwrap());
    kill(pid, Signal::SIGTERM).unwrap();
}

#[test]
fn an_unhealthy_line_is_forgotten_with_its_node() {
    let listen = free();
    let node = "[ -e seen ] || { touch seen; echo PANIC; read x; exit 1; }; exec sleep 1000";
    let pod = pod(&format!(
        "{}metrics: {{listen: '{listen}'}}\nsupervise: {{restart: always, delay: 1ms}}\n\
         watchlog: {{enabled: true, keyword: a, unhealthy: [PANIC], lastThreshold: 1m}}\n",
        script(node)
    ));
    let mut command = pod.command(&[]);
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    wait_for(listen, "/livez", 503);
    drop(child.stdin.take());
    wait_for(listen, "/livez", 200);
    assert_eq!(status(listen)["restarts"], 1);
    stop(&child);
    child.wait().unwrap();
}

#[test]
fn the_termination_message_has_the_last_lines_and_our_last_error() {
    let message = |yaml: &str| {
        let file = tempfile::NamedTempFile::new().unwrap();
        let path = file.path().to_string_lossy().into_owned();
        pod(yaml).env("AGENT_TERMINATION_LOG", path).output(&[]);
        std::fs::read_to_string(file.path()).unwrap()
    };
    let failed = script("echo one; echo panic: two >&2; exit 3");
    assert_eq!(message(&format!("{failed}{WATCHED}")), "one\npanic: two\n");
    assert_eq!(message(&failed), "", "what is not watched is left to the kubelet");
    assert_eq!(message(&format!("{}{WATCHED}", script("echo fine"))), "");
    assert!(message("nodeTemplate: {}").contains("`nodeTemplate.command` must be set"));
    assert!(message("nodeTemplate: {command: [/no/such]}").contains("the node cannot be started"));
}
