//! Kills at random moments, and disks that are too small.

use std::{
    fs,
    time::{Duration, Instant, SystemTime},
};

use chainpod_tests::{mount::Tmpfs, nginx::Nginx, wait};

use crate::{
    archive::{KINDS, chain, listing, noise, put, sh},
    restore::{Restore, has_database},
};

/// How many restores of each kind are killed.
const KILLS: u64 = 25;

/// A number below `most` that the clock and `n` decide.
fn random(n: u64, most: u64) -> u64 {
    let now = SystemTime::UNIX_EPOCH.elapsed().unwrap().subsec_nanos();
    u64::from_le_bytes(noise(8, u64::from(now) + n)[..].try_into().unwrap()) % most
}

#[test]
fn a_kill_leaves_no_half_database_and_the_next_start_makes_it_good() {
    let (server, chain) = (Nginx::start(), chain());
    let database = listing(&chain.path().join("db"));
    for (kind, script) in [KINDS[2], KINDS[3], KINDS[5]] {
        let name = format!("snapshot.{kind}");
        sh(chain.path(), script, &[&server.file(&name)]);
        let began = Instant::now();
        Restore::of(server.http(&name)).succeed();
        let micros = u64::try_from(began.elapsed().as_micros()).unwrap();
        for n in 0..KILLS {
            let restore = Restore::of(server.http(&name));
            let mut child = restore.spawn();
            wait::pause(Duration::from_micros(random(n, micros)));
            child.kill().unwrap();
            child.wait().unwrap();
            if has_database(&restore.chain()) {
                assert_eq!(listing(&restore.chain().join("db")), database);
            }
            restore.succeed();
            restore.is_as(chain.path());
        }
    }
}

#[test]
fn what_is_stored_survives_a_kill() {
    let (server, chain) = (Nginx::start(), chain());
    for (kind, stored) in [("7z", false), ("tar.gz", true)] {
        let name = format!("snapshot.{kind}");
        let script = KINDS.iter().find(|(other, _)| *other == kind).unwrap().1;
        sh(chain.path(), script, &[&server.file(&name)]);
        let length = fs::metadata(server.file(&name)).unwrap().len();
        let proxy = server.broken(|_| None);
        let store = tempfile::tempdir().unwrap();
        let restore = Restore::of(proxy.url(&format!("slow/{name}")));
        let restore = if stored { restore.env("ARCHIVE_STORE", store.path()) } else { restore };
        let mut child = restore.spawn();
        wait::until("half of it", Duration::from_secs(20), || {
            (proxy.bytes() > length / 2).then_some(())
        });
        child.kill().unwrap();
        child.wait().unwrap();
        let said = restore.succeed();
        assert!(said.contains("going on with a download"), "{said}");
        assert!(proxy.bytes() < length * 5 / 4, "{} of {length}", proxy.bytes());
        restore.is_as(chain.path());
        assert_eq!(fs::read_dir(store.path()).unwrap().count(), 0);
    }
}

#[test]
fn only_one_restore_works_in_a_folder() {
    let (server, chain) = (Nginx::start(), chain());
    let file = server.file("a.tar");
    sh(chain.path(), "tar -cf \"$1\" db", &[&file]);
    sh(chain.path(), "tail -c 40000000 /dev/zero >>\"$1\"", &[&file]);
    let restore = Restore::of(server.http("slow/a.tar"));
    let mut first = restore.spawn();
    wait::until("its lock", Duration::from_secs(5), || {
        restore.chain().join(".agent-snapshot/new").exists().then_some(())
    });
    let said = restore.fail(75);
    assert!(said.contains("another restore works in"), "{said}");
    first.kill().unwrap();
    first.wait().unwrap();
}

#[test]
fn a_disk_that_is_surely_too_small_is_told_before_anything_is_written() {
    let (server, chain) = (Nginx::start(), chain());
    for (kind, script) in KINDS {
        let name = format!("snapshot.{kind}");
        sh(chain.path(), script, &[&server.file(&name)]);
        let restore = Restore::of(server.http(&name));
        let _disk = Tmpfs::mount(&restore.chain(), "2m");
        let said = restore.fail(73);
        assert!(
            said.contains("bytes free, and the") && said.contains("enlarge the volume"),
            "{said}"
        );
        assert_eq!(fs::read_dir(restore.chain()).unwrap().count(), 0);
    }
}

#[test]
fn a_disk_that_turns_out_too_small_is_left_empty_but_for_the_download() {
    let (server, chain) = (Nginx::start(), tempfile::tempdir().unwrap());
    sh(chain.path(), "mkdir db; tail -c 30000000 /dev/zero >db/zeros", &[]);
    for script in ["tar -czf \"$1\" db", "7zz a -bso0 -bsp0 \"$1\" db"] {
        let name = if script.contains("7zz") { "a.7z" } else { "a.tar.gz" };
        sh(chain.path(), script, &[&server.file(name)]);
        let restore = Restore::of(server.http(name));
        let disk = Tmpfs::mount(&restore.chain(), "8m");
        let said = restore.fail(73);
        assert!(said.contains("enlarge the volume"), "{said}");
        // A 7z file says how much is in it.
        assert_eq!(said.contains("bytes free, and the database"), name == "a.7z", "{said}");
        assert!(
            !restore.chain().join(".agent-snapshot/new").exists()
                && !has_database(&restore.chain())
        );
        disk.resize("64m");
        restore.succeed();
    }
}

#[test]
fn the_disk_holds_nothing_twice() {
    let (server, chain) = (Nginx::start(), tempfile::tempdir().unwrap());
    put(&chain.path().join("db/000001.sst"), &noise(6_000_000, 1));
    for script in ["tar -cf \"$1\" db", "tar -czf \"$1\" db", "tar --zstd -cf \"$1\" db"] {
        sh(chain.path(), script, &[&server.file("archive")]);
        let restore = Restore::of(server.http("archive"));
        let _disk = Tmpfs::mount(&restore.chain(), "7m");
        restore.succeed();
    }
}

#[test]
fn places_where_no_folder_can_be_moved_to_are_told_first() {
    let restore = Restore::of("http://127.0.0.1:1/a.tar");
    let database = restore.chain().join("db");
    let disk = Tmpfs::mount(&database, "1m");
    assert!(restore.fail(78).contains("is a mount point"));
    drop(disk);
    fs::remove_dir(&database).unwrap();
    std::os::unix::fs::symlink("/tmp/none", &database).unwrap();
    assert!(restore.fail(78).contains("is a symbolic link"));
}

#[test]
fn a_volume_that_cannot_be_written_to_is_told() {
    let restore = Restore::of("http://127.0.0.1:1/a.tar");
    let disk = Tmpfs::mount(&restore.chain(), "8m");
    disk.read_only();
    assert!(restore.fail(73).contains("mount the volume read-write"));
}
