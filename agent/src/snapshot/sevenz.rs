//! Unpacks a 7z file.

use std::{
    fs::File,
    io::{BufReader, Read},
    path::Path,
    time::SystemTime,
};

use sevenz_rust2::{Archive, ArchiveEntry, ArchiveReader, Error, Password};

use super::{
    SnapshotError,
    space::{self, Need},
    tree::{Meta, Tree, unsafe_entry},
};
use crate::files::FileError;

/// The longest target of a link, in bytes: `PATH_MAX`.
const MAX_TARGET: u64 = 4096;

/// Says that the upper half of the attributes is the mode that Unix knows.
///
/// # Source
///
/// `FILE_ATTRIBUTE_UNIX_EXTENSION`, p7zip and 7-Zip, CPP/Windows/FileFind.cpp.
const UNIX: u32 = 0x8000;

/// The kinds of files in such a mode, and what the archive has without it.
const KIND: u32 = 0o170_000;
const FOLDER: u32 = 0o040_000;
const REGULAR: u32 = 0o100_000;
const LINK: u32 = 0o120_000;

/// Unpacks everything.
///
/// # Errors
///
/// [`SnapshotError::SevenZ`] for what cannot be read, [`SnapshotError::Space`] before anything is written
/// that has no room.
pub fn unpack(path: &Path, root: &Path, mut tree: Tree) -> Result<(), SnapshotError> {
    let file = File::open(path).map_err(FileError::new("read", path))?;
    let mut file = BufReader::with_capacity(1 << 20, file);
    let archive = Archive::read(&mut file, &Password::empty()).map_err(broken)?;
    let bytes = archive.files.iter().map(|entry| entry.size).fold(0, u64::saturating_add);
    space::check(&[Need { on: root, bytes, what: "database" }])?;
    let mut reader = ArchiveReader::from_archive(archive, file, Password::empty());
    let mut failed = None;
    let read =
        reader.for_each_entries(|entry, content| match unpack_entry(entry, content, &mut tree) {
            Ok(()) => Ok(true),
            Err(error) => {
                failed = Some(error);
                Err(Error::FileNotFound) // stops the reader; ours is the error to report
            }
        });
    match (failed, read) {
        (Some(error), _) => Err(error),
        (None, Err(error)) => Err(broken(error)),
        (None, Ok(())) => tree.complete(),
    }
}

fn unpack_entry(
    entry: &ArchiveEntry,
    content: &mut dyn Read,
    tree: &mut Tree,
) -> Result<(), SnapshotError> {
    let name = entry.name.as_bytes();
    let unix = entry.has_windows_attributes && entry.windows_attributes & UNIX != 0;
    let mode = match (unix, entry.is_directory) {
        (true, _) => entry.windows_attributes >> 16,
        (false, true) => FOLDER | 0o755,
        (false, false) => REGULAR | 0o644,
    };
    let modified = entry.has_last_modified_date.then(|| SystemTime::from(entry.last_modified_date));
    let meta = Meta { mode, owner: None, modified };
    match mode & KIND {
        _ if entry.is_anti_item => Err(unsafe_entry(name, "is there to remove something")),
        FOLDER => tree.folder(name, meta),
        REGULAR | 0 => tree.file(name, meta, entry.size, content),
        LINK => {
            let mut target = Vec::new();
            content.take(MAX_TARGET).read_to_end(&mut target).map_err(SnapshotError::Damaged)?;
            tree.symlink(name, &target)
        }
        _ => Err(unsafe_entry(name, "is neither a file, a folder nor a link")),
    }
}

/// What it says of itself is of use to its makers; the sentence is what an operator can use.
fn broken(error: Error) -> SnapshotError {
    SnapshotError::SevenZ(match error {
        Error::Io(error, _) => return SnapshotError::Damaged(error),
        Error::PasswordRequired | Error::MaybeBadPassword(_) => "it is encrypted".to_owned(),
        Error::UnsupportedCompressionMethod(method) if method.starts_with("AES") => {
            "it is encrypted".to_owned()
        }
        Error::UnsupportedCompressionMethod(method) => {
            format!("it is compressed with `{method}`; known are LZMA, LZMA2, PPMd, BZip2 and none")
        }
        other => format!("{other:?}"),
    })
}
