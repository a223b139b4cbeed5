//! Standard error that never holds us up.

use std::{
    io::{self, Write},
    os::fd::AsFd as _,
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

/// How long one line may wait for room, in milliseconds. Once one has waited in vain, the next
/// ones do not, until there is room again.
const PATIENCE: u8 = 50;

/// A pipe takes at least this many bytes at once when it says that it can be written to.
const PIPE_BUF: usize = 4096;

static STUCK: AtomicBool = AtomicBool::new(false);
static LOST: AtomicU64 = AtomicU64::new(0);

/// Writes each line at once, or drops it when nobody reads.
pub(super) struct Stderr(());

impl Stderr {
    pub(super) fn new() -> Self {
        Self(())
    }
}

impl Write for Stderr {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if !has_room() {
            LOST.fetch_add(1, Ordering::Relaxed);
            return Ok(line.len());
        }
        let lost = LOST.swap(0, Ordering::Relaxed);
        if lost > 0 {
            writeln!(
                io::stderr(),
                r#"{{"level":"WARN","message":"log lines lost","lines":{lost}}}"#
            )?;
        }
        // A longer line would wait for the reader in the middle.
        for part in line.chunks(PIPE_BUF) {
            if !has_room() {
                break;
            }
            io::stderr().write_all(part)?;
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn has_room() -> bool {
    let stderr = io::stderr();
    let mut fds = [PollFd::new(stderr.as_fd(), PollFlags::POLLOUT)];
    let patience = if STUCK.load(Ordering::Relaxed) { 0 } else { PATIENCE };
    // An error is left to `write` to tell.
    let room = poll(&mut fds, PollTimeout::from(patience)).map_or(true, |ready| ready > 0);
    STUCK.store(!room, Ordering::Relaxed);
    room
}
