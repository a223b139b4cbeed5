//! The node's end is ours.

use std::{fs, os::unix::fs::PermissionsExt as _};

use agent::pod::signal::Signal;
use chainpod_tests::supervised::{PLACES, Place, write_script};

use crate::pod;

fn code_of(place: Place, script: &str) -> u8 {
    pod().place(place).script(script).start().code()
}

#[test]
fn every_exit_code_passes_through() {
    for code in 0..=255 {
        assert_eq!(code_of(Place::Pid1, &format!("exit {code}")), code);
    }
}

#[test]
fn exit_codes_pass_through_a_child_too() {
    for code in [0, 1, 2, 100, 126, 127, 128, 137, 143, 255] {
        assert_eq!(code_of(Place::Child, &format!("exit {code}")), code);
    }
}

#[test]
fn every_signal_is_128_plus_its_number() {
    let ends = "HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT XCPU \
                XFSZ VTALRM PROF IO PWR SYS RTMIN RTMIN+1 RTMAX";
    for name in ends.split_whitespace() {
        let number = u8::try_from(name.parse::<Signal>().unwrap().number()).unwrap();
        let script = format!("ulimit -c 0; kill -{number} $$");
        assert_eq!(code_of(Place::Pid1, &script), 128 + number, "{name}");
    }
}

#[test]
fn a_program_that_is_not_there_is_127() {
    for place in PLACES {
        assert_eq!(pod().place(place).node(["no-such-program"]).start().code(), 127);
        assert_eq!(pod().place(place).node(["/no/such/program"]).start().code(), 127);
    }
}

#[test]
fn an_interpreter_that_is_not_there_is_127() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("node");
    write_script(&file, "true");
    std::process::Command::new("sed")
        .args(["-i", "1s/.*/#!\\/no\\/sh/"])
        .arg(&file)
        .status()
        .unwrap();
    let mut pod = pod().node([&file]).start();
    assert_eq!(pod.code(), 127);
    assert!(pod.log.expect_end().contains("the interpreter it names"));
}

#[test]
fn a_program_that_cannot_be_run_is_126() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("node");
    write_script(&file, "true");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    assert_eq!(pod().node([&file]).start().code(), 126, "not executable");
    assert_eq!(pod().node([folder.path()]).start().code(), 126, "a folder");
    fs::copy("/etc/passwd", &file).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
    assert_eq!(pod().node([&file]).start().code(), 126, "no format");
}

#[test]
fn a_program_is_found_in_path_by_its_name() {
    let mut pod = pod().node(["sh", "-c", "echo $0"]).start();
    assert_eq!(pod.code(), 0);
    assert_eq!(pod.out.expect_end(), "sh", "it is called as it was named");
}

#[test]
fn codes_can_be_reported_as_others() {
    let code = |script| pod().args("--map 3=0 --map 143=42").script(script).start().code();
    assert_eq!(code("exit 3"), 0);
    assert_eq!(code("kill -TERM $$"), 42);
    assert_eq!(code("exit 4"), 4);
}

#[test]
fn the_end_of_a_stopped_node_is_ours() {
    for place in PLACES {
        let script = "trap 'exit 7' TERM; echo up; while :; do sleep 0.01; done";
        let mut pod = pod().place(place).script(script).start();
        pod.out.expect("up");
        pod.signal(Signal::TERM);
        assert_eq!(pod.code(), 7);
    }
}
