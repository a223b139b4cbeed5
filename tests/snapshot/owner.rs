//! `CHOWN` and `CHMOD`, beside the programs.

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
};

use crate::{
    archive::{KINDS, chain, put, sh},
    restore::Restore,
};

/// Owner and permissions of everything below a folder, and of it; links have only an owner.
fn owners(dir: &Path) -> BTreeMap<PathBuf, (u32, u32, u32)> {
    let mut all = BTreeMap::new();
    let mut left = vec![dir.to_owned()];
    while let Some(path) = left.pop() {
        let metadata = fs::symlink_metadata(&path).unwrap();
        if metadata.is_dir() {
            left.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        }
        let mode = if metadata.is_symlink() { 0 } else { metadata.mode() & 0o7777 };
        let relative = path.strip_prefix(dir).unwrap().to_owned();
        all.insert(relative, (metadata.uid(), metadata.gid(), mode));
    }
    all
}

#[test]
fn everything_gets_the_owner_and_the_permissions_that_the_programs_would_set() {
    let (dir, chain) = (tempfile::tempdir().unwrap(), chain());
    let file = dir.path().join("a.tar");
    sh(chain.path(), KINDS[0].1, &[&file]);
    let cases =
        [("1000:1001", "777"), ("64123", "u=rwX,g+rX,o="), (":5", "0750"), ("daemon:", "go-w")];
    for (owner, mode) in cases {
        let url = format!("file://{}", file.display());
        let [ours, theirs] = [0, 1].map(|_| {
            let restore = Restore::of(&url);
            put(&restore.chain().join("network/secret"), b"x");
            restore
        });
        theirs.succeed();
        let script = "chown -R \"$1\" \"$3\"; chmod -R \"$2\" \"$3\"";
        sh(chain.path(), script, &[Path::new(owner), Path::new(mode), &theirs.chain()]);
        let ours = ours.env("CHOWN", owner).env("CHMOD", mode);
        ours.succeed();
        assert_eq!(owners(&ours.chain()), owners(&theirs.chain()), "{owner} {mode}");
    }
}

#[test]
fn owners_and_permissions_are_the_archives_but_for_set_id_bits() {
    let (dir, chain) = (tempfile::tempdir().unwrap(), chain());
    let file = dir.path().join("a.tar");
    let tar = "tar --owner=1234 --group=1235 --mode=6751 -cf \"$1\" db";
    sh(chain.path(), tar, &[&file]);
    let restore = Restore::of(format!("file://{}", file.display()));
    restore.succeed();
    let mut found = owners(&restore.chain().join("db"));
    found.retain(|_, (_, _, mode)| *mode != 0); // of links
    assert!(found.len() > 25 && found.values().all(|it| *it == (1234, 1235, 0o751)), "{found:?}");
}

/// A node that finds a database must be able to open it, also after a kill.
#[test]
fn nothing_is_changed_in_a_database_that_is_in_place() {
    let (dir, chain) = (tempfile::tempdir().unwrap(), chain());
    let (file, trace) = (dir.path().join("a.tar"), dir.path().join("trace"));
    sh(chain.path(), KINDS[0].1, &[&file]);
    let script = "ARCHIVE_URL=\"file://$2\" CHAIN_DIR=\"$PWD/chain\" CHOWN=1000:1000 CHMOD=0750 \
                  strace -f -qq -o \"$3\" -e 'trace=/chmod|chown|rename' \"$1\" snapshot restore";
    sh(dir.path(), script, &[&chainpod_tests::bin("agent"), &file, &trace]);
    let trace = fs::read_to_string(trace).unwrap();
    assert!(trace.lines().any(|line| line.contains("chmod")), "{trace}");
    let last = trace.lines().last().unwrap();
    assert!(last.contains("rename") && last.contains("chain/db\""), "{trace}");
}

#[test]
fn who_is_not_root_restores_too() {
    let (dir, chain) = (tempfile::tempdir().unwrap(), chain());
    for (kind, script) in KINDS {
        let file = dir.path().join(format!("a.{kind}"));
        sh(chain.path(), script, &[&file]);
        let agent = chainpod_tests::bin("agent");
        let program = dir.path().join("agent");
        sh(
            dir.path(),
            "cp \"$1\" agent; chmod 755 .; rm -rf chain; mkdir chain; chown 64123:64123 chain; \
             ARCHIVE_URL=\"file://$2\" CHAIN_DIR=\"$PWD/chain\" CHMOD=g+rX \
             setpriv --reuid 64123 --regid 64123 --clear-groups \"$3\" snapshot restore",
            &[&agent, &file, &program],
        );
        let found = owners(&dir.path().join("chain"));
        let all = found.values().all(|(user, group, _)| (*user, *group) == (64123, 64123));
        assert!(all && found.len() > 25, "{found:?}");
    }
}
