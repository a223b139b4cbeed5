//! One relayer-agent at a time in a home, and no `rly` of an earlier one.
//!
//! The lock's descriptor is inherited by every program that is started while it is held. So when
//! we are killed, whoever still holds it is one of ours: a `rly` that would go on sending
//! transactions while we decide what is missing. As PID 1 the kernel ends them with us; elsewhere
//! the next start does.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    time::Duration,
};

use agent::{
    files::{self, FileError},
    pod::{lock, signal::Signal},
};
use nix::{
    fcntl::Flock,
    unistd::{Pid, getpid},
};
use thiserror::Error;
use tokio::time::{Instant, sleep};

/// How often a lock that somebody holds is tried again.
const EVERY: Duration = Duration::from_millis(50);

/// How long a `rly` that was asked to end may take; it needs 10 ms.
const GRACE: Duration = Duration::from_secs(2);

/// How long we wait for somebody else to end.
const LIMIT: Duration = Duration::from_secs(30);

/// Why the lock was not had.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum LockError {
    /// Somebody holds it.
    #[error(
        "another relayer-agent works in `{}` (process {pid}): it was locked for {LIMIT:?}; end it, \
         or set another `home`",
        home.display()
    )]
    Held {
        /// The home.
        home: PathBuf,
        /// Who holds it.
        pid: Pid,
    },
    /// The file cannot be made or locked.
    #[error(transparent)]
    File(#[from] FileError),
}

/// The lock on a home, held until dropped, by us and by all that we start.
#[derive(Debug)]
pub struct HomeLock(#[expect(dead_code, reason = "it is held, not used")] Flock<File>);

impl HomeLock {
    /// Makes the home, ends what an earlier start has left running, and takes the lock.
    ///
    /// # Errors
    ///
    /// [`LockError::Held`] if another relayer-agent is at work.
    pub async fn take(home: &Path, rly: &Path) -> Result<Self, LockError> {
        files::make_dir(home, files::PRIVATE_DIR)?;
        let home = fs::canonicalize(home).map_err(FileError::new("resolve", home))?;
        let path = home.join("relayer-agent.lock");
        let began = Instant::now();
        let mut asked = false;
        loop {
            let holders = holders(&path);
            let (ours, others): (Vec<_>, Vec<_>) =
                holders.into_iter().partition(|pid| runs(*pid, rly));
            if others.is_empty() && !ours.is_empty() {
                let signal = if began.elapsed() < GRACE { Signal::INT } else { Signal::KILL };
                if !asked || signal == Signal::KILL {
                    for pid in &ours {
                        tracing::warn!(%pid, "ending a rly that an earlier start has left running");
                        let _ = signal.send(*pid); // it may have ended
                    }
                    asked = true;
                }
            } else if ours.is_empty()
                && let Some(lock) = lock::try_inherited(&path)?
            {
                return Ok(Self(lock));
            }
            if began.elapsed() >= LIMIT {
                let pid = others.into_iter().chain(ours).next().unwrap_or(Pid::from_raw(0));
                return Err(LockError::Held { home, pid });
            }
            sleep(EVERY).await;
        }
    }
}

/// The processes but us that hold the lock's file open, also where it was removed since.
fn holders(path: &Path) -> Vec<Pid> {
    let removed = PathBuf::from(format!("{} (deleted)", path.display()));
    let Ok(processes) = fs::read_dir("/proc") else { return Vec::new() };
    let pid = |entry: fs::DirEntry| entry.file_name().to_str()?.parse().ok().map(Pid::from_raw);
    let all = processes.flatten().filter_map(pid).filter(|pid| *pid != getpid());
    all.filter(|pid| {
        let Ok(descriptors) = fs::read_dir(format!("/proc/{pid}/fd")) else { return false };
        let mut targets = descriptors.flatten().filter_map(|fd| fs::read_link(fd.path()).ok());
        targets.any(|target| target == path || target == removed)
    })
    .collect()
}

/// Whether a process runs the program, by the name of its file.
fn runs(pid: Pid, program: &Path) -> bool {
    let exe = fs::read_link(format!("/proc/{pid}/exe"));
    exe.is_ok_and(|exe| exe.file_name() == program.file_name())
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    fn block_on<T>(future: impl Future<Output = T>) -> T {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        builder.enable_time().build().unwrap().block_on(future)
    }

    #[test]
    fn a_program_that_an_earlier_start_left_running_is_ended() {
        let dir = tempfile::tempdir().unwrap();
        let program = fs::canonicalize("/bin/sleep").unwrap();
        let lock = block_on(HomeLock::take(dir.path(), &program)).unwrap();
        let mut left = Command::new(&program).arg("60").spawn().unwrap();
        drop(lock);
        block_on(HomeLock::take(dir.path(), &program)).unwrap();
        assert!(left.try_wait().unwrap().is_some());
    }
}
