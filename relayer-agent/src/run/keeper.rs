//! Keeps the links as they should be, first and as long as the relayer runs.

use std::{collections::BTreeMap, rc::Rc};

use agent::pod::{backoff::Rolls, child::Command};
use tokio::time::{Instant, sleep};

use super::{Source, liveness::Liveness, relayer::Relayer};
use crate::{
    config::{self, LinkPath},
    error::Error,
    link::{self, Link, Patience, decide::Next},
    program::sorted,
    register,
    rly::{self, Config},
    watch::ConfigWatch,
    world::World,
};

/// Knows which paths are linked, and which are not yet.
#[derive(Debug)]
pub struct Keeper {
    source: Source,
    world: Rc<World>,
    links: BTreeMap<String, Link>,
    registered: bool,
    /// What `rly start` was last told.
    told: Option<Told>,
    generation: u64,
    rolls: Rolls,
    /// How many rounds in a row have left something undone.
    rounds: u32,
}

/// What `rly start` is told.
#[derive(Clone, Debug, PartialEq)]
struct Told {
    config: Config,
    paths: Vec<String>,
    metrics: String,
    args: Vec<String>,
}

impl Keeper {
    /// One that knows nothing yet.
    pub fn new(source: Source, world: Rc<World>) -> Self {
        let (links, rolls) = (BTreeMap::new(), Rolls::random());
        let (registered, told, generation, rounds) = (false, None, 0, 0);
        Self { source, world, links, registered, told, generation, rolls, rounds }
    }

    /// Links all paths, registers, and says what to run: returns as soon as there is one link.
    ///
    /// # Errors
    ///
    /// [`Error::File`] if the relayer's files cannot be written.
    pub async fn begin(&mut self) -> Result<Command, Error> {
        loop {
            self.round(None).await;
            if !self.links.is_empty() {
                return self.command().await;
            }
            self.pause().await;
            self.reload();
        }
    }

    /// Looks after everything for ever: paths that are not linked, links that are no more, new
    /// configuration, a relayer that runs but does nothing.
    pub async fn keep(mut self, mut relayer: Relayer) -> Error {
        let mut watch = ConfigWatch::new(self.world.config.file.clone());
        let mut liveness = Liveness::new();
        let mut due = Instant::now() + self.world.config.limits.check;
        loop {
            sleep(self.world.config.limits.poll).await;
            let mut changed = false;
            let reloaded = watch.changed() && self.reload();
            if reloaded {
                relayer.follow(&self.world.config.relayer.policy);
                due = Instant::now();
            }
            if Instant::now() >= due {
                changed |= self.tend(&mut relayer).await;
                let retry = self.world.config.limits.check;
                due = Instant::now() + retry;
                if liveness.stuck(&self.world, &self.links).await {
                    tracing::warn!("rly sees no new blocks, it is started anew");
                    changed = true;
                }
            }
            // Such as other gas prices, which `rly` reads only at its start.
            changed |= reloaded && !self.links.is_empty() && self.told != Some(self.tell());
            if changed {
                match self.command().await {
                    Ok(command) => relayer.start(command),
                    Err(error) => return error,
                }
            }
            relayer.release();
        }
    }

    /// Looks at all links, and makes those that are missing; says whether the relayer is to be
    /// started anew.
    async fn tend(&mut self, relayer: &mut Relayer) -> bool {
        if self.drop_dead_links().await && !self.links.is_empty() {
            // The relayer must not sign for a path while it is being linked again.
            if let Ok(command) = self.command().await {
                relayer.start(command);
            }
        }
        let all = self.world.config.paths.len();
        if self.links.len() == all && self.registered {
            return false;
        }
        let before = self.links.clone();
        self.round(Some(relayer)).await;
        self.links != before && !self.links.is_empty()
    }

    /// Forgets links that are no more; a chain that does not answer proves nothing.
    async fn drop_dead_links(&mut self) -> bool {
        let mut dead = Vec::new();
        for path in &self.world.config.paths {
            let Some(link) = self.links.get(&path.name) else { continue };
            let Ok(seen) = link::look(path, self.world.ends(path)).await else { continue };
            match seen.next {
                Next::Done(now) if now == *link => {}
                next => {
                    tracing::warn!(path = path.name, found = next.found(), "a link is no more");
                    dead.push(path.name.clone());
                }
            }
        }
        for path in &dead {
            self.links.remove(path);
            self.world.board.result(path, Err("the link is no more".to_owned()));
            self.registered = false;
        }
        !dead.is_empty()
    }

    /// Tries once to link what is not linked, and to register.
    async fn round(&mut self, relayer: Option<&mut Relayer>) {
        let config = &self.world.config;
        let is_missing = |path: &&LinkPath| !self.links.contains_key(&path.name);
        let missing: Vec<_> =
            config.paths.iter().filter(is_missing).cloned().map(Rc::new).collect();
        if !missing.is_empty() {
            let (limit, others) = (config.limits.stall, !self.links.is_empty());
            let patience = Some(Patience { limit, others });
            let (links, failed) = sorted(link::all(&self.world, missing, patience).await);
            if !links.is_empty() {
                self.registered = false;
            }
            self.links.extend(links);
            self.rounds = if failed.is_empty() { 0 } else { self.rounds + 1 };
            let (linked, all) = (self.links.len(), config.paths.len());
            if linked == all {
                tracing::info!(paths = all, "all paths are linked");
            } else {
                tracing::error!(
                    linked,
                    paths = all,
                    failed = failed.join("; "),
                    "not all paths are linked, trying again later"
                );
            }
        }
        if !self.registered {
            self.registered = self.register(relayer).await;
        }
        self.world.board.registered(self.registered);
    }

    /// Registers what is not registered; says whether all is.
    async fn register(&self, relayer: Option<&mut Relayer>) -> bool {
        let Some(section) = &self.world.config.register else { return true };
        let registered = async {
            if let Some(relayer) = relayer
                && register::clashes(&self.world, section, &self.links).await?
            {
                tracing::info!("rly start is held: the registration needs its account's sequence");
                relayer.hold().await;
            }
            register::register(&self.world, section, &self.links).await
        };
        let result = registered.await;
        if let Err(error) = &result {
            let error = agent::error::chain(error);
            tracing::error!(error, "storage is not registered, trying again later");
        }
        result.is_ok()
    }

    async fn pause(&mut self) {
        let retry = self.world.config.limits.retry;
        sleep(retry.wait(self.rounds.saturating_sub(1), self.rolls.roll())).await;
    }

    /// Reads the configuration again; one that cannot be used leaves all as it is.
    fn reload(&mut self) -> bool {
        match self.source.load() {
            Ok(config) if config == self.world.config => false,
            Ok(config) => {
                tracing::info!(paths = config.paths.len(), "new configuration");
                self.links.retain(|name, _| {
                    let of =
                        |paths: &[LinkPath]| paths.iter().find(|path| path.name == *name).cloned();
                    of(&config.paths) == of(&self.world.config.paths)
                });
                let (reaper, board) = (self.world.reaper.clone(), self.world.board.clone());
                self.world = Rc::new(World::with(config, reaper, board));
                self.registered = false;
                true
            }
            Err(error) => {
                tracing::error!(%error, "the new configuration is not used");
                false
            }
        }
    }

    /// What `rly start` is to be told now.
    fn tell(&self) -> Told {
        let (mut config, mut paths) = (Config::empty(), Vec::new());
        for path in &self.world.config.paths {
            let Some(link) = self.links.get(&path.name) else { continue };
            config.add_link(path, self.world.ends(path), link);
            paths.push(path.name.clone());
        }
        let config::Relayer { metrics, args, .. } = self.world.config.relayer.clone();
        Told { config, paths, metrics, args }
    }

    /// Writes the relayer's files and makes its command line, another one each time.
    async fn command(&mut self) -> Result<Command, Error> {
        let home = self.world.home();
        let linked = |path: &&LinkPath| self.links.contains_key(&path.name);
        for path in self.world.config.paths.iter().filter(linked) {
            let ends = self.world.ends(path);
            for chain in [ends.src, ends.dst] {
                let Ok(key) = chain.relayer().await else { continue };
                if let Err(error) = home.write_key(chain, rly::RELAYER, &key) {
                    tracing::error!(error = agent::error::chain(&error), "a key is not written");
                }
            }
        }
        let told = self.tell();
        let Told { config, paths, metrics, args } = &told;
        home.write_config(config)?;
        self.generation += 1;
        let command = rly::start(self.world.rly(), &home, paths, metrics, args, self.generation);
        self.told = Some(told);
        Ok(command)
    }
}
