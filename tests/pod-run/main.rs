//! Supervises any command, without a chain: `pod-run --restart always --grace 2s -- sleep 1000`.
//!
//! It is `agent run` without initialisation and configuration; the suite `supervise` and the
//! benchmarks run it.

use std::{ffi::OsString, fmt, io, num::NonZeroU32, process::ExitCode, time::Duration};

use agent::pod::{
    backoff::Backoff,
    child::{Command, Output, Standard},
    end::End,
    exec::{Cmd, ExecError},
    log,
    plan::{self, Check, PlanError, Step, converge},
    reaper::{Reaper, Scope},
    signal::Signal,
    signals::Signals,
    supervise::{self, Node, Policy, Restart, Status},
};
use clap::{Parser, ValueEnum};
use tokio::sync::watch;

#[derive(Clone, Copy, Debug, ValueEnum)]
enum When {
    Never,
    OnFailure,
    Always,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum To {
    Stdout,
    Stderr,
}

/// Supervises a command as PID 1 of a pod does
#[derive(Debug, Parser)]
struct Cli {
    /// When to start the command again
    #[arg(long, default_value = "never")]
    restart: When,
    /// Wait before that
    #[arg(long, default_value = "1s", value_parser = duration)]
    delay: Duration,
    /// Longest wait, when it fails again and again
    #[arg(long, default_value = "30s", value_parser = duration)]
    max_delay: Duration,
    /// Starts in a row that may fail; 0 means no limit
    #[arg(long, default_value = "0")]
    attempts: u32,
    /// Time between the stop signal and SIGKILL
    #[arg(long, default_value = "25s", value_parser = duration)]
    grace: Duration,
    /// What the command gets for SIGTERM
    #[arg(long, default_value = "SIGTERM")]
    stop_signal: Signal,
    /// Reports one exit code as another, `143=0`
    #[arg(long, value_parser = mapping)]
    map: Vec<(u8, u8)>,
    /// Restarts when the program's file was replaced and has been left alone this long
    #[arg(long, value_parser = duration)]
    watch_binary: Option<Duration>,
    /// Where the command's standard output goes
    #[arg(long, default_value = "stdout")]
    stdout: To,
    /// Where the command's standard error goes
    #[arg(long, default_value = "stderr")]
    stderr: To,
    /// A shell command to run before, as initialisation does
    #[arg(long)]
    init: Option<String>,
    /// Log level
    #[arg(long, default_value = "info")]
    log: String,
    /// The command
    #[arg(last = true, required = true)]
    command: Vec<OsString>,
}

fn duration(text: &str) -> Result<Duration, String> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let number: u64 = number.parse().map_err(|_| "not a duration".to_owned())?;
    match unit {
        "ms" => Ok(Duration::from_millis(number)),
        "s" => Ok(Duration::from_secs(number)),
        "m" => Ok(Duration::from_secs(60 * number)),
        _ => Err("a duration ends in ms, s or m".to_owned()),
    }
}

fn mapping(text: &str) -> Result<(u8, u8), String> {
    let (from, to) = text.split_once('=').ok_or("write FROM=TO")?;
    let code = |code: &str| code.parse().map_err(|_| format!("`{code}` is not an exit code"));
    Ok((code(from)?, code(to)?))
}

fn main() -> ExitCode {
    let signals = match Signals::install() {
        Ok(signals) => signals,
        Err(error) => return failed(&error),
    };
    let cli = Cli::parse();
    if let Err(error) =
        log::init(&log::Settings { level: cli.log.clone(), ..log::Settings::default() })
    {
        return failed(&error);
    }
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error),
    };
    match runtime.block_on(run(cli, &signals)) {
        Ok(end) => end.into(),
        Err(error) => failed(&error),
    }
}

fn failed(error: &dyn fmt::Display) -> ExitCode {
    tracing::error!(%error, "giving up");
    ExitCode::from(71)
}

async fn run(cli: Cli, signals: &Signals) -> io::Result<End> {
    let reaper = Reaper::start(Scope::All)?;
    if let Some(script) = &cli.init {
        let world = World { reaper: reaper.clone(), done: false.into() };
        match converge(&[Init(script.clone())], &world, signals.stop(), &mut plan::log).await {
            Err(PlanError::Stopped { signal, .. }) => return Ok(End::Signal(signal)),
            result => result.map_err(io::Error::other)?,
        };
    }
    let (_command, command) = watch::channel(command(&cli));
    let (_policy, policy) = watch::channel(policy(&cli));
    let status = watch::Sender::new(Status::default());
    let node = Node { signals, reaper: &reaper, command, policy, status, started: &mut |_| {} };
    supervise::run(node).await.map_err(io::Error::other)
}

fn command(cli: &Cli) -> Command {
    let to = |to| match to {
        To::Stdout => Output::Own(Standard::Output),
        To::Stderr => Output::Own(Standard::Error),
    };
    let mut words = cli.command.iter().cloned();
    let program = words.next().unwrap_or_default();
    Command { stdout: to(cli.stdout), stderr: to(cli.stderr), ..Command::new(program, words) }
}

fn policy(cli: &Cli) -> Policy {
    Policy {
        restart: match cli.restart {
            When::Never => Restart::Never,
            When::OnFailure => Restart::OnFailure,
            When::Always => Restart::Always,
        },
        backoff: Backoff {
            attempts: NonZeroU32::new(cli.attempts),
            jitter: 10,
            ..Backoff::new(cli.delay, cli.max_delay)
        },
        stop_signal: cli.stop_signal,
        grace: cli.grace,
        exit_codes: cli.map.iter().copied().collect(),
        watch_binary: cli.watch_binary,
        hold: false,
    }
}

struct World {
    reaper: Reaper,
    done: std::cell::Cell<bool>,
}

/// Runs a script once.
struct Init(String);

impl fmt::Display for Init {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("init")
    }
}

impl Step for Init {
    type World = World;
    type Error = ExecError;

    async fn check(&self, world: &World) -> Result<Check, ExecError> {
        Ok(if world.done.get() { Check::Done } else { Check::pending("it has not run") })
    }

    async fn apply(&self, world: &World) -> Result<(), ExecError> {
        Cmd::new("/bin/sh").args(["-c", &self.0]).output(&world.reaper).await?;
        world.done.set(true);
        Ok(())
    }
}
