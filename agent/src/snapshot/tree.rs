//! Writes what an archive holds below one folder, and nowhere else.

use std::{
    collections::HashSet,
    ffi::{OsStr, OsString},
    fs::{self, File, FileTimes, OpenOptions, Permissions},
    io::{self, Read, Write as _},
    os::unix::{
        ffi::OsStrExt as _,
        fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _},
    },
    path::{Component, Path, PathBuf},
    time::SystemTime,
};

use nix::unistd::geteuid;

use super::{SnapshotError, progress::Progress};
use crate::files::{self, FileError};

/// How many bytes are moved at once.
const BLOCK: usize = 256 << 10;

/// The permissions that an archive may give: set-ID bits have no place in a database.
const PERMISSIONS: u32 = 0o777;

/// The permissions of a folder that an archive does not name.
const FOLDER: u32 = 0o755;

/// The permissions of a folder while it is filled.
const FILLING: u32 = 0o700;

/// What an archive says of a file or folder.
#[derive(Clone, Copy, Debug)]
pub struct Meta {
    /// Its permission bits.
    pub mode: u32,
    /// The numbers of its user and group, which are set if we may.
    pub owner: Option<(u32, u32)>,
    /// When it was changed.
    pub modified: Option<SystemTime>,
}

/// A folder that an archive is unpacked into. Nobody else writes there.
///
/// Every folder on the way to an entry is a folder (never a link), and links point to places below the
/// root: `..` only at the beginning of a target, and no more of them than the link is deep. So no name
/// leads out, whatever the order of the entries is.
#[derive(Debug)]
pub struct Tree {
    root: PathBuf,
    /// Folders that are known to be there.
    known: HashSet<PathBuf>,
    /// Folders that get their metadata at the end, after what is in them.
    folders: Vec<(PathBuf, Meta)>,
    block: Vec<u8>,
    written: u64,
    progress: Option<Progress>,
    /// Whether owners are set: for root only, as tar does, and while the system lets us.
    owners: bool,
}

impl Tree {
    /// Unpacks into a folder that is there and empty.
    pub fn new(root: &Path, progress: Option<Progress>) -> Self {
        Self {
            root: root.to_owned(),
            known: HashSet::from([root.to_owned()]),
            folders: Vec::new(),
            block: vec![0; BLOCK],
            written: 0,
            progress,
            owners: geteuid().is_root(),
        }
    }

    /// Writes a file of `size` bytes; one of that name is replaced.
    ///
    /// # Errors
    ///
    /// [`SnapshotError::Damaged`] or [`SnapshotError::Cut`] if it cannot be read to its end.
    pub fn file(
        &mut self,
        name: &[u8],
        meta: Meta,
        size: u64,
        content: &mut dyn Read,
    ) -> Result<(), SnapshotError> {
        let path = self.place(name)?;
        let mode = meta.mode & PERMISSIONS;
        let mut options = OpenOptions::new();
        options.write(true).create_new(true).mode(mode);
        remove_if_there(&path)?;
        let mut file = options.open(&path).map_err(FileError::new("create", &path))?;
        let mut left = size;
        loop {
            let read = match content.read(&mut self.block) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                other => other.map_err(SnapshotError::Damaged)?,
            };
            let bytes = self.block.get(..read).unwrap_or_default();
            if bytes.is_empty() {
                break;
            }
            file.write_all(bytes).map_err(FileError::new("write", &path))?;
            let count = u64::try_from(read).unwrap_or_default();
            left = left.checked_sub(count).ok_or(SnapshotError::Cut)?;
            self.written += count;
            if let Some(progress) = &mut self.progress {
                progress.at(self.written);
            }
        }
        if left > 0 {
            return Err(SnapshotError::Cut);
        }
        self.finish(&path, &file, meta)
    }

    /// Makes a folder; one that is there gets this metadata.
    ///
    /// # Errors
    ///
    /// [`SnapshotError::File`] if something else is there.
    pub fn folder(&mut self, name: &[u8], meta: Meta) -> Result<(), SnapshotError> {
        let relative = relative(name)?;
        let path = self.root.join(&relative);
        self.make_folders(&relative, name)?;
        self.folders.push((path, meta));
        Ok(())
    }

    /// Makes a symbolic link.
    ///
    /// # Errors
    ///
    /// [`SnapshotError::Unsafe`] if it points out of the folder.
    pub fn symlink(&mut self, name: &[u8], target: &[u8]) -> Result<(), SnapshotError> {
        let depth = relative(name)?.components().count().saturating_sub(1);
        if !stays_inside(Path::new(OsStr::from_bytes(target)), depth) {
            return Err(unsafe_entry(name, "is a link that points out of the folder"));
        }
        let path = self.place(name)?;
        remove_if_there(&path)?;
        let link = std::os::unix::fs::symlink(OsStr::from_bytes(target), &path);
        Ok(link.map_err(FileError::new("make the link", &path))?)
    }

    /// Makes another name of a file that is there.
    ///
    /// # Errors
    ///
    /// [`SnapshotError::Unsafe`] if it is none of the archive's files.
    pub fn hard_link(&mut self, name: &[u8], target: &[u8]) -> Result<(), SnapshotError> {
        let from = self.root.join(relative(target)?);
        let path = self.place(name)?;
        let parent = from.parent().is_some_and(|parent| self.known.contains(parent));
        let is_file = fs::symlink_metadata(&from).is_ok_and(|metadata| metadata.is_file());
        if !parent || !is_file {
            return Err(unsafe_entry(name, "is a link to a file that the archive does not have"));
        }
        if from == path {
            return Ok(());
        }
        remove_if_there(&path)?;
        Ok(fs::hard_link(&from, &path).map_err(FileError::new("make the link", &path))?)
    }

    /// Gives the folders their metadata.
    ///
    /// # Errors
    ///
    /// [`SnapshotError::File`] if one cannot have it.
    pub fn complete(mut self) -> Result<(), SnapshotError> {
        // What is deeper first: afterwards a folder may not let us in.
        let mut folders = std::mem::take(&mut self.folders);
        let named: HashSet<_> = folders.iter().map(|(path, _)| path.clone()).collect();
        let meta = Meta { mode: FOLDER, owner: None, modified: None };
        let unnamed = self.known.iter().filter(|path| !named.contains(*path));
        folders.extend(unnamed.map(|path| (path.clone(), meta)));
        folders.sort_by_key(|(path, _)| std::cmp::Reverse(path.components().count()));
        for (path, meta) in folders {
            let folder = File::open(&path).map_err(FileError::new("open", &path))?;
            self.finish(&path, &folder, meta)?;
        }
        Ok(())
    }

    /// The place of an entry; the folders above it are made.
    fn place(&mut self, name: &[u8]) -> Result<PathBuf, SnapshotError> {
        let relative = relative(name)?;
        let Some(parent) = relative.parent() else {
            return Err(unsafe_entry(name, "is the folder itself, and no folder"));
        };
        self.make_folders(parent, name)?;
        Ok(self.root.join(relative))
    }

    fn make_folders(&mut self, relative: &Path, name: &[u8]) -> Result<(), SnapshotError> {
        let mut path = self.root.clone();
        if self.known.contains(&path.join(relative)) {
            return Ok(());
        }
        for part in relative.components() {
            path.push(part);
            if self.known.contains(&path) {
                continue;
            }
            match fs::DirBuilder::new().mode(FILLING).create(&path) {
                Ok(()) => self.known.insert(path.clone()),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                    return Err(unsafe_entry(name, "leads through a link or a file"));
                }
                Err(error) => return Err(FileError::new("make the folder", &path)(error).into()),
            };
        }
        Ok(())
    }

    fn finish(&mut self, path: &Path, file: &File, meta: Meta) -> Result<(), SnapshotError> {
        let mode = meta.mode & PERMISSIONS;
        if let (true, Some((user, group))) = (self.owners, meta.owner) {
            match std::os::unix::fs::fchown(file, Some(user), Some(group)) {
                Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                    tracing::warn!("may not set owners; everything belongs to this user");
                    self.owners = false;
                }
                other => other.map_err(FileError::new("set the owner of", path))?,
            }
        }
        let metadata = file.metadata().map_err(FileError::new("look at", path))?;
        // Root gets what the archive says; others what their umask leaves of it, and a folder in full.
        let as_made = !geteuid().is_root() && metadata.is_file();
        if !as_made && metadata.permissions().mode() & PERMISSIONS != mode {
            file.set_permissions(Permissions::from_mode(mode))
                .map_err(FileError::new("set the mode of", path))?;
        }
        if let Some(modified) = meta.modified {
            file.set_times(FileTimes::new().set_modified(modified))
                .map_err(FileError::new("set the time of", path))?;
        }
        Ok(())
    }
}

/// What a name says below the root.
fn relative(name: &[u8]) -> Result<PathBuf, SnapshotError> {
    let mut path = OsString::new();
    for part in Path::new(OsStr::from_bytes(name)).components() {
        match part {
            Component::Normal(part) => {
                if !path.is_empty() {
                    path.push("/");
                }
                path.push(part);
            }
            Component::CurDir => {}
            Component::ParentDir => {
                return Err(unsafe_entry(name, "leads out of the folder by `..`"));
            }
            Component::RootDir | Component::Prefix(_) => {
                return Err(unsafe_entry(name, "is an absolute path"));
            }
        }
    }
    Ok(path.into())
}

/// Whether the target of a link that is `depth` folders deep is below the root.
fn stays_inside(target: &Path, depth: usize) -> bool {
    let mut ups = 0;
    let mut named = false;
    for part in target.components() {
        match part {
            Component::ParentDir if named => return false,
            Component::ParentDir => ups += 1,
            Component::Normal(_) => named = true,
            Component::CurDir => {}
            Component::RootDir | Component::Prefix(_) => return false,
        }
    }
    ups <= depth
}

pub(super) fn unsafe_entry(name: &[u8], why: &'static str) -> SnapshotError {
    SnapshotError::Unsafe { name: String::from_utf8_lossy(name).into_owned(), why }
}

/// Removes a file or link that an earlier entry of the same name has made.
fn remove_if_there(path: &Path) -> Result<(), FileError> {
    match fs::remove_file(path) {
        Err(error) if !files::is_absent(&error) => Err(FileError::new("replace", path)(error)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const META: Meta = Meta { mode: 0o644, owner: None, modified: None };

    fn tree(dir: &Path) -> Tree {
        Tree::new(dir, None)
    }

    fn write(tree: &mut Tree, name: &str) -> Result<(), SnapshotError> {
        tree.file(name.as_bytes(), META, 1, &mut b"x".as_slice())
    }

    #[test]
    fn names_that_lead_out_are_refused() {
        let dir = tempfile::tempdir().unwrap();
        let mut tree = tree(&dir.path().join("root"));
        for name in ["/etc/x", "../x", "a/../../x", "a/../x", "", ".", "./"] {
            assert!(matches!(write(&mut tree, name), Err(SnapshotError::Unsafe { .. })), "{name}");
        }
        assert_eq!(files::names(dir.path()).unwrap(), Vec::<OsString>::new());
    }

    #[test]
    fn links_that_lead_out_are_refused() {
        let dir = tempfile::tempdir().unwrap();
        let mut tree = tree(dir.path());
        for (name, target) in
            [("l", "/etc"), ("l", ".."), ("a/l", "../.."), ("l", "a/../.."), ("a/b/l", "../x/..")]
        {
            let link = tree.symlink(name.as_bytes(), target.as_bytes());
            assert!(matches!(link, Err(SnapshotError::Unsafe { .. })), "{name} -> {target}");
        }
        for (name, target) in [("l", "a"), ("a/m", "../b"), ("a/b/n", "../../l"), ("o", "./a/b")] {
            tree.symlink(name.as_bytes(), target.as_bytes()).unwrap();
        }
    }

    #[test]
    fn nothing_is_written_through_a_link() {
        let dir = tempfile::tempdir().unwrap();
        let mut tree = tree(dir.path());
        tree.symlink(b"l", b"a").unwrap();
        tree.folder(b"a", META).unwrap();
        assert!(matches!(write(&mut tree, "l/x"), Err(SnapshotError::Unsafe { .. })));
        write(&mut tree, "a/x").unwrap();
        tree.hard_link(b"a/y", b"a/x").unwrap();
        for target in ["l/x", "l", "a/none", "../x", "/etc/passwd"] {
            let link = tree.hard_link(b"z", target.as_bytes());
            assert!(matches!(link, Err(SnapshotError::Unsafe { .. })), "{target}");
        }
        // The link itself may be replaced; what it points to is left alone.
        write(&mut tree, "l").unwrap();
        assert!(dir.path().join("a").is_dir() && dir.path().join("l").is_file());
    }

    #[test]
    fn a_file_that_is_shorter_or_longer_than_said_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let mut tree = tree(dir.path());
        for content in ["", "xyz"] {
            let file = tree.file(b"f", META, 2, &mut content.as_bytes());
            assert!(matches!(file, Err(SnapshotError::Cut)));
        }
    }
}
