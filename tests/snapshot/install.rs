//! `agent install`.

use std::{
    fs,
    io::Write as _,
    os::unix::fs::PermissionsExt as _,
    path::Path,
    process::{Command, Output, Stdio},
    time::Duration,
};

use chainpod_tests::{bin, mount::Tmpfs, wait};

use crate::archive::{put, sh, sha256};

fn install(words: &[&str], stdin: &[u8]) -> Output {
    let mut command = Command::new(bin("agent"));
    command.arg("install").args(words).stdin(Stdio::piped());
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut pipe = child.stdin.take().unwrap();
    let bytes = stdin.to_vec();
    wait::spawn(move || pipe.write_all(&bytes));
    child.wait_with_output().unwrap()
}

fn refuses(words: &[&str], stdin: &[u8], code: i32, said: &str) {
    let output = install(words, stdin);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{stderr}");
    assert!(stderr.contains(said), "{stderr}");
}

fn names(dir: &Path) -> Vec<String> {
    let names = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name());
    names.map(|name| name.into_string().unwrap()).collect()
}

#[test]
fn it_installs_itself_over_a_program_that_runs() {
    let dir = tempfile::tempdir().unwrap();
    let target = dir.path().join("agent");
    put(&target, &fs::read("/bin/sleep").unwrap());
    fs::set_permissions(&target, fs::Permissions::from_mode(0o700)).unwrap();
    let mut running = Command::new(&target).arg("60").spawn().unwrap();
    let output = install(&[dir.path().to_str().unwrap()], b"");
    running.kill().unwrap();
    running.wait().unwrap();
    let line = String::from_utf8(output.stdout).unwrap();
    assert!(line.starts_with("installed `") && line.lines().count() == 1, "{line}");
    assert!(line.contains(&sha256(&bin("agent"))), "{line}");
    assert_eq!(fs::metadata(&target).unwrap().permissions().mode() & 0o7777, 0o755);
    let version = Command::new(&target).arg("version").output().unwrap();
    assert!(version.status.success());
    assert_eq!(names(dir.path()), ["agent"]);
}

#[test]
fn another_program_comes_from_a_file_or_from_standard_input() {
    let dir = tempfile::tempdir().unwrap();
    let gwcd = bin("gwcd");
    let digest = sha256(&gwcd);
    for (name, from, stdin) in
        [("a", gwcd.to_str().unwrap(), Vec::new()), ("b", "-", fs::read(&gwcd).unwrap())]
    {
        let target = dir.path().join(name);
        let output =
            install(&["--from", from, "--sha256", &digest, target.to_str().unwrap()], &stdin);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(sha256(&target), digest);
    }
}

#[test]
fn a_program_without_its_end_is_not_installed() {
    let dir = tempfile::tempdir().unwrap();
    let target = dir.path().join("gwcd");
    put(&target, b"#!/bin/sh\n");
    let program = fs::read(bin("gwcd")).unwrap();
    let to = target.to_str().unwrap();
    for length in [20, 4096, program.len() / 2, program.len() - 4096] {
        refuses(&["--from", "-", to], &program[..length], 65, "is cut off");
    }
    refuses(&["--from", "-", to], b"", 65, "standard input is empty");
    let digest = "0".repeat(64);
    refuses(&["--from", "-", "--sha256", &digest, to], &program, 65, "has the SHA-256");
    assert_eq!(names(dir.path()), ["gwcd"]);
    assert_eq!(fs::read(&target).unwrap(), b"#!/bin/sh\n");
}

#[test]
fn places_that_cannot_be_written_to_are_told() {
    let dir = tempfile::tempdir().unwrap();
    let disk = dir.path().join("disk");
    let tmpfs = Tmpfs::mount(&disk, "2m");
    let to = disk.join("agent");
    refuses(&[to.to_str().unwrap()], b"", 73, "enlarge the volume");
    assert_eq!(names(&disk), [""; 0]);
    tmpfs.read_only();
    refuses(&[disk.to_str().unwrap()], b"", 73, "mount the volume read-write");
    refuses(&[dir.path().join("none/agent").to_str().unwrap()], b"", 73, "there is no folder");
    refuses(&["--from", "-", dir.path().to_str().unwrap()], b"x", 64, "has no name");
    refuses(&["--from", "/none", to.to_str().unwrap()], b"", 74, "cannot read `/none`");
}

#[test]
fn a_kill_leaves_the_old_program_and_the_next_install_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let target = dir.path().join("agent");
    put(&target, b"old");
    for millis in [1, 5, 10, 20, 40, 80] {
        let mut command = Command::new(bin("agent"));
        command.arg("install").arg(&target).stdout(Stdio::null());
        let mut child = command.spawn().unwrap();
        wait::pause(Duration::from_millis(millis));
        child.kill().unwrap();
        child.wait().unwrap();
        let length = fs::metadata(&target).unwrap().len();
        assert!([3, fs::metadata(bin("agent")).unwrap().len()].contains(&length), "{length}");
    }
    assert!(install(&[target.to_str().unwrap()], b"").status.success());
    assert_eq!(names(dir.path()), ["agent"]);
}

#[test]
fn there_is_a_program_at_every_moment() {
    let dir = tempfile::tempdir().unwrap();
    let (target, trace) = (dir.path().join("agent"), dir.path().join("trace"));
    put(&target, b"old");
    let script = "strace -f -qq -o \"$3\" -e 'trace=/unlink|rename|openat' \"$1\" install \"$2\"";
    sh(dir.path(), script, &[&bin("agent"), &target, &trace]);
    let trace = fs::read_to_string(trace).unwrap();
    let name = format!("{}\"", target.display());
    let calls: Vec<_> = trace.lines().filter(|line| line.contains(&name)).collect();
    assert!(calls.len() == 1 && calls[0].contains("rename"), "{calls:?}");
}

#[test]
fn it_stops_while_it_waits_for_standard_input() {
    let dir = tempfile::tempdir().unwrap();
    let mut command = Command::new(bin("agent"));
    command.args(["install", "--from", "-"]).arg(dir.path().join("x")).stdin(Stdio::piped());
    let mut child = command.spawn().unwrap();
    wait::until("its file", Duration::from_secs(5), || {
        (names(dir.path()).len() == 1).then_some(())
    });
    let pid = nix::unistd::Pid::from_raw(child.id().try_into().unwrap());
    nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGTERM).unwrap();
    let status = wait::until("its end", Duration::from_secs(5), || child.try_wait().unwrap());
    assert_eq!((status.code(), names(dir.path())), (Some(143), Vec::new()));
}

#[test]
fn two_installs_at_once_do_not_mix() {
    let dir = tempfile::tempdir().unwrap();
    let target = dir.path().join("x");
    let script = "all=; for n in 1 2 3 4; do \"$1\" install \"$4\" & all=\"$all $!\"; \
                  \"$1\" install --from \"$2\" \"$4\" & all=\"$all $!\"; \
                  \"$1\" install --from - \"$4\" <\"$3\" & all=\"$all $!\"; done; \
                  for one in $all; do wait $one; done";
    sh(
        dir.path(),
        script,
        &[&bin("agent"), Path::new("/bin/sh"), Path::new("/bin/sleep"), &target],
    );
    let whole = [bin("agent"), "/bin/sh".into(), "/bin/sleep".into()].map(|path| sha256(&path));
    assert!(whole.contains(&sha256(&target)));
    assert_eq!(names(dir.path()), ["x"]);
}
