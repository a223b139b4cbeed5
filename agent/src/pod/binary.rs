//! Notices that the node's program was replaced, and waits until the new one is whole.
//!
//! A running program cannot be written to (`ETXTBSY`); it is replaced by a rename, by a removal
//! and a new file, or by another target of a symbolic link on its path. All of them change a name
//! in a folder, so the folders on the path are watched (`inotify`), and the file itself for what
//! is written to it afterwards. Nothing is polled.

mod elf;
mod route;

use std::{
    collections::HashMap,
    ffi::OsString,
    fs, io,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    time::Duration,
};

use nix::{
    errno::Errno,
    sys::inotify::{AddWatchFlags, InitFlags, Inotify, InotifyEvent, WatchDescriptor},
    unistd::{AccessFlags, access},
};
use tokio::time::{self, Instant};

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

/// Tells one file from another, and from what it was before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    device: u64,
    inode: u64,
    size: u64,
    modified: (i64, i64),
}

impl Identity {
    /// That of the file a path leads to; none if it is not there, or is no regular file.
    pub fn of(program: &Path) -> Option<Self> {
        let file = fs::metadata(program).ok().filter(fs::Metadata::is_file)?;
        Some(Self {
            device: file.dev(),
            inode: file.ino(),
            size: file.size(),
            modified: (file.mtime(), file.mtime_nsec()),
        })
    }
}

/// Whether nothing of the program is missing, as far as its file tells.
///
/// An ELF file says where its parts end; other files count as whole when they are not empty. A
/// file that cannot be read may still be executed, and is taken for whole.
pub fn is_whole(program: &Path) -> bool {
    match Identity::of(program) {
        None => true,
        Some(Identity { size: 0, .. }) => false,
        Some(_) => fs::File::open(program).map_or(true, elf::is_whole),
    }
}

/// Watches the file that a program is run from.
#[derive(Debug)]
pub struct Watch {
    program: PathBuf,
    settle: Duration,
    inotify: Readable<Inotify>,
    route: Route,
    names: HashMap<WatchDescriptor, Spot>,
    /// What runs, or was told to be ready to run.
    known: Option<Identity>,
    /// What was there at the last change.
    seen: Option<Identity>,
    /// When to look whether it has settled.
    look_at: Option<Instant>,
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

impl Watch {
    /// Watches `program`, which runs now. A replacement counts once it has been left alone for
    /// `settle`.
    ///
    /// # Errors
    ///
    /// Those of `inotify`: no instance or watch is left, a folder cannot be read.
    ///
    /// # Panics
    ///
    /// Outside a runtime.
    pub fn new(program: &Path, settle: Duration) -> io::Result<Self> {
        let inotify = Inotify::init(InitFlags::IN_CLOEXEC | InitFlags::IN_NONBLOCK)?;
        let mut watch = Self {
            program: std::path::absolute(program)?,
            settle,
            inotify: Readable::new(inotify)?,
            route: Route::default(),
            names: HashMap::new(),
            known: Identity::of(program),
            seen: None,
            look_at: None,
            open: false,
            stale: false,
        };
        watch.follow()?;
        Ok(watch)
    }

    /// The program that is watched.
    pub fn program(&self) -> &Path {
        &self.program
    }

    /// Says what has been started, so that it does not count as new, and anything else does.
    pub fn started(&mut self, identity: Option<Identity>) {
        self.known = identity;
        if Identity::of(&self.program) != identity {
            self.look_at.get_or_insert_with(|| Instant::now() + self.settle);
        }
    }

    /// How long a replacement must have been left alone to count.
    pub fn settle(&self) -> Duration {
        self.settle
    }

    /// Waits until another program is there, whole, executable and no longer written to. Each is
    /// told once. Cancel-safe.
    ///
    /// # Errors
    ///
    /// Those of `inotify`; there is no use in waiting again.
    pub async fn replaced(&mut self) -> io::Result<Identity> {
        loop {
            tokio::select! {
                // Cancel-safe: `wait` per its docs, and the timer is made anew from `look_at`.
                result = self.inotify.wait() => {
                    result?;
                    self.read()?;
                }
                () = until(self.look_at) => {
                    if let Some(identity) = self.look()? {
                        return Ok(identity);
                    }
                }
            }
        }
    }

    /// Reads all events.
    fn read(&mut self) -> io::Result<()> {
        let mut changed = false;
        loop {
            match self.inotify.get().read_events() {
                Err(Errno::EAGAIN) => break,
                Err(error) => return Err(error.into()),
                Ok(events) => {
                    for event in events {
                        changed |= self.note(&event);
                    }
                }
            }
        }
        if changed {
            self.follow()?;
            self.seen = Identity::of(&self.program);
            self.look_at = Some(Instant::now() + self.settle);
        }
        Ok(())
    }

    /// Notes one event; returns whether it is about our program.
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
        let place = self.route.spots.last().map(|(folder, name)| folder.join(name));
        place
            .and_then(|place| fs::symlink_metadata(place).ok())
            .is_some_and(|file| file.is_file() && file.nlink() == 1)
    }

    /// Whether what is there now is new, and can be started.
    fn look(&mut self) -> io::Result<Option<Identity>> {
        self.look_at = None;
        self.follow()?;
        let found = Identity::of(&self.program);
        if found != self.seen {
            // Changed without a word, as network file systems do.
            self.seen = found;
            self.look_at = Some(Instant::now() + self.settle);
            return Ok(None);
        }
        let Some(identity) = found.filter(|identity| Some(*identity) != self.known) else {
            return Ok(None);
        };
        // Otherwise the end of the writing, or the permission, is another event.
        let ready = !self.open
            && access(&self.program, AccessFlags::X_OK).is_ok()
            && is_whole(&self.program);
        if !ready {
            tracing::debug!(program = %self.program.display(), "the new program is not whole yet");
            return Ok(None);
        }
        self.known = Some(identity);
        Ok(Some(identity))
    }

    /// Watches what is on the way to the file now.
    fn follow(&mut self) -> io::Result<()> {
        loop {
            let route = Route::to(&self.program);
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

async fn until(deadline: Option<Instant>) {
    match deadline {
        None => std::future::pending().await,
        Some(deadline) => time::sleep_until(deadline).await,
    }
}

#[cfg(test)]
mod tests;
