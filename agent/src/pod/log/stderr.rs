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

/// Whether the last line found no room.
static STUCK: AtomicBool = AtomicBool::new(false);
/// Whether the last line was cut off in the middle.
static CUT: AtomicBool = AtomicBool::new(false);
/// Lines lost since the last one that was written.
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
    /// Writes a whole line, which is what the log gives us.
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
        let mut stderr = io::stderr();
        if CUT.swap(false, Ordering::Relaxed) {
            stderr.write_all(b"\n")?;
        }
        let lost = LOST.swap(0, Ordering::Relaxed);
        if lost > 0 {
            let note = format!(r#"{{"level":"WARN","message":"log lines lost","lines":{lost}}}"#);
            stderr.write_all((note + "\n").as_bytes())?;
        }
        // More at once would wait for the reader in the middle.
        for (n, part) in line.chunks(PIPE_BUF).enumerate() {
            if n > 0 && !has_room() {
                CUT.store(true, Ordering::Relaxed);
                LOST.fetch_add(1, Ordering::Relaxed);
                break;
            }
            stderr.write_all(part)?;
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
