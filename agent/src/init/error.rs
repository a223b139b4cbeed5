//! Why a home could not be made whole.

use std::path::PathBuf;

use nix::errno::Errno;
use thiserror::Error;

use super::{
    download::DownloadError, home::Refusal, lock::LockError, mnemonic::MnemonicFileError,
    toml::TomlEditError,
};
use crate::{
    cosmos::{
        genesis::{GenesisError, PathError},
        gentx::GentxError,
        keyring::KeyringError,
        keys::KeyError,
        node_key::NodeKeyError,
    },
    exit,
    files::FileError,
    pod::exec::ExecError,
};

/// Why a home could not be made whole. Nothing is lost; the next start begins again.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum InitError {
    /// A mnemonic cannot be had.
    #[error(transparent)]
    Mnemonic(#[from] MnemonicFileError),
    /// A path leads to no key.
    #[error("cannot derive a key")]
    Key(#[from] KeyError),
    /// Two accounts are the same.
    #[error(
        "the accounts `{first}` and `{second}` have the same address; give one another HD path"
    )]
    SameAddress {
        /// The one.
        first: String,
        /// The other.
        second: String,
    },
    /// The home is not ours to change.
    #[error("the home `{}` is left alone: {refusal}", home.display())]
    Refused {
        /// The home.
        home: PathBuf,
        /// Why.
        refusal: Refusal,
    },
    /// Another init of this home does not end.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// A file cannot be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// One of the node's commands failed.
    #[error("a command of the node failed")]
    Exec(#[from] ExecError),
    /// The native engine was asked for, and the node's formats are not known.
    #[error(
        "`init.engine` is `native`, but the node is built on Cosmos SDK {}; set it to `auto` or \
         `cli`", version.as_deref().unwrap_or("of an unknown version")
    )]
    NotNative {
        /// The version of the SDK, if it is known.
        version: Option<String>,
    },
    /// The genesis is not what we know.
    #[error("cannot work on the genesis")]
    Genesis(#[from] GenesisError),
    /// A genesis that another pod has made cannot be used.
    #[error(transparent)]
    Download(#[from] DownloadError),
    /// The genesis has no place for what is configured.
    #[error("cannot set what `init.genesis` asks for")]
    GenesisEdit(#[from] PathError),
    /// The validator's transaction cannot be made.
    #[error("cannot make the gentx")]
    Gentx(#[from] GentxError),
    /// The addresses of this machine cannot be listed.
    #[error("cannot list this machine's network interfaces")]
    Interfaces(#[source] Errno),
    /// The node's own keys cannot be read.
    #[error("cannot use the node's keys")]
    NodeKey(#[from] NodeKeyError),
    /// The keyring cannot be used.
    #[error("cannot use the keyring")]
    Keyring(#[from] KeyringError),
    /// The keyring has another key of that name.
    #[error(
        "the keyring `{}` has a key `{name}` with another address ({found}) than the mnemonic's \
         ({wanted}); it is not overwritten: set the right mnemonic, or move the keyring away",
        dir.display()
    )]
    OtherKey {
        /// The keyring.
        dir: PathBuf,
        /// The key's name.
        name: String,
        /// Its address.
        found: String,
        /// The address that the mnemonic gives.
        wanted: String,
    },
    /// A file of settings does not fit what is configured.
    #[error("cannot set what `init.{document}` asks for: `{}` {}", path.display(), list(problems))]
    Edit {
        /// The section of the configuration: `config.toml`, `app.toml`, `client.toml`.
        document: &'static str,
        /// The file.
        path: PathBuf,
        /// What does not fit.
        problems: Vec<TomlEditError>,
    },
    /// A file of settings is not there.
    #[error("`{}` is not there; restore it, or remove the home to begin a new chain", .0.display())]
    NoSettings(PathBuf),
    /// A placeholder names no account.
    #[error("`init.genesisCommands` names `{0}`, which is no account")]
    NoSuchAccount(String),
}

fn list(problems: &[TomlEditError]) -> String {
    let problems: Vec<_> = problems.iter().map(ToString::to_string).collect();
    problems.join("; it ")
}

impl InitError {
    /// The exit code that says what kind of error it is.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Mnemonic(MnemonicFileError::Absent { .. })
            | Self::Download(DownloadError::Absent { .. }) => exit::NO_INPUT,
            Self::Mnemonic(MnemonicFileError::File(error))
            | Self::Lock(LockError::File(error))
            | Self::File(error) => error.exit_code(),
            Self::Mnemonic(
                MnemonicFileError::TooLarge { .. } | MnemonicFileError::Invalid { .. },
            )
            | Self::Key(_)
            | Self::Refused { .. }
            | Self::Genesis(_)
            | Self::Download(_)
            | Self::Gentx(_)
            | Self::NodeKey(_)
            | Self::Keyring(_)
            | Self::OtherKey { .. }
            | Self::NoSettings(_) => exit::DATA_ERROR,
            Self::SameAddress { .. }
            | Self::NotNative { .. }
            | Self::GenesisEdit(_)
            | Self::Edit { .. }
            | Self::NoSuchAccount(_) => exit::CONFIG,
            Self::Lock(LockError::Held { .. }) => exit::TEMPORARY,
            Self::Exec(_) => exit::UNAVAILABLE,
            Self::Interfaces(_) => exit::OS_ERROR,
        }
    }
}
