//! Moves a home that was built in the staging folder into its place.
//!
//! Every step leaves a home that the next start recognises: what is moved is synced first, and
//! what makes the home count, `config/` or `config/genesis.json`, comes last.

use std::{fs, path::Path};

use nix::errno::Errno;

use super::home::Home;
use crate::files::{self, FileError};

/// Moves everything into place, `config/` last.
///
/// # Errors
///
/// [`FileError`]; the next start begins again with what is there.
pub fn commit(staged: &Home, home: &Home, keyring_dir: &Path) -> Result<(), FileError> {
    files::sync_tree(staged.root())?;
    drop_databases(home)?;
    merge_into(&staged.root().join("keyring-test"), &keyring_dir.join("keyring-test"), &[])?;
    for name in files::names(staged.root())? {
        if !["config", "data", "keyring-test"].iter().any(|other| name == *other) {
            merge_into(&staged.root().join(&name), &home.root().join(&name), &[])?;
        }
    }
    merge_into(&staged.data(), &home.data(), &[])?;
    merge_into(&staged.config(), &home.config(), &["genesis.json"])
}

/// Removes what a start with an unfinished genesis has stored; what the validator has signed stays.
///
/// The caller has made sure that the chain never ran.
fn drop_databases(home: &Home) -> Result<(), FileError> {
    let data = home.data();
    for name in files::names(&data)? {
        let path = data.join(&name);
        if name == "priv_validator_state.json" || name == "lost+found" {
            continue;
        }
        tracing::info!(path = %path.display(), "dropping what an unfinished home has stored");
        let is_dir =
            fs::symlink_metadata(&path).map_err(FileError::new("look at", &path))?.is_dir();
        let removed = if is_dir { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
        removed.map_err(FileError::new("remove", &path))?;
    }
    if data.exists() { files::sync_dir(&data) } else { Ok(()) }
}

/// Moves a folder or file into place: in one rename where nothing is there, else file by file,
/// those in `last` after all others are on the disk.
fn merge_into(from: &Path, to: &Path, last: &[&str]) -> Result<(), FileError> {
    let Ok(metadata) = fs::symlink_metadata(from) else { return Ok(()) };
    let above = to.parent().unwrap_or(Path::new("/"));
    if !metadata.is_dir() {
        return if is_kept(from, to)? { Ok(()) } else { move_file(from, to) };
    }
    files::make_dir(above, files::PRIVATE_DIR)?;
    match fs::rename(from, to) {
        Ok(()) => return files::sync_dir(above),
        Err(error) if must_merge(&error) => {}
        Err(error) => return Err(FileError::new("move into place", to)(error)),
    }
    files::make_dir(to, files::PRIVATE_DIR)?;
    let (late, early): (Vec<_>, Vec<_>) =
        files::names(from)?.into_iter().partition(|name| last.iter().any(|late| name == *late));
    for name in early {
        merge_into(&from.join(&name), &to.join(&name), &[])?;
    }
    files::sync_dir(to)?;
    for name in late {
        merge_into(&from.join(&name), &to.join(&name), &[])?;
    }
    files::sync_dir(to)?;
    files::sync_dir(above)
}

/// Tells whether a folder cannot be renamed because something is there: files, a mount, another
/// volume.
fn must_merge(error: &std::io::Error) -> bool {
    let errno = error.raw_os_error().map(Errno::from_raw);
    matches!(errno, Some(Errno::ENOTEMPTY | Errno::EEXIST | Errno::EBUSY | Errno::EXDEV))
}

/// Tells whether what is in place stays: a key in the keyring, what the validator has signed, and
/// what is the same (which may be a mount of its own).
fn is_kept(from: &Path, to: &Path) -> Result<bool, FileError> {
    let Some(there) = files::read(to)? else { return Ok(false) };
    let in_keyring = to.parent().is_some_and(|dir| dir.ends_with("keyring-test"));
    if in_keyring || to.ends_with("data/priv_validator_state.json") {
        return Ok(!there.is_empty());
    }
    Ok(files::read(from)?.as_ref() == Some(&there))
}

/// Moves one file, across volumes too.
fn move_file(from: &Path, to: &Path) -> Result<(), FileError> {
    match fs::rename(from, to) {
        Err(error) if error.raw_os_error() == Some(Errno::EXDEV as i32) => {
            let bytes = fs::read(from).map_err(FileError::new("read", from))?;
            let mode = files::mode(from)?;
            files::replace(to, &bytes, mode)
        }
        other => other.map_err(FileError::new("move into place", to)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Makes a home of files, each holding its own path.
    fn home(dir: &Path, paths: &[&str]) -> Home {
        for path in paths {
            let file = dir.join(path);
            files::make_dir(file.parent().unwrap(), files::PRIVATE_DIR).unwrap();
            files::write_synced(&file, format!("{}:{path}", dir.display()).as_bytes(), 0o600)
                .unwrap();
        }
        Home::new(dir)
    }

    fn is_from(home: &Home, path: &str, origin: &Home) -> bool {
        let text = fs::read_to_string(home.root().join(path)).unwrap();
        text == format!("{}:{path}", origin.root().display())
    }

    const NEW: [&str; 6] = [
        "config/genesis.json",
        "config/node_key.json",
        "config/gentx/gentx-1.json",
        "data/priv_validator_state.json",
        "keyring-test/validator.info",
        "wasm/x",
    ];

    #[test]
    fn an_empty_volume_gets_everything() {
        let dir = tempfile::tempdir().unwrap();
        let staged = home(&dir.path().join("staged"), &NEW);
        let home = Home::new(dir.path().join("home"));
        commit(&staged, &home, home.root()).unwrap();
        assert!(NEW.iter().all(|path| is_from(&home, path, &staged)));
    }

    #[test]
    fn the_keyring_and_what_was_signed_are_kept_and_unfinished_databases_go() {
        let dir = tempfile::tempdir().unwrap();
        let staged = home(&dir.path().join("staged"), &NEW);
        let old = ["config/genesis.json", "data/state.db/1"];
        let kept = ["data/priv_validator_state.json", "keyring-test/validator.info"];
        let home = home(&dir.path().join("home"), &[&old[..], &kept[..]].concat());
        commit(&staged, &home, home.root()).unwrap();
        assert!(!home.data().join("state.db").exists());
        assert!(is_from(&home, "config/genesis.json", &staged));
        assert!(kept.iter().all(|path| is_from(&home, path, &home)));
    }
}
