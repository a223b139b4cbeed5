//! How a process ended.

use std::{fmt, process::ExitCode};

use rustix::process::WaitStatus;

use super::signal::Signal;

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum End {
    /// It exited with this code.
    Code(u8),
    /// This signal ended it.
    Signal(Signal),
}

impl End {
    /// What shells exit with when a program is not there.
    pub const NOT_FOUND: Self = Self::Code(127);
    /// What shells exit with when a file is there but cannot be run.
    pub const NOT_EXECUTABLE: Self = Self::Code(126);

    /// Reads a wait status; a process that is only stopped or continued has not ended.
    pub(super) fn from_wait(status: WaitStatus) -> Option<Self> {
        if let Some(code) = status.exit_status() {
            return u8::try_from(code).ok().map(Self::Code);
        }
        status.terminating_signal().and_then(Signal::from_number).map(Self::Signal)
    }

    /// The exit code that says the same: its own, or 128 + n for signal n.
    pub fn code(self) -> u8 {
        match self {
            Self::Code(code) => code,
            Self::Signal(signal) => u8::try_from(128 + signal.number()).unwrap_or(u8::MAX),
        }
    }

    /// Whether it exited with 0.
    pub fn is_success(self) -> bool {
        self == Self::Code(0)
    }
}

impl From<End> for ExitCode {
    fn from(end: End) -> Self {
        end.code().into()
    }
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code(code) => write!(f, "exit code {code}"),
            Self::Signal(signal) => write!(f, "{signal}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signal_counts_as_128_plus_its_number() {
        assert_eq!(End::Signal(Signal::KILL).code(), 137);
        assert_eq!(End::Code(137).code(), 137);
    }

    #[test]
    fn only_code_0_is_a_success() {
        assert!(End::Code(0).is_success());
        assert!(!End::Code(1).is_success());
        assert!(!End::Signal(Signal::TERM).is_success());
    }
}
