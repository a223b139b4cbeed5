//! `agent mnemonic generate`: one new mnemonic, on standard output or in a new file.

use std::{
    fs::File,
    io::{self, Write as _},
    os::fd::AsFd as _,
    path::{Path, PathBuf},
};

use tempfile::NamedTempFile;
use thiserror::Error;
use zeroize::Zeroizing;

use crate::{
    cosmos::mnemonic::{Mnemonic, MnemonicError},
    exit,
    files::{self, FileError},
};

/// How many words a new mnemonic has: 256 bits.
pub(super) const WORDS: usize = 24;

/// Why there is no new mnemonic.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum GenerateError {
    /// The system gave no randomness.
    #[error(transparent)]
    Mnemonic(#[from] MnemonicError),
    /// The file is there already.
    #[error("`{}` is there already, and a mnemonic is never overwritten; name another file", .0.display())]
    Exists(PathBuf),
    /// The file cannot be made.
    #[error(transparent)]
    File(#[from] FileError),
    /// It cannot be printed.
    #[error("cannot write to standard output")]
    Output(#[source] io::Error),
}

impl GenerateError {
    /// The exit code, after `sysexits.h`.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Mnemonic(_) => exit::OS_ERROR,
            Self::Exists(_) | Self::File(_) => exit::CANNOT_CREATE,
            Self::Output(_) => exit::IO_ERROR,
        }
    }
}

/// Writes a new mnemonic of 24 words to a new file that only its owner can read, or prints it.
///
/// # Errors
///
/// [`GenerateError`]; a file that is there is left as it is, and a half-written one is never seen.
pub(super) fn generate(out: Option<&Path>) -> Result<(), GenerateError> {
    let mnemonic = Mnemonic::generate(WORDS)?;
    let mut line = Zeroizing::new(String::with_capacity(WORDS * 9 + 1));
    line.push_str(&mnemonic.phrase());
    line.push('\n');
    let Some(path) = out else {
        // Past the buffer of `Stdout`, which would keep the words.
        let stdout = io::stdout().as_fd().try_clone_to_owned().map(File::from);
        let written = stdout.and_then(|mut stdout| stdout.write_all(line.as_bytes()));
        return written.map_err(GenerateError::Output);
    };
    // Where `path` leads to nothing, a name that would be renamed over is no file.
    if path.symlink_metadata().is_ok() {
        return Err(GenerateError::Exists(path.to_owned()));
    }
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let mut file = NamedTempFile::new_in(folder).map_err(FileError::new("create", path))?;
    let written = file.write_all(line.as_bytes()).and_then(|()| file.as_file().sync_all());
    written.map_err(FileError::new("write", path))?;
    file.persist_noclobber(path).map_err(|error| match error.error.kind() {
        io::ErrorKind::AlreadyExists => GenerateError::Exists(path.to_owned()),
        _ => FileError::new("create", path)(error.error).into(),
    })?;
    Ok(files::sync_dir(folder)?)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_new_file_has_24_words_for_its_owner_only_and_is_never_overwritten() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("words");
        generate(Some(&path)).unwrap();
        let words = fs::read_to_string(&path).unwrap();
        assert_eq!(Mnemonic::parse(&words).unwrap().phrase().split(' ').count(), WORDS);
        assert_eq!(files::mode(&path).unwrap(), files::PRIVATE);
        assert!(matches!(generate(Some(&path)), Err(GenerateError::Exists(_))));
        assert_eq!(fs::read_to_string(&path).unwrap(), words);
        assert_eq!(files::names(dir.path()).unwrap(), ["words"]);
    }

    #[test]
    fn a_link_that_leads_nowhere_is_not_written_through() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("words");
        std::os::unix::fs::symlink(dir.path().join("elsewhere"), &path).unwrap();
        assert!(matches!(generate(Some(&path)), Err(GenerateError::Exists(_))));
        assert_eq!(files::names(dir.path()).unwrap(), ["words"]);
    }

    #[test]
    fn a_folder_that_is_not_there_is_an_error_with_the_files_name() {
        let error = generate(Some(Path::new("/no/such/folder/words"))).unwrap_err();
        assert_eq!(error.to_string(), "cannot create `/no/such/folder/words`");
    }
}
