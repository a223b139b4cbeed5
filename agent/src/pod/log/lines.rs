//! Lines that are written at once, or dropped: the log never holds us up.

use std::{
    fs::File,
    io::{self, Write},
    os::fd::{AsFd, BorrowedFd},
    sync::{
        Arc, Mutex,
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

/// The last line that says that we give up.
static LAST_ERROR: Mutex<String> = Mutex::new(String::new());

/// How much of it is kept, in bytes: half of what the kubelet reads of a termination message.
const MAX_ERROR: usize = 2048;

/// The last line that says that we give up; empty if there was none.
pub(super) fn last_error() -> String {
    LAST_ERROR.lock().map(|line| line.clone()).unwrap_or_default()
}

/// Where lines go.
pub(super) enum Target {
    Stdout,
    Stderr,
    File(File),
}

impl Target {
    fn fd(&self) -> BorrowedFd<'_> {
        match self {
            // Those of the process, which are never closed.
            Self::Stdout => rustix::stdio::stdout(),
            Self::Stderr => rustix::stdio::stderr(),
            Self::File(file) => file.as_fd(),
        }
    }

    fn write(&self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Stdout => {
                let mut stdout = io::stdout().lock();
                stdout.write_all(bytes)?;
                stdout.flush()
            }
            Self::Stderr => io::stderr().write_all(bytes),
            Self::File(file) => (&*file).write_all(bytes),
        }
    }
}

/// A target, and what was lost on the way to it.
struct Sink {
    target: Target,
    /// Whether the last line found no room.
    stuck: AtomicBool,
    /// Whether the last line was cut off in the middle.
    cut: AtomicBool,
    /// Lines lost since the last one that was written.
    lost: AtomicU64,
}

impl Sink {
    fn line(&self, line: &[u8]) {
        if !self.has_room() || self.write(line).is_err() {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn write(&self, line: &[u8]) -> io::Result<()> {
        if self.cut.swap(false, Ordering::Relaxed) {
            self.target.write(b"\n")?;
        }
        let lost = self.lost.swap(0, Ordering::Relaxed);
        if lost > 0 {
            let note = format!(r#"{{"level":"WARN","message":"log lines lost","lines":{lost}}}"#);
            self.target.write((note + "\n").as_bytes())?;
        }
        // More at once would wait for the reader in the middle.
        for (n, part) in line.chunks(PIPE_BUF).enumerate() {
            if n > 0 && !self.has_room() {
                self.cut.store(true, Ordering::Relaxed);
                self.lost.fetch_add(1, Ordering::Relaxed);
                break;
            }
            self.target.write(part)?;
        }
        Ok(())
    }

    fn has_room(&self) -> bool {
        let mut fds = [PollFd::new(self.target.fd(), PollFlags::POLLOUT)];
        let patience = if self.stuck.load(Ordering::Relaxed) { 0 } else { PATIENCE };
        // An error is left to `write` to tell.
        let room = poll(&mut fds, PollTimeout::from(patience)).map_or(true, |ready| ready > 0);
        self.stuck.store(!room, Ordering::Relaxed);
        room
    }
}

/// Makes writers of lines.
#[derive(Clone)]
pub(super) struct Lines(Arc<Shared>);

struct Shared {
    sinks: Vec<Sink>,
    /// What each line has besides its own, as it is written into it.
    fields: Vec<u8>,
    /// Whether the fields come after the brace that begins a line, or at its end.
    json: bool,
}

impl Lines {
    /// Lines to all of the targets.
    pub(super) fn to(targets: Vec<Target>, fields: String, json: bool) -> Self {
        let sinks = targets.into_iter().map(|target| Sink {
            target,
            stuck: AtomicBool::new(false),
            cut: AtomicBool::new(false),
            lost: AtomicU64::new(0),
        });
        Self(Arc::new(Shared { sinks: sinks.collect(), fields: fields.into_bytes(), json }))
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Writer<'a>;

    fn make_writer(&'a self) -> Writer<'a> {
        Writer { shared: &self.0, is_error: false }
    }

    fn make_writer_for(&'a self, meta: &Metadata<'_>) -> Writer<'a> {
        Writer { shared: &self.0, is_error: *meta.level() == Level::ERROR }
    }
}

/// Writes each line at once, or drops it when nobody reads.
pub(super) struct Writer<'a> {
    shared: &'a Shared,
    is_error: bool,
}

impl Write for Writer<'_> {
    /// Writes a whole line, which is what the log gives us.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if self.is_error
            && let Ok(mut last) = LAST_ERROR.lock()
        {
            let kept = line.get(..MAX_ERROR.min(line.len())).unwrap_or_default();
            *last = String::from_utf8_lossy(kept).into_owned();
        }
        let with_fields = self.shared.with_fields(line);
        for sink in &self.shared.sinks {
            sink.line(with_fields.as_deref().unwrap_or(line));
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Shared {
    /// The line with the fields that all have; none if there are none.
    fn with_fields(&self, line: &[u8]) -> Option<Vec<u8>> {
        if self.fields.is_empty() {
            return None;
        }
        let at = if self.json { 1 } else { line.len().saturating_sub(1) };
        let (head, tail) = line.split_at_checked(at)?;
        Some([head, &self.fields, tail].concat())
    }
}
