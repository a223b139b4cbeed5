//! Standard error that never holds us up.

use std::{
    io::{self, Write},
    os::fd::AsFd as _,
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use tracing::{Level, Metadata};
use tracing_subscriber::fmt::MakeWriter;

/// How long one line may wait for room, in milliseconds. Once one has waited in vain, the next
/// ones do not, until there is room again.
const PATIENCE: u8 = 50;

/// A pipe takes at least this many bytes at once when it says that it can be written to.
const PIPE_BUF: usize = 4096;

static STUCK: AtomicBool = AtomicBool::new(false);
static LOST: AtomicU64 = AtomicU64::new(0);

/// The last line that says that we give up.
static LAST_ERROR: Mutex<String> = Mutex::new(String::new());

/// How much of it is kept, in bytes: half of what the kubelet reads of a termination message.
const MAX_ERROR: usize = 2048;

/// The last line that says that we give up; empty if there was none.
pub(super) fn last_error() -> String {
    LAST_ERROR.lock().map(|line| line.clone()).unwrap_or_default()
}

/// Makes writers of lines.
pub(super) struct Lines;

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Stderr;

    fn make_writer(&'a self) -> Stderr {
        Stderr { is_error: false }
    }

    fn make_writer_for(&'a self, meta: &Metadata<'_>) -> Stderr {
        Stderr { is_error: *meta.level() == Level::ERROR }
    }
}

/// Writes each line at once, or drops it when nobody reads.
pub(super) struct Stderr {
    is_error: bool,
}

impl Write for Stderr {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if self.is_error
            && let Ok(mut last) = LAST_ERROR.lock()
        {
            let kept = line.get(..MAX_ERROR.min(line.len())).unwrap_or_default();
            *last = String::from_utf8_lossy(kept).into_owned();
        }
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
