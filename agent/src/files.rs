//! Writes files so that a crash leaves either the old content or the new.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::{
        DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _,
    },
    path::{Path, PathBuf},
};

use nix::errno::Errno;
use thiserror::Error;

use crate::exit;

/// The mode of a file that others may read.
pub const PUBLIC: u32 = 0o644;

/// The mode of a file with a secret.
pub const PRIVATE: u32 = 0o600;

/// The mode of a folder with secrets in it.
pub const PRIVATE_DIR: u32 = 0o700;

/// Why a file or folder could not be read or changed.
#[derive(Debug, Error)]
#[error("cannot {action} `{}`{}", path.display(), remedy(source))]
pub struct FileError {
    /// What was tried, a verb.
    pub action: &'static str,
    /// With what.
    pub path: PathBuf,
    /// What the system said.
    #[source]
    pub source: io::Error,
}

impl FileError {
    /// Makes a function for `map_err`.
    pub fn new(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self { action, path, source }
    }

    /// The system's error number.
    pub fn errno(&self) -> Option<Errno> {
        self.source.raw_os_error().map(Errno::from_raw)
    }

    /// The exit code that tells apart what an operator does about a volume.
    pub fn exit_code(&self) -> u8 {
        match self.errno() {
            Some(Errno::ENOSPC | Errno::EDQUOT | Errno::EROFS | Errno::EBUSY) => {
                exit::CANNOT_CREATE
            }
            Some(Errno::EACCES | Errno::EPERM) => exit::NO_PERMISSION,
            _ => exit::IO_ERROR,
        }
    }
}

/// What an operator can do about an error of the system.
fn remedy(error: &io::Error) -> &'static str {
    match error.raw_os_error().map(Errno::from_raw) {
        Some(Errno::ENOSPC | Errno::EDQUOT) => "; free some space or enlarge the volume",
        Some(Errno::EROFS) => "; mount the volume read-write",
        Some(Errno::EACCES | Errno::EPERM) => {
            "; let this user write there (in a pod: `securityContext.fsGroup` or `runAsUser`)"
        }
        Some(Errno::EBUSY) => "; it is a mount point, mount the folder above it instead",
        _ => "",
    }
}

/// Reads a file to its end; one that is not there is `None`.
///
/// # Errors
///
/// [`FileError`] for anything else.
pub fn read(path: &Path) -> Result<Option<Vec<u8>>, FileError> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if is_absent(&error) => Ok(None),
        Err(error) => Err(FileError::new("read", path)(error)),
    }
}

/// Tells whether an error means that there is no such file.
pub fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

/// Lists the names in a folder, sorted; a folder that is not there has none.
///
/// # Errors
///
/// [`FileError`] if it is there and cannot be read.
pub fn names(dir: &Path) -> Result<Vec<std::ffi::OsString>, FileError> {
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(FileError::new("list", dir)(error)),
    };
    let mut names = entries
        .map(|entry| Ok(entry?.file_name()))
        .collect::<io::Result<Vec<_>>>()
        .map_err(FileError::new("list", dir))?;
    names.sort();
    Ok(names)
}

/// Makes a folder and those above it, each with the mode; those that are there keep theirs.
///
/// # Errors
///
/// [`FileError`] if one cannot be made.
pub fn make_dir(dir: &Path, mode: u32) -> Result<(), FileError> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(mode)
        .create(dir)
        .map_err(FileError::new("make the folder", dir))
}

/// Writes a new file or empties one that is there, and syncs it; not its folder.
///
/// For files in a staging folder, which nobody reads before it is whole.
///
/// # Errors
///
/// [`FileError`] if it cannot be written to the disk.
pub fn write_synced(path: &Path, bytes: &[u8], mode: u32) -> Result<(), FileError> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(mode);
    let mut file = options.open(path).map_err(FileError::new("create", path))?;
    file.write_all(bytes).map_err(FileError::new("write", path))?;
    file.sync_all().map_err(FileError::new("sync", path))
}

/// Replaces a file's content: written beside it, synced, renamed over it, its folder synced.
///
/// A file that is there keeps its mode; a new one gets `mode`. A reader sees the old content or
/// the new one, also after a crash.
///
/// # Errors
///
/// [`FileError`]; the file is then as it was, and what was written beside it is gone.
pub fn replace(path: &Path, bytes: &[u8], mode: u32) -> Result<(), FileError> {
    let beside = beside(path);
    let mode = fs::metadata(path).map_or(mode, |metadata| metadata.mode() & 0o7777);
    let replaced = write_synced(&beside, bytes, mode)
        .and_then(|()| set_mode(&beside, mode))
        .and_then(|()| fs::rename(&beside, path).map_err(FileError::new("replace", path)));
    if replaced.is_err() {
        let _ = fs::remove_file(&beside); // the first error is the one to report
    }
    replaced?;
    sync_dir(path.parent().unwrap_or(Path::new("/")))
}

/// The name under which [`replace`] writes; it is fixed, so that a crash leaves one at most.
pub fn beside(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.agent-new"))
}

/// Syncs a folder, so that what was renamed into it stays.
///
/// # Errors
///
/// [`FileError`] if the disk refuses.
pub fn sync_dir(dir: &Path) -> Result<(), FileError> {
    File::open(dir).and_then(|file| file.sync_all()).map_err(FileError::new("sync", dir))
}

/// Syncs every file and folder below a folder, and the folder itself.
///
/// # Errors
///
/// [`FileError`] for the first that cannot be synced.
pub fn sync_tree(dir: &Path) -> Result<(), FileError> {
    for name in names(dir)? {
        let path = dir.join(name);
        let metadata = fs::symlink_metadata(&path).map_err(FileError::new("look at", &path))?;
        if metadata.is_dir() {
            sync_tree(&path)?;
        } else if metadata.is_file() {
            sync_dir(&path)?;
        }
    }
    sync_dir(dir)
}

/// Renames a file or folder within a volume; the folder above the target is not synced.
///
/// # Errors
///
/// [`FileError`], for example if the target is a folder with something in it.
pub fn rename(from: &Path, to: &Path) -> Result<(), FileError> {
    fs::rename(from, to).map_err(FileError::new("move into place", to))
}

/// Removes a folder and what is in it; one that is not there is removed already.
///
/// # Errors
///
/// [`FileError`] if something in it cannot be removed.
pub fn remove_tree(dir: &Path) -> Result<(), FileError> {
    match fs::remove_dir_all(dir) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(FileError::new("remove", dir)(error))
        }
        _ => Ok(()),
    }
}

/// Sets the permission bits of a file or folder, if they are others.
///
/// # Errors
///
/// [`FileError`] if it belongs to somebody else.
pub fn set_mode(path: &Path, mode: u32) -> Result<(), FileError> {
    if self::mode(path)? == mode {
        return Ok(());
    }
    fs::set_permissions(path, fs::Permissions::from_mode(mode))
        .map_err(FileError::new("set the mode of", path))
}

/// The permission bits of a file or folder.
///
/// # Errors
///
/// [`FileError`] if it cannot be looked at.
pub fn mode(path: &Path) -> Result<u32, FileError> {
    let metadata = fs::metadata(path).map_err(FileError::new("look at", path))?;
    Ok(metadata.mode() & 0o7777)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_replaced_file_keeps_its_mode_and_nothing_is_left_beside_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("app.toml");
        replace(&path, b"one", PRIVATE).unwrap();
        set_mode(&path, 0o640).unwrap();
        replace(&path, b"two", PRIVATE).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o640);
        assert_eq!(names(dir.path()).unwrap(), ["app.toml"]);
    }

    #[test]
    fn an_error_names_the_file_and_a_remedy() {
        let error = FileError::new("write", Path::new("/data/x"))(Errno::ENOSPC.into());
        let text = error.to_string();
        assert_eq!(text, "cannot write `/data/x`; free some space or enlarge the volume");
    }

    #[test]
    fn a_failed_replacement_leaves_the_old_content() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a");
        fs::create_dir(&path).unwrap();
        assert!(replace(&path, b"x", PUBLIC).is_err());
        assert_eq!(names(dir.path()).unwrap(), ["a"]);
    }
}
