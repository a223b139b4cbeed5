//! The node of the benchmarks: this program itself, started with other words. It tells when things
//! happen by the machine's monotonic clock, on standard output.

use std::{
    io::{self, BufRead as _, BufReader, Write as _},
    process::{Command, Stdio},
};

use nix::{
    sys::{
        prctl::set_pdeathsig,
        signal::{SigSet, Signal},
    },
    time::ClockId,
};

/// The word that makes this program the node.
pub const WORD: &str = "node";

/// The word after it that makes this program a copier of lines around the node that follows.
pub const RELAY: &str = "relay";

/// How much is written at once, in bytes.
const CHUNK: usize = 1 << 16;

/// One line of a flood, in bytes.
const LINE: usize = 128;

/// The time since some moment, the same one for all processes. In seconds.
pub fn now() -> f64 {
    let now = ClockId::CLOCK_MONOTONIC.now().expect("every Linux has this clock");
    std::time::Duration::from(now).as_secs_f64()
}

/// Does what the words after [`WORD`] say: sleeps, or floods its standard output.
pub fn run(words: &[String]) -> io::Result<()> {
    set_pdeathsig(Signal::SIGKILL)?;
    match words.first() {
        Some(word) if word == RELAY => relay(&words[1..]),
        // Options tell one sleeper from another.
        Some(bytes) if !bytes.starts_with("--") => flood(bytes.parse().map_err(io::Error::other)?),
        _ => sleep(),
    }
}

/// Says that it is up, and ends at SIGTERM.
fn sleep() -> io::Result<()> {
    let term = SigSet::from_iter([Signal::SIGTERM]);
    term.thread_block()?;
    tell("up")?;
    term.wait()?;
    tell("term")
}

/// Copies a program's output line by line, as kubebot does.
fn relay(words: &[String]) -> io::Result<()> {
    let [program, args @ ..] = words else { return Err(io::ErrorKind::InvalidInput.into()) };
    let mut child = Command::new(program).args(args).stdout(Stdio::piped()).spawn()?;
    let mut lines = BufReader::new(child.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?);
    let mut stdout = io::stdout().lock();
    let mut line = Vec::new();
    while lines.read_until(b'\n', &mut line)? > 0 {
        stdout.write_all(&line)?;
        stdout.flush()?;
        line.clear();
    }
    child.wait().map(drop)
}

fn tell(what: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(format!("{what} {} {}\n", now(), std::process::id()).as_bytes())?;
    stdout.flush()
}

/// Writes this many bytes of lines.
fn flood(bytes: usize) -> io::Result<()> {
    let mut chunk = vec![b'x'; CHUNK];
    for line in chunk.chunks_mut(LINE) {
        line[LINE - 1] = b'\n';
    }
    let mut stdout = io::stdout().lock();
    for _ in 0..bytes / CHUNK {
        stdout.write_all(&chunk)?;
    }
    stdout.flush()
}
