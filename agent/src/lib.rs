//! Container entrypoint of a chain pod.
//!
//! A start is a reconciliation: what was written ([`config`]) becomes a plan ([`init`]), the plan
//! is converged with the node's home, and the node is supervised ([`pod`]) to its end.

pub mod cli;
pub mod client;
pub mod cluster;
mod command;
pub mod config;
pub mod cosmos;
mod dry_run;
pub mod error;
pub mod exit;
pub mod files;
mod health;
pub mod init;
mod install;
mod keys;
pub mod kubernetes;
pub mod mnemonics;
pub mod pod;
mod probe;
mod random;
mod reload;
mod run;
pub mod snapshot;
pub mod template;
mod termination;
mod thread;

use std::{
    io::{self, Write as _},
    process::ExitCode,
};

use self::{
    cli::{Cli, Command, SnapshotCommand},
    config::{Config, env::Env, init::InitConfig},
    error::Error,
    install::Installed,
    pod::{
        end::End,
        log,
        reaper::{Reaper, Scope},
        signals::Signals,
    },
};

/// Does what the command line says, to its end.
///
/// # Errors
///
/// [`Error`]; its exit code says what kind.
pub fn run(cli: Cli) -> Result<End, Error> {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_all().build().map_err(Error::Setup)?;
    // Those that the container exists for; `kubectl exec` runs the others.
    let message = match &cli.command {
        None | Some(Command::Run(_) | Command::Init(_)) => Some(cli.global.termination_log.clone()),
        Some(_) => None,
    };
    let result = runtime.block_on(dispatch(cli));
    if let (Err(error), Some(path)) = (&result, &message) {
        termination::write(path, &error::chain(error), "");
    }
    result
}

async fn dispatch(cli: Cli) -> Result<End, Error> {
    // Before the first step: PID 1 has no default actions, a stop would be lost.
    let signals = Signals::install().map_err(Error::Setup)?;
    let env = Env::from_process();
    let flags = cli.global.log.config();
    let config = || {
        let config = Config::load(cli.global.config.as_deref(), &env)?;
        log::init(&flags.clone().or(config.log.clone()).settings())?;
        Ok::<_, Error>(config)
    };
    let reaper = || Reaper::start(Scope::All).map_err(Error::Setup);
    let command = cli.command.unwrap_or(Command::Run(cli.run));
    if !command.reads_config() {
        log::init(&flags.clone().settings())?;
    }
    match command {
        // No reaper: a program that gives a token is waited for by the Kubernetes client.
        Command::Mnemonic(args) => mnemonics::run(args.command, &env, &signals).await,
        Command::Version => print(&version()),
        Command::Install(args) => match install::install(args, &signals).await? {
            Installed::Line(line) => print(&line),
            Installed::Stopped(end) => Ok(end),
        },
        Command::Snapshot(SnapshotCommand::Restore(args)) => {
            Ok(snapshot::restore(&args, &signals).await?)
        }
        Command::Keys(args) => {
            let config = config()?;
            print(&keys::keys(init_of(&config)?, args.output).await?)
        }
        Command::Init(args) => {
            let config = config()?;
            let (init, reaper) = (init_of(&config)?, reaper()?);
            if args.dry_run {
                return print(&dry_run::plan(init, &reaper).await?);
            }
            let stopped = run::make_home(init, &env, &signals, &reaper, &mut |_| {}).await?;
            Ok(stopped.unwrap_or(End::Code(0)))
        }
        Command::Probe(args) => Ok(probe::probe(args, &reaper()?).await?),
        Command::Run(args) => {
            let (reaper, config) = (reaper()?, config()?);
            if !args.dry_run {
                let options = run::Options {
                    watch_config: args.watch_config,
                    termination_log: &cli.global.termination_log,
                    log: &flags,
                };
                return Box::pin(run::run(config, options, &env, &signals, &reaper)).await;
            }
            let plan = match &config.init {
                Some(init) => dry_run::plan(init, &reaper).await?,
                None => String::new(),
            };
            let ips = kubernetes::node_ips(&config, &env).await?;
            print(&(plan + &dry_run::command(&config, &env, &ips)?))
        }
    }
}

fn init_of(config: &Config) -> Result<&InitConfig, Error> {
    config.init.as_ref().ok_or(Error::NoInit)
}

fn version() -> String {
    format!(
        "agent {}\ncommit {}\nfeatures init-native init-cli supervise watch-binary watch-config watchlog probe metrics log install snapshot node-service mnemonic\n",
        env!("CARGO_PKG_VERSION"),
        option_env!("CHAINPOD_COMMIT").unwrap_or("unknown"),
    )
}

fn print(text: &str) -> Result<End, Error> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()).map_err(Error::Output)?;
    Ok(End::Code(0))
}

/// Prints a mistake on the command line, or the help that was asked for.
pub fn usage(error: &clap::Error) -> ExitCode {
    let printed = error.print();
    match (printed, error.use_stderr()) {
        (Err(_), _) => exit::IO_ERROR.into(),
        (Ok(()), true) => exit::USAGE.into(),
        (Ok(()), false) => ExitCode::SUCCESS,
    }
}
