//! How long a snapshot takes to be restored, from a server on this machine.

use std::{
    fs,
    io::Write as _,
    path::Path,
    process::{Command, Stdio},
};

use chainpod_tests::nginx::Nginx;

use crate::{
    fixture::Fixture,
    report::{Line, Target},
    series::{Result, Series, interleave},
    stub,
};

const ROUNDS: usize = 3;

/// The database: as many files as this, each of as many bytes.
const FILES: u32 = 96;
const FILE: usize = 4 << 20;

/// What makes an archive of the folder `db` into `$1`, and what tar needs to read it.
const KINDS: [(&str, &str, &str); 3] = [
    ("restore a snapshot, .tar.zst", "tar -I 'zstd -1' -cf \"$1\" db", "--zstd"),
    ("restore a snapshot, .tar.gz", "tar -I 'gzip -1' -cf \"$1\" db", "-z"),
    ("restore a snapshot, .tar.lz4", "tar -I lz4 -cf \"$1\" db", "-Ilz4"),
];

/// Measures each kind beside wget and tar; all of them until what they wrote is on the disk.
pub fn measure(fixture: &Fixture) -> Result<Vec<Line>> {
    let server = Nginx::start();
    let source = fixture.home("snapshot-source");
    database(&source.join("db"))?;
    let mut lines = Vec::new();
    for (measure, make, option) in KINDS {
        sh(&source, make, &[&server.file("archive")])?;
        let url = server.http("archive");
        let names = ["agent", "wget | tar", "wget, then tar"];
        let series = interleave(&names, ROUNDS, |place| {
            let chain = fixture.home("snapshot");
            fs::create_dir_all(&chain)?;
            let began = stub::now();
            let words = [Path::new(&url), Path::new(option)];
            match place {
                0 => restore(fixture, &url, &chain)?,
                1 => sh(&chain, "wget -qO- \"$1\" | tar -x \"$2\"; sync -f .", &words)?,
                _ => sh(&chain, "wget -qO a \"$1\"; tar -x \"$2\" -f a; rm a; sync -f .", &words)?,
            }
            let took = stub::now() - began;
            if fs::read_dir(chain.join("db"))?.count() != usize::try_from(FILES)? {
                return Err(format!("{} has not restored everything", names[place]).into());
            }
            fs::remove_dir_all(&chain)?;
            Ok([took])
        })?;
        let [[ours], peers @ ..] = series.as_slice() else { return Ok(lines) };
        let beside = |[peer]: &[Series; 1]| {
            Line::beside(measure, "s", ours, peer).target(Target::Times(1.0))
        };
        lines.extend(peers.iter().map(beside));
    }
    Ok(lines)
}

fn restore(fixture: &Fixture, url: &str, chain: &Path) -> Result<()> {
    let mut command = Command::new(&fixture.agent);
    command.args(["snapshot", "restore"]).env("ARCHIVE_URL", url).env("CHAIN_DIR", chain);
    let output = command.env_remove("SSL_CERT_FILE").stdin(Stdio::null()).output()?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("`agent snapshot` failed: {}", String::from_utf8_lossy(&output.stderr)).into())
}

/// Files as a database has them: half of each does not compress (xorshift64), half does.
fn database(dir: &Path) -> Result<()> {
    fs::create_dir_all(dir)?;
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    for number in 0..FILES {
        let mut bytes = Vec::with_capacity(FILE);
        while bytes.len() < FILE {
            for _ in 0..512 {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                bytes.extend_from_slice(&state.to_le_bytes());
            }
            bytes.extend_from_slice("a line of the log\n".repeat(228).as_bytes());
        }
        fs::File::create(dir.join(format!("{number:06}.sst")))?.write_all(&bytes)?;
    }
    Ok(())
}

fn sh(dir: &Path, script: &str, words: &[&Path]) -> Result<()> {
    let mut command = Command::new("sh");
    let output = command.args(["-euc", script, "sh"]).args(words).current_dir(dir).output()?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("{script}: {}", String::from_utf8_lossy(&output.stderr)).into())
}
