//! Descriptors that the runtime has no type for: signalfd and inotify.

use std::{
    io,
    os::fd::{AsFd, AsRawFd, RawFd},
};

use tokio::io::{Interest, unix::AsyncFd};

/// A non-blocking descriptor, and a way to wait until it can be read.
#[derive(Debug)]
pub(super) struct Readable<T: AsFd>(AsyncFd<Raw<T>>);

#[derive(Debug)]
struct Raw<T>(T);

impl<T: AsFd> AsRawFd for Raw<T> {
    fn as_raw_fd(&self) -> RawFd {
        self.0.as_fd().as_raw_fd()
    }
}

impl<T: AsFd> Readable<T> {
    /// Registers the descriptor with the runtime.
    ///
    /// # Errors
    ///
    /// Those of `epoll_ctl`.
    #[expect(
        deprecated,
        reason = "what follows it is unsafe: it asks that the descriptor stays the same one, as \
                  those of `SignalFd` and `Inotify` do"
    )]
    pub(super) fn new(fd: T) -> io::Result<Self> {
        AsyncFd::with_interest(Raw(fd), Interest::READABLE).map(Self)
    }

    /// Waits until there may be something to read. Read on until there is nothing: there is no
    /// second word for the same bytes. Cancel-safe.
    ///
    /// # Errors
    ///
    /// The runtime is gone.
    pub(super) async fn wait(&self) -> io::Result<()> {
        // Cancel-safe per docs on `AsyncFd::readable`.
        self.0.readable().await?.clear_ready();
        Ok(())
    }

    pub(super) fn get(&self) -> &T {
        &self.0.get_ref().0
    }
}
