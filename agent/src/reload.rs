//! `--watch-config`: a changed configuration file holds at once.
//!
//! Each change counts once: it is read when the file has been left alone for a moment, and
//! compared by content. What is not valid is told, and the old configuration goes on. Only what
//! changes the node's command line, or where its output goes, restarts the node. A changed `init`
//! section holds from the next start of the pod on.

use std::{convert::Infallible, io, net::SocketAddr, path::Path, sync::Arc};

use tokio::sync::watch;

use crate::{
    command::{self, NodePort},
    config::{
        Config, ConfigError,
        env::Env,
        log::LogConfig,
        node::{Arg, Text},
        watchlog::WatchLog,
    },
    error,
    health::Health,
    kubernetes::{self, KubernetesError},
    pod::{
        child::{Command, Standard},
        log,
        pings::Check,
        probe::Probe,
        relay::Patterns,
        supervise::Policy,
        watched::Watched,
    },
    template::NodeIps,
};

/// What holds now, for those who go by it.
#[derive(Debug)]
pub struct Live {
    config: Config,
    /// What the command line says of the log; it wins over the file.
    log: LogConfig,
    ips: NodeIps,
    /// The Service that leads to the pod, if there is to be one.
    pub node_port: Option<NodePort>,
    /// The node's command line.
    pub command: watch::Sender<Command>,
    /// The rules of the supervision.
    pub policy: watch::Sender<Policy>,
    /// How to tell whether the node is well.
    pub probe: watch::Sender<Option<Probe>>,
    /// Where health and metrics are served.
    pub listen: watch::Sender<Option<SocketAddr>>,
    /// What to look for in the node's output.
    pub patterns: watch::Sender<Arc<Patterns>>,
    /// Whom to tell about it.
    pub check: watch::Sender<Option<Check>>,
}

impl Live {
    /// The first configuration.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] if a template cannot be rendered, or renders to what cannot be meant.
    pub fn new(
        config: Config,
        ips: NodeIps,
        env: &Env,
        log: LogConfig,
    ) -> Result<Self, ConfigError> {
        Ok(Self {
            node_port: command::node_port(&config, env, &ips)?,
            command: watch::Sender::new(command::render(&config, env, &ips)?),
            policy: watch::Sender::new(config.supervise.clone()),
            probe: watch::Sender::new(config.probe.clone()),
            listen: watch::Sender::new(config.listen),
            patterns: watch::Sender::new(patterns(&config)),
            check: watch::Sender::new(check(&config, env, &ips)?),
            config,
            log,
            ips,
        })
    }

    /// What was configured.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Takes another configuration, as a whole or not at all; returns whether anything is new.
    ///
    /// The Service of the pod is changed before the node that it leads to.
    async fn take(
        &mut self,
        config: Config,
        env: &Env,
        health: &Health,
    ) -> Result<bool, KubernetesError> {
        if config == self.config {
            return Ok(false);
        }
        // A template may render to something else each time: what is written decides.
        let same = written(&config) == written(&self.config);
        let ips = if same && config.node_service == self.config.node_service {
            self.ips.clone()
        } else {
            kubernetes::node_ips(&config, env).await?
        };
        let rendered = if same { None } else { Some(command::render(&config, env, &ips)?) };
        let check = check(&config, env, &ips)?;
        let node_port = command::node_port(&config, env, &ips)?;
        if let Some(wanted) = node_port.as_ref().filter(|it| Some(*it) != self.node_port.as_ref()) {
            kubernetes::ensure_service(wanted, env).await?;
        }
        (self.ips, self.node_port) = (ips, node_port);
        if config.init != self.config.init {
            tracing::info!("a changed `init` section holds from the next start of the pod on");
        }
        if config.log != self.config.log {
            self.set_log(&config.log);
        }
        if config.watchlog != self.config.watchlog {
            self.patterns.send_replace(patterns(&config));
        }
        health.configure(config.probe.as_ref(), config.watchlog.as_ref());
        set(&self.check, check);
        set(&self.policy, config.supervise.clone());
        set(&self.probe, config.probe.clone());
        set(&self.listen, config.listen);
        if let Some(command) = rendered {
            if command != *self.command.borrow() {
                tracing::info!("{}", command::starting(&command));
            }
            set(&self.command, command);
        }
        self.config = config;
        Ok(true)
    }

    fn set_log(&self, new: &LogConfig) {
        let but_level = |log: &LogConfig| LogConfig { level: None, ..log.clone() };
        if but_level(new) != but_level(&self.config.log) {
            tracing::info!("of the log only the level changes before the next start of the pod");
        }
        let level = self.log.clone().or(new.clone()).settings().level;
        if let Err(error) = log::set_level(&level) {
            tracing::error!(%error, "the level of the log stays");
        }
    }
}

/// Follows the file for ever.
pub async fn follow(path: &Path, live: &mut Live, env: &Env, health: &Health) -> Infallible {
    let result: io::Result<Infallible> = async {
        let mut watched = Watched::new(path, None)?;
        loop {
            let content = watched.changed().await?;
            let taken = match Config::parse(path, &content, env) {
                Ok(new) => live.take(new, env, health).await,
                Err(error) => Err(error.into()),
            };
            match taken {
                Ok(changed) => {
                    health.config_well();
                    if changed {
                        health.config_taken();
                        tracing::info!(file = %path.display(), "the changed configuration holds");
                    }
                }
                Err(error) => {
                    let error = error::chain(&error);
                    tracing::error!(
                        error,
                        "the changed configuration is refused, the old one goes on"
                    );
                    health.config_refused(error);
                }
            }
        }
    }
    .await;
    let Err(error) = result;
    tracing::error!(file = %path.display(), %error, "the configuration file cannot be watched");
    std::future::pending().await
}

/// Templates, arguments, outputs, and whether those are watched.
type Written<'c> = (Vec<&'c str>, Vec<(&'c str, Option<&'c str>)>, [Standard; 2], bool);

/// All that the command line is made of, without the places where it stands.
fn written(config: &Config) -> Written<'_> {
    let node = &config.node;
    let index = node.index.as_ref().map_or("", |text| &text.text);
    let texts = std::iter::once(&config.common_template).chain(&node.command);
    let texts = texts.map(|Text { text, .. }| text.as_str());
    let texts: Vec<&str> = std::iter::once(index).chain(texts).collect();
    let args = node.args.iter().map(|arg| match arg {
        Arg::Flag(key) => (key.as_str(), None),
        Arg::Value(key, value) => (key.as_str(), Some(value.text.as_str())),
    });
    (texts, args.collect(), [config.stdout, config.stderr], config.watchlog.is_some())
}

fn patterns(config: &Config) -> Arc<Patterns> {
    Arc::new(config.watchlog.as_ref().map(WatchLog::compiled).unwrap_or_default())
}

fn check(config: &Config, env: &Env, ips: &NodeIps) -> Result<Option<Check>, ConfigError> {
    let id = command::check(config, env, ips)?;
    let check = config.watchlog.as_ref().zip(id).map(|(watch, id)| Check {
        server: watch.url.clone(),
        id,
        threshold: watch.threshold,
        interval: watch.interval,
    });
    Ok(check)
}

fn set<T: PartialEq>(sender: &watch::Sender<T>, new: T) {
    sender.send_if_modified(|old| {
        let changed = *old != new;
        if changed {
            *old = new;
        }
        changed
    });
}
