//! Why the relayer-agent gave up, and the exit code that says so.

use std::io;

use agent::{exit, files::FileError, pod::supervise::SuperviseError};
use thiserror::Error;

use crate::{config::ConfigError, home::LockError, register::RegisterError};

/// Why the relayer-agent gave up.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// The configuration cannot be used; starting again will not help.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Somebody else works in the home.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// A file cannot be written.
    #[error(transparent)]
    File(#[from] FileError),
    /// Not every path is linked.
    #[error("{} of {total} paths are not linked:\n  {}", failed.len(), failed.join("\n  "))]
    NotLinked {
        /// Those that are not, and why.
        failed: Vec<String>,
        /// How many there are.
        total: usize,
    },
    /// Storage is not registered.
    #[error("storage is not registered")]
    Register(#[from] RegisterError),
    /// Something is missing.
    #[error("not all is there: {0}")]
    Incomplete(String),
    /// `rly start` could not be supervised.
    #[error(transparent)]
    Supervise(#[from] SuperviseError),
    /// The runtime or the signal handlers could not be set up.
    #[error("cannot set up the process")]
    Setup(#[source] io::Error),
    /// What was asked for could not be printed.
    #[error("cannot write to standard output")]
    Output(#[source] io::Error),
}

impl Error {
    /// The exit code, after `sysexits.h`.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Config(error) => error.exit_code(),
            Self::Lock(_) => exit::TEMPORARY,
            Self::File(_) => exit::CANNOT_CREATE,
            Self::NotLinked { .. } | Self::Register(_) | Self::Incomplete(_) => exit::UNAVAILABLE,
            Self::Supervise(_) | Self::Setup(_) => exit::OS_ERROR,
            Self::Output(_) => exit::IO_ERROR,
        }
    }
}
