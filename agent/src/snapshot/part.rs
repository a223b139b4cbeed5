//! An archive that is kept on the disk while it is downloaded, so that a kill loses none of it.

use std::{
    fs::{self, File, OpenOptions},
    io::Write as _,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use reqwest::Url;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{SnapshotError, download::Identity, settings::public};
use crate::files::{self, FileError, PRIVATE};

/// What is there of an archive: the bytes, and beside them what they are of.
#[derive(Debug)]
pub struct Part {
    path: PathBuf,
    about: PathBuf,
    /// What the bytes are of.
    pub identity: Identity,
    /// How many there are.
    pub length: u64,
}

/// What is written beside the bytes.
#[derive(Deserialize, Serialize)]
struct About {
    /// The SHA-256 of the address without user, password and query, which may be secret, and new for
    /// each start.
    address: String,
    identity: Identity,
}

impl Part {
    /// Finds what an earlier start has left in a folder of an archive that can be told from others.
    ///
    /// # Errors
    ///
    /// [`SnapshotError::File`].
    pub fn find(dir: &Path, url: &Url) -> Result<Option<Self>, SnapshotError> {
        let mut part = Self::at(dir);
        let Some(about) = files::read(&part.about)? else { return Ok(None) };
        let about = serde_json::from_slice::<About>(&about).ok();
        let ours = about.filter(|about| about.address == address(url));
        let length = fs::metadata(&part.path).map(|metadata| metadata.len());
        match (ours, length) {
            (Some(about), Ok(length)) if about.identity.validator.is_some() => {
                (part.identity, part.length) = (about.identity, length);
                Ok(Some(part))
            }
            _ => part.remove().map(|()| None),
        }
    }

    /// Begins anew.
    ///
    /// # Errors
    ///
    /// [`SnapshotError::File`].
    pub fn begin(dir: &Path, url: &Url, identity: Identity) -> Result<Self, SnapshotError> {
        files::make_dir(dir, files::PRIVATE_DIR)?;
        let part = Self { identity, ..Self::at(dir) };
        part.remove()?;
        let about = About { address: address(url), identity: part.identity.clone() };
        let about = serde_json::to_vec(&about).expect("strings and numbers");
        files::replace(&part.about, &about, PRIVATE)?;
        Ok(part)
    }

    /// The file with the bytes.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Opens the file to add bytes at its end.
    ///
    /// # Errors
    ///
    /// [`SnapshotError::File`].
    pub fn open(&self) -> Result<File, SnapshotError> {
        let mut options = OpenOptions::new();
        options.append(true).create(true).mode(PRIVATE);
        Ok(options.open(&self.path).map_err(FileError::new("write", &self.path))?)
    }

    /// Adds bytes.
    ///
    /// # Errors
    ///
    /// [`SnapshotError::File`]; what was added before stays.
    pub fn add(&mut self, file: &mut File, bytes: &[u8]) -> Result<(), SnapshotError> {
        file.write_all(bytes).map_err(FileError::new("write", &self.path))?;
        self.length += u64::try_from(bytes.len()).unwrap_or_default();
        Ok(())
    }

    /// Removes what is in a folder.
    ///
    /// # Errors
    ///
    /// [`SnapshotError::File`].
    pub fn clear(dir: &Path) -> Result<(), SnapshotError> {
        Self::at(dir).remove()
    }

    fn remove(&self) -> Result<(), SnapshotError> {
        for path in [&self.about, &self.path] {
            match fs::remove_file(path) {
                Err(error) if !files::is_absent(&error) => {
                    return Err(FileError::new("remove", path)(error).into());
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn at(dir: &Path) -> Self {
        let (path, about) = (dir.join("archive.part"), dir.join("archive.json"));
        Self { path, about, identity: Identity::default(), length: 0 }
    }
}

fn address(url: &Url) -> String {
    base16ct::lower::encode_string(&Sha256::digest(public(url)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_surely_of_the_same_archive_is_found() {
        let dir = tempfile::tempdir().unwrap();
        let url = |text| Url::parse(text).unwrap();
        let (ours, other) = (url("http://h/a?key=1"), url("http://h/b"));
        let identity = Identity { validator: Some("\"x\"".to_owned()), length: Some(9) };
        let mut part = Part::begin(dir.path(), &ours, identity.clone()).unwrap();
        let mut file = part.open().unwrap();
        part.add(&mut file, b"abc").unwrap();
        let found = Part::find(dir.path(), &url("http://h/a?key=2")).unwrap().unwrap();
        assert_eq!((found.length, &found.identity), (3, &identity));
        assert!(Part::find(dir.path(), &other).unwrap().is_none());
        assert_eq!(files::names(dir.path()).unwrap().len(), 0, "it is of no use");
        Part::begin(dir.path(), &ours, Identity::default()).unwrap().open().unwrap();
        assert!(Part::find(dir.path(), &ours).unwrap().is_none(), "it cannot be told from others");
    }
}
