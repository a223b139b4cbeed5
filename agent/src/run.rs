//! `agent run`: make the home whole, then supervise the node.

use std::rc::Rc;

use tokio::sync::watch;

use crate::{
    command,
    config::{Config, env::Env, init::InitConfig},
    error::Error,
    init::{World, steps::PLAN},
    pod::{
        child::Child,
        end::End,
        plan::{self, PlanError},
        reaper::Reaper,
        signals::Signals,
        supervise::{self, Node, Status},
    },
};

/// Makes the home whole and supervises the node to its end.
///
/// # Errors
///
/// [`Error`] if the home cannot be made whole; what the node does is no error.
pub async fn run(
    config: Config,
    env: &Env,
    signals: &Signals,
    reaper: &Reaper,
) -> Result<End, Error> {
    if let Some(init) = &config.init
        && let Some(end) = make_home(init, env, signals, reaper).await?
    {
        return Ok(end);
    }
    let (_command, command) = watch::channel(command::render(&config, env)?);
    let (_policy, policy) = watch::channel(config.supervise);
    let (status, _status) = watch::channel(Status::default());
    let node =
        Node { signals, reaper, command, policy, status, started: &mut |_child: &mut Child| {} };
    Ok(supervise::run(node).await?)
}

/// Makes the home whole; an end means that we were stopped.
///
/// # Errors
///
/// [`Error::Plan`] if a step fails.
pub async fn make_home(
    config: &InitConfig,
    env: &Env,
    signals: &Signals,
    reaper: &Reaper,
) -> Result<Option<End>, Error> {
    warn_of_overrides(config, env);
    let world = World::new(Rc::new(config.clone()), reaper.clone());
    match plan::converge(&PLAN, &world, signals.stop(), &mut plan::log).await {
        Ok(_) => Ok(None),
        Err(PlanError::Stopped { step, signal }) => {
            tracing::info!(step, %signal, "stopped while the home was made; the next start goes on");
            Ok(Some(End::Signal(signal)))
        }
        Err(error) => Err(error.into()),
    }
}

/// Says which variables the node prefers to what we write into its files.
///
/// # Source
///
/// `bindFlags` and viper's `AutomaticEnv`, cosmos-sdk v0.53.4, server/util.go:140.
fn warn_of_overrides(config: &InitConfig, env: &Env) {
    let program = config.binary.file_name().unwrap_or_default().to_string_lossy();
    let documents = &config.documents;
    for edit in documents.config_toml.iter().chain(&documents.app_toml) {
        let name = format!("{program}_{}", edit.key()).to_uppercase().replace(['.', '-'], "_");
        if let Some(value) = env.get(&name) {
            tracing::warn!(name, value, key = edit.key(), "this variable wins over the file");
        }
    }
}
