//! One signal, by name or number, real-time signals included.

use std::{fmt, io, str::FromStr};

use nix::{libc, sys::signal::Signal as Named, unistd::Pid};
use rustix::process::{kill_process, kill_process_group};
use rustix_libc_wrappers::process::SignalExt as _;
use thiserror::Error;

/// A signal that can be sent.
///
/// It is not `nix::sys::signal::Signal` because that has no real-time signals, and a supervisor
/// forwards what it is sent.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Signal(i32);

impl Signal {
    /// The terminal is gone, or by custom: read the configuration again.
    pub const HUP: Self = Self(libc::SIGHUP);
    /// Ctrl-C.
    pub const INT: Self = Self(libc::SIGINT);
    /// Ctrl-\.
    pub const QUIT: Self = Self(libc::SIGQUIT);
    /// The end that nobody can refuse.
    pub const KILL: Self = Self(libc::SIGKILL);
    /// Whatever the program makes of it.
    pub const USR1: Self = Self(libc::SIGUSR1);
    /// Whatever the program makes of it.
    pub const USR2: Self = Self(libc::SIGUSR2);
    /// What the kubelet sends to end a container.
    pub const TERM: Self = Self(libc::SIGTERM);
    /// Go on after a stop.
    pub const CONT: Self = Self(libc::SIGCONT);
    /// Suspend until told otherwise; nobody can refuse.
    pub const STOP: Self = Self(libc::SIGSTOP);
    /// Ctrl-Z.
    pub const TSTP: Self = Self(libc::SIGTSTP);
    /// The terminal has another size.
    pub const WINCH: Self = Self(libc::SIGWINCH);

    /// The signal with this number, if the system has it.
    pub fn from_number(number: i32) -> Option<Self> {
        (1..=libc::SIGRTMAX()).contains(&number).then_some(Self(number))
    }

    /// Its number.
    pub fn number(self) -> i32 {
        self.0
    }

    /// Whether it asks the pod to end: SIGTERM, SIGINT or SIGQUIT.
    pub fn is_stop(self) -> bool {
        matches!(self, Self::TERM | Self::INT | Self::QUIT)
    }

    /// Sends it to one process.
    ///
    /// # Errors
    ///
    /// `ESRCH` if there is no such process, `EPERM` if it belongs to someone else.
    pub fn send(self, to: Pid) -> io::Result<()> {
        Ok(kill_process(target(to)?, self.raw()?)?)
    }

    /// Sends it to all members of a process group.
    ///
    /// # Errors
    ///
    /// `ESRCH` if the group has no member, `EPERM` if none of them is ours.
    pub fn send_to_group(self, group: Pid) -> io::Result<()> {
        Ok(kill_process_group(target(group)?, self.raw()?)?)
    }

    fn raw(self) -> io::Result<rustix::process::Signal> {
        rustix::process::Signal::from_raw(self.0).ok_or_else(|| io::ErrorKind::InvalidInput.into())
    }
}

/// Process 1 is never a target: as a group it would mean every process there is.
fn target(pid: Pid) -> io::Result<rustix::process::Pid> {
    Some(pid.as_raw())
        .filter(|pid| *pid > 1)
        .and_then(rustix::process::Pid::from_raw)
        .ok_or_else(|| io::ErrorKind::InvalidInput.into())
}

impl From<Named> for Signal {
    fn from(signal: Named) -> Self {
        Self(signal as i32)
    }
}

impl fmt::Display for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (Named::try_from(self.0), self.0 - libc::SIGRTMIN()) {
            (Ok(named), _) => f.write_str(named.as_str()),
            (Err(_), 0) => f.write_str("SIGRTMIN"),
            (Err(_), n @ 1..) => write!(f, "SIGRTMIN+{n}"),
            (Err(_), _) => write!(f, "{}", self.0),
        }
    }
}

impl fmt::Debug for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The text names no signal.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("`{0}` is not a signal: write a name such as SIGTERM, SIGINT or SIGRTMIN+3, or a number")]
pub struct UnknownSignal(String);

impl FromStr for Signal {
    type Err = UnknownSignal;

    /// Reads `SIGTERM`, `TERM`, `sigterm`, `15`, `SIGRTMIN+3` or `RTMAX-1`.
    fn from_str(text: &str) -> Result<Self, UnknownSignal> {
        let upper = text.trim().to_ascii_uppercase();
        let name = upper.strip_prefix("SIG").unwrap_or(&upper);
        let number = if let Ok(number) = name.parse::<i32>() {
            (name == upper).then_some(number)
        } else if let Some(offset) = name.strip_prefix("RTMIN") {
            real_time(offset, '+').map(|n| libc::SIGRTMIN() + n)
        } else if let Some(offset) = name.strip_prefix("RTMAX") {
            real_time(offset, '-').map(|n| libc::SIGRTMAX() - n)
        } else {
            Named::from_str(&format!("SIG{name}")).ok().map(|named| named as i32)
        };
        number.and_then(Self::from_number).ok_or_else(|| UnknownSignal(text.to_owned()))
    }
}

fn real_time(offset: &str, sign: char) -> Option<i32> {
    let all = libc::SIGRTMAX() - libc::SIGRTMIN();
    match offset.strip_prefix(sign) {
        None => offset.is_empty().then_some(0),
        Some(digits) => digits.parse().ok().filter(|n| (0..=all).contains(n)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_signal_reads_back_what_it_prints() {
        for number in (1..32).chain(libc::SIGRTMIN()..=libc::SIGRTMAX()) {
            let signal = Signal::from_number(number).unwrap();
            assert_eq!(signal.to_string().parse(), Ok(signal), "{signal}");
        }
    }

    #[test]
    fn the_usual_spellings_are_read() {
        for text in ["SIGTERM", "TERM", "sigterm", " 15 "] {
            assert_eq!(text.parse(), Ok(Signal::TERM), "{text}");
        }
        assert_eq!("RTMAX-1".parse(), Ok(Signal(libc::SIGRTMAX() - 1)));
    }

    #[test]
    fn what_is_no_signal_is_refused() {
        for text in ["", "SIG", "0", "-9", "65", "SIG15", "SIGFOO", "RTMIN+99", "RTMIN-1", "RTMIN+"]
        {
            assert_eq!(text.parse::<Signal>(), Err(UnknownSignal(text.to_owned())), "{text}");
        }
    }

    #[test]
    fn process_1_is_never_a_target() {
        for pid in [1, 0, -1] {
            assert!(Signal::CONT.send_to_group(Pid::from_raw(pid)).is_err());
            assert!(Signal::CONT.send(Pid::from_raw(pid)).is_err());
        }
    }
}
