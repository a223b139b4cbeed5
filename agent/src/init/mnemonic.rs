//! Waits for a mnemonic's file and reads it.

use std::{fs, io, path::PathBuf, time::Duration};

use thiserror::Error;
use tokio::time::{Instant, sleep};
use zeroize::Zeroizing;

use crate::{
    config::init::MnemonicFile,
    cosmos::mnemonic::{Mnemonic, MnemonicError},
    files::{self, FileError},
};

/// How often a missing file is looked for.
const EVERY: Duration = Duration::from_millis(200);

/// How often a progress line is logged while waiting.
const PROGRESS: Duration = Duration::from_secs(10);

/// The largest file that is read, in bytes; 24 words have less than 250.
const MAX_SIZE: u64 = 64 * 1024;

/// Why a mnemonic could not be had.
#[derive(Debug, Error)]
pub enum MnemonicFileError {
    /// The file did not appear.
    #[error("there is no mnemonic file `{}` after {waited:?}; mount the Secret there, or set \
             `init.mnemonic.file` or MNEMONIC_FILE", path.display())]
    Absent {
        /// The file.
        path: PathBuf,
        /// How long we waited.
        waited: Duration,
    },
    /// The file is too large to be a mnemonic.
    #[error("the mnemonic file `{}` has {size} bytes; is it the right file?", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Its size in bytes.
        size: u64,
    },
    /// The file has no valid mnemonic.
    #[error("the mnemonic file `{}` is not usable", path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// What is wrong, without the words.
        #[source]
        source: MnemonicError,
    },
    /// The file cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
}

/// Reads a mnemonic, and waits for its file if it is not there yet.
///
/// # Errors
///
/// [`MnemonicFileError::Absent`] after the file's limit; the others at once.
pub async fn wait_for(file: &MnemonicFile) -> Result<Mnemonic, MnemonicFileError> {
    let began = Instant::now();
    let mut next_line = began;
    loop {
        if let Some(mnemonic) = read(file)? {
            return Ok(mnemonic);
        }
        let waited = began.elapsed();
        if waited >= file.wait {
            return Err(MnemonicFileError::Absent { path: file.path.clone(), waited: file.wait });
        }
        if Instant::now() >= next_line {
            let (path, limit) = (file.path.display(), file.wait.as_secs());
            tracing::info!(%path, waited_s = waited.as_secs(), limit_s = limit, "waiting for the mnemonic file");
            next_line += PROGRESS;
        }
        sleep(EVERY.min(file.wait.saturating_sub(waited))).await;
    }
}

/// Reads a mnemonic if its file is there.
///
/// # Errors
///
/// All of [`MnemonicFileError`] but `Absent`.
pub fn read(file: &MnemonicFile) -> Result<Option<Mnemonic>, MnemonicFileError> {
    let path = &file.path;
    let size = match fs::metadata(path) {
        Ok(metadata) => metadata.len(),
        Err(error) if files::is_absent(&error) => return Ok(None),
        Err(error) => return Err(FileError::new("read", path)(error).into()),
    };
    if size > MAX_SIZE {
        return Err(MnemonicFileError::TooLarge { path: path.clone(), size });
    }
    let invalid = |source| MnemonicFileError::Invalid { path: path.clone(), source };
    match fs::read(path).map(Zeroizing::new) {
        Ok(bytes) => Mnemonic::parse(&String::from_utf8_lossy(&bytes)).map(Some).map_err(invalid),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(FileError::new("read", path)(error).into()),
    }
}
