//! Notices that the node's program was replaced, and waits until the new one is whole.
//!
//! A running program cannot be written to (`ETXTBSY`); it is replaced by a rename, by a removal
//! and a new file, or by another target of a symbolic link on its path. See `Trail`.

mod elf;
mod search;

use std::{fs, io, os::unix::fs::MetadataExt as _, path::Path, time::Duration};

use nix::unistd::{AccessFlags, access};
use tokio::time::{self, Instant};

pub use search::Search;

use super::trail::Trail;

/// Tells one file from another, and from what it was before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    device: u64,
    inode: u64,
    size: u64,
    modified: (i64, i64),
}

impl Identity {
    /// That of the file a path leads to; none if it is not there, or is no regular file.
    pub fn of(program: &Path) -> Option<Self> {
        let file = fs::metadata(program).ok().filter(fs::Metadata::is_file)?;
        Some(Self {
            device: file.dev(),
            inode: file.ino(),
            size: file.size(),
            modified: (file.mtime(), file.mtime_nsec()),
        })
    }
}

/// Whether nothing of the program is missing, as far as its file tells.
///
/// An ELF file says where its parts end; other files count as whole when they are not empty. A
/// file that cannot be read may still be executed, and is taken for whole.
pub fn is_whole(program: &Path) -> bool {
    match Identity::of(program) {
        None => true,
        Some(Identity { size: 0, .. }) => false,
        Some(_) => fs::File::open(program).map_or(true, elf::is_whole),
    }
}

/// Watches the file that a program is run from.
#[derive(Debug)]
pub struct Watch {
    settle: Duration,
    trail: Trail,
    /// What runs, or was told to be ready to run.
    known: Option<Identity>,
    /// What was there at the last change.
    seen: Option<Identity>,
    /// When to look whether it has settled.
    look_at: Option<Instant>,
}

impl Watch {
    /// Watches `program`, which runs now. A replacement counts once it has been left alone for
    /// `settle`.
    ///
    /// # Errors
    ///
    /// Those of `inotify`: no instance or watch is left, a folder cannot be read.
    ///
    /// # Panics
    ///
    /// Outside a runtime.
    pub fn new(program: &Path, settle: Duration) -> io::Result<Self> {
        let trail = Trail::new(program)?;
        Ok(Self { settle, trail, known: Identity::of(program), seen: None, look_at: None })
    }

    /// The program that is watched.
    pub fn program(&self) -> &Path {
        self.trail.path()
    }

    /// Says what has been started, so that it does not count as new, and anything else does.
    pub fn started(&mut self, identity: Option<Identity>) {
        self.known = identity;
        if Identity::of(self.program()) != identity {
            self.look_at.get_or_insert_with(|| Instant::now() + self.settle);
        }
    }

    /// How long a replacement must have been left alone to count.
    pub fn settle(&self) -> Duration {
        self.settle
    }

    /// Waits until another program is there, whole, executable and no longer written to. Each is
    /// told once. Cancel-safe.
    ///
    /// # Errors
    ///
    /// Those of `inotify`; there is no use in waiting again.
    pub async fn replaced(&mut self) -> io::Result<Identity> {
        loop {
            tokio::select! {
                // Cancel-safe: `changed` per its docs, and the timer is made anew from `look_at`.
                result = self.trail.changed() => {
                    result?;
                    self.seen = Identity::of(self.program());
                    self.look_at = Some(Instant::now() + self.settle);
                }
                () = until(self.look_at) => {
                    if let Some(identity) = self.look()? {
                        return Ok(identity);
                    }
                }
            }
        }
    }

    /// Whether what is there now is new, and can be started.
    fn look(&mut self) -> io::Result<Option<Identity>> {
        self.look_at = None;
        self.trail.follow()?;
        let found = Identity::of(self.program());
        if found != self.seen {
            // Changed without a word, as network file systems do.
            self.seen = found;
            self.look_at = Some(Instant::now() + self.settle);
            return Ok(None);
        }
        let Some(identity) = found.filter(|identity| Some(*identity) != self.known) else {
            return Ok(None);
        };
        // Otherwise the end of the writing, or the permission, is another event.
        let ready = !self.trail.is_open()
            && access(self.program(), AccessFlags::X_OK).is_ok()
            && is_whole(self.program());
        if !ready {
            tracing::debug!(program = %self.program().display(), "the new program is not whole yet");
            return Ok(None);
        }
        self.known = Some(identity);
        Ok(Some(identity))
    }
}

async fn until(deadline: Option<Instant>) {
    match deadline {
        None => std::future::pending().await,
        Some(deadline) => time::sleep_until(deadline).await,
    }
}

#[cfg(test)]
mod tests;
