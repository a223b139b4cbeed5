//! Volumes that refuse, and starts that overlap: a clear error, nothing lost, the next start
//! goes on.

use std::{
    fs,
    os::unix::fs::{MetadataExt as _, PermissionsExt as _},
    time::Duration,
};

use chainpod_tests::{
    agent::{Pod, write},
    bin,
    chain::flaw,
    mount::Tmpfs,
    wait,
};
use nix::sys::signal::Signal;

/// Runs `agent init`, which must fail with this code; what it says.
fn failure(pod: &Pod, code: i32) -> String {
    let output = pod.output(&["init"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(code), "{said}");
    said
}

#[test]
fn a_full_disk_is_said_and_the_next_start_goes_on() {
    let pod = Pod::default();
    let volume = Tmpfs::mount(&pod.home(), "24k");
    // With so little room it is the node's own `init` that fails, or one of our files.
    let output = pod.output(&["init"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(matches!(output.status.code(), Some(69 | 73)), "{said}");
    assert!(said.contains("no space left on device") || said.contains("free some space"), "{said}");
    volume.resize("8m");
    pod.init();
    assert_eq!(flaw("gwc", &pod.home()), None);
}

#[test]
fn a_disk_that_fills_up_while_we_write_is_said() {
    for size in ["64k", "72k", "80k", "88k", "96k"] {
        let pod = Pod::default();
        let volume = Tmpfs::mount(&pod.home(), size);
        let output = pod.output(&["init"]);
        let said = String::from_utf8_lossy(&output.stderr).to_lowercase();
        assert!(output.status.success() || said.contains("space"), "{size}: {said}");
        volume.resize("8m");
        pod.init();
        assert_eq!(flaw("gwc", &pod.home()), None);
    }
}

#[test]
fn a_read_only_volume_is_said() {
    let pod = Pod::default();
    let volume = Tmpfs::mount(&pod.home(), "8m");
    volume.read_only();
    assert!(failure(&pod, 73).contains("mount the volume read-write"));
}

#[test]
fn a_home_that_is_a_mount_point_is_made_whole() {
    let pod = Pod::default();
    let _volume = Tmpfs::mount(&pod.home(), "8m");
    fs::create_dir(pod.home().join("lost+found")).unwrap();
    pod.init();
    assert_eq!(flaw("gwc", &pod.home()), None);
}

#[test]
fn folders_that_are_mount_points_are_filled_file_by_file() {
    let pod = Pod::default();
    let _volumes =
        ["config", "data", "keyring-test"].map(|dir| Tmpfs::mount(&pod.home().join(dir), "8m"));
    pod.init();
    assert_eq!(flaw("gwc", &pod.home()), None);
}

#[test]
fn a_volume_of_another_user_is_said() {
    let pod = Pod::default().wrapped(&["setpriv", "--reuid=65534", "--clear-groups"]);
    for dir in [pod.dir().to_owned(), pod.home().parent().unwrap().to_owned()] {
        fs::set_permissions(dir, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let said = failure(&pod, 77);
    assert!(said.contains("let this user write there"), "{said}");
    assert!(!pod.home().exists());
}

#[test]
fn a_secret_of_another_user_is_said() {
    let pod = Pod::default().wrapped(&["setpriv", "--reuid=65534", "--clear-groups"]);
    fs::set_permissions(pod.dir(), fs::Permissions::from_mode(0o755)).unwrap();
    fs::set_permissions(pod.mnemonic_file(), fs::Permissions::from_mode(0o600)).unwrap();
    assert!(failure(&pod, 77).contains("mnemonic"));
}

#[test]
fn a_late_secret_is_waited_for() {
    let pod = Pod::default();
    fs::remove_file(pod.mnemonic_file()).unwrap();
    let mut agent = pod.start(&["init"]);
    agent.expect_line("waiting for the mnemonic file");
    let pod = pod.mnemonic(&format!("  {}\r\n", chainpod_tests::MNEMONIC.replace(' ', "  ")));
    assert_eq!(agent.code(), 0);
    assert_eq!(flaw("gwc", &pod.home()), None);
}

#[test]
fn a_secret_that_never_comes_is_said() {
    let pod = Pod::default().config("init: {mnemonic: {wait: 300ms}}");
    fs::remove_file(pod.mnemonic_file()).unwrap();
    let said = failure(&pod, 66);
    assert!(said.contains("there is no mnemonic file") && said.contains("MNEMONIC_FILE"), "{said}");
    assert!(!pod.home().exists());
}

#[test]
fn a_process_that_knows_a_mnemonic_leaves_no_core_dump() {
    let pod = Pod::default().wrapped(&["setpriv", "--reuid=65534", "--clear-groups"]);
    fs::set_permissions(pod.dir(), fs::Permissions::from_mode(0o755)).unwrap();
    fs::remove_file(pod.mnemonic_file()).unwrap();
    let mut agent = pod.start(&["run"]);
    agent.expect_line("waiting for the mnemonic file");
    // The kernel gives what belongs to a process that must not be dumped to root.
    let environ = fs::metadata(format!("/proc/{}/environ", agent.pid())).unwrap();
    assert_eq!(environ.uid(), 0);
}

#[test]
fn a_stop_while_the_secret_is_waited_for_ends_at_once() {
    let pod = Pod::default();
    fs::remove_file(pod.mnemonic_file()).unwrap();
    let mut agent = pod.start(&["run"]);
    agent.expect_line("waiting for the mnemonic file");
    agent.signal(Signal::SIGTERM);
    assert_eq!(agent.code(), 143);
}

#[test]
fn a_stop_while_the_node_inits_ends_it_too() {
    let pod = Pod::default();
    let pid = pod.dir().join("pid");
    let pod = slow_node(pod, &format!("echo $$ >{}; exec sleep 60", pid.display()));
    let mut agent = pod.start(&["run"]);
    let node = wait::until("the node's init", Duration::from_secs(20), || {
        fs::read_to_string(&pid).ok()?.trim().parse::<i32>().ok()
    });
    agent.signal(Signal::SIGTERM);
    assert_eq!(agent.code(), 143);
    let state = fs::read_to_string(format!("/proc/{node}/stat")).unwrap_or_default();
    assert!(state.is_empty() || state.contains(") Z "), "it lives on: {state}");
    assert!(!pod.home().join("config").exists());
}

#[test]
fn a_killed_init_whose_program_lives_on_is_waited_for() {
    let pod = Pod::default();
    let (pid, go) = (pod.dir().join("pid"), pod.dir().join("go"));
    let wait_for_go =
        format!("echo $$ >{}; while [ ! -e {} ]; do sleep 0.05; done", pid.display(), go.display());
    let pod = slow_node(pod, &wait_for_go);
    let mut agent = pod.start(&["init"]);
    wait::until("the node's init", Duration::from_secs(20), || {
        fs::read_to_string(&pid).ok().filter(|text| text.ends_with('\n'))
    });
    agent.signal(Signal::SIGKILL);
    assert_eq!(agent.code(), 128 + 9);
    let mut second = pod.start(&["init"]);
    second.expect_line("waiting for another init of this home");
    write(&go, "");
    assert_eq!(second.code(), 0);
    assert_eq!(flaw("gwc", &pod.home()), None);
}

/// A node whose `init` first does something else.
fn slow_node(pod: Pod, before: &str) -> Pod {
    let script = pod.dir().join("gwcd");
    let gwcd = bin("gwcd");
    let text = format!(
        "#!/bin/sh\nif [ \"$1\" = init ]; then {before}; fi\nexec {} \"$@\"\n",
        gwcd.display()
    );
    write(&script, &text);
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
    pod.env("CHAIN_BINARY", script.to_string_lossy())
}
