//! One init at a time in a home, also when an earlier one was killed and its program lives on.

use std::{
    fs::File,
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use nix::fcntl::Flock;
use thiserror::Error;
use tokio::time::{Instant, sleep};

use crate::{
    files::{self, FileError},
    pod::lock,
};

/// How often a lock that somebody holds is tried again.
const EVERY: Duration = Duration::from_millis(50);

/// Why the lock was not had.
#[derive(Debug, Error)]
pub enum LockError {
    /// Somebody holds it.
    #[error(
        "another init of this home is running: `{}` was locked for {limit:?}; let it end or stop it",
        path.display()
    )]
    Held {
        /// The lock file.
        path: PathBuf,
        /// How long we tried.
        limit: Duration,
    },
    /// The file cannot be made or locked.
    #[error(transparent)]
    File(#[from] FileError),
}

/// The lock on a staging folder, held until dropped.
///
/// Programs that are started while it is held inherit it: if we are killed, the next start waits
/// until the last of them has ended and nothing writes to the staging folder any more.
#[derive(Debug)]
pub struct StagingLock {
    _lock: Flock<File>,
    dir: PathBuf,
}

impl StagingLock {
    /// Makes the staging folder and takes its lock.
    ///
    /// # Errors
    ///
    /// [`LockError::Held`] after `limit`; [`LockError::File`] if the volume refuses.
    pub async fn take(dir: &Path, limit: Duration) -> Result<Self, LockError> {
        let path = dir.join("lock");
        let deadline = Instant::now() + limit;
        let mut waited = false;
        loop {
            files::make_dir(dir, files::PRIVATE_DIR)?;
            if let Some(lock) = try_lock(&path)? {
                return Ok(Self { _lock: lock, dir: dir.to_owned() });
            }
            if Instant::now() >= deadline {
                return Err(LockError::Held { path, limit });
            }
            if !waited {
                tracing::info!(path = %path.display(), "waiting for another init of this home");
                waited = true;
            }
            sleep(EVERY).await;
        }
    }

    /// Removes the staging folder with all that is in it, and gives up the lock.
    ///
    /// # Errors
    ///
    /// [`FileError`] if something in it cannot be removed.
    pub fn remove(self) -> Result<(), FileError> {
        files::remove_tree(&self.dir)
    }
}

/// Tries once; `None` if somebody holds the lock, or removed its folder in the meantime.
fn try_lock(path: &Path) -> Result<Option<Flock<File>>, FileError> {
    match lock::try_inherited(path) {
        Err(error) if error.source.kind() == io::ErrorKind::NotFound => Ok(None),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block_on<T>(future: impl Future<Output = T>) -> T {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        builder.enable_time().build().unwrap().block_on(future)
    }

    #[test]
    fn a_second_init_waits_and_then_says_why_it_stops() {
        let dir = tempfile::tempdir().unwrap();
        let staging = dir.path().join(".staging");
        let take = |limit| block_on(StagingLock::take(&staging, limit));
        let held = take(Duration::ZERO).unwrap();
        assert!(matches!(take(Duration::from_millis(60)), Err(LockError::Held { .. })));
        held.remove().unwrap();
        assert!(!staging.exists());
        take(Duration::ZERO).unwrap();
    }
}
