//! Archives that must not be restored.

use std::{fs, path::Path};

use crate::{
    archive::{KINDS, chain, noise, put, sh, sha256},
    restore::Restore,
};

/// Refuses the archive that a script makes of a folder with a database, and insists on these words.
fn refuses(script: &str, words: &str) {
    let dir = tempfile::tempdir().unwrap();
    let (chain, file) = (dir.path().join("a/chain"), dir.path().join("archive.bin"));
    put(&chain.join("db/CURRENT"), b"MANIFEST\n");
    put(&dir.path().join("a/outside"), b"x");
    sh(&chain, script, &[&file]);
    let restore = Restore::of(format!("file://{}", file.display()));
    let said = restore.fail(65);
    assert!(said.contains(words), "{script}: {said}");
    restore.left_nothing();
}

#[test]
fn names_that_lead_out_of_the_folder() {
    refuses("tar -P -cf \"$1\" db ../outside", "`../outside`, which leads out of the folder");
    refuses("tar -P -czf \"$1\" db \"$PWD/../outside\"", "which is an absolute path");
    refuses("tar -P --transform 's,^db/C,db/../../C,' -cf \"$1\" db", "leads out of the folder");
    refuses("7zz a -bso0 -spf \"$1\" \"$PWD/../outside\"", "has `");
    refuses("7zz a -bso0 -spf \"$1\" db ../outside", "leads out of the folder");
}

#[test]
fn links_that_lead_out_of_the_folder() {
    refuses("ln -s ../../outside db/l; tar -cf \"$1\" db", "is a link that points out");
    refuses("ln -s /etc db/l; tar -cf \"$1\" db", "is a link that points out");
    refuses("ln -s /etc db/l; 7zz a -bso0 -snl \"$1\" db", "is a link that points out");
    refuses("ln -s ../.. db/l; tar --zstd -cf \"$1\" db", "is a link that points out");
    refuses(
        "ln db/CURRENT db/h; tar -P --transform 's,^db/CURRENT$,../outside,h;s,^x,,' -cf \"$1\" db",
        "leads out of the folder",
    );
}

#[test]
fn files_behind_links_within_the_folder() {
    refuses(
        "ln -s db l; tar -cf \"$1\" db l; rm l; mkdir l; echo x >l/CURRENT; tar -rf \"$1\" l/CURRENT",
        "leads through a link or a file",
    );
}

#[test]
fn what_is_no_file() {
    refuses("mkfifo db/f; tar -cf \"$1\" db", "is a named pipe");
    refuses("mknod db/n c 1 3; tar -cf \"$1\" db", "is a device");
}

#[test]
fn what_is_no_archive_or_has_nothing_in_it() {
    refuses(": >\"$1\"", "is empty");
    refuses("echo '<html>' >\"$1\"", "a page of HTML");
    refuses("tar -cJf \"$1\" db || echo 7 | tr 7 x >\"$1\"", "not an archive of the kinds");
    refuses("tar -cf \"$1\" --files-from /dev/null", "it is empty");
    refuses("rm db/*; tar -cf \"$1\" db", "it is empty");
    refuses("head -c 5000 /dev/zero | gzip >\"$1\"", "it is empty");
    refuses("7zz a -bso0 -psecret -mhe=on \"$1\" db", "it is encrypted");
}

#[test]
fn another_archive_than_the_one_that_was_meant() {
    let (dir, chain) = (tempfile::tempdir().unwrap(), chain());
    for (kind, script) in KINDS {
        let file = dir.path().join(format!("a.{kind}"));
        sh(chain.path(), script, &[&file]);
        let other = sha256(Path::new("/bin/sh"));
        let restore =
            Restore::of(format!("file://{}", file.display())).env("ARCHIVE_SHA256", &other);
        let said = restore.fail(65);
        assert!(said.contains(&other) && said.contains(&sha256(&file)), "{said}");
        restore.left_nothing();
    }
}

#[test]
fn archives_that_are_cut_off_or_damaged() {
    let (dir, chain) = (tempfile::tempdir().unwrap(), chain());
    for (kind, script) in KINDS {
        let file = dir.path().join(format!("a.{kind}"));
        sh(chain.path(), script, &[&file]);
        let whole = fs::read(&file).unwrap();
        for length in [600, whole.len() / 3, whole.len() / 2 + 77, whole.len() - 11_000] {
            put(&file, &whole[..length]);
            let restore = Restore::of(format!("file://{}", file.display()));
            restore.fail(65);
            restore.left_nothing();
        }
        if kind != "tar" {
            let mut bytes = whole.clone();
            let middle = whole.len() / 2;
            bytes[middle..middle + 64].copy_from_slice(&noise(64, 99));
            put(&file, &bytes);
            Restore::of(format!("file://{}", file.display())).fail(65);
            // Within the checksum, behind all that is unpacked.
            put(&file, &whole[..whole.len() - 3]);
            Restore::of(format!("file://{}", file.display())).fail(65);
        }
    }
}

#[test]
fn settings_that_cannot_be_meant_are_all_told() {
    let restore =
        Restore::of("ftp://host/a.tar").env("CHMOD", "888").env("CHOWN", "no-such-user:x");
    let said = restore.env("ARCHIVE_SHA256", "12").fail(78);
    for word in ["ARCHIVE_URL", "CHMOD", "CHOWN", "ARCHIVE_SHA256", "write the number"] {
        assert!(said.contains(word), "{word}: {said}");
    }
}
