//! Programs that run to their end.

mod capture;

use std::{
    ffi::{OsStr, OsString},
    fmt, io,
    time::Duration,
};

use nix::unistd::Pid;
use thiserror::Error;
use tokio::{io::AsyncWriteExt as _, net::unix::pipe, time};
use zeroize::Zeroizing;

use super::{
    end::End,
    reaper::{Exit, Reaper},
    shell,
    signal::Signal,
    spawn::{self, Spawn},
};
use capture::{Head, Tail};

/// Long enough for a node's binary on a busy machine to load its modules and answer.
const LIMIT: Duration = Duration::from_mins(1);

/// What a program may print before it is taken for one that does not stop.
///
/// # Units
///
/// Bytes. A genesis document with some ten thousand accounts has about 10 MB.
const MAX_STDOUT: usize = 64 << 20;

/// How long a killed program may take to be gone; only a disk that hangs takes longer.
const KILLED_WITHIN: Duration = Duration::from_secs(5);

/// One call of another program, to its end.
///
/// It gets a process group of its own, which is killed at its end, after the time limit, and
/// when the future is dropped. Its [`Display`](fmt::Display) form can be pasted into a shell; it
/// never shows standard input, which is where secrets such as mnemonics go.
#[derive(Clone)]
pub struct Cmd {
    program: OsString,
    args: Vec<OsString>,
    env: Vec<(OsString, OsString)>,
    stdin: Option<Zeroizing<Vec<u8>>>,
    limit: Duration,
    max_stdout: usize,
}

/// Why a call failed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ExecError {
    /// The program could not be started.
    #[error("cannot start `{cmd}`")]
    Start {
        /// The command line.
        cmd: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// It ended, but not with 0.
    #[error("`{cmd}` ended with {end}{}", shown(said))]
    Failed {
        /// The command line.
        cmd: String,
        /// How it ended.
        end: End,
        /// The end of what it wrote to standard error, or else to standard output.
        said: String,
    },
    /// It did not end in time, and was killed.
    #[error("`{cmd}` did not end within {limit:?}{}", shown(stderr))]
    Timeout {
        /// The command line.
        cmd: String,
        /// The time it had.
        limit: Duration,
        /// The end of what it wrote to standard error.
        stderr: String,
    },
    /// It printed too much, and was killed.
    #[error("`{cmd}` printed more than {max} bytes")]
    TooMuch {
        /// The command line.
        cmd: String,
        /// How much it may print, in bytes.
        max: usize,
    },
    /// Its input or output could not be served.
    #[error("cannot talk to `{cmd}`")]
    Talk {
        /// The command line.
        cmd: String,
        /// Why.
        #[source]
        source: io::Error,
    },
}

fn shown(stderr: &str) -> String {
    if stderr.is_empty() { String::new() } else { format!(": {stderr}") }
}

/// How much of a complaint on standard output is shown, in bytes.
const SHOWN: usize = 1 << 10;

impl Cmd {
    /// A call of `program`, which is looked up in `PATH` if it has no slash.
    pub fn new(program: impl Into<OsString>) -> Self {
        Self {
            program: program.into(),
            args: Vec::new(),
            env: Vec::new(),
            stdin: None,
            limit: LIMIT,
            max_stdout: MAX_STDOUT,
        }
    }

    /// Adds an argument.
    #[must_use]
    pub fn arg(mut self, arg: impl Into<OsString>) -> Self {
        self.args.push(arg.into());
        self
    }

    /// Adds arguments.
    #[must_use]
    pub fn args<A: Into<OsString>>(mut self, args: impl IntoIterator<Item = A>) -> Self {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }

    /// Sets a variable of its environment, which is ours otherwise. It is shown: no secrets here.
    #[must_use]
    pub fn env(mut self, key: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.env.push((key.into(), value.into()));
        self
    }

    /// What it reads from standard input, which is empty otherwise. Never shown, and wiped from
    /// memory with this call.
    #[must_use]
    pub fn stdin(mut self, secret: impl Into<Vec<u8>>) -> Self {
        self.stdin = Some(Zeroizing::new(secret.into()));
        self
    }

    /// How long it may run; a minute if unset.
    #[must_use]
    pub fn limit(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// How much it may print, in bytes; 64 MiB if unset.
    #[must_use]
    pub fn max_stdout(mut self, bytes: usize) -> Self {
        self.max_stdout = bytes;
        self
    }

    /// Runs it to its end, and returns what it printed on standard output.
    ///
    /// What its descendants print after its end is not waited for. Dropping the future kills it.
    ///
    /// # Errors
    ///
    /// See [`ExecError`]; any end but exit code 0 is one.
    pub async fn output(&self, reaper: &Reaper) -> Result<Vec<u8>, ExecError> {
        tracing::debug!(cmd = %self, "running a program");
        let start = |source| ExecError::Start { cmd: self.to_string(), source };
        let mut call = spawn_when_free(|| self.spawn(reaper), self.limit).await.map_err(start)?;
        let talked = time::timeout(self.limit, call.talk()).await;
        // Before anything that it may have left behind can write once more.
        call.kill();
        let end = time::timeout(KILLED_WITHIN, call.exit.wait()).await;
        let stderr = call.stderr.text();
        let cmd = self.to_string();
        let Some(stdout) = call.stdout.take() else {
            return Err(ExecError::TooMuch { cmd, max: self.max_stdout });
        };
        match (talked, end) {
            (Err(_), _) | (_, Err(_)) => Err(ExecError::Timeout { cmd, limit: self.limit, stderr }),
            (Ok(Err(source)), _) => Err(ExecError::Talk { cmd, source }),
            (Ok(Ok(())), Ok(end)) if end.is_success() => Ok(stdout),
            (Ok(Ok(())), Ok(end)) => {
                let said = self.complaint(stderr, &stdout);
                Err(ExecError::Failed { cmd, end, said })
            }
        }
    }

    /// What to show of a failed call: some programs complain on standard output. Not so after a
    /// secret, which a program may echo there.
    fn complaint(&self, stderr: String, stdout: &[u8]) -> String {
        if !stderr.is_empty() || self.stdin.is_some() {
            return stderr;
        }
        let tail = stdout.get(stdout.len().saturating_sub(SHOWN)..).unwrap_or_default();
        String::from_utf8_lossy(tail).trim().to_owned()
    }

    fn spawn(&self, reaper: &Reaper) -> io::Result<Call> {
        let path = spawn::find(&self.program, &self.env).ok_or(io::ErrorKind::NotFound)?;
        let (stdin, feed) = match &self.stdin {
            None => (spawn::empty()?, None),
            Some(secret) => {
                let (stdin, ours) = io::pipe()?;
                let ours = pipe::Sender::from_owned_fd(ours.into())?;
                (stdin.into(), Some((ours, secret.clone())))
            }
        };
        let (from_stdout, stdout) = io::pipe()?;
        let (from_stderr, stderr) = io::pipe()?;
        let spawn = Spawn {
            path: &path,
            name: &self.program,
            args: &self.args,
            env: &self.env,
            stdio: [Some(stdin), Some(stdout.into()), Some(stderr.into())],
        };
        let stdout = Head::new(from_stdout.into(), self.max_stdout)?;
        let stderr = Tail::new(from_stderr.into())?;
        Ok(Call { exit: reaper.spawn(|| spawn.spawn())?, feed, stdout, stderr })
    }
}

/// Starts a program; one that is still open for writing (`ETXTBSY`) is tried again until `limit`.
///
/// # Errors
///
/// That of the last attempt.
async fn spawn_when_free<T>(
    mut spawn: impl FnMut() -> io::Result<T>,
    limit: Duration,
) -> io::Result<T> {
    const INTERVAL: Duration = Duration::from_millis(5);
    let end = time::Instant::now() + limit;
    loop {
        match spawn() {
            Err(error)
                if error.kind() == io::ErrorKind::ExecutableFileBusy
                    && time::Instant::now() < end =>
            {
                time::sleep(INTERVAL).await;
            }
            result => return result,
        }
    }
}

/// Where the secret goes, and the secret.
type Feed = (pipe::Sender, Zeroizing<Vec<u8>>);

/// A running call. Dropping it kills its process group.
struct Call {
    exit: Exit,
    feed: Option<Feed>,
    stdout: Head,
    stderr: Tail,
}

impl Call {
    /// Feeds and listens until the program has ended or has printed too much.
    async fn talk(&mut self) -> io::Result<()> {
        let feed = feed(self.feed.take());
        let talk = async { tokio::try_join!(feed, self.stdout.fill(), self.stderr.fill()) };
        tokio::select! {
            // Cancel-safe per docs on `Exit::wait`; what is cancelled on the other side is given
            // up, but for what has been read: that is in `self`.
            _ = self.exit.wait() => {}
            all = talk => {
                all?;
                self.exit.wait().await;
            }
        }
        // What the program wrote before its end is in the pipes. Whoever else holds them open is
        // not waited for.
        kill(self.exit.pid());
        self.stdout.drain()?;
        self.stderr.drain()
    }

    fn kill(&self) {
        kill(self.exit.pid());
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Kills what is left of a process group.
fn kill(group: Pid) {
    let _ = Signal::KILL.send_to_group(group); // it may be gone already
}

async fn feed(feed: Option<Feed>) -> io::Result<()> {
    let Some((mut pipe, secret)) = feed else { return Ok(()) };
    match pipe.write_all(&secret).await {
        // A program need not read all it is given.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}

impl fmt::Display for Cmd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (key, value) in &self.env {
            write!(f, "{}={} ", key.display(), shell::quote(value))?;
        }
        let words = std::iter::once(&self.program).chain(&self.args).map(OsString::as_os_str);
        f.write_str(&shell::line::<'_>(words.map(AsRef::<OsStr>::as_ref)))
    }
}

impl fmt::Debug for Cmd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Cmd({self})")
    }
}

#[cfg(test)]
mod tests;
