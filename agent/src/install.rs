//! `agent install`: puts a program into a volume that another container runs it from.
//!
//! An image FROM scratch has no `cp`. The program is written beside its place, synced and renamed into
//! it: whoever looks sees the old program or the whole new one, also after a kill.

use std::{
    fs::{self, File, Permissions},
    io::{self, Read, Write as _},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use nix::fcntl::Flock;
use sha2::{Digest as _, Sha256};
use thiserror::Error;

use crate::{
    cli::{InstallArgs, InstallFrom},
    exit,
    files::{self, FileError},
    pod::{binary, end::End, lock, signals::Signals},
    thread as work,
};

/// The mode of a program.
const MODE: u32 = 0o755;

/// How many bytes are moved at once.
const BLOCK: usize = 256 << 10;

/// This program.
const SELF: &str = "/proc/self/exe";

/// How long another install of the same program is waited for.
const PATIENCE: Duration = Duration::from_mins(1);

/// How often that is looked at.
const EVERY: Duration = Duration::from_millis(20);

/// Why a program was not installed. What was there before is untouched.
#[derive(Debug, Error)]
pub enum InstallError {
    /// A file cannot be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// There is no folder to put it into.
    #[error("there is no folder `{}` to install into; mount a volume there, or make it", .0.display())]
    NoFolder(PathBuf),
    /// The program's name is not said.
    #[error(
        "`{}` is a folder, and what comes from standard input has no name; name the file, such as \
         `{}/agent`", .0.display(), .0.display()
    )]
    NoName(PathBuf),
    /// Nothing was read.
    #[error("{0} is empty; nothing was installed")]
    Empty(String),
    /// Its end is missing.
    #[error("{0} is cut off: an ELF file says that more belongs to it; nothing was installed")]
    Cut(String),
    /// It is another program than the one that was meant.
    #[error("{name} has the SHA-256 {found}, not {wanted}; nothing was installed")]
    Digest {
        /// What was read.
        name: String,
        /// Its digest.
        found: String,
        /// The digest on the command line.
        wanted: String,
    },
    /// Somebody else is at it.
    #[error("another install writes to `{}` since {PATIENCE:?}; let it end or stop it", .0.display())]
    Busy(PathBuf),
    /// The signals cannot be read.
    #[error("cannot wait for signals")]
    Signals(#[source] io::Error),
}

impl InstallError {
    /// The exit code that says what kind of error it is.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::File(error) => error.exit_code(),
            Self::NoFolder(_) => exit::CANNOT_CREATE,
            Self::NoName(_) => exit::USAGE,
            Self::Empty(_) | Self::Cut(_) | Self::Digest { .. } => exit::DATA_ERROR,
            Self::Busy(_) => exit::TEMPORARY,
            Self::Signals(_) => exit::OS_ERROR,
        }
    }
}

/// What was done, or the signal that came before it was.
#[derive(Debug)]
pub enum Installed {
    /// A line for standard output.
    Line(String),
    /// A signal told us to stop; nothing was installed.
    Stopped(End),
}

/// Installs this program or another.
///
/// # Errors
///
/// [`InstallError`]; nothing half made is left.
pub async fn install(args: InstallArgs, signals: &Signals) -> Result<Installed, InstallError> {
    let target = target(&args)?;
    let beside = files::beside(&target);
    let writing = Arc::new(AtomicBool::new(false));
    let written = Arc::clone(&writing);
    let installing = work::spawn(move || replace(&args, &target, &written).map(Installed::Line));
    tokio::select! {
        // Nothing is lost: the thread ends with the process, and what it has written is removed.
        biased;
        signal = signals.stop() => {
            let signal = signal.map_err(InstallError::Signals)?;
            if writing.load(Ordering::Acquire) {
                let _ = fs::remove_file(&beside); // it may be in its place just now
            }
            Ok(Installed::Stopped(End::Signal(signal)))
        }
        result = installing => result,
    }
}

/// The file to write: a folder gets the program under its own name.
fn target(args: &InstallArgs) -> Result<PathBuf, InstallError> {
    let path = &args.path;
    if !path.is_dir() {
        return Ok(path.clone());
    }
    match &args.from {
        None => Ok(path.join("agent")),
        Some(InstallFrom::File(file)) => {
            let name = file.file_name().ok_or_else(|| InstallError::NoName(path.clone()))?;
            Ok(path.join(name))
        }
        Some(InstallFrom::Stdin) => Err(InstallError::NoName(path.clone())),
    }
}

/// Does it; `writing` says while the file beside the program is ours.
fn replace(
    args: &InstallArgs,
    target: &Path,
    writing: &AtomicBool,
) -> Result<String, InstallError> {
    let folder = match target.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    if !folder.is_dir() {
        return Err(InstallError::NoFolder(folder.to_owned()));
    }
    let mut source = source(args.from.as_ref())?;
    let beside = files::beside(target);
    let mut file = lock(&beside)?;
    writing.store(true, Ordering::Release);
    let written = write(args, &mut source, &mut file, &beside)
        .and_then(|line| Ok(files::rename(&beside, target).map(|()| line)?));
    if written.is_err() {
        let _ = fs::remove_file(&beside); // the first error is the one to report
    }
    writing.store(false, Ordering::Release);
    let (length, digest) = written?;
    files::sync_dir(folder)?;
    Ok(format!("installed `{}`: {length} bytes, SHA-256 {digest}\n", target.display()))
}

/// What is installed.
struct Source {
    name: String,
    path: PathBuf,
    reader: Box<dyn Read>,
}

fn source(from: Option<&InstallFrom>) -> Result<Source, FileError> {
    let path = match from {
        None => PathBuf::from(SELF),
        Some(InstallFrom::File(path)) => path.clone(),
        Some(InstallFrom::Stdin) => {
            let (name, path) = ("standard input".to_owned(), PathBuf::from("standard input"));
            return Ok(Source { name, path, reader: Box::new(io::stdin()) });
        }
    };
    let file = File::open(&path).map_err(FileError::new("read", &path))?;
    Ok(Source { name: format!("`{}`", path.display()), reader: Box::new(file), path })
}

/// Opens the file beside the program for us alone, so that two installs at once do not mix.
fn lock(beside: &Path) -> Result<Flock<File>, InstallError> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(lock) = lock::try_inherited(beside)? {
            return Ok(lock);
        }
        if Instant::now() >= deadline {
            return Err(InstallError::Busy(beside.to_owned()));
        }
        thread::park_timeout(EVERY);
    }
}

/// Writes everything beside the program's place, and makes sure that it is all there.
fn write(
    args: &InstallArgs,
    source: &mut Source,
    file: &mut File,
    beside: &Path,
) -> Result<(u64, String), InstallError> {
    file.set_len(0).map_err(FileError::new("write", beside))?;
    let (mut length, mut digest) = (0, Sha256::new());
    let mut block = vec![0; BLOCK];
    loop {
        let read = match source.reader.read(&mut block) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            other => other.map_err(FileError::new("read", &source.path))?,
        };
        let bytes = block.get(..read).unwrap_or_default();
        if bytes.is_empty() {
            break;
        }
        digest.update(bytes);
        file.write_all(bytes).map_err(FileError::new("write", beside))?;
        length += u64::try_from(read).unwrap_or_default();
    }
    let found = base16ct::lower::encode_string(&digest.finalize());
    let name = source.name.clone();
    match &args.sha256 {
        Some(wanted) if *wanted != found => {
            return Err(InstallError::Digest { name, found, wanted: wanted.clone() });
        }
        _ if length == 0 => return Err(InstallError::Empty(name)),
        _ if !binary::is_whole(beside) => return Err(InstallError::Cut(name)),
        _ => {}
    }
    file.set_permissions(Permissions::from_mode(MODE))
        .map_err(FileError::new("set the mode of", beside))?;
    file.sync_all().map_err(FileError::new("sync", beside))?;
    Ok((length, found))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn install(
        dir: &Path,
        from: Option<&Path>,
        sha256: Option<&str>,
    ) -> Result<String, InstallError> {
        let from = from.map(|path| InstallFrom::File(path.to_owned()));
        let args = InstallArgs { path: dir.to_owned(), from, sha256: sha256.map(str::to_owned) };
        replace(&args, &target(&args)?, &AtomicBool::new(false))
    }

    #[test]
    fn a_folder_gets_the_program_under_its_name() {
        let dir = tempfile::tempdir().unwrap();
        install(dir.path(), None, None).unwrap();
        install(dir.path(), Some(Path::new("/bin/sh")), None).unwrap();
        assert_eq!(files::names(dir.path()).unwrap(), ["agent", "sh"]);
        assert_eq!(fs::read(dir.path().join("agent")).unwrap(), fs::read(SELF).unwrap());
        assert_eq!(files::mode(&dir.path().join("sh")).unwrap(), MODE);
    }

    #[test]
    fn nothing_is_left_of_what_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let (half, to) = (dir.path().join("half"), dir.path().join("to"));
        let program = fs::read("/bin/sh").unwrap();
        files::write_synced(&half, &program[..program.len() / 2], MODE).unwrap();
        assert!(matches!(install(&to, Some(&half), None), Err(InstallError::Cut(_))));
        files::write_synced(&half, b"", MODE).unwrap();
        assert!(matches!(install(&to, Some(&half), None), Err(InstallError::Empty(_))));
        let digest = install(&to, Some(Path::new("/bin/sh")), Some("0"));
        assert!(matches!(digest, Err(InstallError::Digest { .. })));
        assert_eq!(files::names(dir.path()).unwrap(), ["half"]);
    }
}
