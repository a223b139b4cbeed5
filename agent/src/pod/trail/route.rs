//! The way to a file: which names, in which folders, decide where a path leads.

use std::{
    collections::VecDeque,
    ffi::{OsStr, OsString},
    fs,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
};

/// The most symbolic links that the kernel follows on one path.
const MAX_LINKS: usize = 40;

/// Where a path leads, and by which names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Route {
    /// Folders without symbolic links in their paths, each with a name in it: the symbolic links
    /// on the way and the file at its end, or the first name that is not there.
    pub(super) spots: Vec<(PathBuf, OsString)>,
    /// The file, if it is there, with its device and inode.
    pub(super) file: Option<(PathBuf, (u64, u64))>,
}

impl Route {
    /// Follows an absolute path, link by link.
    pub(super) fn to(path: &Path) -> Self {
        let mut route = Self::default();
        let mut folder = PathBuf::from("/");
        let mut rest: VecDeque<OsString> = names(path).collect();
        let mut links = 0;
        while let Some(name) = rest.pop_front() {
            if name == ".." {
                folder.pop();
                continue;
            }
            let place = folder.join(&name);
            let found = fs::symlink_metadata(&place);
            if found.as_ref().is_ok_and(fs::Metadata::is_dir) {
                folder = place;
                continue;
            }
            route.spots.push((folder.clone(), name));
            let target = match found {
                Ok(link) if link.is_symlink() && links < MAX_LINKS => fs::read_link(&place),
                Ok(file) if rest.is_empty() && !file.is_symlink() => {
                    route.file = Some((place, (file.dev(), file.ino())));
                    break;
                }
                _ => break,
            };
            let Ok(target) = target else { break };
            links += 1;
            if target.is_absolute() {
                folder = PathBuf::from("/");
            }
            for name in names(&target).collect::<Vec<_>>().into_iter().rev() {
                rest.push_front(name);
            }
        }
        route
    }
}

/// The components of a path, without the root and `.`.
fn names(path: &Path) -> impl Iterator<Item = OsString> {
    path.components()
        .map(std::path::Component::as_os_str)
        .filter(|name| *name != OsStr::new("/") && *name != OsStr::new("."))
        .map(OsStr::to_owned)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    /// The spots of `path` below a fresh folder, which `make` has filled.
    fn spots(make: impl FnOnce(&Path), path: &str) -> (Vec<String>, bool) {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        make(&root);
        let route = Route::to(&root.join(path));
        let spots = route.spots.iter().map(|(folder, name)| {
            folder.join(name).strip_prefix(&root).unwrap().display().to_string()
        });
        (spots.collect(), route.file.is_some())
    }

    fn file(path: &Path) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::File::create(path).unwrap();
    }

    #[test]
    fn a_plain_file_is_its_own_spot() {
        let found = spots(|root| file(&root.join("bin/node")), "bin/node");
        assert_eq!(found, (vec!["bin/node".to_owned()], true));
    }

    #[test]
    fn each_link_on_the_way_is_a_spot() {
        let make = |root: &Path| {
            file(&root.join("v1/bin/node-1"));
            symlink("node-1", root.join("v1/bin/node")).unwrap();
            symlink(root.join("v1"), root.join("current")).unwrap();
        };
        let (spots, found) = spots(make, "current/bin/node");
        assert_eq!(spots, ["current", "v1/bin/node", "v1/bin/node-1"]);
        assert!(found);
    }

    #[test]
    fn links_to_a_parent_are_followed() {
        let make = |root: &Path| {
            file(&root.join("real/node"));
            fs::create_dir(root.join("bin")).unwrap();
            symlink("../real/./node", root.join("bin/node")).unwrap();
        };
        assert_eq!(spots(make, "bin/node").0, ["bin/node", "real/node"]);
    }

    #[test]
    fn what_is_not_there_ends_the_way() {
        let found = spots(|_| {}, "opt/bin/node");
        assert_eq!(found, (vec!["opt".to_owned()], false));
    }

    #[test]
    fn links_in_a_circle_end() {
        let make = |root: &Path| symlink("node", root.join("node")).unwrap();
        assert!(!spots(make, "node").1);
    }
}
