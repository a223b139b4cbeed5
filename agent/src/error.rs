//! Why the agent gave up, and the exit code that says so.

use std::{error::Error as StdError, io};

use thiserror::Error;

use crate::{
    config::ConfigError,
    exit,
    init::InitError,
    install::InstallError,
    kubernetes::KubernetesError,
    mnemonics::{EnsureError, GenerateError},
    pod::{log::LogError, plan::PlanError, supervise::SuperviseError},
    snapshot::SnapshotError,
};

/// Why the agent gave up.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// The configuration cannot be used; starting again will not help.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The home could not be made whole.
    #[error(transparent)]
    Init(#[from] InitError),
    /// A step of the init failed, or did what it does in vain.
    #[error("the home cannot be made whole")]
    Plan(#[from] PlanError<InitError>),
    /// There is no log as it was asked for.
    #[error(transparent)]
    Log(#[from] LogError),
    /// Kubernetes does not give the node what it needs.
    #[error(transparent)]
    Kubernetes(#[from] KubernetesError),
    /// A new mnemonic could not be made.
    #[error(transparent)]
    Generate(#[from] GenerateError),
    /// A Secret does not have the mnemonics that it should have.
    #[error(transparent)]
    Ensure(#[from] EnsureError),
    /// A command needs an `init` section.
    #[error("there is no `init` section, so there are no keys and no home to work on")]
    NoInit,
    /// A probe has nothing that it could look at.
    #[error("the probe needs {0}")]
    Target(String),
    /// The program was not installed.
    #[error(transparent)]
    Install(#[from] InstallError),
    /// The snapshot was not restored.
    #[error(transparent)]
    Snapshot(#[from] SnapshotError),
    /// The node could not be supervised.
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
            Self::NoInit => exit::CONFIG,
            Self::Target(_) | Self::Log(LogError::Level(..)) => exit::USAGE,
            Self::Log(LogError::File(..)) => exit::CANNOT_CREATE,
            Self::Init(error) => error.exit_code(),
            Self::Kubernetes(error) => error.exit_code(),
            Self::Generate(error) => error.exit_code(),
            Self::Ensure(error) => error.exit_code(),
            Self::Plan(PlanError::Step { source, .. }) => source.exit_code(),
            Self::Plan(PlanError::Signals(_)) | Self::Supervise(_) | Self::Setup(_) => {
                exit::OS_ERROR
            }
            Self::Plan(_) | Self::Log(_) => exit::SOFTWARE,
            Self::Install(error) => error.exit_code(),
            Self::Snapshot(error) => error.exit_code(),
            Self::Output(_) => exit::IO_ERROR,
        }
    }
}

/// An error and everything that caused it, in one line.
pub fn chain(error: &dyn StdError) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
