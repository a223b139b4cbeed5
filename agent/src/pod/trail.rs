//! Notices that something happened to a file, wherever its path leads.
//!
//! A file is changed by writing to it, by a rename, by a removal and a new file, or by another
//! target of a symbolic link on its path, as the kubelet does with a ConfigMap's `..data`. All of
//! them change a name in a folder, so the folders on the path are watched (`inotify`), and the
//! file itself for what is written to it. Nothing is polled.

mod route;

use std::{
    collections::HashMap,
    ffi::OsString,
    fs, io,
    path::{Path, PathBuf},
};

use nix::{
    errno::Errno,
    sys::inotify::{AddWatchFlags, InitFlags, Inotify, InotifyEvent, WatchDescriptor},
};

use super::descriptor::Readable;
use route::Route;

/// What changes a name in a folder, or ends the writing of a file in it.
const FOLDER: AddWatchFlags = AddWatchFlags::IN_CREATE
    .union(AddWatchFlags::IN_MOVED_TO)
    .union(AddWatchFlags::IN_MOVED_FROM)
    .union(AddWatchFlags::IN_DELETE)
    .union(AddWatchFlags::IN_CLOSE_WRITE)
    .union(AddWatchFlags::IN_MOVE_SELF)
    .union(AddWatchFlags::IN_DELETE_SELF)
    .union(AddWatchFlags::IN_ONLYDIR);

/// What changes a file: its bytes, or its permission to be executed.
const FILE: AddWatchFlags = AddWatchFlags::IN_MODIFY.union(AddWatchFlags::IN_ATTRIB);

/// Watches the way to a file, and the file.
#[derive(Debug)]
pub(super) struct Trail {
    path: PathBuf,
    inotify: Readable<Inotify>,
    route: Route,
    names: HashMap<WatchDescriptor, Spot>,
    /// Whether somebody is known to write the file.
    open: bool,
    /// Whether a watch is gone.
    stale: bool,
}

/// What a watch is for.
#[derive(Debug)]
enum Spot {
    /// These names in a folder.
    Folder(Vec<OsString>),
    /// The file itself.
    File,
}

impl Trail {
    /// Watches `path`, which need not be there.
    ///
    /// # Errors
    ///
    /// Those of `inotify`: no instance or watch is left, a folder cannot be read.
    ///
    /// # Panics
    ///
    /// Outside a runtime.
    pub(super) fn new(path: &Path) -> io::Result<Self> {
        let inotify = Inotify::init(InitFlags::IN_CLOEXEC | InitFlags::IN_NONBLOCK)?;
        let mut trail = Self {
            path: std::path::absolute(path)?,
            inotify: Readable::new(inotify)?,
            route: Route::default(),
            names: HashMap::new(),
            open: false,
            stale: false,
        };
        trail.follow()?;
        Ok(trail)
    }

    /// The file, as an absolute path.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether somebody is known to write the file.
    pub(super) fn is_open(&self) -> bool {
        self.open
    }

    /// Waits until something happened to the file or on the way to it. Cancel-safe.
    ///
    /// # Errors
    ///
    /// Those of `inotify`; there is no use in waiting again.
    pub(super) async fn changed(&mut self) -> io::Result<()> {
        loop {
            // Cancel-safe per its docs; what follows does not wait.
            self.inotify.wait().await?;
            if self.read()? {
                return self.follow();
            }
        }
    }

    /// Notes what has happened so far.
    #[cfg(test)]
    pub(super) fn take_note(&mut self) -> io::Result<()> {
        if self.read()? { self.follow() } else { Ok(()) }
    }

    /// How many files and folders are watched.
    #[cfg(test)]
    pub(super) fn watches(&self) -> usize {
        self.names.len()
    }

    /// Reads all events; returns whether one is about our file.
    fn read(&mut self) -> io::Result<bool> {
        let mut changed = false;
        loop {
            match self.inotify.get().read_events() {
                Err(Errno::EAGAIN) => return Ok(changed),
                Err(error) => return Err(error.into()),
                Ok(events) => {
                    for event in events {
                        changed |= self.note(&event);
                    }
                }
            }
        }
    }

    /// Notes one event; returns whether it is about our file.
    fn note(&mut self, event: &InotifyEvent) -> bool {
        if event.mask.contains(AddWatchFlags::IN_Q_OVERFLOW) {
            return true;
        }
        let ours = match (self.names.get(&event.wd), &event.name) {
            (None, _) => false,
            (Some(Spot::Folder(names)), Some(name)) => names.contains(name),
            (Some(_), _) => true,
        };
        if ours {
            if event.mask.contains(AddWatchFlags::IN_IGNORED) {
                // The watch went with its file or folder, and the next one there may have the
                // same inode.
                self.stale = true;
            } else if event.mask.contains(AddWatchFlags::IN_MODIFY) {
                self.open = true;
            } else if event.mask.contains(AddWatchFlags::IN_CREATE) {
                self.open = self.is_being_written();
            } else if event.mask.intersects(
                AddWatchFlags::IN_CLOSE_WRITE
                    | AddWatchFlags::IN_MOVED_TO
                    | AddWatchFlags::IN_DELETE,
            ) {
                self.open = false;
            }
        }
        ours
    }

    /// Whether a name that has just appeared is a file that somebody has opened to write it, and
    /// not a link to one that was there.
    fn is_being_written(&self) -> bool {
        use std::os::unix::fs::MetadataExt as _;

        let place = self.route.spots.last().map(|(folder, name)| folder.join(name));
        place
            .and_then(|place| fs::symlink_metadata(place).ok())
            .is_some_and(|file| file.is_file() && file.nlink() == 1)
    }

    /// Watches what is on the way to the file now.
    pub(super) fn follow(&mut self) -> io::Result<()> {
        loop {
            let route = Route::to(&self.path);
            if route == self.route && !self.stale {
                return Ok(());
            }
            // What changes before a watch is there is found by the next turn of this loop.
            self.watch(&route)?;
            self.stale = false;
            self.route = route;
        }
    }

    fn watch(&mut self, route: &Route) -> io::Result<()> {
        let mut names = HashMap::new();
        let inotify = self.inotify.get();
        for (folder, name) in &route.spots {
            let spot = names
                .entry(inotify.add_watch(folder, FOLDER)?)
                .or_insert_with(|| Spot::Folder(Vec::new()));
            if let Spot::Folder(names) = spot {
                names.push(name.clone());
            }
        }
        if let Some((file, _)) = &route.file {
            match inotify.add_watch(file, FILE) {
                Ok(watch) => drop(names.insert(watch, Spot::File)),
                Err(Errno::ENOENT) => {} // gone again; its folder tells when it is back
                Err(error) => return Err(error.into()),
            }
        }
        for watch in self.names.keys().filter(|watch| !names.contains_key(watch)) {
            let _ = inotify.rm_watch(*watch); // the kernel removes that of a deleted file itself
        }
        self.names = names;
        Ok(())
    }
}
