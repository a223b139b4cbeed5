//! Tests of [`Watch`](super::Watch), with real files.

use std::{
    fs::{File, OpenOptions, Permissions},
    io::Write as _,
    os::unix::fs::{PermissionsExt as _, symlink},
    path::PathBuf,
    process::Command,
};

use tempfile::TempDir;

use super::*;

const SETTLE: Duration = Duration::from_millis(40);
const LIMIT: Duration = Duration::from_secs(5);

/// A folder with a program in it.
struct Place(TempDir);

impl Place {
    /// The first program is written by another process: a test beside this one that starts a
    /// program has a copy of our descriptors for a moment, so that ours are closed late.
    fn new() -> Self {
        let place = Self(tempfile::tempdir().unwrap());
        let script = "printf '#!/bin/sh\necho 1\n' >node; chmod 755 node";
        let mut shell = Command::new("/bin/sh");
        shell.args(["-c", script]).current_dir(place.0.path());
        assert!(shell.status().unwrap().success());
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn watch(&self) -> Watch {
        Watch::new(&self.path("node"), SETTLE).unwrap()
    }

    fn create(&self, name: &str) -> File {
        let file = File::create(self.path(name)).unwrap();
        file.set_permissions(Permissions::from_mode(0o755)).unwrap();
        file
    }

    fn script(&self, name: &str, text: &str) {
        writeln!(self.create(name), "#!/bin/sh\n{text}").unwrap();
    }
}

async fn is_told(watch: &mut Watch) -> bool {
    let told = time::timeout(LIMIT, watch.replaced()).await;
    told.is_ok_and(|told| Some(told.unwrap()) == Identity::of(watch.program()))
}

/// Whether nothing is told for some settling times. Only this way round can it be waited for.
async fn is_quiet(watch: &mut Watch) -> bool {
    time::timeout(5 * SETTLE, watch.replaced()).await.is_err()
}

#[tokio::test]
async fn a_file_renamed_over_is_told_once() {
    let place = Place::new();
    let mut watch = place.watch();
    for n in 0..3 {
        place.script("new", &format!("echo {n}"));
        fs::rename(place.path("new"), place.path("node")).unwrap();
        assert!(is_told(&mut watch).await);
        assert!(is_quiet(&mut watch).await);
    }
}

#[tokio::test]
async fn a_file_removed_and_written_anew_is_told_once() {
    let place = Place::new();
    let mut watch = place.watch();
    fs::remove_file(place.path("node")).unwrap();
    place.script("node", "echo 2");
    assert!(is_told(&mut watch).await);
    assert!(is_quiet(&mut watch).await);
}

#[tokio::test]
async fn a_removed_file_is_not_told() {
    let place = Place::new();
    let mut watch = place.watch();
    fs::remove_file(place.path("node")).unwrap();
    assert!(is_quiet(&mut watch).await);
}

#[tokio::test]
async fn other_files_of_the_folder_do_not_count() {
    let place = Place::new();
    let mut watch = place.watch();
    place.script("node.log", "echo 2");
    assert!(is_quiet(&mut watch).await);
    assert_eq!(watch.look_at, None);
}

#[tokio::test]
async fn a_new_target_of_a_link_is_told() {
    let place = Place::new();
    place.script("node-1", "echo 1");
    place.script("node-2", "echo 2");
    fs::remove_file(place.path("node")).unwrap();
    symlink("node-1", place.path("node")).unwrap();
    let mut watch = place.watch();
    symlink("node-2", place.path("link")).unwrap();
    fs::rename(place.path("link"), place.path("node")).unwrap();
    assert!(is_told(&mut watch).await);
    // The old target no longer matters, the new one does.
    place.script("node-1", "echo 3");
    assert!(is_quiet(&mut watch).await);
    place.script("new", "echo 4");
    fs::rename(place.path("new"), place.path("node-2")).unwrap();
    assert!(is_told(&mut watch).await);
}

#[tokio::test]
async fn a_folder_swapped_by_its_link_is_told() {
    let place = Place::new();
    for version in ["v1", "v2"] {
        fs::create_dir(place.path(version)).unwrap();
        place.script(&format!("{version}/node"), version);
    }
    symlink("v1", place.path("current")).unwrap();
    let mut watch = Watch::new(&place.path("current/node"), SETTLE).unwrap();
    symlink("v2", place.path("link")).unwrap();
    fs::rename(place.path("link"), place.path("current")).unwrap();
    assert!(is_told(&mut watch).await);
}

#[tokio::test]
async fn a_folder_that_is_moved_away_is_waited_for() {
    let place = Place::new();
    fs::create_dir(place.path("bin")).unwrap();
    place.script("bin/node", "echo 1");
    let mut watch = Watch::new(&place.path("bin/node"), SETTLE).unwrap();
    fs::rename(place.path("bin"), place.path("old")).unwrap();
    assert!(is_quiet(&mut watch).await);
    fs::create_dir(place.path("bin")).unwrap();
    place.script("bin/node", "echo 2");
    assert!(is_told(&mut watch).await);
}

#[tokio::test]
async fn a_script_that_is_still_open_is_not_told() {
    let place = Place::new();
    let mut watch = place.watch();
    fs::remove_file(place.path("node")).unwrap();
    let mut file = place.create("node");
    writeln!(file, "#!/bin/sh").unwrap();
    assert!(is_quiet(&mut watch).await);
    writeln!(file, "echo 2").unwrap();
    assert!(is_quiet(&mut watch).await);
    drop(file);
    assert!(is_told(&mut watch).await);
}

#[tokio::test]
async fn half_a_program_is_not_told_even_when_it_is_closed() {
    let place = Place::new();
    let mut watch = place.watch();
    let bytes = fs::read("/bin/sh").unwrap();
    let (first, second) = bytes.split_at(bytes.len() / 2);
    fs::remove_file(place.path("node")).unwrap();
    place.create("node").write_all(first).unwrap();
    assert!(is_quiet(&mut watch).await);
    let mut file = OpenOptions::new().append(true).open(place.path("node")).unwrap();
    file.write_all(second).unwrap();
    drop(file);
    assert!(is_told(&mut watch).await);
}

#[tokio::test]
async fn a_file_that_may_not_be_executed_yet_is_not_told() {
    let place = Place::new();
    let mut watch = place.watch();
    place.script("new", "echo 2");
    fs::set_permissions(place.path("new"), Permissions::from_mode(0o644)).unwrap();
    fs::rename(place.path("new"), place.path("node")).unwrap();
    assert!(is_quiet(&mut watch).await);
    fs::set_permissions(place.path("node"), Permissions::from_mode(0o755)).unwrap();
    assert!(is_told(&mut watch).await);
}

#[tokio::test]
async fn a_file_with_the_number_of_a_removed_one_is_watched_too() {
    let place = Place::new();
    let mut watch = place.watch();
    for n in 0..5 {
        fs::remove_file(place.path("node")).unwrap();
        place.script("node", &format!("echo {n}"));
        fs::set_permissions(place.path("node"), Permissions::from_mode(0o644)).unwrap();
        assert!(is_quiet(&mut watch).await);
        fs::set_permissions(place.path("node"), Permissions::from_mode(0o755)).unwrap();
        assert!(is_told(&mut watch).await);
    }
}

#[tokio::test]
async fn what_was_replaced_while_it_was_started_is_told() {
    let place = Place::new();
    let before = Identity::of(&place.path("node"));
    place.script("new", "echo 2");
    fs::rename(place.path("new"), place.path("node")).unwrap();
    let mut watch = place.watch();
    watch.started(before);
    assert!(is_told(&mut watch).await);
}

#[tokio::test]
async fn a_hard_link_is_told() {
    let place = Place::new();
    place.script("node-2", "echo 2");
    let mut watch = place.watch();
    fs::remove_file(place.path("node")).unwrap();
    fs::hard_link(place.path("node-2"), place.path("node")).unwrap();
    assert!(is_told(&mut watch).await);
}

#[tokio::test]
async fn what_was_started_meanwhile_is_not_told() {
    let place = Place::new();
    let mut watch = place.watch();
    place.script("new", "echo 2");
    fs::rename(place.path("new"), place.path("node")).unwrap();
    watch.started(Identity::of(&place.path("node")));
    assert!(is_quiet(&mut watch).await);
}

#[tokio::test]
async fn many_replacements_leave_no_watch_behind() {
    let place = Place::new();
    let mut watch = place.watch();
    for n in 0..50 {
        watch.trail.take_note().unwrap();
        place.script("new", &format!("echo {n}"));
        fs::rename(place.path("new"), place.path("node")).unwrap();
    }
    assert!(is_told(&mut watch).await);
    assert_eq!(watch.trail.watches(), 2, "the folder and the file");
}
