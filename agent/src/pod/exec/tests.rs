//! Tests of [`Cmd`](super::Cmd), with shell scripts.

use std::{fs, path::Path, time::Instant};

use super::*;
use crate::pod::reaper::Scope;

fn shell(script: &str) -> Cmd {
    Cmd::new("/bin/sh").args(["-c", script])
}

async fn output(cmd: &Cmd) -> Result<String, ExecError> {
    let reaper = Reaper::start(Scope::Ours).unwrap();
    let bytes = cmd.output(&reaper).await?;
    Ok(String::from_utf8(bytes).unwrap())
}

fn is_running(pid: &str) -> bool {
    let stat = fs::read_to_string(format!("/proc/{}/stat", pid.trim())).unwrap_or_default();
    !stat.is_empty() && !stat.contains(") Z ")
}

#[tokio::test]
async fn what_it_prints_is_returned() {
    let cmd = shell("echo $GREETING from $0").env("GREETING", "hello");
    assert_eq!(output(&cmd).await.unwrap(), "hello from /bin/sh\n");
}

#[tokio::test]
async fn it_reads_the_secret_and_nothing_shows_it() {
    let cmd = shell("cat").stdin("abandon about");
    assert_eq!(output(&cmd).await.unwrap(), "abandon about");
    assert!(!format!("{cmd} {cmd:?}").contains("abandon"));
}

#[tokio::test]
async fn a_secret_larger_than_a_pipe_passes_while_output_flows() {
    let big = "x".repeat(1 << 20);
    assert_eq!(output(&shell("cat").stdin(big.as_str())).await.unwrap(), big);
}

#[tokio::test]
async fn a_program_need_not_read_its_input() {
    let cmd = shell("exec <&-; echo done").stdin("x".repeat(1 << 20));
    assert_eq!(output(&cmd).await.unwrap(), "done\n");
}

#[tokio::test]
async fn a_failure_tells_command_end_and_the_last_words() {
    let error = output(&shell("echo begun; echo it broke >&2; exit 3")).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "`/bin/sh -c 'echo begun; echo it broke >&2; exit 3'` ended with exit code 3: it broke"
    );
}

#[tokio::test]
async fn only_the_end_of_a_long_complaint_is_kept() {
    let script = "i=0; while [ $i -lt 2000 ]; do echo line $i >&2; i=$((i+1)); done; exit 1";
    let ExecError::Failed { said: stderr, .. } = output(&shell(script)).await.unwrap_err() else {
        panic!("it failed otherwise")
    };
    assert!(stderr.starts_with("line 1") && stderr.ends_with("line 1999"), "{stderr}");
    assert!(stderr.len() <= 4096);
}

#[tokio::test]
async fn an_end_by_signal_is_told() {
    let error = output(&shell("kill -SEGV $$")).await.unwrap_err();
    assert!(error.to_string().contains("ended with SIGSEGV"), "{error}");
}

#[tokio::test]
async fn what_is_not_there_cannot_be_started() {
    let error = output(&Cmd::new("no-such-program")).await.unwrap_err();
    assert!(matches!(error, ExecError::Start { .. }), "{error:?}");
}

#[tokio::test]
async fn after_the_limit_the_whole_group_is_dead() {
    let cmd = shell("sleep 1000 & echo $! >&2; wait").limit(Duration::from_millis(100));
    let ExecError::Timeout { stderr, .. } = output(&cmd).await.unwrap_err() else {
        panic!("it failed otherwise")
    };
    wait_until(|| !is_running(&stderr)).await;
}

#[tokio::test]
async fn who_prints_without_end_is_stopped() {
    let cmd = Cmd::new("yes").max_stdout(100_000);
    let error = output(&cmd).await.unwrap_err();
    assert!(matches!(error, ExecError::TooMuch { max: 100_000, .. }), "{error:?}");
}

#[tokio::test]
async fn an_orphan_that_holds_the_pipe_does_not_delay_the_end() {
    let begun = Instant::now();
    let script = "setsid sleep 20 & echo $!";
    let pid = output(&shell(script)).await.unwrap();
    assert!(begun.elapsed() < Duration::from_secs(5));
    let _ = Signal::KILL.send(Pid::from_raw(pid.trim().parse().unwrap())); // ends what it started
}

#[tokio::test]
async fn a_dropped_call_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pid");
    let reaper = Reaper::start(Scope::Ours).unwrap();
    let cmd =
        shell(&format!("sleep 1000 & echo $! >{0}.new; mv {0}.new {0}; wait", file.display()));
    tokio::select! {
        _ = cmd.output(&reaper) => panic!("it ended"),
        () = wait_until(|| Path::exists(&file)) => {}
    }
    let pid = fs::read_to_string(&file).unwrap();
    wait_until(|| !is_running(&pid)).await;
}

#[tokio::test]
async fn a_program_that_is_still_being_written_is_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("program");
    fs::copy("/bin/true", &program).unwrap();
    let writer = fs::OpenOptions::new().append(true).open(&program).unwrap();
    let reaper = Reaper::start(Scope::Ours).unwrap();
    let cmd = Cmd::new(&program);
    let (result, ()) = tokio::join!(cmd.output(&reaper), async {
        time::sleep(Duration::from_millis(20)).await;
        drop(writer);
    });
    result.unwrap();
}

async fn wait_until(condition: impl Fn() -> bool) {
    let begun = Instant::now();
    while !condition() {
        assert!(begun.elapsed() < Duration::from_secs(10), "it never came");
        time::sleep(Duration::from_millis(5)).await;
    }
}
