//! How far everything is, for whoever asks: the health endpoint.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use jiff::Timestamp;
use serde::Serialize;

/// How far everything is.
#[derive(Debug, Default)]
pub struct Board {
    state: Mutex<State>,
}

/// What is shown.
#[derive(Clone, Debug, Default, Serialize)]
pub struct State {
    /// Whether all is there.
    pub ready: bool,
    /// Whether storage is registered.
    pub registered: bool,
    /// The paths, by their names.
    pub paths: BTreeMap<String, PathState>,
    #[serde(skip)]
    moved: Option<Instant>,
}

/// How far a path is.
#[derive(Clone, Debug, Serialize)]
pub struct PathState {
    /// Whether it is linked.
    pub linked: bool,
    /// The step it is in.
    pub step: &'static str,
    /// What is on the chains.
    pub found: String,
    /// How often the step was tried.
    pub attempt: u32,
    /// Since when it is there.
    pub since: Timestamp,
    /// Why it is not linked, after a round that was in vain.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

impl Board {
    /// Shows exactly these paths, those that are new as not begun.
    pub fn paths<'p>(&self, names: impl Iterator<Item = &'p str> + Clone) {
        let mut state = self.state();
        state.paths.retain(|name, _| names.clone().any(|other| other == name));
        for name in names {
            state.paths.entry(name.to_owned()).or_insert_with(PathState::waiting);
        }
    }

    /// Notes what a path does.
    pub fn step(&self, path: &str, step: &'static str, attempt: u32, found: &str) {
        let found = found.to_owned();
        let (since, error) = (Timestamp::now(), None);
        let mut state = self.state();
        let has_moved = state.paths.get(path).is_none_or(|last| last.found != found);
        let now = PathState { linked: false, step, found, attempt, since, error };
        state.paths.insert(path.to_owned(), now);
        if has_moved {
            state.moved = Some(Instant::now());
        }
    }

    /// When something has last changed on a chain for one of the paths.
    pub fn moved(&self) -> Option<Instant> {
        self.state().moved
    }

    /// Notes that a path is linked, or why it is not.
    pub fn result(&self, path: &str, result: Result<String, String>) {
        let mut state = self.state();
        let path = state.paths.entry(path.to_owned()).or_insert_with(PathState::waiting);
        path.since = Timestamp::now();
        match result {
            Ok(found) => {
                (path.linked, path.step, path.found, path.error) = (true, "linked", found, None);
            }
            Err(error) => (path.linked, path.error) = (false, Some(error)),
        }
    }

    /// Notes whether storage is registered.
    pub fn registered(&self, registered: bool) {
        self.state().registered = registered;
    }

    /// How far everything is now.
    pub fn show(&self) -> State {
        let mut state = self.state().clone();
        state.ready = state.registered && state.paths.values().all(|path| path.linked);
        state
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // What is shown is whole between any two statements.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// It as JSON.
    pub fn json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default() + "\n"
    }
}

impl PathState {
    fn waiting() -> Self {
        Self {
            linked: false,
            step: "wait-for-chains",
            found: String::new(),
            attempt: 0,
            since: Timestamp::now(),
            error: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_ready_when_every_path_is_linked_and_registered() {
        let board = Board::default();
        board.paths(["a", "b"].into_iter());
        board.registered(true);
        board.result("a", Ok("channel-0".to_owned()));
        assert!(!board.show().ready);
        board.result("b", Err("no funds".to_owned()));
        assert!(board.show().json().contains("no funds"));
        board.result("b", Ok("channel-1".to_owned()));
        assert!(board.show().ready);
    }
}
