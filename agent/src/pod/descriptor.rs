//! Descriptors that the runtime has no type for: signalfd and inotify.

use std::{io, os::fd::AsRawFd};

use tokio::io::{Interest, unix::AsyncFd};

/// Lets the runtime wait until a descriptor can be read.
///
/// # Errors
///
/// Those of `epoll_ctl`.
#[expect(
    deprecated,
    reason = "what follows it is unsafe: it asks that the descriptor stays the same one, as \
              those of `SignalFd` and `Inotify` do"
)]
pub(super) fn readable<T: AsRawFd>(fd: T) -> io::Result<AsyncFd<T>> {
    AsyncFd::with_interest(fd, Interest::READABLE)
}
