//! The signals that are sent to us, as events.
//!
//! They are blocked and read from a signalfd, not caught: nothing is lost from the first
//! instruction on, whether a runtime runs or not; real-time signals are queued one by one; and
//! the kernel says who sent them. Programs are started by [`super::exec`] and [`super::child`],
//! which unblock all signals; one started by `std::process` would not hear any.

use std::{
    collections::VecDeque,
    io,
    sync::{Arc, Mutex, MutexGuard, OnceLock},
};

use nix::{
    sys::{
        signal::{SigSet, Signal as Named},
        signalfd::{SfdFlags, SignalFd},
    },
    unistd::Pid,
};
use tokio::sync::Notify;

use super::{descriptor::Readable, signal::Signal};

/// Those that tell of a fault of our own, a write of ours to a closed pipe (which is ignored),
/// and the death of a child, which the reaper reads.
const NOT_OURS_TO_READ: [Named; 9] = [
    Named::SIGABRT,
    Named::SIGBUS,
    Named::SIGCHLD,
    Named::SIGFPE,
    Named::SIGILL,
    Named::SIGPIPE,
    Named::SIGSEGV,
    Named::SIGSYS,
    Named::SIGTRAP,
];

/// A signal and who sent it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// What was sent.
    pub signal: Signal,
    /// Who sent it; none for the kernel and for a sender outside our pid namespace, such as
    /// the kubelet.
    pub from: Option<Pid>,
}

/// All signals that are sent to us, but for the faults and SIGCHLD.
///
/// Any number of tasks may wait on it: [`Self::stop`] only looks, [`Self::recv`] takes.
#[derive(Debug)]
pub struct Signals {
    fd: Arc<SignalFd>,
    ready: OnceLock<Readable<Arc<SignalFd>>>,
    inbox: Mutex<Inbox>,
    arrived: Notify,
}

#[derive(Debug, Default)]
struct Inbox {
    waiting: VecDeque<Arrival>,
    stop: Option<Signal>,
}

impl Signals {
    /// Takes charge of the signals of this thread and of all that it starts.
    ///
    /// Call it first of all, before there is another thread.
    ///
    /// # Errors
    ///
    /// Those of `sigprocmask` and `signalfd`: no descriptor is left.
    pub fn install() -> io::Result<Self> {
        let mut mask = SigSet::all();
        for signal in NOT_OURS_TO_READ {
            mask.remove(signal);
        }
        // Set, not added to: our parent may have left SIGCHLD blocked.
        mask.thread_set_mask()?;
        // What a write of ours beyond the limit of a file raises is blocked, and left unread.
        mask.remove(Named::SIGXFSZ);
        let fd = SignalFd::with_flags(&mask, SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK)?;
        Ok(Self {
            fd: Arc::new(fd),
            ready: OnceLock::new(),
            inbox: Mutex::default(),
            arrived: Notify::new(),
        })
    }

    /// The first stop signal that has arrived so far, if any. It takes nothing away and needs
    /// no runtime, so that code which blocks can ask between two pieces of work.
    ///
    /// # Errors
    ///
    /// Those of `read` on the signalfd.
    pub fn stopped(&self) -> io::Result<Option<Signal>> {
        Ok(self.collect()?.stop)
    }

    /// Takes the next signal that has arrived so far.
    ///
    /// # Errors
    ///
    /// Those of `read` on the signalfd.
    pub fn try_recv(&self) -> io::Result<Option<Arrival>> {
        Ok(self.collect()?.waiting.pop_front())
    }

    /// Waits for the first stop signal; ready at once if it has come already. It takes nothing
    /// away: [`Self::recv`] still returns it. Cancel-safe.
    ///
    /// # Errors
    ///
    /// Those of `read` and `epoll` on the signalfd.
    pub async fn stop(&self) -> io::Result<Signal> {
        loop {
            let arrived = self.arrived.notified();
            if let Some(signal) = self.collect()?.stop {
                return Ok(signal);
            }
            self.wait(arrived).await?;
        }
    }

    /// Takes the next signal, in the order the kernel gives them. Cancel-safe.
    ///
    /// # Errors
    ///
    /// Those of `read` and `epoll` on the signalfd.
    pub async fn recv(&self) -> io::Result<Arrival> {
        loop {
            let arrived = self.arrived.notified();
            if let Some(arrival) = self.collect()?.waiting.pop_front() {
                return Ok(arrival);
            }
            self.wait(arrived).await?;
        }
    }

    /// Moves what the kernel holds into the inbox.
    fn collect(&self) -> io::Result<MutexGuard<'_, Inbox>> {
        let mut inbox = self.inbox.lock().expect("nothing panics with the inbox locked");
        let before = inbox.waiting.len();
        while let Some(info) = self.fd.read_signal()? {
            let number = i32::try_from(info.ssi_signo).unwrap_or_default();
            let Some(signal) = Signal::from_number(number) else { continue };
            let from = i32::try_from(info.ssi_pid).ok().filter(|pid| *pid > 0).map(Pid::from_raw);
            inbox.waiting.push_back(Arrival { signal, from });
            if signal.is_stop() {
                inbox.stop.get_or_insert(signal);
            }
        }
        if inbox.waiting.len() > before {
            self.arrived.notify_waiters();
        }
        Ok(inbox)
    }

    /// Waits until the signalfd can be read, or another task has read it.
    async fn wait(&self, arrived: impl Future<Output = ()>) -> io::Result<()> {
        let fd = if let Some(fd) = self.ready.get() {
            fd
        } else {
            let fd = Readable::new(Arc::clone(&self.fd))?;
            self.ready.get_or_init(|| fd)
        };
        tokio::select! {
            // Cancel-safe per docs on `Readable::wait` and `Notify::notified`.
            result = fd.wait() => result,
            () = arrived => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use nix::sys::pthread::{pthread_kill, pthread_self};

    use super::*;

    /// Sends to this thread only, so that tests which run beside it are not disturbed.
    fn send(signal: Named) {
        pthread_kill(pthread_self(), signal).unwrap();
    }

    #[test]
    fn a_stop_is_seen_without_a_runtime() {
        let signals = Signals::install().unwrap();
        assert_eq!(signals.stopped().unwrap(), None);
        send(Named::SIGHUP);
        assert_eq!(signals.stopped().unwrap(), None);
        send(Named::SIGTERM);
        assert_eq!(signals.stopped().unwrap(), Some(Signal::TERM));
    }

    #[tokio::test]
    async fn looking_for_a_stop_takes_nothing_away() {
        let signals = Signals::install().unwrap();
        send(Named::SIGUSR1);
        send(Named::SIGTERM);
        assert_eq!(signals.stop().await.unwrap(), Signal::TERM);
        assert_eq!(signals.recv().await.unwrap().signal, Signal::USR1);
        assert_eq!(signals.recv().await.unwrap().signal, Signal::TERM);
    }

    #[tokio::test]
    async fn a_waiting_task_is_woken_when_another_has_read_the_signal() {
        let signals = Signals::install().unwrap();
        let (stop, first, ()) = tokio::join!(signals.stop(), signals.recv(), async {
            tokio::task::yield_now().await;
            send(Named::SIGTERM);
        });
        assert_eq!((stop.unwrap(), first.unwrap().signal), (Signal::TERM, Signal::TERM));
    }

    #[tokio::test]
    async fn the_sender_is_told() {
        let signals = Signals::install().unwrap();
        send(Named::SIGUSR2);
        assert_eq!(signals.recv().await.unwrap().from, Some(Pid::this()));
    }
}
