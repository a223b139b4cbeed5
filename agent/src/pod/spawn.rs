//! Starts a process with nothing of ours but what it is meant to have.
//!
//! `std::process` cannot: a child of it inherits our signal mask, in which all signals are
//! blocked, and the signals that our parent ignored; to reset either there takes `unsafe`.

use std::{
    ffi::{CString, OsStr, OsString},
    io,
    os::{
        fd::{AsRawFd as _, OwnedFd},
        unix::ffi::OsStrExt as _,
    },
    path::{Path, PathBuf},
};

use nix::{
    spawn::{PosixSpawnAttr, PosixSpawnFileActions, PosixSpawnFlags, posix_spawn},
    sys::signal::SigSet,
    unistd::{AccessFlags, Pid, access},
};

/// Where programs are looked for when `PATH` is not set.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Variables of an environment, which is ours otherwise.
pub(super) type Env = [(OsString, OsString)];

/// A process that is to be started.
#[derive(Debug)]
pub(super) struct Spawn<'a> {
    /// The file to execute.
    pub path: &'a Path,
    /// Its name, as it was called.
    pub name: &'a OsStr,
    /// Its arguments.
    pub args: &'a [OsString],
    /// What its environment has besides ours.
    pub env: &'a Env,
    /// Its descriptors 0, 1 and 2; ours if none.
    pub stdio: [Option<OwnedFd>; 3],
}

impl Spawn<'_> {
    /// Starts it, at the head of a new process group. All its signals have their default action,
    /// and none is blocked.
    ///
    /// # Errors
    ///
    /// Those of `posix_spawn`, which are those of `execve`: `ENOENT`, `EACCES`, `ENOEXEC`,
    /// `ETXTBSY`; or an argument has a NUL in it.
    pub(super) fn spawn(self) -> io::Result<Pid> {
        let mut attr = PosixSpawnAttr::init()?;
        attr.set_pgroup(Pid::from_raw(0))?;
        attr.set_sigmask(&SigSet::empty())?;
        attr.set_sigdefault(&SigSet::all())?;
        attr.set_flags(
            PosixSpawnFlags::POSIX_SPAWN_SETPGROUP
                | PosixSpawnFlags::POSIX_SPAWN_SETSIGMASK
                | PosixSpawnFlags::POSIX_SPAWN_SETSIGDEF,
        )?;
        let mut actions = PosixSpawnFileActions::init()?;
        for (number, fd) in (0..).zip(&self.stdio) {
            if let Some(fd) = fd {
                actions.add_dup2(fd.as_raw_fd(), number)?;
            }
        }
        let words = std::iter::once(self.name).chain(self.args.iter().map(OsString::as_os_str));
        let words = words.map(|word| c_string(word.as_bytes())).collect::<io::Result<Vec<_>>>()?;
        let env = environment(self.env)?;
        Ok(posix_spawn(self.path, &actions, &attr, &words, &env)?)
    }
}

/// Our environment, with these changes.
fn environment(changes: &Env) -> io::Result<Vec<CString>> {
    let is_changed = |key: &OsStr| changes.iter().any(|(changed, _)| changed == key);
    let ours = std::env::vars_os().filter(|(key, _)| !is_changed(key));
    ours.chain(changes.iter().cloned())
        .map(|(key, value)| c_string(&[key.as_bytes(), b"=", value.as_bytes()].concat()))
        .collect()
}

fn c_string(bytes: &[u8]) -> io::Result<CString> {
    CString::new(bytes).map_err(|_| io::ErrorKind::InvalidInput.into())
}

/// The file that a program is run from: itself if it has a slash; else the first executable file
/// of that name in `PATH`, or the first file, so that the error is about that one.
pub(super) fn find(program: &OsStr, env: &Env) -> Option<PathBuf> {
    let mut places = places(program, env);
    if is_path(program) {
        return places.pop();
    }
    places.retain(|file| file.is_file());
    let executable = places.iter().find(|file| access(file.as_path(), AccessFlags::X_OK).is_ok());
    executable.or_else(|| places.first()).cloned()
}

/// Where a program is looked for: itself if it has a slash, else in the folders of `PATH`, in order.
pub(super) fn places(program: &OsStr, env: &Env) -> Vec<PathBuf> {
    if is_path(program) {
        return vec![program.into()];
    }
    let changed = env.iter().rev().find(|(key, _)| key == "PATH").map(|(_, path)| path.clone());
    let path = changed.or_else(|| std::env::var_os("PATH")).unwrap_or_else(|| PATH.into());
    std::env::split_paths(&path).map(|folder| folder.join(program)).collect()
}

fn is_path(program: &OsStr) -> bool {
    program.as_bytes().contains(&b'/')
}

/// An input that is at its end.
///
/// # Errors
///
/// No descriptor is left.
pub(super) fn empty() -> io::Result<OwnedFd> {
    // Not `/dev/null`: a root that is empty but for us has none.
    io::pipe().map(|(reader, _writer)| reader.into())
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt as _};

    use super::*;

    #[test]
    fn changes_of_the_environment_replace_ours() {
        let changes = [("PATH".into(), "/nowhere".into()), ("COLOUR".into(), "red".into())];
        let env = environment(&changes).unwrap();
        let paths: Vec<_> = env.iter().filter(|v| v.to_bytes().starts_with(b"PATH=")).collect();
        assert_eq!(paths, [c"PATH=/nowhere"]);
        assert!(env.iter().any(|variable| variable.as_c_str() == c"COLOUR=red"));
    }

    #[test]
    fn a_word_with_a_nul_is_refused() {
        let path = Path::new("/bin/true");
        let args = ["a\0b".into()];
        let spawn = Spawn {
            path,
            name: path.as_os_str(),
            args: &args,
            env: &[],
            stdio: [None, None, None],
        };
        assert_eq!(spawn.spawn().unwrap_err().kind(), io::ErrorKind::InvalidInput);
    }

    #[test]
    fn a_program_is_the_first_executable_file_in_path() {
        let root = tempfile::tempdir().unwrap();
        for (folder, mode) in [("a", 0o644), ("b", 0o755), ("c", 0o755)] {
            let file = root.path().join(folder).join("node");
            fs::create_dir(file.parent().unwrap()).unwrap();
            fs::File::create(&file)
                .unwrap()
                .set_permissions(fs::Permissions::from_mode(mode))
                .unwrap();
        }
        fs::create_dir_all(root.path().join("0/node")).unwrap();
        let found = |folders: &[&str]| {
            let path = std::env::join_paths(folders.iter().map(|f| root.path().join(f))).unwrap();
            let file = find(OsStr::new("node"), &[("PATH".into(), path)])?;
            Some(file.strip_prefix(root.path()).unwrap().display().to_string())
        };
        assert_eq!(found(&["0", "a", "b", "c"]).as_deref(), Some("b/node"));
        assert_eq!(found(&["0", "a"]).as_deref(), Some("a/node"), "for its error");
        assert_eq!(found(&["0"]), None);
        assert_eq!(find(OsStr::new("./node"), &[]), Some("./node".into()));
    }
}
