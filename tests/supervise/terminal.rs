//! A terminal is the node's.

use std::{fs::File, io::Write as _, os::fd::OwnedFd, process::Command};

use chainpod_tests::supervised::{LIMIT, Lines, Running};
use chainpod_tests::wait;
use nix::pty::openpty;

use crate::pod;

/// Waits until the terminal's foreground group (field 8 of `stat`) is its own (field 5).
const IN_FRONT: &str =
    "until set -- $(cat /proc/self/stat); [ $5 = $8 ]; do :; done; echo in front";

/// A pod on a terminal that is its own, and the other side of it.
struct Terminal {
    pod: Running,
    keys: File,
    screen: Lines,
}

fn on_terminal(args: &str, script: &str) -> Terminal {
    on_terminal_as(&["setsid", "--ctty"], args, script)
}

fn on_terminal_as(wrap: &[&str], args: &str, script: &str) -> Terminal {
    let pty = openpty(None, None).unwrap();
    let side = |fd: &OwnedFd| fd.try_clone().unwrap();
    let pod = pod()
        .wrap(wrap)
        .args(args)
        .script(script)
        .stdin(side(&pty.slave))
        .stdout(side(&pty.slave))
        .stderr(pty.slave)
        .start();
    let screen = Lines::of(Some(File::from(side(&pty.master))));
    Terminal { pod, keys: File::from(pty.master), screen }
}

impl Terminal {
    fn press(&mut self, keys: &[u8]) {
        self.keys.write_all(keys).unwrap();
    }
}

#[test]
fn the_node_is_in_front_and_reads_what_is_typed() {
    let script = format!("{IN_FRONT}; read x; echo got $x");
    let mut terminal = on_terminal("--log warn", &script);
    terminal.screen.expect("in front");
    terminal.press(b"hello\n");
    terminal.screen.expect("got hello");
    assert_eq!(terminal.pod.code(), 0);
}

/// A node that reads before it is in front is stopped for that by the kernel.
#[test]
fn a_node_that_reads_before_it_is_in_front_gets_what_is_typed() {
    let late =
        "setsid --ctty strace -D -qq -o /dev/null -e trace=ioctl -e inject=ioctl:delay_enter=500ms";
    let late: Vec<_> = late.split(' ').collect();
    let mut terminal = on_terminal_as(&late, "--log warn", "read x; echo got $x");
    terminal.press(b"hello\n");
    terminal.screen.expect("got hello");
    assert_eq!(terminal.pod.code(), 0);
}

#[test]
fn ctrl_c_goes_to_the_node() {
    let script = "trap 'echo interrupted; exit 3' INT; echo up; while :; do sleep 0.01; done";
    let mut terminal = on_terminal("--log warn", script);
    terminal.screen.expect("up");
    terminal.press(b"\x03");
    terminal.screen.expect("interrupted");
    assert_eq!(terminal.pod.code(), 3);
}

#[test]
fn a_node_that_ctrl_c_has_ended_is_not_started_again() {
    let mut terminal = on_terminal("--log warn --restart always", "echo up; exec sleep 1000");
    terminal.screen.expect("up");
    terminal.press(b"\x03");
    assert_eq!(terminal.pod.code(), 130);
}

#[test]
fn ctrl_c_during_the_wait_ends_us() {
    let args = "--restart always --delay 60s --max-delay 60s";
    let mut terminal = on_terminal(args, "echo up; exit 6");
    terminal.screen.expect("the node is started again after a wait");
    terminal.press(b"\x03");
    assert_eq!(terminal.pod.code(), 6);
}

#[test]
fn the_next_node_is_in_front_too() {
    let script = format!("{IN_FRONT}; read x; exit 1");
    let mut terminal =
        on_terminal("--log error --restart always --delay 1ms --max-delay 1ms", &script);
    for _ in 0..5 {
        terminal.screen.expect("in front");
        terminal.press(b"x\n");
    }
}

#[test]
fn ctrl_z_does_not_freeze_a_pod() {
    let script = format!("{IN_FRONT}; while :; do echo tick; sleep 0.05; done");
    let mut terminal = on_terminal("--log warn", &script);
    terminal.screen.expect("tick");
    terminal.press(b"\x1a");
    terminal.screen.expect("^Z");
    (0..5).for_each(|_| drop(terminal.screen.expect("tick")));
}

/// We do not hear of what the node has started: nobody would wake it.
#[test]
fn ctrl_z_does_not_freeze_what_the_node_has_started() {
    let tick = "echo begun; while :; do echo tick; sleep 0.05; done";
    let script = format!("{IN_FRONT}; trap : TSTP; sh -c '{tick}' & while :; do wait; done");
    let mut terminal = on_terminal("--log warn", &script);
    terminal.screen.expect("begun");
    terminal.press(b"\x1a");
    terminal.screen.expect("^Z");
    (0..5).for_each(|_| drop(terminal.screen.expect("tick")));
}

#[test]
fn ctrl_z_suspends_us_with_the_node_and_the_shell_wakes_both() {
    let node = format!("{IN_FRONT}; read x; echo got $x; exit 4");
    let job = format!("\"$0\" --log warn -- /bin/sh -c '{node}'");
    let shell = format!("set -m; {job}; echo suspended; fg; echo ended with $?; exit 5");
    let pod_run = env!("CARGO_BIN_EXE_pod-run");
    let pty = openpty(None, None).unwrap();
    let side = |fd: &OwnedFd| fd.try_clone().unwrap();
    let mut session = Command::new("setpriv");
    session.args(["--pdeathsig", "KILL", "setsid", "--ctty", "bash", "-c", &shell, pod_run]);
    session.stdin(side(&pty.slave)).stdout(side(&pty.slave)).stderr(pty.slave);
    let mut session = session.spawn().unwrap();
    let screen = Lines::of(Some(File::from(side(&pty.master))));
    let mut keys = File::from(pty.master);
    screen.expect("in front");
    keys.write_all(b"\x1a").unwrap();
    screen.expect("suspended");
    keys.write_all(b"hello\n").unwrap();
    screen.expect("got hello");
    screen.expect("ended with 4");
    assert_eq!(session.wait().unwrap().code(), Some(5));
}

#[test]
fn the_log_is_text_on_a_terminal() {
    let terminal = on_terminal("", "echo up; exec sleep 1000");
    let line = terminal.screen.expect("the node is started");
    assert!(!line.contains('{'), "{line}");
    wait::until("a node", LIMIT, || terminal.pod.children().first().copied());
}
