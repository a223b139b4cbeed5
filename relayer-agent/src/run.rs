//! `relayer-agent run`: link, register, keep `rly start` running, and keep looking.

mod keeper;
mod liveness;
mod relayer;

use std::{path::PathBuf, rc::Rc};

use agent::{
    config::env::Env,
    pod::{
        child::Child,
        end::End,
        http,
        reaper::Reaper,
        signals::Signals,
        supervise::{self, Node, Status},
    },
};
use tokio::sync::watch;

use self::{keeper::Keeper, relayer::Relayer};
use crate::{
    config::{Config, ConfigError},
    error::Error,
    health,
    world::World,
};

/// Where the configuration comes from, to be read again when it changes.
#[derive(Clone, Debug)]
pub struct Source {
    /// The file, if one was named.
    pub file: Option<PathBuf>,
    /// The environment.
    pub env: Env,
    /// How many paths are linked at once, if the command line says.
    pub jobs: Option<usize>,
}

impl Source {
    /// Reads the configuration.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] with every problem.
    pub fn load(&self) -> Result<Config, ConfigError> {
        let mut config = Config::load(self.file.as_deref(), &self.env)?;
        config.limits.jobs = self.jobs.filter(|jobs| *jobs > 0).unwrap_or(config.limits.jobs);
        Ok(config)
    }
}

/// Does something until it is done or a stop signal comes; what is under way is dropped then,
/// which kills its programs, and the next start goes on.
///
/// # Errors
///
/// Those of the work.
pub async fn until_stopped(
    signals: &Signals,
    work: impl Future<Output = Result<End, Error>>,
) -> Result<End, Error> {
    tokio::select! {
        // What is dropped here may be killed anywhere.
        biased;
        signal = signals.stop() => {
            let signal = signal.map_err(Error::Setup)?;
            tracing::info!(%signal, "stopped; the next start goes on");
            Ok(End::Signal(signal))
        }
        end = work => end,
    }
}

/// Links what is not linked, registers, and supervises `rly start` to its end.
///
/// # Errors
///
/// [`Error`] if that cannot be done at all; a path that cannot be linked is tried again.
pub async fn run(
    source: Source,
    config: Config,
    signals: &Signals,
    reaper: &Reaper,
) -> Result<End, Error> {
    let world = Rc::new(World::new(config, reaper.clone()));
    let board = world.board.clone();
    let (policy, rules) = watch::channel(world.config.relayer.policy.clone());
    let (status, shown) = watch::channel(Status::default());
    let (_listen, listen) = watch::channel(Some(world.config.health));
    tokio::spawn(http::serve(listen, health::routes(board, shown.clone(), reaper.clone())));
    let mut keeper = Keeper::new(source, world);
    let mut first = None;
    let begin = async {
        first = Some(keeper.begin().await?);
        Ok(End::Code(0))
    };
    let end = until_stopped(signals, begin).await?;
    let Some(first) = first else { return Ok(end) };
    let (commands, command) = watch::channel(first);
    let started = &mut |_child: &mut Child| {};
    let node = Node { signals, reaper, command, policy: rules, status, started };
    let relayer = Relayer { commands, policy, status: shown };
    tokio::select! {
        // The supervision sees the signals, and its end is ours.
        end = supervise::run(node) => Ok(end?),
        error = keeper.keep(relayer) => Err(error),
    }
}
