//! Every kind of archive.

use std::fs;

use chainpod_tests::nginx::Nginx;

use crate::{
    archive::{KINDS, chain, listing, put, sh, sha256},
    restore::Restore,
};

#[test]
fn every_kind_of_archive_is_restored() {
    let (server, chain) = (Nginx::start(), chain());
    for (kind, script) in KINDS {
        let name = format!("snapshot.{kind}");
        let file = server.file(&name);
        sh(chain.path(), script, &[&file]);
        let restore = Restore::of(server.http(&name)).env("ARCHIVE_SHA256", sha256(&file));
        restore.succeed();
        restore.is_as(chain.path());
        let said = Restore::of(server.http("none.tar")).env("CHAIN_DIR", restore.chain()).succeed();
        assert!(said.contains("there is a database"), "{said}");
    }
}

#[test]
fn every_kind_of_archive_is_restored_from_a_file_whatever_its_name_is() {
    let (dir, chain) = (tempfile::tempdir().unwrap(), chain());
    for (kind, script) in KINDS {
        let file = dir.path().join(format!("latest-{}", kind.replace('.', "-")));
        let made = dir.path().join(format!("a.{kind}"));
        sh(chain.path(), script, &[&made]);
        fs::rename(&made, &file).unwrap();
        let restore = Restore::of(format!("file://{}", file.display()));
        let restore = restore.env("ARCHIVE_SHA256", sha256(&file));
        restore.succeed();
        restore.is_as(chain.path());
    }
}

#[test]
fn frames_and_members_follow_each_other() {
    let (dir, chain) = (tempfile::tempdir().unwrap(), chain());
    for program in
        ["gzip", "zstd -q --no-check", "lz4 -q", "zstd -q --long=28", "lz4 -q --content-size -BD"]
    {
        let file = dir.path().join("archive.bin");
        let script = "tar -cf \"$1.tar\" db keystore; split -b 1000001 \"$1.tar\" \"$1.part-\"; \
                      rm -f \"$1\"; for part in \"$1\".part-*; do PROGRAM <$part >>\"$1\"; done";
        sh(chain.path(), &script.replace("PROGRAM", program), &[&file]);
        let restore = Restore::of(format!("file://{}", file.display()));
        restore.succeed();
        restore.is_as(chain.path());
    }
}

#[test]
fn an_archive_of_the_database_itself_is_put_where_it_belongs() {
    let (dir, chain) = (tempfile::tempdir().unwrap(), chain());
    for script in [
        "tar -C db -cf \"$1\" .",
        "tar -C db -cf \"$1\" full",
        "cd db; 7zz a -snl -bso0 \"$1\" full",
    ] {
        let file = dir.path().join("archive.bin");
        sh(chain.path(), &format!("rm -f \"$1\"; {script}"), &[&file]);
        let restore = Restore::of(format!("file://{}", file.display()));
        restore.succeed();
        assert_eq!(listing(&restore.chain().join("db")), listing(&chain.path().join("db")));
    }
}

#[test]
fn what_is_there_besides_the_database_is_kept() {
    let (dir, chain) = (tempfile::tempdir().unwrap(), chain());
    let file = dir.path().join("archive.tar");
    sh(chain.path(), KINDS[0].1, &[&file]);
    let restore = Restore::of(format!("file://{}", file.display()));
    put(&restore.chain().join("keystore/key"), b"our own");
    put(&restore.chain().join("network/secret"), b"ours too");
    fs::create_dir(restore.chain().join("db")).unwrap();
    restore.succeed();
    let read = |path: &str| fs::read(restore.chain().join(path)).unwrap();
    assert_eq!(read("keystore/key"), b"our own");
    assert_eq!(read("network/secret"), b"ours too");
    assert_eq!(listing(&restore.chain().join("db")), listing(&chain.path().join("db")));
}

#[test]
fn sparse_files_and_hard_links_are_restored() {
    let (dir, chain) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let file = dir.path().join("archive.tar");
    sh(
        chain.path(),
        "mkdir db; cd db; echo a >a; ln a b; truncate -s 5000000 hole; echo x >>hole; cd ..; \
         tar --sparse --format=gnu -cf \"$1\" db",
        &[&file],
    );
    let restore = Restore::of(format!("file://{}", file.display()));
    restore.succeed();
    restore.is_as(chain.path());
    sh(chain.path(), "rm \"$1\"; tar --sparse --format=posix -cf \"$1\" db", &[&file]);
    let said = Restore::of(format!("file://{}", file.display())).fail(65);
    assert!(said.contains("make the archive without `--sparse`"), "{said}");
}

#[test]
fn what_a_kill_after_the_end_has_left_is_removed() {
    let restore = Restore::of("http://127.0.0.1:1/a.tar");
    put(&restore.chain().join("db/CURRENT"), b"MANIFEST\n");
    put(&restore.chain().join(".agent-snapshot/new/keystore/key"), b"a key");
    restore.succeed();
}

#[test]
fn no_archive_is_nothing_to_do() {
    let restore = Restore::of("").env("CHAIN_DIR", "");
    restore.succeed();
    restore.left_nothing();
}
