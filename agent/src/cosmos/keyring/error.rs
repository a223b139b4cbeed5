//! Why a keyring cannot be used.

use std::{io, path::PathBuf};

use thiserror::Error;

use super::JweError;

/// Why the keyring cannot be read or written.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum KeyringError {
    /// A file or the folder cannot be read.
    #[error("cannot read `{path}`")]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A file cannot be decrypted.
    #[error("cannot decrypt the key file `{path}`")]
    Decrypt {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: JweError,
    },
    /// A file is decrypted, but holds something else.
    #[error("the key file `{path}` holds {found}")]
    Contents {
        /// The file.
        path: PathBuf,
        /// What is in it.
        found: &'static str,
    },
    /// The SDK would not find a key of this name.
    #[error(
        "{0:?} is not a name of a key: it is empty, ends in `.info` or has a control character"
    )]
    Name(String),
    /// Nothing can be encrypted.
    #[error("cannot encrypt the key `{name}`")]
    Encrypt {
        /// Name of the key.
        name: String,
        /// Why.
        #[source]
        source: JweError,
    },
}
