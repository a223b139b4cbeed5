//! `agent run`: make the home whole, then supervise the node.

use std::{path::Path, rc::Rc, sync::Arc};

use tokio::sync::watch;

use crate::{
    command,
    config::{Config, DEFAULT_FILE, env::Env, init::InitConfig, log::LogConfig},
    error::Error,
    health::{self, Health},
    init::{World, steps::PLAN},
    kubernetes,
    pod::{
        child::Child,
        end::End,
        http, log,
        pings::{self, Sender},
        plan::{self, PlanError, Progress},
        probe,
        reaper::Reaper,
        relay::Relay,
        signal::Signal,
        signals::Signals,
        supervise::{self, Node, Status},
    },
    reload::{self, Live},
    termination,
};

/// How to run.
#[derive(Clone, Copy, Debug)]
pub struct Options<'a> {
    /// Whether a changed configuration file holds at once.
    pub watch_config: bool,
    /// Where the kubelet reads why we ended.
    pub termination_log: &'a Path,
    /// What the command line says of the log; it wins over the file.
    pub log: &'a LogConfig,
}

/// Makes the home whole and supervises the node to its end.
///
/// # Errors
///
/// [`Error`] if the home cannot be made whole; what the node does is no error.
pub async fn run(
    config: Config,
    options: Options<'_>,
    env: &Env,
    signals: &Signals,
    reaper: &Reaper,
) -> Result<End, Error> {
    let ips = match until_stopped(signals, kubernetes::node_ips(&config, env)).await? {
        Ok(ips) => ips?,
        Err(signal) => return Ok(End::Signal(signal)),
    };
    let mut live = Live::new(config, ips, env, options.log.clone())?;
    let status = watch::Sender::new(Status::default());
    let health = Arc::new(Health::new(status.subscribe(), reaper.clone()));
    health.configure(live.config().probe.as_ref(), live.config().watchlog.as_ref());
    tokio::spawn(http::serve(live.listen.subscribe(), health::routes(Arc::clone(&health))));
    if let Some(init) = &live.config().init
        && let Some(end) =
            make_home(init, env, signals, reaper, &mut |progress| health.step(progress)).await?
    {
        return Ok(end);
    }
    health.init_done();
    if let Some(wanted) = &live.node_port {
        match until_stopped(signals, kubernetes::ensure_service(wanted, env)).await? {
            Ok(ensured) => ensured?,
            Err(signal) => return Ok(End::Signal(signal)),
        }
    }
    tracing::info!("{}", command::starting(&live.command.borrow()));
    let watch_config = options.watch_config;
    let supervision = supervise(&mut live, watch_config, status, env, signals, reaper, &health);
    let end = Box::pin(supervision).await?;
    if !end.is_success() {
        termination::write(options.termination_log, &log::last_error(), &health.seen.tail());
    }
    Ok(end)
}

/// Waits for something, or for the signal to stop: the error.
async fn until_stopped<T>(
    signals: &Signals,
    work: impl Future<Output = T>,
) -> Result<Result<T, Signal>, Error> {
    tokio::select! {
        // A stop first: it must not wait. What is dropped is a request, which another start repeats.
        biased;
        signal = signals.stop() => Ok(Err(signal.map_err(Error::Setup)?)),
        done = work => Ok(Ok(done)),
    }
}

/// Supervises the node to its end, and all that goes with it.
async fn supervise(
    live: &mut Live,
    watch_config: bool,
    status: watch::Sender<Status>,
    env: &Env,
    signals: &Signals,
    reaper: &Reaper,
    health: &Health,
) -> Result<End, Error> {
    let mut relay = Relay::new(Arc::clone(&health.seen), live.patterns.subscribe());
    let sender = Sender::start(Arc::clone(&health.pings));
    let looks = probe::keep_looking(live.probe.subscribe(), status.subscribe(), reaper, |report| {
        health.probed(report);
    });
    let seen = Arc::clone(&health.seen);
    let reports = pings::report(live.check.subscribe(), status.subscribe(), seen, &sender);
    let node = Node {
        signals,
        reaper,
        command: live.command.subscribe(),
        policy: live.policy.subscribe(),
        status,
        started: &mut |child: &mut Child| relay.attach(child),
    };
    let file = live.config().file.clone().unwrap_or_else(|| DEFAULT_FILE.into());
    let reloads = async {
        if watch_config {
            reload::follow(&file, live, env, health).await
        } else {
            std::future::pending().await
        }
    };
    let supervision = async {
        tokio::select! {
            // The supervision first: a stop must not wait. The others never end by themselves.
            biased;
            end = supervise::run(node) => end,
            never = looks => match never {},
            never = reloads => match never {},
        }
    };
    // The reports end with the one of the node's end.
    let (end, ()) = tokio::join!(supervision, reports);
    tokio::join!(relay.finish(), sender.finish());
    Ok(end?)
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
    tell: &mut dyn FnMut(&Progress<'_>),
) -> Result<Option<End>, Error> {
    warn_of_overrides(config, env);
    let world = World::new(Rc::new(config.clone()), reaper.clone());
    let mut tell = |progress: &Progress<'_>| {
        plan::log(progress);
        tell(progress);
    };
    match plan::converge(&PLAN, &world, signals.stop(), &mut tell).await {
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
