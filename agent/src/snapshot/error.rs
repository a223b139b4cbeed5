//! Why a snapshot was not restored.

use std::{io, path::PathBuf};

use thiserror::Error;

use crate::{client::ClientError, exit, files::FileError, init::lock::LockError};

/// Why a snapshot was not restored. There is no half database; the next start begins again.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SnapshotError {
    /// What was asked for cannot be meant.
    #[error("{}", .0.join("; "))]
    Settings(Vec<String>),
    /// A file or folder cannot be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// Another restore is at work.
    #[error("another restore works in `{}`; let it end or stop it", .0.display())]
    Busy(PathBuf),
    /// The place of the database is taken by something that is no folder of its own.
    #[error("`{}` is {what}; a restore moves a folder into its place: {remedy}", path.display())]
    Place {
        /// The place.
        path: PathBuf,
        /// What is there.
        what: &'static str,
        /// What to do.
        remedy: &'static str,
    },
    /// The archive is not fetched to its end.
    #[error("the download of `{url}` made no progress for {waited:?} at byte {position}: {why}")]
    Stuck {
        /// Its address, without secrets.
        url: String,
        /// For how long.
        waited: std::time::Duration,
        /// How much came.
        position: u64,
        /// What the last try said.
        why: String,
    },
    /// It is not there, or we may not have it.
    #[error("cannot download `{url}`: {why}")]
    Refused {
        /// Its address, without secrets.
        url: String,
        /// What the server said.
        why: String,
    },
    /// Another archive is at the address than the one whose beginning we have.
    #[error("the archive at `{0}` changed while it was downloaded; start again")]
    Changed(String),
    /// The HTTP client cannot be made.
    #[error("cannot prepare a download")]
    Client(#[source] ClientError),
    /// It is another archive than the one that was meant.
    #[error("the archive `{name}` has the SHA-256 {found}, not {wanted}; nothing was restored")]
    Digest {
        /// Its address, without secrets.
        name: String,
        /// Its digest.
        found: String,
        /// The digest that was asked for.
        wanted: String,
    },
    /// It is no archive that we know.
    #[error(
        "`{name}` is {found}, not an archive of the kinds .tar, .tar.gz, .tar.zst, .tar.lz4 and .7z"
    )]
    Format {
        /// Its address, without secrets.
        name: String,
        /// What it begins like.
        found: &'static str,
    },
    /// It cannot be read.
    #[error("the archive is damaged, or not of the kind that it begins like")]
    Damaged(#[source] io::Error),
    /// A 7z archive cannot be read.
    #[error("the 7z archive cannot be read: {0}")]
    SevenZ(String),
    /// Its end is missing.
    #[error("the archive is cut off; nothing was restored")]
    Cut,
    /// Something in it has no place in a snapshot.
    #[error("the archive has `{name}`, which {why}; nothing was restored")]
    Unsafe {
        /// The name in the archive.
        name: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// There is nothing in it.
    #[error("the archive has no database: it is empty")]
    Empty,
    /// The disk is too small.
    #[error(
        "`{}` has {free} bytes free, and the {what} needs at least {needed}; free some space or \
         enlarge the volume", path.display()
    )]
    Space {
        /// Where.
        path: PathBuf,
        /// What needs it.
        what: &'static str,
        /// How much it needs.
        needed: u64,
        /// How much there is.
        free: u64,
    },
    /// The signals cannot be read.
    #[error("cannot wait for signals")]
    Signals(#[source] io::Error),
}

impl SnapshotError {
    /// The exit code that says what kind of error it is.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Settings(_) | Self::Place { .. } => exit::CONFIG,
            Self::File(error) => error.exit_code(),
            Self::Busy(_) | Self::Changed(_) => exit::TEMPORARY,
            Self::Stuck { .. } => exit::UNAVAILABLE,
            Self::Refused { .. } => exit::NO_INPUT,
            Self::Client(_) | Self::Signals(_) => exit::OS_ERROR,
            Self::Digest { .. }
            | Self::Format { .. }
            | Self::Damaged(_)
            | Self::SevenZ(_)
            | Self::Cut
            | Self::Unsafe { .. }
            | Self::Empty => exit::DATA_ERROR,
            Self::Space { .. } => exit::CANNOT_CREATE,
        }
    }

    /// Whether what was downloaded is of no use to the next start.
    pub(super) fn condemns_archive(&self) -> bool {
        self.exit_code() == exit::DATA_ERROR || matches!(self, Self::Changed(_))
    }
}

impl From<LockError> for SnapshotError {
    fn from(error: LockError) -> Self {
        match error {
            LockError::Held { path, .. } => Self::Busy(path),
            LockError::File(error) => Self::File(error),
        }
    }
}
