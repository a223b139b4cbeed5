//! Unpacks a tar file while it is read.

use std::{
    io::{self, Read},
    time::{Duration, SystemTime},
};

use tar::{Archive, Entry, EntryType};

use super::{
    SnapshotError,
    format::EndSeen,
    tree::{Meta, Tree, unsafe_entry},
};

/// What a tar file may lack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The blocks at its end: something else says that all of it is there.
    MayLack,
    /// Nothing: they alone say it.
    MustHave,
}

/// Unpacks everything, and reads to the end, where the decoder looks at its checksums.
///
/// # Errors
///
/// [`SnapshotError::Damaged`], [`SnapshotError::Cut`] and [`SnapshotError::Unsafe`] for what cannot be
/// unpacked.
pub fn unpack(reader: impl Read, mut tree: Tree, end: End) -> Result<(), SnapshotError> {
    let mut archive = Archive::new(EndSeen::new(reader));
    for entry in archive.entries().map_err(SnapshotError::Damaged)? {
        unpack_entry(&mut entry.map_err(SnapshotError::Damaged)?, &mut tree)?;
    }
    let mut reader = archive.into_inner();
    if reader.seen() && end == End::MustHave {
        return Err(SnapshotError::Cut);
    }
    io::copy(&mut reader, &mut io::sink()).map_err(SnapshotError::Damaged)?;
    tree.complete()
}

fn unpack_entry<R: Read>(entry: &mut Entry<'_, R>, tree: &mut Tree) -> Result<(), SnapshotError> {
    let name = entry.path_bytes().into_owned();
    let size = entry.size();
    let meta = meta(entry).map_err(SnapshotError::Damaged)?;
    let target = || -> Result<Vec<u8>, SnapshotError> {
        let target = entry.link_name_bytes();
        Ok(target.ok_or_else(|| unsafe_entry(&name, "is a link to nothing"))?.into_owned())
    };
    match entry.header().entry_type() {
        EntryType::Directory => tree.folder(&name, meta),
        // Before POSIX, a folder was a file whose name ends with a slash.
        EntryType::Regular if name.ends_with(b"/") => tree.folder(&name, meta),
        EntryType::Regular | EntryType::Continuous | EntryType::GNUSparse => {
            if is_pax_sparse(entry)? {
                let why = "is a sparse file in the way of POSIX; make the archive without `--sparse` \
                           or with `--format=gnu`";
                return Err(unsafe_entry(&name, why));
            }
            tree.file(&name, meta, size, entry)
        }
        EntryType::Symlink => tree.symlink(&name, &target()?),
        EntryType::Link => tree.hard_link(&name, &target()?),
        EntryType::XGlobalHeader => Ok(()),
        EntryType::Char | EntryType::Block => Err(unsafe_entry(&name, "is a device")),
        EntryType::Fifo => Err(unsafe_entry(&name, "is a named pipe")),
        _ => Err(unsafe_entry(&name, "is of a kind that has no place in a database")),
    }
}

fn meta<R: Read>(entry: &Entry<'_, R>) -> io::Result<Meta> {
    let header = entry.header();
    let number = |number: u64| u32::try_from(number).ok();
    let owner = number(header.uid()?).zip(number(header.gid()?));
    let modified = SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(header.mtime()?));
    Ok(Meta { mode: header.mode()?, owner, modified })
}

/// Whether the content is not the file's, but a map of its holes.
fn is_pax_sparse<R: Read>(entry: &mut Entry<'_, R>) -> Result<bool, SnapshotError> {
    let Some(extensions) = entry.pax_extensions().map_err(SnapshotError::Damaged)? else {
        return Ok(false);
    };
    let mut keys = extensions.filter_map(Result::ok);
    Ok(keys.any(|extension| extension.key_bytes().starts_with(b"GNU.sparse.")))
}
