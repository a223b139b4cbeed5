//! Makes a node's home whole, once, and brings its settings up to date, at every start.

mod build;
mod cli;
mod commit;
mod download;
mod error;
mod genesis_commands;
pub mod home;
pub mod keys;
pub(crate) mod lock;
mod mnemonic;
mod native;
mod node;
pub mod steps;
pub mod toml;

use std::{
    cell::RefCell,
    path::PathBuf,
    rc::Rc,
    time::{Duration, Instant},
};

pub use error::InitError;
pub use mnemonic::MnemonicFileError;

use self::home::{Home, State};
use crate::{config::init::InitConfig, pod::reaper::Reaper};

/// What the steps work on.
#[derive(Debug)]
pub struct World {
    /// What is configured.
    pub config: Rc<InitConfig>,
    /// The home.
    pub home: Home,
    /// The node's program.
    pub program: PathBuf,
    /// Who starts and collects processes.
    pub reaper: Reaper,
    durations: RefCell<Vec<(&'static str, Duration)>>,
}

impl World {
    /// Names what the steps work on.
    pub fn new(config: Rc<InitConfig>, reaper: Reaper) -> Self {
        Self {
            home: Home::new(&config.home),
            program: config.binary.clone(),
            config,
            reaper,
            durations: RefCell::default(),
        }
    }

    /// What has been done so far, and how long each part took.
    pub fn durations(&self) -> Vec<(&'static str, Duration)> {
        self.durations.borrow().clone()
    }

    /// Says in which state the home is.
    ///
    /// # Errors
    ///
    /// [`InitError::Refused`] if it is not ours to change.
    pub fn state(&self) -> Result<State, InitError> {
        match home::inspect(&self.home, &self.config.chain_id)? {
            State::Refused(refusal) => {
                Err(InitError::Refused { home: self.home.root().to_owned(), refusal })
            }
            state => Ok(state),
        }
    }

    /// Does one part, and logs how long it took.
    async fn timed<T, E>(
        &self,
        part: &'static str,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<T, InitError>
    where
        InitError: From<E>,
    {
        let began = Instant::now();
        tracing::debug!(part, "began");
        let result = work.await?;
        self.note(part, began.elapsed());
        Ok(result)
    }

    /// Does one part that does not wait, and logs how long it took.
    fn timed_now<T>(
        &self,
        part: &'static str,
        work: impl FnOnce() -> Result<T, InitError>,
    ) -> Result<T, InitError> {
        let began = Instant::now();
        let result = work()?;
        self.note(part, began.elapsed());
        Ok(result)
    }

    fn note(&self, part: &'static str, took: Duration) {
        tracing::info!(part, seconds = took.as_secs_f64(), "done");
        self.durations.borrow_mut().push((part, took));
    }
}
