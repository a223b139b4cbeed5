//! The supervised process: the node, or `rly start`.
//!
//! It leads a process group of its own, and signals go to the whole group: a shell script around
//! a node would keep them to itself.

mod terminal;

use std::{
    ffi::OsString,
    fmt, io,
    os::fd::{AsFd, OwnedFd},
    path::PathBuf,
};

use nix::unistd::{Pid, getpgid};
use thiserror::Error;

use super::{
    end::End,
    reaper::{Exit, Reaper},
    shell,
    signal::Signal,
    spawn::{self, Spawn},
};
use terminal::Terminal;

/// One of our own two outputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standard {
    /// Standard output.
    Output,
    /// Standard error.
    Error,
}

impl Standard {
    /// Another descriptor of it.
    ///
    /// # Errors
    ///
    /// No descriptor is left, or it is closed.
    pub(super) fn to_owned_fd(self) -> io::Result<OwnedFd> {
        match self {
            Self::Output => io::stdout().as_fd().try_clone_to_owned(),
            Self::Error => io::stderr().as_fd().try_clone_to_owned(),
        }
    }
}

impl fmt::Display for Standard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Output => "stdout",
            Self::Error => "stderr",
        })
    }
}

/// Where an output of the child goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output {
    /// To one of ours, the descriptor itself: nothing is copied.
    Own(Standard),
    /// Into a pipe, for somebody who reads it and hands it on to one of ours. Two outputs that
    /// are handed on to the same one share a pipe, so that their order is kept.
    Relayed(Standard),
}

/// What to run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// The program, looked up in `PATH` if it has no slash.
    pub program: OsString,
    /// Its arguments.
    pub args: Vec<OsString>,
    /// Variables of its environment, which is ours otherwise.
    pub env: Vec<(OsString, OsString)>,
    /// Where its standard output goes.
    pub stdout: Output,
    /// Where its standard error goes.
    pub stderr: Output,
}

/// Why the child could not be started.
#[derive(Debug, Error)]
#[error("cannot start `{}`{}", program.display(), hint(source))]
pub struct StartError {
    /// The program.
    pub program: PathBuf,
    /// Why.
    #[source]
    pub source: io::Error,
}

impl StartError {
    /// The end that a shell would report: 127 if there is no such program, else 126.
    pub fn end(&self) -> End {
        match self.source.kind() {
            io::ErrorKind::NotFound => End::NOT_FOUND,
            _ => End::NOT_EXECUTABLE,
        }
    }

    /// Whether the file is still open for writing, so that a later attempt may succeed.
    pub fn is_busy(&self) -> bool {
        self.source.kind() == io::ErrorKind::ExecutableFileBusy
    }
}

fn hint(source: &io::Error) -> &'static str {
    match source.raw_os_error() {
        Some(nix::libc::ENOEXEC) => ": neither a program for this machine nor a script with `#!`",
        Some(nix::libc::ENOENT) => ": it, or the interpreter it names, is not there",
        Some(nix::libc::EACCES) => ": the file or a folder on its path may not be executed",
        _ => "",
    }
}

impl Command {
    /// A command line; the first word is the program.
    pub fn new<A: Into<OsString>>(
        program: impl Into<OsString>,
        args: impl IntoIterator<Item = A>,
    ) -> Self {
        Self {
            program: program.into(),
            args: args.into_iter().map(Into::into).collect(),
            env: Vec::new(),
            stdout: Output::Own(Standard::Output),
            stderr: Output::Own(Standard::Error),
        }
    }

    /// The file that would be run: the program itself if it has a slash, else the first
    /// executable file of that name in `PATH`, else the first file.
    pub fn path(&self) -> Option<PathBuf> {
        spawn::find(&self.program, &self.env)
    }

    /// Where the program is looked for, in order.
    pub fn places(&self) -> Vec<PathBuf> {
        spawn::places(&self.program, &self.env)
    }
}

impl fmt::Display for Command {
    /// Writes it so that it can be pasted into a shell.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = std::iter::once(&self.program).chain(&self.args).map(OsString::as_os_str);
        f.write_str(&shell::line(words))
    }
}

/// A running child. Dropping it before its end kills its process group.
#[derive(Debug)]
pub struct Child {
    exit: Exit,
    terminal: Option<Terminal>,
    /// Our ends of its outputs that are [`Output::Relayed`], and what they are handed on to.
    pub relayed: Vec<(Standard, OwnedFd)>,
}

impl Child {
    /// Starts it, in a new process group, and hands it the terminal if we have one in front.
    ///
    /// No signal is blocked or ignored in it. It inherits standard input and no other descriptor of ours.
    ///
    /// # Errors
    ///
    /// The program is not there or cannot be run, or the system has no process left.
    pub fn spawn(command: &Command, reaper: &Reaper) -> Result<Self, StartError> {
        let mut child = Self::start(command, reaper, None)?;
        child.terminal = Terminal::hand_over(child.pid());
        Ok(child)
    }

    /// Starts it in the background: as [`Child::spawn`], but with nothing to read, and without
    /// the terminal. Several may run at the same time.
    ///
    /// # Errors
    ///
    /// As [`Child::spawn`].
    pub fn spawn_in_background(command: &Command, reaper: &Reaper) -> Result<Self, StartError> {
        let empty = spawn::empty().map_err(|source| {
            let program = PathBuf::from(&command.program);
            StartError { program, source }
        })?;
        Self::start(command, reaper, Some(empty))
    }

    fn start(
        command: &Command,
        reaper: &Reaper,
        stdin: Option<OwnedFd>,
    ) -> Result<Self, StartError> {
        let path = command.path().unwrap_or_else(|| PathBuf::from(&command.program));
        let start = |source| StartError { program: path.clone(), source };
        if command.path().is_none() {
            return Err(start(io::ErrorKind::NotFound.into()));
        }
        let (stdout, out) = open(command.stdout, Standard::Output).map_err(start)?;
        let (stderr, err) = match &stdout {
            Some(pipe) if out.is_some() && command.stdout == command.stderr => {
                (Some(pipe.try_clone().map_err(start)?), None)
            }
            _ => open(command.stderr, Standard::Error).map_err(start)?,
        };
        let spawn = Spawn {
            path: &path,
            name: &command.program,
            args: &command.args,
            env: &command.env,
            stdio: [stdin, stdout, stderr],
        };
        let exit = reaper.spawn(|| spawn.spawn()).map_err(start)?;
        Ok(Self { exit, terminal: None, relayed: out.into_iter().chain(err).collect() })
    }

    /// Its process id, which is also the id of its group.
    pub fn pid(&self) -> Pid {
        self.exit.pid()
    }

    /// Whether it has the terminal, so that Ctrl-C reaches it and not us.
    pub fn has_terminal(&self) -> bool {
        self.terminal.is_some()
    }

    /// Sends a signal to its group, and to itself should it have left the group. With a stop
    /// signal, a child that is suspended is woken: it could not obey.
    pub fn signal(&mut self, signal: Signal) {
        let pid = self.pid();
        self.send(signal, pid);
        if signal.is_stop() && is_suspended(pid) {
            self.send(Signal::CONT, pid);
        }
    }

    fn send(&mut self, signal: Signal, pid: Pid) {
        let sent = signal.send_to_group(pid);
        // After its end the number may be another's.
        if self.exit.end().is_none() && (sent.is_err() || getpgid(Some(pid)) != Ok(pid)) {
            let _ = signal.send(pid); // it may have ended just now
        }
    }

    /// Waits for its end, and takes the terminal back; may be called again. While Ctrl-Z suspends
    /// it, so are we, for whoever has started us from a shell. Cancel-safe.
    pub async fn wait(&mut self) -> End {
        let suspended = self.exit.suspended();
        let end = loop {
            tokio::select! {
                // Cancel-safe per docs on `Exit::wait` and `Notify::notified`.
                end = self.exit.wait() => break end,
                () = suspended.notified() => {
                    if let Some(terminal) = &self.terminal {
                        terminal.suspend();
                    }
                }
            }
        };
        self.terminal = None;
        end
    }

    /// Whether its group has no member left, the child included.
    pub fn group_is_gone(&self) -> bool {
        nix::sys::signal::killpg(self.pid(), None) == Err(nix::errno::Errno::ESRCH)
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // After its end, the group's number may be another's.
        if self.exit.end().is_none() {
            self.signal(Signal::KILL);
        }
    }
}

fn is_suspended(pid: Pid) -> bool {
    std::fs::read_to_string(format!("/proc/{pid}/stat"))
        .is_ok_and(|stat| stat.rsplit_once(") ").is_some_and(|(_, rest)| rest.starts_with('T')))
}

/// A descriptor of the child, if it is not the one that it inherits.
type Theirs = Option<OwnedFd>;

/// Our end of a pipe, if there is one.
type Ours = Option<(Standard, OwnedFd)>;

/// Opens an output of the child, which inherits `own` otherwise.
fn open(output: Output, own: Standard) -> io::Result<(Theirs, Ours)> {
    match output {
        Output::Own(to) if to == own => Ok((None, None)),
        Output::Own(to) => Ok((Some(to.to_owned_fd()?), None)),
        Output::Relayed(to) => {
            let (reader, writer) = io::pipe()?;
            Ok((Some(writer.into()), Some((to, reader.into()))))
        }
    }
}

#[cfg(test)]
mod tests;
