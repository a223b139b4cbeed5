//! From the command line to the exit code.

use std::{
    collections::BTreeMap,
    io::{self, Write as _},
    rc::Rc,
};

use agent::{
    config::env::Env,
    pod::{
        end::End,
        reaper::{Reaper, Scope},
        signals::Signals,
    },
};
use tokio::task::LocalSet;

use crate::{
    cli::{Cli, Command, RunArgs},
    config::Config,
    dry_run,
    error::Error,
    home::HomeLock,
    link::{self, Link, Outcome},
    register,
    run::{self, Source},
    status,
    world::World,
};

/// Does what the command line says, to its end.
///
/// # Errors
///
/// [`Error`]; its exit code says what kind.
pub fn run(cli: Cli) -> Result<End, Error> {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_all().build().map_err(Error::Setup)?;
    LocalSet::new().block_on(&runtime, dispatch(cli))
}

async fn dispatch(cli: Cli) -> Result<End, Error> {
    // Before the first step: PID 1 has no default actions, a stop would be lost.
    let signals = Signals::install().map_err(Error::Setup)?;
    let reaper = Reaper::start(Scope::All).map_err(Error::Setup)?;
    let source =
        Source { file: cli.global.config, env: Env::from_process(), jobs: cli.global.jobs };
    let command = cli.command.unwrap_or(Command::Run(cli.run));
    if matches!(command, Command::Version) {
        let commit = option_env!("CHAINPOD_COMMIT").unwrap_or("unknown");
        return print(&format!("relayer-agent {}\ncommit {commit}\n", env!("CARGO_PKG_VERSION")));
    }
    let config = source.load()?;
    if let Command::Run(RunArgs { dry_run: false }) = command {
        let _lock = lock(&config).await?;
        return run::run(source, config, &signals, &reaper).await;
    }
    let work = async {
        match command {
            Command::Run(_)
            | Command::Link(RunArgs { dry_run: true })
            | Command::Register(RunArgs { dry_run: true }) => {
                let world = World::new(config, reaper.clone());
                print(&dry_run::plan(&world).await)
            }
            Command::Link(RunArgs { dry_run: false }) => {
                let _lock = lock(&config).await?;
                let world = Rc::new(World::new(config, reaper.clone()));
                links(&world).await.map(|_| End::Code(0))
            }
            Command::Register(RunArgs { dry_run: false }) => {
                let _lock = lock(&config).await?;
                register_all(Rc::new(World::new(config, reaper.clone()))).await
            }
            Command::Status(args) => {
                let world = World::new(config, reaper.clone());
                let status = status::look(&world).await;
                print(&status.print(args.output))?;
                match status.missing() {
                    missing if missing.is_empty() => Ok(End::Code(0)),
                    missing => Err(Error::Incomplete(missing.join("; "))),
                }
            }
            Command::Version => Ok(End::Code(0)),
        }
    };
    run::until_stopped(&signals, work).await
}

async fn lock(config: &Config) -> Result<HomeLock, Error> {
    Ok(HomeLock::take(&config.home, &config.rly).await?)
}

/// Links all paths.
async fn links(world: &Rc<World>) -> Result<BTreeMap<String, Link>, Error> {
    let paths = world.config.paths.iter().cloned().map(Rc::new).collect();
    let (links, failed) = sorted(link::all(world, paths).await);
    if failed.is_empty() {
        return Ok(links);
    }
    Err(Error::NotLinked { failed, total: world.config.paths.len() })
}

async fn register_all(world: Rc<World>) -> Result<End, Error> {
    let Some(section) = &world.config.register else { return Ok(End::Code(0)) };
    let mut links = BTreeMap::new();
    let mut failed = Vec::new();
    for path in &world.config.paths {
        match link::look(path, world.ends(path)).await {
            Ok(link::Seen { next: link::decide::Next::Done(link), .. }) => {
                links.insert(path.name.clone(), link);
            }
            Ok(seen) => failed.push(format!("{}: {}", path.name, seen.next.found())),
            Err(error) => failed.push(format!("{}: {}", path.name, agent::error::chain(&error))),
        }
    }
    register::register(&world, section, &links).await?;
    if failed.is_empty() {
        return Ok(End::Code(0));
    }
    Err(Error::NotLinked { failed, total: world.config.paths.len() })
}

/// The links, and why the others are none.
pub(crate) fn sorted(outcomes: Vec<Outcome>) -> (BTreeMap<String, Link>, Vec<String>) {
    let mut links = BTreeMap::new();
    let mut failed = Vec::new();
    for outcome in outcomes {
        match outcome.result {
            Ok(link) => drop(links.insert(outcome.path.name.clone(), link)),
            Err(error) => {
                failed.push(format!("{}: {}", outcome.path.name, agent::error::chain(&error)));
            }
        }
    }
    (links, failed)
}

fn print(text: &str) -> Result<End, Error> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()).map_err(Error::Output)?;
    Ok(End::Code(0))
}
