//! Volumes that are mounted for a test and unmounted after it.

use std::path::{Path, PathBuf};

use nix::mount::{MntFlags, MsFlags, mount, umount2};

/// A small file system in memory.
#[derive(Debug)]
pub struct Tmpfs(PathBuf);

impl Tmpfs {
    /// Mounts one of `size` (such as `64k`) over a folder, which is made.
    pub fn mount(at: &Path, size: &str) -> Self {
        std::fs::create_dir_all(at).expect("a folder to mount at");
        set(at, MsFlags::empty(), size);
        Self(at.to_owned())
    }

    /// Gives it another size.
    pub fn resize(&self, size: &str) {
        set(&self.0, MsFlags::MS_REMOUNT, size);
    }

    /// Makes it read-only.
    pub fn read_only(&self) {
        set(&self.0, MsFlags::MS_REMOUNT | MsFlags::MS_RDONLY, "8m");
    }
}

impl Drop for Tmpfs {
    fn drop(&mut self) {
        let _ = umount2(&self.0, MntFlags::MNT_DETACH); // the test is over
    }
}

fn set(at: &Path, flags: MsFlags, size: &str) {
    let options = format!("size={size}");
    mount(Some("tmpfs"), at, Some("tmpfs"), flags, Some(options.as_str()))
        .expect("the suites run as root, and may mount");
}
