//! Moves bytes from the node's pipe to our output.

use std::{
    io::{self, PipeReader},
    os::fd::{AsFd as _, BorrowedFd, OwnedFd},
    sync::Arc,
};

use nix::{
    errno::Errno,
    fcntl::{FcntlArg, OFlag, SpliceFFlags, fcntl, tee},
    poll::{PollFd, PollFlags, PollTimeout, poll},
    unistd::{read, write},
};
use tokio::sync::watch;

use super::{
    scan::{Patterns, Scanner},
    seen::Seen,
};
use crate::pod::child::Standard;

/// How much is moved at once, in bytes.
const CHUNK: usize = 256 << 10;

/// What the pipe is to hold, in bytes: the most that any user may ask for.
const PIPE: i32 = 1 << 20;

/// One pipe of the node, our output, and who looks at what passes.
pub(super) struct Pump {
    from: OwnedFd,
    to: OwnedFd,
    stream: Standard,
    buffer: Vec<u8>,
    scanner: Scanner,
    seen: Arc<Seen>,
    patterns: watch::Receiver<Arc<Patterns>>,
    /// Whether our output may be a pipe.
    tee: bool,
    /// Whether it was told that our output takes nothing.
    told: bool,
}

impl Pump {
    pub(super) fn new(
        from: OwnedFd,
        to: Standard,
        seen: Arc<Seen>,
        patterns: watch::Receiver<Arc<Patterns>>,
    ) -> io::Result<Self> {
        // Only our end: the node's is another description. A small pipe works too.
        fcntl(&from, FcntlArg::F_SETFL(OFlag::O_NONBLOCK))?;
        let _ = fcntl(&from, FcntlArg::F_SETPIPE_SZ(PIPE));
        Ok(Self {
            from,
            to: to.to_owned_fd()?,
            stream: to,
            buffer: vec![0; CHUNK],
            scanner: Scanner::default(),
            seen,
            patterns,
            tee: true,
            told: false,
        })
    }

    /// Moves everything until the pipe has no writer left, or, once `node_gone` has none, until
    /// the pipe is empty.
    ///
    /// # Errors
    ///
    /// Those of `read` and `poll`; that our output takes nothing is none.
    pub(super) fn run(&mut self, node_gone: &PipeReader) -> io::Result<()> {
        loop {
            match self.advance() {
                Ok(0) => break,
                Ok(_) | Err(Errno::EINTR) => {}
                Err(Errno::EAGAIN) => {
                    if !self.wait(node_gone.as_fd())? {
                        break;
                    }
                }
                Err(error) => return Err(error.into()),
            }
        }
        let patterns = Arc::clone(&self.patterns.borrow());
        self.seen.note(self.scanner.end(&patterns));
        Ok(())
    }

    /// Moves one chunk; nothing means that the pipe has no writer left.
    fn advance(&mut self) -> nix::Result<usize> {
        let Some(count) = self.teed()? else {
            let count = read(&self.from, &mut self.buffer)?;
            let chunk = self.buffer.get(..count).unwrap_or_default();
            if let Err(error) = write_all(self.to.as_fd(), chunk) {
                self.tell(error);
            }
            self.look(count);
            return Ok(count);
        };
        // What was handed on is in the pipe still; now it is taken out.
        let mut left = count;
        while left > 0 {
            let most = left.min(self.buffer.len());
            let count = read(&self.from, self.buffer.get_mut(..most).unwrap_or_default())?;
            if count == 0 {
                break;
            }
            self.look(count);
            left -= count;
        }
        Ok(count)
    }

    /// Hands bytes on without taking them out of the pipe; none if our output is no pipe.
    fn teed(&mut self) -> nix::Result<Option<usize>> {
        if !self.tee {
            return Ok(None);
        }
        match tee(&self.from, &self.to, CHUNK, SpliceFFlags::SPLICE_F_NONBLOCK) {
            Ok(count) => Ok(Some(count)),
            Err(error @ (Errno::EAGAIN | Errno::EINTR)) => Err(error),
            Err(_) => {
                // A file, a terminal, a socket; or nobody reads it any more.
                self.tee = false;
                Ok(None)
            }
        }
    }

    /// Looks at the first bytes of the buffer.
    fn look(&mut self, count: usize) {
        let chunk = self.buffer.get(..count).unwrap_or_default();
        let patterns = Arc::clone(&self.patterns.borrow());
        let found = self.scanner.scan(chunk, &patterns);
        self.seen.passed(self.stream, chunk);
        self.seen.note(found);
    }

    /// Waits for bytes and for room; says whether there is anything to wait for.
    fn wait(&self, node_gone: BorrowedFd<'_>) -> nix::Result<bool> {
        let mut fds = [
            PollFd::new(self.from.as_fd(), PollFlags::POLLIN),
            PollFd::new(node_gone, PollFlags::POLLIN),
        ];
        await_any(&mut fds)?;
        let [bytes, gone] = fds.map(|fd| fd.any().unwrap_or(true));
        if bytes && self.tee {
            // `tee` may have found no room.
            await_any(&mut [PollFd::new(self.to.as_fd(), PollFlags::POLLOUT)])?;
        }
        Ok(bytes || !gone)
    }

    /// Tells once that our output takes nothing. The node goes on, as it would with a log that
    /// is lost.
    fn tell(&mut self, error: Errno) {
        if !self.told {
            self.told = true;
            tracing::warn!(stream = %self.stream, %error, "the node's output cannot be written, it is lost");
        }
    }
}

fn write_all(to: BorrowedFd<'_>, mut bytes: &[u8]) -> nix::Result<()> {
    while !bytes.is_empty() {
        match write(to, bytes) {
            Ok(count) => bytes = bytes.get(count..).unwrap_or_default(),
            Err(Errno::EINTR) => {}
            Err(Errno::EAGAIN) => await_any(&mut [PollFd::new(to, PollFlags::POLLOUT)])?,
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn await_any(fds: &mut [PollFd<'_>]) -> nix::Result<()> {
    loop {
        match poll(fds, PollTimeout::NONE) {
            Err(Errno::EINTR) => {}
            result => return result.map(drop),
        }
    }
}
