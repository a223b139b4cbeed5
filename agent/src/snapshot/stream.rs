//! Hands bytes from the download to the decoder, and from the decoder to the writer: each on a thread
//! of its own, with a bounded number of blocks between them.

use std::{
    io::{self, BufRead, Read},
    sync::mpsc as blocking,
    thread,
};

use bytes::{Buf as _, Bytes};
use tokio::sync::mpsc;

/// How many pieces of a download wait at most; each is some 10 to 400 KB.
const PIECES: usize = 32;

/// The size of a decoded block, in bytes.
const BLOCK: usize = 256 << 10;

/// How many decoded blocks wait at most.
const BLOCKS: usize = 8;

/// The download's end: pieces, then `None`. Dropped before that, the reader fails.
pub type Feed = mpsc::Sender<Option<Bytes>>;

/// The decoder's end.
#[derive(Debug)]
pub struct Fed {
    receiver: mpsc::Receiver<Option<Bytes>>,
    piece: Bytes,
    ended: bool,
}

/// Makes both ends.
pub fn channel() -> (Feed, Fed) {
    let (sender, receiver) = mpsc::channel(PIECES);
    (sender, Fed { receiver, piece: Bytes::new(), ended: false })
}

impl BufRead for Fed {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        while self.piece.is_empty() && !self.ended {
            match self.receiver.blocking_recv() {
                Some(Some(piece)) => self.piece = piece,
                Some(None) => self.ended = true,
                None => return Err(io::ErrorKind::ConnectionAborted.into()),
            }
        }
        Ok(&self.piece)
    }

    fn consume(&mut self, count: usize) {
        self.piece.advance(count);
    }
}

impl Read for Fed {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let read = self.fill_buf()?.read(buf)?;
        self.consume(read);
        Ok(read)
    }
}

/// Reads what another thread decodes ahead.
#[derive(Debug)]
pub struct Ahead {
    blocks: blocking::Receiver<io::Result<Vec<u8>>>,
    empty: blocking::SyncSender<Vec<u8>>,
    block: Vec<u8>,
    position: usize,
    ended: bool,
}

impl Ahead {
    /// Starts the thread, which ends when `reader` or we do.
    pub fn of(mut reader: impl Read + Send + 'static) -> Self {
        let (sender, blocks) = blocking::sync_channel(BLOCKS);
        let (empty, recycled) = blocking::sync_channel::<Vec<u8>>(BLOCKS);
        thread::spawn(move || {
            loop {
                let mut block = recycled.try_recv().unwrap_or_default();
                block.resize(BLOCK, 0);
                let filled = fill(&mut reader, &mut block).map(|length| {
                    block.truncate(length);
                    block
                });
                let last = !matches!(&filled, Ok(block) if !block.is_empty());
                if sender.send(filled).is_err() || last {
                    return;
                }
            }
        });
        Self { blocks, empty, block: Vec::new(), position: 0, ended: false }
    }
}

/// Reads until the block is full or there is no more.
fn fill(reader: &mut impl Read, block: &mut [u8]) -> io::Result<usize> {
    let mut length = 0;
    while let Some(rest) = block.get_mut(length..).filter(|rest| !rest.is_empty()) {
        match reader.read(rest) {
            Ok(0) => break,
            Ok(read) => length += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(length)
}

impl Read for Ahead {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if self.position == self.block.len() && !self.ended {
            let _ = self.empty.try_send(std::mem::take(&mut self.block)); // else it is freed
            self.position = 0;
            self.block = match self.blocks.recv() {
                Ok(block) => block?,
                // It has told its error already.
                Err(blocking::RecvError) => return Err(io::ErrorKind::UnexpectedEof.into()),
            };
            self.ended = self.block.is_empty();
        }
        let mut rest = self.block.get(self.position..).unwrap_or_default();
        let read = rest.read(buf)?;
        self.position += read;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn bytes_arrive_in_order_and_an_end_is_told_from_a_stop() {
        for ends in [true, false] {
            let (feed, reader) = channel();
            let reading = crate::thread::spawn(move || {
                let mut bytes = Vec::new();
                Ahead::of(reader).read_to_end(&mut bytes).map(|_| bytes)
            });
            let mut sent = Vec::new();
            for byte in 0..200_u8 {
                let piece = vec![byte; usize::from(byte) * 100];
                sent.extend_from_slice(&piece);
                feed.send(Some(piece.into())).await.unwrap();
            }
            if ends {
                feed.send(None).await.unwrap();
            }
            drop(feed);
            assert_eq!(reading.await.ok(), ends.then_some(sent));
        }
    }
}
