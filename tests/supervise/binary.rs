//! A new binary restarts the node once, when it is whole.

use std::{
    fs,
    io::Write as _,
    os::unix::fs::{PermissionsExt as _, symlink},
    path::{Path, PathBuf},
};

use agent::pod::signal::Signal;
use chainpod_tests::{
    supervised::{LIMIT, PLACES, Place, Pod, Running, write_script},
    wait,
};
use tempfile::TempDir;

use crate::{DEAF, pod};

/// A folder with the node's program.
struct Bin(TempDir);

impl Bin {
    fn new(script: &str) -> Self {
        let bin = Self(tempfile::tempdir().unwrap());
        write_script(&bin.node(), script);
        bin
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn node(&self) -> PathBuf {
        self.path("node")
    }

    /// A development pod that runs it.
    fn pod(&self) -> Pod {
        let args = "--restart always --delay 100ms --max-delay 100ms --watch-binary 50ms";
        pod().args(args).node([self.node()])
    }

    fn rename_over(&self, script: &str) {
        write_script(&self.path("new"), script);
        fs::rename(self.path("new"), self.node()).unwrap();
    }
}

fn says(word: &str) -> String {
    format!("echo {word}; exec sleep 1000")
}

/// Waits some settling times, and says how often the node was started since.
fn starts_after_a_rest(pod: &Running) -> usize {
    wait::pause(std::time::Duration::from_millis(400)); // nothing must happen: that takes a while
    pod.log.count("the node is started\"")
}

#[test]
fn a_binary_renamed_over_restarts_the_node_once() {
    for place in PLACES {
        let bin = Bin::new(&says("one"));
        let pod = bin.pod().place(place).start();
        pod.out.expect("one");
        bin.rename_over(&says("two"));
        pod.out.expect("two");
        assert_eq!(starts_after_a_rest(&pod), 2);
    }
}

#[test]
fn a_binary_removed_and_written_anew_restarts_the_node_once() {
    let bin = Bin::new(&says("one"));
    let pod = bin.pod().start();
    pod.out.expect("one");
    fs::remove_file(bin.node()).unwrap();
    write_script(&bin.node(), &says("two"));
    pod.out.expect("two");
    assert_eq!(starts_after_a_rest(&pod), 2);
}

#[test]
fn a_swapped_link_restarts_the_node_once() {
    let bin = Bin::new("");
    for version in ["v1", "v2"] {
        fs::create_dir(bin.path(version)).unwrap();
        write_script(&bin.path(version).join("node"), &says(version));
    }
    symlink("v1", bin.path("current")).unwrap();
    let pod = bin.pod().node([bin.path("current/node")]).start();
    pod.out.expect("v1");
    symlink("v2", bin.path("next")).unwrap();
    fs::rename(bin.path("next"), bin.path("current")).unwrap();
    pod.out.expect("v2");
    assert_eq!(starts_after_a_rest(&pod), 2);
}

/// How people hot-reload: copy over, then kill.
#[test]
fn a_node_killed_after_the_copy_is_started_once() {
    let bin = Bin::new(&says("one"));
    let pod = bin.pod().place(Place::Child).start();
    for word in ["two", "three", "four"] {
        pod.out.expect("");
        bin.rename_over(&says(word));
        Signal::KILL.send(pod.node()).unwrap();
        pod.out.expect(word);
        pod.signal(Signal::CONT); // nothing but a way to see that all before it was handled
        bin.rename_over(&says("next"));
    }
    pod.out.expect("next");
    assert_eq!(starts_after_a_rest(&pod), 7, "one, and twice for each word");
}

#[test]
fn a_node_killed_after_the_copy_is_not_restarted_by_the_copy() {
    let bin = Bin::new(&says("one"));
    let pod = bin.pod().place(Place::Child).start();
    pod.out.expect("one");
    bin.rename_over(&says("two"));
    Signal::KILL.send(pod.node()).unwrap();
    pod.out.expect("two");
    assert_eq!(starts_after_a_rest(&pod), 2);
}

#[test]
fn the_new_binary_is_found_by_its_name_too() {
    let bin = Bin::new(&says("one"));
    let path = format!("PATH={}:/usr/bin:/bin", bin.0.path().display());
    let pod = bin.pod().wrap(&["env", &path]).node(["node"]).start();
    pod.out.expect("one");
    bin.rename_over(&says("two"));
    pod.out.expect("two");
}

/// Writes the first half of a program, waits, and kills the node: the half must not be run.
#[test]
fn half_a_binary_is_never_executed() {
    let bin = Bin::new(&says("one"));
    let pod = bin.pod().place(Place::Child).start();
    pod.out.expect("one");
    let whole = fs::read(env!("CARGO_BIN_EXE_stub-node")).unwrap();
    let (first, second) = whole.split_at(whole.len() / 2);
    fs::remove_file(bin.node()).unwrap();
    append(&bin.node(), first);
    Signal::KILL.send(pod.node()).unwrap();
    pod.log.expect_log("the program is not whole, it is waited for");
    append(&bin.node(), second);
    pod.out.expect("up");
    assert_eq!(starts_after_a_rest(&pod), 2);
}

#[test]
fn half_a_binary_does_not_stop_the_node() {
    let bin = Bin::new(&says("one"));
    let pod = bin.pod().start();
    pod.out.expect("one");
    let whole = fs::read(env!("CARGO_BIN_EXE_stub-node")).unwrap();
    let (first, second) = whole.split_at(whole.len() / 2);
    fs::remove_file(bin.node()).unwrap();
    append(&bin.node(), first);
    assert_eq!(starts_after_a_rest(&pod), 1);
    append(&bin.node(), second);
    pod.out.expect("up");
    assert_eq!(starts_after_a_rest(&pod), 2);
}

fn append(path: &Path, bytes: &[u8]) {
    let mut file = fs::OpenOptions::new().append(true).create(true).open(path).unwrap();
    file.set_permissions(fs::Permissions::from_mode(0o755)).unwrap();
    file.write_all(bytes).unwrap();
}

#[test]
fn a_binary_that_is_replaced_again_meanwhile_is_not_run() {
    let bin = Bin::new(&says("one"));
    let pod = pod().args("--restart always --watch-binary 3s").node([bin.node()]).start();
    pod.out.expect("one");
    bin.rename_over(&says("two"));
    assert_eq!(starts_after_a_rest(&pod), 1);
    bin.rename_over(&says("three"));
    pod.out.expect("three");
    assert_eq!((pod.out.count("two"), starts_after_a_rest(&pod)), (0, 2));
}

#[test]
fn a_deaf_node_is_killed_for_its_new_binary() {
    let bin = Bin::new(DEAF);
    let pod = bin.pod().args("--grace 100ms").start();
    pod.out.expect("up");
    bin.rename_over(&says("two"));
    pod.out.expect("two");
}

#[test]
fn a_stop_wins_over_a_restart_for_a_new_binary() {
    for place in PLACES {
        let bin = Bin::new("trap 'echo told; sleep 0.2; exit 5' TERM; echo up; sleep 1000 & wait");
        let mut pod = bin.pod().place(place).start();
        pod.out.expect("up");
        bin.rename_over(&says("two"));
        pod.out.expect("told");
        pod.signal(Signal::TERM);
        assert_eq!(pod.code(), 5);
        assert_eq!(pod.out.count("two"), 0);
    }
}

#[test]
fn a_new_binary_is_not_waited_for_when_it_keeps_failing() {
    let bin = Bin::new("echo one; exit 1");
    let args = "--delay 100ms --max-delay 60s";
    let node = bin.node();
    let pod = pod().args("--restart always --watch-binary 50ms").args(args).node([node]).start();
    wait::until("a long wait", LIMIT, || {
        let line = pod.log.expect_log("the node keeps ending, the wait grows");
        (line["seconds"].as_f64()? > 1.0).then_some(())
    });
    bin.rename_over(&says("two"));
    pod.out.expect("two");
}

#[test]
fn without_the_watch_a_new_binary_waits_for_the_end_of_the_old_one() {
    let bin = Bin::new(&says("one"));
    let pod =
        pod().place(Place::Child).args("--restart always --delay 1ms").node([bin.node()]).start();
    pod.out.expect("one");
    bin.rename_over(&says("two"));
    assert_eq!(starts_after_a_rest(&pod), 1);
    Signal::KILL.send(pod.node()).unwrap();
    pod.out.expect("two");
}

#[test]
fn a_binary_that_appears_earlier_in_path_is_run_and_so_is_its_successor() {
    let (image, hot) = (Bin::new(&says("image")), tempfile::tempdir().unwrap());
    let path = format!("PATH={}:{}:/bin:/usr/bin", hot.path().display(), image.0.path().display());
    let args = "--restart always --delay 100ms --max-delay 100ms --watch-binary 50ms";
    let pod = pod().args(args).wrap(&["env", &path]).node(["node"]).start();
    pod.out.expect("image");
    write_script(&hot.path().join("new"), &says("hot"));
    fs::rename(hot.path().join("new"), hot.path().join("node")).unwrap();
    pod.out.expect("hot");
    write_script(&hot.path().join("new"), &says("hotter"));
    fs::rename(hot.path().join("new"), hot.path().join("node")).unwrap();
    pod.out.expect("hotter");
    assert_eq!(starts_after_a_rest(&pod), 3);
}
