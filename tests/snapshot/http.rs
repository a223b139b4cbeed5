//! Downloads over connections and servers as they are.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::TcpListener,
    path::Path,
    time::{Duration, Instant},
};

use chainpod_tests::{nginx::Nginx, wait};

use crate::{
    archive::{KINDS, chain, sh, sha256},
    restore::{Restore, has_database},
};

/// Makes an archive of a chain on a server.
fn serve(server: &Nginx, chain: &Path, kind: &str) -> String {
    let name = format!("snapshot.{kind}");
    let script = KINDS.iter().find(|(other, _)| *other == kind).unwrap().1;
    sh(chain, script, &[&server.file(&name)]);
    name
}

#[test]
fn a_broken_connection_is_gone_on_with() {
    let (server, chain) = (Nginx::start(), chain());
    for kind in ["tar.gz", "tar.zst", "tar.lz4", "7z"] {
        let name = serve(&server, chain.path(), kind);
        let length = fs::metadata(server.file(&name)).unwrap().len();
        // Also within the head of an answer, and before the first byte.
        let proxy = server.broken(|n| match n % 4 {
            0 => Some(0),
            1 => Some(90),
            2 => Some(300_000),
            _ => Some(1_234_567),
        });
        let restore =
            Restore::of(proxy.url(&name)).env("ARCHIVE_SHA256", sha256(&server.file(&name)));
        restore.succeed();
        restore.is_as(chain.path());
        assert!(proxy.connections() > 8, "it broke");
        assert!(proxy.bytes() < length + 20_000, "{kind}: nothing comes twice: {}", proxy.bytes());
    }
}

/// Who waits for a server does so anew after each piece that comes.
#[test]
fn a_download_that_breaks_off_for_longer_than_the_wait_goes_on_while_something_comes() {
    let (server, chain) = (Nginx::start(), chain());
    let name = serve(&server, chain.path(), "tar.zst");
    let proxy = server.broken(|_| Some(150_000));
    let began = Instant::now();
    let restore = Restore::of(proxy.url(&name)).env("ARCHIVE_WAIT", "3s");
    restore.succeed();
    restore.is_as(chain.path());
    assert!(began.elapsed() > Duration::from_secs(3), "{:?}", began.elapsed());
}

#[test]
fn a_download_that_was_not_the_archive_is_not_gone_on_with() {
    let (server, chain) = (Nginx::start(), chain());
    let (name, store) = (serve(&server, chain.path(), "tar.gz"), tempfile::tempdir().unwrap());
    let restore = Restore::of(server.http(&name)).env("ARCHIVE_STORE", store.path());
    let restore = restore.env("ARCHIVE_SHA256", "0".repeat(64));
    restore.fail(65);
    assert_eq!(fs::read_dir(store.path()).unwrap().count(), 0);
    restore.left_nothing();
}

#[test]
fn a_server_without_parts_of_files_is_enough() {
    let (server, chain) = (Nginx::start(), chain());
    let name = serve(&server, chain.path(), "tar.gz");
    let proxy = server.broken(|n| (n < 3).then_some((n + 1) * 700_000));
    let restore = Restore::of(proxy.url(&format!("whole/{name}")));
    let restore = restore.env("ARCHIVE_SHA256", sha256(&server.file(&name)));
    restore.succeed();
    restore.is_as(chain.path());
    assert_eq!(proxy.connections(), 4);
}

/// Answers each request with these bytes, and does not say how many there are.
fn of_unknown_length(bytes: Vec<u8>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    wait::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(b"HTTP/1.0 200 OK\r\n\r\n");
            let _ = stream.write_all(&bytes);
        }
    });
    format!("http://{address}/a.tar")
}

/// The end of the connection may be that of a server that was killed.
#[test]
fn where_nothing_says_how_long_a_tar_file_is_its_end_must_be_there() {
    let (dir, chain) = (tempfile::tempdir().unwrap(), chain());
    let file = dir.path().join("a.tar");
    sh(chain.path(), KINDS[0].1, &[&file]);
    let whole = fs::read(&file).unwrap();
    let restore = Restore::of(of_unknown_length(whole.clone()));
    restore.succeed();
    restore.is_as(chain.path());
    let end = whole.iter().rposition(|byte| *byte != 0).unwrap();
    let restore = Restore::of(of_unknown_length(whole[..(end / 512 + 1) * 512].to_vec()));
    restore.fail(65);
    restore.left_nothing();
}

#[test]
fn redirections_are_followed() {
    let (server, chain) = (Nginx::start(), chain());
    let name = serve(&server, chain.path(), "tar.zst");
    let restore = Restore::of(server.http(&format!("moved/{name}")));
    restore.succeed();
    restore.is_as(chain.path());
}

#[test]
fn an_authority_of_our_own_is_trusted_when_it_is_named() {
    let (server, chain) = (Nginx::start(), chain());
    let name = serve(&server, chain.path(), "tar.zst");
    let restore = Restore::of(server.https(&name));
    let said = restore.fail(66);
    assert!(said.contains("invalid peer certificate"), "{said}");
    restore.left_nothing();
    let restore = restore.env("SSL_CERT_FILE", server.authority());
    restore.succeed();
    restore.is_as(chain.path());
}

#[test]
fn an_archive_that_changes_meanwhile_is_begun_again() {
    let (server, chain) = (Nginx::start(), chain());
    for (kind, store) in [("tar.zst", false), ("tar.gz", true), ("7z", false)] {
        let name = serve(&server, chain.path(), kind);
        let (old, file) = (server.file("old"), server.file(&name));
        fs::rename(&file, &old).unwrap();
        sh(chain.path(), "head -c 3000000 \"$1\" >\"$2\"; cat \"$1\" >>\"$2\"", &[&old, &file]);
        let replaced = file.clone();
        let proxy = server.broken(move |n| {
            if n == 1 {
                fs::rename(&old, &replaced).unwrap();
            }
            (n == 0).then_some(1_000_000)
        });
        let dir = tempfile::tempdir().unwrap();
        let restore = Restore::of(proxy.url(&name));
        let restore = if store { restore.env("ARCHIVE_STORE", dir.path()) } else { restore };
        let said = restore.succeed();
        assert!(said.contains("beginning again"), "{said}");
        restore.is_as(chain.path());
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    }
}

#[test]
fn a_server_that_is_down_is_waited_for_as_long_as_is_said() {
    let server = Nginx::start();
    let restore = Restore::of(server.http("down/a.tar")).env("ARCHIVE_WAIT", "1s");
    let said = restore.fail(69);
    assert!(said.contains("made no progress") && said.contains("503"), "{said}");
    restore.left_nothing();
    let said = Restore::of("http://127.0.0.1:1/a.tar").env("ARCHIVE_WAIT", "1s").fail(69);
    assert!(said.contains("onnection refused"), "{said}");
}

#[test]
fn what_no_other_try_changes_is_told_at_once_without_secrets() {
    let server = Nginx::start();
    let url = server.http("none.tar?key=secret").replace("http://", "http://user:secret@");
    let restore = Restore::of(url);
    let said = restore.fail(66);
    assert!(said.contains("404") && said.contains("/none.tar"), "{said}");
    assert!(!said.contains("secret"), "{said}");
    restore.left_nothing();
}

#[test]
fn a_download_tells_how_far_it_is_and_stops_when_it_is_told_to() {
    let (server, chain) = (Nginx::start(), chain());
    let file = server.file("slow.tar");
    sh(chain.path(), "tar -cf \"$1\" db; tail -c 30000000 /dev/zero >>\"$1\"", &[&file]);
    let restore = Restore::of(server.http("slow/slow.tar"));
    let mut child = restore.spawn();
    let mut lines = std::io::BufRead::lines(std::io::BufReader::new(child.stderr.take().unwrap()));
    let line = lines.find(|line| line.as_ref().unwrap().contains("\"progress\"")).unwrap().unwrap();
    assert!(["MB/s", "percent", "left", "total"].iter().all(|word| line.contains(word)), "{line}");
    let pid = nix::unistd::Pid::from_raw(child.id().try_into().unwrap());
    nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGTERM).unwrap();
    let status = wait::until("its end", Duration::from_secs(2), || child.try_wait().unwrap());
    assert_eq!(status.code(), Some(143));
    assert!(!has_database(&restore.chain()));
}
