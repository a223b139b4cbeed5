//! All that a start works with: the configuration, the chains, the processes.

use std::{path::PathBuf, rc::Rc, sync::Arc};

use agent::pod::reaper::Reaper;
use tokio::sync::{Mutex, Semaphore};

use crate::{
    board::Board,
    chain::Chain,
    config::{Config, LinkPath},
    lanes::LaneBook,
    rly::{Ends, Home},
};

/// All that a start works with.
#[derive(Debug)]
pub struct World {
    /// What is configured.
    pub config: Config,
    /// Who starts and collects processes.
    pub reaper: Reaper,
    /// How many more paths may be linked at the same time.
    pub jobs: Semaphore,
    /// Held by the path that signs with the relayer's own account on its first chain.
    pub serial: Mutex<()>,
    /// How far everything is.
    pub board: Arc<Board>,
    /// Which lanes are known to have funds.
    pub lanes: LaneBook,
    chains: Vec<Rc<Chain>>,
}

impl World {
    /// A world in which nothing has happened yet.
    pub fn new(config: Config, reaper: Reaper) -> Self {
        Self::with(config, reaper, Arc::default())
    }

    /// A world that goes on with what is shown of an earlier one.
    pub fn with(config: Config, reaper: Reaper, board: Arc<Board>) -> Self {
        board.paths(config.paths.iter().map(|path| path.name.as_str()));
        let chains = config.chains.iter().cloned().map(Chain::new).map(Rc::new).collect();
        let jobs = Semaphore::new(config.limits.jobs);
        let (serial, lanes) = (Mutex::new(()), LaneBook::default());
        Self { config, reaper, jobs, serial, board, lanes, chains }
    }

    /// The chain of that name, which is one of the configuration.
    ///
    /// # Panics
    ///
    /// If it is not.
    pub fn chain(&self, name: &str) -> &Rc<Chain> {
        let found = self.chains.iter().find(|chain| chain.name() == name);
        found.expect("paths are made of the names of chains")
    }

    /// All chains, in the order of the configuration.
    pub fn chains(&self) -> &[Rc<Chain>] {
        &self.chains
    }

    /// A path's two chains.
    pub fn ends(&self, path: &LinkPath) -> Ends<'_> {
        Ends { src: self.chain(&path.src), dst: self.chain(&path.dst) }
    }

    /// The home of `rly start`.
    pub fn home(&self) -> Home {
        Home(self.config.home.clone())
    }

    /// The private home in which a path is linked.
    pub fn link_home(&self, path: &LinkPath) -> Home {
        Home(self.config.home.join("links").join(file_name(&path.name)))
    }

    /// The program.
    pub fn rly(&self) -> &PathBuf {
        &self.config.rly
    }
}

/// A path's name as the name of a folder.
fn file_name(name: &str) -> String {
    name.replace(['/', '\0'], "_")
}
