//! What a program prints, as far as it is kept.

use std::{collections::VecDeque, io, os::fd::OwnedFd};

use tokio::net::unix::pipe::Receiver;

/// How much of standard error is kept, in bytes: some twenty lines.
const TAIL: usize = 4 << 10;

/// How much is read at once, in bytes: what a pipe holds.
const CHUNK: usize = 64 << 10;

/// The first bytes of an output; one more than `max` means that it was too much.
pub(super) struct Head {
    pipe: Option<Receiver>,
    bytes: Vec<u8>,
    max: usize,
}

/// The last bytes of an output.
pub(super) struct Tail {
    pipe: Option<Receiver>,
    bytes: VecDeque<u8>,
}

impl Head {
    pub(super) fn new(pipe: OwnedFd, max: usize) -> io::Result<Self> {
        Ok(Self { pipe: Some(Receiver::from_owned_fd(pipe)?), bytes: Vec::new(), max })
    }

    /// Reads to the end of the output. Cancel-safe.
    ///
    /// # Errors
    ///
    /// Those of `read`, and one when it is too much.
    pub(super) async fn fill(&mut self) -> io::Result<()> {
        while let Some(pipe) = &self.pipe {
            pipe.readable().await?;
            self.drain()?;
        }
        if self.is_full() { Err(io::ErrorKind::FileTooLarge.into()) } else { Ok(()) }
    }

    /// Reads what is there.
    pub(super) fn drain(&mut self) -> io::Result<()> {
        let (bytes, max) = (&mut self.bytes, self.max);
        drain(&mut self.pipe, |chunk| {
            bytes.extend_from_slice(chunk);
            bytes.len() <= max
        })
    }

    fn is_full(&self) -> bool {
        self.bytes.len() > self.max
    }

    /// What was printed, unless it was too much.
    pub(super) fn take(&mut self) -> Option<Vec<u8>> {
        (!self.is_full()).then(|| std::mem::take(&mut self.bytes))
    }
}

impl Tail {
    pub(super) fn new(pipe: OwnedFd) -> io::Result<Self> {
        Ok(Self { pipe: Some(Receiver::from_owned_fd(pipe)?), bytes: VecDeque::new() })
    }

    /// Reads to the end of the output. Cancel-safe.
    pub(super) async fn fill(&mut self) -> io::Result<()> {
        while let Some(pipe) = &self.pipe {
            pipe.readable().await?;
            self.drain()?;
        }
        Ok(())
    }

    /// Reads what is there.
    pub(super) fn drain(&mut self) -> io::Result<()> {
        let bytes = &mut self.bytes;
        drain(&mut self.pipe, |chunk| {
            bytes.extend(chunk);
            bytes.drain(..bytes.len().saturating_sub(TAIL));
            true
        })
    }

    /// The kept end, from the first whole line on if the start was lost.
    pub(super) fn text(&mut self) -> String {
        let cut = self.bytes.len() == TAIL;
        let text = String::from_utf8_lossy(self.bytes.make_contiguous()).trim().to_owned();
        match text.split_once('\n') {
            Some((_, whole)) if cut => whole.to_owned(),
            _ => text,
        }
    }
}

/// Reads what is there and hands it on; closes the pipe at its end and when `more` declines.
///
/// It ends after what two pipes can hold, so that a writer cannot keep us here.
fn drain(pipe: &mut Option<Receiver>, mut more: impl FnMut(&[u8]) -> bool) -> io::Result<()> {
    const MOST: usize = 32;
    let mut chunk = vec![0; CHUNK];
    for _ in 0..MOST {
        let Some(open) = pipe else { return Ok(()) };
        match open.try_read(&mut chunk) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
            Err(error) => return Err(error),
            Ok(count) => {
                let read = chunk.get(..count).unwrap_or_default();
                if read.is_empty() || !more(read) {
                    *pipe = None;
                }
            }
        }
    }
    Ok(())
}
