//! Room on a disk.

use std::{
    fs, io,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
};

use nix::sys::statvfs::statvfs;

use super::SnapshotError;
use crate::files::FileError;

/// What is known to be needed, in bytes: the least of it.
#[derive(Clone, Copy, Debug)]
pub struct Need<'a> {
    /// On the disk of this folder.
    pub on: &'a Path,
    /// So much.
    pub bytes: u64,
    /// For this.
    pub what: &'static str,
}

/// Makes sure that there is room for everything that is needed; needs on the same disk add up.
///
/// # Errors
///
/// [`SnapshotError::Space`] if there is not.
pub fn check(needs: &[Need<'_>]) -> Result<(), SnapshotError> {
    let mut disks: Vec<(u64, u64)> = Vec::new();
    for need in needs {
        let failed = || FileError::new("look at", need.on);
        let device = fs::metadata(need.on).map_err(failed())?.dev();
        let place = disks.iter().position(|(other, _)| *other == device);
        let before = place.and_then(|place| disks.get(place)).map_or(0, |(_, sum)| *sum);
        let needed = before.saturating_add(need.bytes);
        if let Some(place) = place {
            disks.remove(place);
        }
        disks.push((device, needed));
        let disk = statvfs(need.on).map_err(|errno| failed()(io::Error::from(errno)))?;
        let free = disk.blocks_available().saturating_mul(disk.fragment_size());
        if free < needed {
            let path: PathBuf = need.on.to_owned();
            return Err(SnapshotError::Space { path, what: need.what, needed, free });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn needs_on_one_disk_add_up() {
        let dir = tempfile::tempdir().unwrap();
        let disk = statvfs(dir.path()).unwrap();
        let free = disk.blocks_available() * disk.fragment_size();
        let need = |bytes| Need { on: dir.path(), bytes, what: "archive" };
        check(&[need(free / 4), need(free / 4)]).unwrap();
        assert!(check(&[need(u64::MAX)]).is_err());
        assert!(check(&[need(free / 4 * 3), need(free / 4 * 3)]).is_err());
    }
}
