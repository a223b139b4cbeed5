//! Watches a program that is looked up in `PATH`, and the places before it.
//!
//! A program that appears in an earlier folder is the one that is found from then on: this is how a
//! new one gets into a pod whose root cannot be written to.

use std::{
    future, io,
    path::{Path, PathBuf},
    task::Poll,
    time::Duration,
};

use super::{Identity, Watch};

/// Watches a program and the places where another would be found before it.
#[derive(Debug)]
pub struct Search {
    /// The places before it, in order.
    earlier: Vec<Watch>,
    program: Watch,
}

impl Search {
    /// Watches `program`, which was found in one of the `places` and runs now, and the places
    /// before that one. A replacement counts once it has been left alone for `settle`.
    ///
    /// # Errors
    ///
    /// As [`Watch::new`].
    ///
    /// # Panics
    ///
    /// Outside a runtime.
    pub fn new(program: &Path, places: &[PathBuf], settle: Duration) -> io::Result<Self> {
        let earlier = places.iter().take_while(|place| *place != program);
        let earlier = earlier.map(|place| Watch::new(place, settle)).collect::<Result<_, _>>()?;
        Ok(Self { earlier, program: Watch::new(program, settle)? })
    }

    /// The program that was found.
    pub fn program(&self) -> &Path {
        self.program.program()
    }

    /// How long a replacement must have been left alone to count.
    pub fn settle(&self) -> Duration {
        self.program.settle()
    }

    /// Says what has been started, as [`Watch::started`].
    pub fn started(&mut self, identity: Option<Identity>) {
        self.program.started(identity);
    }

    /// Waits until the program was replaced, or another is found before it. Cancel-safe.
    ///
    /// # Errors
    ///
    /// As [`Watch::replaced`].
    pub async fn replaced(&mut self) -> io::Result<Identity> {
        let all = self.earlier.iter_mut().chain([&mut self.program]);
        // Cancel-safe, all of them, per their docs: they are made anew by the next call.
        let mut waits: Vec<_> = all.map(|watch| Box::pin(watch.replaced())).collect();
        future::poll_fn(|context| {
            let mut polls = waits.iter_mut().map(|wait| wait.as_mut().poll(context));
            polls.find(Poll::is_ready).unwrap_or(Poll::Pending)
        })
        .await
    }
}
