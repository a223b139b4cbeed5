//! A lock that the programs inherit which are started while it is held: it is free only when the
//! last of them has ended, also after we were killed.

use std::{
    fs::{self, File, OpenOptions},
    os::{
        fd::AsFd as _,
        unix::fs::{MetadataExt as _, OpenOptionsExt as _},
    },
    path::Path,
};

use nix::{
    errno::Errno,
    fcntl::{FcntlArg, FdFlag, Flock, FlockArg, fcntl},
};

use crate::files::{self, FileError};

/// Tries once; `None` if somebody holds the lock, or removed its file in the meantime.
///
/// # Errors
///
/// [`FileError`] if the file cannot be made or locked.
pub fn try_inherited(path: &Path) -> Result<Option<Flock<File>>, FileError> {
    let failed = || FileError::new("lock", path);
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false).mode(files::PRIVATE);
    let file = options.open(path).map_err(failed())?;
    let lock = match Flock::lock(file, FlockArg::LockExclusiveNonblock) {
        Ok(lock) => lock,
        Err((_, Errno::EWOULDBLOCK)) => return Ok(None),
        Err((_, errno)) => return Err(failed()(errno.into())),
    };
    let inode = |metadata: fs::Metadata| (metadata.dev(), metadata.ino());
    let ours = inode(lock.metadata().map_err(failed())?);
    if fs::metadata(path).ok().map(inode) != Some(ours) {
        return Ok(None);
    }
    fcntl(lock.as_fd(), FcntlArg::F_SETFD(FdFlag::empty()))
        .map_err(|errno| failed()(errno.into()))?;
    Ok(Some(lock))
}
