//! Hands the node's output on to ours, byte for byte, and looks for lines in it on the way.
//!
//! Each pipe has a thread of its own, which blocks where the reader of our output is slow: then
//! the pipe fills, and the node waits as it would without us. Nothing is kept but the start of the
//! line under way and the last lines, so memory is bounded; nothing is dropped. When our output is
//! a pipe too, the bytes are handed on by `tee`, which copies nothing.
//!
//! What an orphan of the node still holds open is not waited for: once the node's group is gone,
//! what is in the pipe is handed on, and that is the end.

mod pipe;
mod scan;
mod seen;

use std::{
    io::{self, PipeWriter},
    sync::Arc,
    thread::{self, JoinHandle},
    time::Duration,
};

use tokio::{
    sync::{oneshot, watch},
    time,
};

pub use scan::Patterns;
pub use seen::{Seen, Snapshot};

use super::child::{Child, Standard};
use pipe::Pump;

/// How long the last output of a node may take, when nobody reads ours.
const LAST_WITHIN: Duration = Duration::from_secs(3);

/// Hands output on, for one node after the other.
#[derive(Debug)]
pub struct Relay {
    seen: Arc<Seen>,
    patterns: watch::Receiver<Arc<Patterns>>,
    streams: Vec<Stream>,
}

/// One pipe's thread.
#[derive(Debug)]
struct Stream {
    to: Standard,
    thread: JoinHandle<()>,
    /// Dropped to say that the node is gone.
    last: PipeWriter,
    ended: oneshot::Receiver<()>,
}

impl Relay {
    /// A relay that looks for what `patterns` holds, now and later, and notes it in `seen`.
    pub fn new(seen: Arc<Seen>, patterns: watch::Receiver<Arc<Patterns>>) -> Self {
        Self { seen, patterns, streams: Vec::new() }
    }

    /// Takes over the outputs of a node that was just started. What the node before it has
    /// written comes first.
    pub fn attach(&mut self, child: &mut Child) {
        self.seen.begin();
        let mut before: Vec<_> = self.streams.drain(..).collect();
        for (to, pipe) in child.relayed.drain(..) {
            let earlier = before.iter().position(|stream| stream.to == to);
            let earlier = earlier.map(|index| before.swap_remove(index));
            let pump = Pump::new(pipe, to, Arc::clone(&self.seen), self.patterns.clone());
            match pump.and_then(|pump| stream(to, pump, earlier)) {
                Ok(stream) => self.streams.push(stream),
                Err(error) => {
                    tracing::error!(%error, "the node's output cannot be handed on");
                }
            }
        }
    }

    /// Waits until all that the last node wrote is handed on.
    pub async fn finish(&mut self) {
        let (lasts, ends): (Vec<_>, Vec<_>) =
            self.streams.drain(..).map(|stream| (stream.last, stream.ended)).unzip();
        drop(lasts);
        let all = async {
            for end in ends {
                let _ = end.await; // a thread that is gone has ended too
            }
        };
        if time::timeout(LAST_WITHIN, all).await.is_err() {
            tracing::warn!("nobody reads the node's last output, it is lost");
        }
    }
}

/// Starts the thread of a pipe; it waits for the one before it.
fn stream(to: Standard, mut pump: Pump, before: Option<Stream>) -> io::Result<Stream> {
    let (node_gone, last) = io::pipe()?;
    let (done, ended) = oneshot::channel();
    let work = move || {
        if let Some(Stream { thread, last, .. }) = before {
            drop(last);
            let _ = thread.join(); // that it panicked is not ours to tell
        }
        if let Err(error) = pump.run(&node_gone) {
            tracing::error!(%error, "the node's output is not handed on any more");
        }
        let _ = done.send(()); // nobody may wait
    };
    let thread = thread::Builder::new().name(format!("relay-{to}")).spawn(work)?;
    Ok(Stream { to, thread, last, ended })
}

#[cfg(test)]
mod tests;
