//! Collects every child that has ended, ours and the orphans that were left to us.
//!
//! One loop calls `waitpid` and owns all exit statuses: the statuses of our own children go to
//! their [`Exit`], the others are counted. Two loops would take each other's; and a look that
//! leaves the zombie (`WNOWAIT`) returns the same one again and again.

use std::{
    collections::HashMap,
    io,
    sync::{Arc, Mutex, MutexGuard, Weak},
};

use nix::{
    sys::{
        signal::{SigSet, Signal as Named},
        signalfd::{SfdFlags, SignalFd},
    },
    unistd::Pid,
};
use rustix::process::{WaitOptions, WaitStatus};
use tokio::{
    signal::unix::{self, SignalKind},
    sync::{Notify, oneshot},
    task,
};

use super::{descriptor::Readable, end::End, signal::Signal};

/// Ends collected in a row before other tasks get their turn.
const BATCH: usize = 1024;

/// What `waitpid` is to tell: who has ended or was suspended, and at once.
const LOOK: WaitOptions = WaitOptions::NOHANG.union(WaitOptions::UNTRACED);

/// Whose ends a [`Reaper`] collects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Those of every child and of every orphan below us. Right for a program that is a pod's
    /// PID 1, or its stand-in; nothing else in this process can wait for a child then.
    All,
    /// Only those of what was started with it. Right for tests, which share a process.
    Ours,
}

/// Starts children and collects their ends. Clones share one loop.
#[derive(Clone, Debug)]
pub struct Reaper(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    scope: Scope,
    book: Mutex<Book>,
    reaped: Notify,
}

#[derive(Debug, Default)]
struct Book {
    ours: HashMap<i32, Waiter>,
    orphans: u64,
}

/// Who waits for a child.
#[derive(Debug)]
struct Waiter {
    end: oneshot::Sender<End>,
    suspended: Arc<Notify>,
}

impl Reaper {
    /// Starts the loop. With [`Scope::All`], orphans are left to us even when we are not PID 1.
    ///
    /// # Errors
    ///
    /// Those of `sigaction` and `prctl`.
    ///
    /// # Panics
    ///
    /// Outside a runtime.
    pub fn start(scope: Scope) -> io::Result<Self> {
        let deaths = Deaths::of(scope)?;
        if scope == Scope::All {
            nix::sys::prctl::set_child_subreaper(true)?;
        }
        let shared = Arc::new(Shared { scope, book: Mutex::default(), reaped: Notify::new() });
        tokio::spawn(collect(Arc::downgrade(&shared), deaths));
        Ok(Self(shared))
    }

    /// Starts a child. Its end cannot be missed, however soon it comes: the loop does not look
    /// while a child is being started.
    ///
    /// # Errors
    ///
    /// Those of `spawn`.
    pub(super) fn spawn(&self, spawn: impl FnOnce() -> io::Result<Pid>) -> io::Result<Exit> {
        let mut book = self.0.book();
        let pid = spawn()?;
        let (sender, receiver) = oneshot::channel();
        let suspended = Arc::new(Notify::new());
        let waiter = Waiter { end: sender, suspended: Arc::clone(&suspended) };
        book.ours.insert(pid.as_raw(), waiter);
        Ok(Exit { pid, receiver, end: None, suspended })
    }

    /// How many orphans have been collected so far.
    pub fn orphans(&self) -> u64 {
        self.0.book().orphans
    }

    /// Waits until any process has been collected. One that was collected between the call and
    /// the first poll counts too. Cancel-safe.
    pub fn reaped(&self) -> impl Future<Output = ()> {
        self.0.reaped.notified()
    }
}

/// The end of one child, when it comes.
#[derive(Debug)]
pub struct Exit {
    pid: Pid,
    receiver: oneshot::Receiver<End>,
    end: Option<End>,
    suspended: Arc<Notify>,
}

impl Exit {
    /// The child's process id. It may belong to another process once the child has ended.
    pub fn pid(&self) -> Pid {
        self.pid
    }

    /// How the child ended, if it has been collected.
    pub fn end(&mut self) -> Option<End> {
        if self.end.is_none() {
            self.end = self.receiver.try_recv().ok();
        }
        self.end
    }

    /// Told each time that Ctrl-Z has suspended the child.
    pub(super) fn suspended(&self) -> Arc<Notify> {
        Arc::clone(&self.suspended)
    }

    /// Waits until the child has ended; returns the same again when called again. Cancel-safe.
    ///
    /// It never returns if the runtime of the [`Reaper`] is gone.
    pub async fn wait(&mut self) -> End {
        if let Some(end) = self.end {
            return end;
        }
        match (&mut self.receiver).await {
            Ok(end) => *self.end.insert(end),
            Err(_) => std::future::pending().await,
        }
    }
}

async fn collect(shared: Weak<Shared>, mut deaths: Deaths) {
    loop {
        // Deaths come in crowds and their signals do not: each signal may stand for thousands.
        while let Some(shared) = shared.upgrade() {
            if shared.reap_some() < BATCH {
                break;
            }
            task::yield_now().await;
        }
        if shared.strong_count() == 0 || deaths.next().await.is_err() {
            return;
        }
    }
}

/// How we hear of deaths.
enum Deaths {
    /// SIGCHLD is caught, in whatever thread: right for tests.
    Caught(unix::Signal),
    /// SIGCHLD is blocked, so that thousands of deaths are one signal while we reap.
    Blocked(Readable<SignalFd>),
}

impl Deaths {
    fn of(scope: Scope) -> io::Result<Self> {
        // With [`Scope::All`] the handler never runs. Were SIGCHLD ignored, as our parent may have
        // left it, the kernel would throw the statuses away.
        let caught = unix::signal(SignalKind::child())?;
        if scope == Scope::Ours {
            return Ok(Self::Caught(caught));
        }
        let mask = SigSet::from_iter([Named::SIGCHLD]);
        mask.thread_block()?;
        let fd = SignalFd::with_flags(&mask, SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK)?;
        Readable::new(fd).map(Self::Blocked)
    }

    /// Waits for the death of a child after the last call.
    async fn next(&mut self) -> io::Result<()> {
        match self {
            Self::Caught(stream) => {
                stream.recv().await.ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
            }
            Self::Blocked(fd) => {
                while fd.get().read_signal()?.is_none() {
                    fd.wait().await?;
                }
                Ok(())
            }
        }
    }
}

impl Shared {
    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().expect("nothing panics with the book locked")
    }

    /// Collects at most [`BATCH`] ends and returns how many there were.
    fn reap_some(&self) -> usize {
        let mut book = self.book();
        let count = match self.scope {
            Scope::All => reap_all(&mut book),
            Scope::Ours => reap_ours(&mut book),
        };
        drop(book);
        if count > 0 {
            self.reaped.notify_waiters();
        }
        count
    }
}

fn reap_all(book: &mut Book) -> usize {
    for count in 0..BATCH {
        // `ECHILD` is no failure: there is no child at all.
        let Ok(Some((pid, status))) = rustix::process::wait(LOOK) else {
            return count;
        };
        book.enter(pid.as_raw_nonzero().get(), status);
    }
    BATCH
}

fn reap_ours(book: &mut Book) -> usize {
    let ended: Vec<_> = book
        .ours
        .keys()
        .filter_map(|pid| {
            let pid = rustix::process::Pid::from_raw(*pid);
            rustix::process::waitpid(pid, LOOK).ok().flatten()
        })
        .collect();
    for (pid, status) in &ended {
        book.enter(pid.as_raw_nonzero().get(), *status);
    }
    ended.len().min(BATCH - 1)
}

impl Book {
    fn enter(&mut self, pid: i32, status: WaitStatus) {
        if let Some(end) = End::from_wait(status) {
            match self.ours.remove(&pid) {
                Some(waiter) => {
                    let _ = waiter.end.send(end); // nobody may be waiting any more
                }
                None => self.orphans += 1,
            }
        } else if status.stopping_signal() == Some(Signal::TSTP.number())
            && let Some(waiter) = self.ours.get(&pid)
        {
            waiter.suspended.notify_one();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{ffi::OsStr, path::Path, time::Duration};

    use tokio::time;

    use super::*;
    use crate::pod::spawn::Spawn;

    const LIMIT: Duration = Duration::from_secs(10);

    fn start(reaper: &Reaper, script: &str) -> Exit {
        let path = Path::new("/bin/sh");
        let args = ["-c".into(), script.into()];
        let name = OsStr::new("sh");
        let spawn = Spawn { path, name, args: &args, env: &[], stdio: [None, None, None] };
        reaper.spawn(|| spawn.spawn()).unwrap()
    }

    #[tokio::test]
    async fn the_end_of_a_child_comes_to_its_waiter() {
        let reaper = Reaper::start(Scope::Ours).unwrap();
        let mut seven = start(&reaper, "exit 7");
        let mut killed = start(&reaper, "kill -9 $$");
        assert_eq!(time::timeout(LIMIT, killed.wait()).await, Ok(End::Signal(Signal::KILL)));
        assert_eq!(time::timeout(LIMIT, seven.wait()).await, Ok(End::Code(7)));
        assert_eq!(seven.wait().await, End::Code(7), "it can be asked again");
    }

    #[tokio::test]
    async fn an_end_that_nobody_waited_for_is_kept() {
        let reaper = Reaper::start(Scope::Ours).unwrap();
        let mut exit = start(&reaper, "exit 3");
        while exit.end().is_none() {
            time::timeout(LIMIT, reaper.reaped()).await.unwrap();
        }
        assert_eq!(exit.end(), Some(End::Code(3)));
    }

    #[tokio::test]
    async fn a_waiter_that_was_dropped_leaves_no_zombie() {
        let reaper = Reaper::start(Scope::Ours).unwrap();
        let death = reaper.reaped();
        let pid = start(&reaper, "exit 0").pid();
        time::timeout(LIMIT, death).await.unwrap();
        assert!(!std::fs::exists(format!("/proc/{pid}")).unwrap());
    }

    #[tokio::test]
    async fn an_end_by_a_real_time_signal_is_not_lost() {
        let reaper = Reaper::start(Scope::Ours).unwrap();
        let mut exit = start(&reaper, "kill -s RTMIN+2 $$; exit 0");
        let end = time::timeout(LIMIT, exit.wait()).await.unwrap();
        assert_eq!(end.to_string(), "SIGRTMIN+2");
    }
}
