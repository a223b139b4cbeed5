//! The folder of a chain: whether it has a database, and how one gets there.

use std::{
    fs::{self, File, Permissions},
    os::unix::fs::{MetadataExt as _, PermissionsExt as _, lchown},
    path::{Path, PathBuf},
};

use nix::{sys::stat, unistd::syncfs};

use super::{SnapshotError, mode::Mode, owner::Owner, settings::Settings};
use crate::files::{self, FileError};

/// The folder within the chain's where everything is made; nothing in it is of use to anybody else.
const STAGING: &str = ".agent-snapshot";

/// The permissions of a folder that we make, before the umask.
const FOLDER: u32 = 0o755;

/// The folder of a chain.
#[derive(Clone, Debug)]
pub struct Place {
    dir: PathBuf,
}

impl Place {
    /// The folder of the chain.
    pub fn new(dir: &Path) -> Self {
        Self { dir: dir.to_owned() }
    }

    /// It.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Where the database belongs.
    pub fn database(&self) -> PathBuf {
        self.dir.join("db")
    }

    /// Where everything is made.
    pub fn staging(&self) -> PathBuf {
        self.dir.join(STAGING)
    }

    /// Where the archive is unpacked.
    pub fn unpacked(&self) -> PathBuf {
        self.staging().join("new")
    }

    /// Whether there is a database: anything in its folder, as `ls -A` lists it.
    ///
    /// # Errors
    ///
    /// [`FileError`] if it cannot be listed.
    pub fn has_database(&self) -> Result<bool, FileError> {
        Ok(!files::names(&self.database())?.is_empty())
    }

    /// Makes sure, before hours of download, that a folder can be moved to where the database belongs.
    ///
    /// # Errors
    ///
    /// [`SnapshotError::Place`] if not.
    pub fn check(&self) -> Result<(), SnapshotError> {
        let path = self.database();
        let Ok(metadata) = fs::symlink_metadata(&path) else { return Ok(()) };
        let above = fs::metadata(&self.dir).map_err(FileError::new("look at", &self.dir))?;
        let (what, remedy) = if metadata.is_symlink() {
            ("a symbolic link", "set `CHAIN_DIR` to the folder where it leads")
        } else if !metadata.is_dir() {
            ("no folder", "move it away")
        } else if metadata.dev() != above.dev() {
            ("a mount point", "mount the folder above it instead")
        } else {
            return Ok(());
        };
        Err(SnapshotError::Place { path, what, remedy })
    }

    /// Makes an empty folder to unpack into.
    ///
    /// # Errors
    ///
    /// [`FileError`].
    pub fn begin(&self) -> Result<(), FileError> {
        files::remove_tree(&self.unpacked())?;
        files::make_dir(&self.unpacked(), FOLDER)
    }

    /// Makes the folder of the chain.
    ///
    /// # Errors
    ///
    /// [`FileError`].
    pub fn make(&self) -> Result<(), FileError> {
        files::make_dir(&self.dir, FOLDER)
    }

    /// Moves what was unpacked into place, the database last, by one rename after everything is on the
    /// disk. What is there besides the database is kept, such as the node's own key.
    ///
    /// # Errors
    ///
    /// [`SnapshotError::Empty`] if there is nothing to move.
    pub fn commit(&self, settings: &Settings) -> Result<(), SnapshotError> {
        let unpacked = self.unpacked();
        let names = files::names(&unpacked)?;
        // An archive of the chain's folder has the database in `db`; else it is of the database itself.
        let new =
            if names.iter().any(|name| name == "db") { unpacked.join("db") } else { unpacked };
        if !new.is_dir() || files::names(&new)?.is_empty() {
            return Err(SnapshotError::Empty);
        }
        if new != self.unpacked() {
            for name in names.iter().filter(|name| *name != "db") {
                merge(&self.unpacked().join(name), &self.dir.join(name))?;
            }
        }
        self.apply(&new, settings)?;
        let dir = File::open(&self.dir).map_err(FileError::new("open", &self.dir))?;
        syncfs(&dir).map_err(|errno| FileError::new("sync", &self.dir)(errno.into()))?;
        files::rename(&new, &self.database())?;
        Ok(files::sync_dir(&self.dir)?)
    }

    /// Does what `chown -R` and `chmod -R` of the folder would have done after the rename: before it, so
    /// that a kill in between leaves no database that the node cannot open.
    fn apply(&self, new: &Path, settings: &Settings) -> Result<(), FileError> {
        let umask = stat::umask(stat::Mode::empty());
        stat::umask(umask);
        let change =
            |path: &Path| change(path, settings.owner, settings.mode.as_ref(), umask.bits());
        change(&self.dir)?;
        for name in files::names(&self.dir)?.iter().filter(|name| *name != STAGING) {
            walk(&self.dir.join(name), &change)?;
        }
        walk(new, &change)
    }
}

/// Moves what is not there yet; keeps what is.
fn merge(from: &Path, to: &Path) -> Result<(), FileError> {
    let is_dir = |path: &Path| fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_dir());
    if fs::symlink_metadata(to).is_err() {
        return files::rename(from, to);
    }
    if is_dir(from) && is_dir(to) {
        for name in files::names(from)? {
            merge(&from.join(&name), &to.join(&name))?;
        }
        return Ok(());
    }
    tracing::warn!(path = %to.display(), "it is there already, and kept; the archive has another");
    Ok(())
}

/// Calls `change` for a file or folder, and then for what is in it; links are not followed.
fn walk(path: &Path, change: &impl Fn(&Path) -> Result<(), FileError>) -> Result<(), FileError> {
    change(path)?;
    let metadata = fs::symlink_metadata(path).map_err(FileError::new("look at", path))?;
    if metadata.is_dir() {
        for name in files::names(path)? {
            walk(&path.join(name), change)?;
        }
    }
    Ok(())
}

fn change(
    path: &Path,
    owner: Option<Owner>,
    mode: Option<&Mode>,
    umask: u32,
) -> Result<(), FileError> {
    if let Some(Owner { user, group }) = owner {
        lchown(path, user, group).map_err(FileError::new("set the owner of", path))?;
    }
    let Some(mode) = mode else { return Ok(()) };
    let metadata = fs::symlink_metadata(path).map_err(FileError::new("look at", path))?;
    if metadata.is_symlink() {
        return Ok(());
    }
    let bits = mode.apply(metadata.mode(), metadata.is_dir(), umask);
    fs::set_permissions(path, Permissions::from_mode(bits))
        .map_err(FileError::new("set the mode of", path))
}
