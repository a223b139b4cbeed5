//! Tests of [`converge`](super::converge), with files in memory.

use std::{
    cell::{Cell, RefCell},
    future::{pending, ready},
};

use proptest::prelude::*;

use super::*;

/// Files that lose what is written once the power is gone.
struct Home {
    files: RefCell<Vec<Vec<u8>>>,
    writes_left: Cell<usize>,
}

impl Home {
    fn new(files: usize) -> Self {
        Self { files: RefCell::new(vec![Vec::new(); files]), writes_left: Cell::new(usize::MAX) }
    }
}

/// Writes 0, 1, 2 into a file, byte by byte.
struct WriteFile(usize);

impl fmt::Display for WriteFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "file-{}", self.0)
    }
}

#[derive(Debug, PartialEq, Error)]
#[error("the power is gone")]
struct PowerCut;

impl Step for WriteFile {
    type World = Home;
    type Error = PowerCut;

    async fn check(&self, home: &Home) -> Result<Check, PowerCut> {
        let whole = home.files.borrow()[self.0] == [0, 1, 2];
        Ok(if whole { Check::Done } else { Check::pending("the file is not whole") })
    }

    async fn apply(&self, home: &Home) -> Result<(), PowerCut> {
        home.files.borrow_mut()[self.0].clear();
        for byte in 0..3 {
            let left = home.writes_left.get().checked_sub(1).ok_or(PowerCut)?;
            home.writes_left.set(left);
            home.files.borrow_mut()[self.0].push(byte);
            tokio::task::yield_now().await;
        }
        Ok(())
    }
}

/// A step that never gets anywhere.
struct Futile;

impl fmt::Display for Futile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("futile")
    }
}

impl Step for Futile {
    type World = Cell<u32>;
    type Error = PowerCut;

    async fn check(&self, _: &Cell<u32>) -> Result<Check, PowerCut> {
        Ok(Check::pending("as ever"))
    }

    async fn apply(&self, applied: &Cell<u32>) -> Result<(), PowerCut> {
        applied.set(applied.get() + 1);
        Ok(())
    }
}

fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

fn run(plan: &[WriteFile], home: &Home) -> Result<usize, PlanError<PowerCut>> {
    block_on(converge(plan, home, pending(), &mut |_| {}))
}

#[test]
fn a_step_that_changes_nothing_is_an_error() {
    let applied = Cell::new(0);
    let error = block_on(converge(&[Futile], &applied, pending(), &mut |_| {})).unwrap_err();
    assert_eq!(error.to_string(), "step `futile` was applied and is still pending: as ever");
    assert_eq!(applied.get(), 1);
}

#[test]
fn each_step_is_told_with_its_reason() {
    let home = Home::new(2);
    home.files.borrow_mut()[0] = vec![0, 1, 2];
    let mut told = Vec::new();
    let mut tell = |progress: &Progress<'_>| match progress {
        Progress::Done { step } => told.push(format!("{step} done")),
        Progress::Applying { step, why } => told.push(format!("{step} applying: {why}")),
        Progress::Applied { step, .. } => told.push(format!("{step} applied")),
    };
    block_on(converge(&[WriteFile(0), WriteFile(1)], &home, pending(), &mut tell)).unwrap();
    assert_eq!(told, ["file-0 done", "file-1 applying: the file is not whole", "file-1 applied"]);
}

#[test]
fn a_stop_that_came_before_changes_nothing() {
    let home = Home::new(1);
    let stop = ready(Ok(Signal::TERM));
    let error = block_on(converge(&[WriteFile(0)], &home, stop, &mut |_| {})).unwrap_err();
    assert_eq!(error.to_string(), "stopped by SIGTERM in step `file-0`");
    assert!(home.files.borrow()[0].is_empty());
}

#[test]
fn a_stop_ends_the_step_under_way() {
    let home = Home::new(1);
    let stop = async {
        while home.files.borrow()[0].len() < 2 {
            tokio::task::yield_now().await;
        }
        Ok(Signal::INT)
    };
    let error = block_on(converge(&[WriteFile(0)], &home, stop, &mut |_| {})).unwrap_err();
    assert!(matches!(error, PlanError::Stopped { signal: Signal::INT, .. }), "{error}");
    assert_eq!(home.files.borrow()[0], [0, 1]);
}

proptest! {
    #[test]
    fn any_crash_is_made_good_by_the_next_start(
        files in 1..6_usize,
        crashes in prop::collection::vec(0..12_usize, 0..8), // writes until the power goes
    ) {
        let plan: Vec<_> = (0..files).map(WriteFile).collect();
        let home = Home::new(files);
        for writes in crashes {
            home.writes_left.set(writes);
            let _ = run(&plan, &home); // it may fail, that is the point
        }
        home.writes_left.set(usize::MAX);
        prop_assert!(run(&plan, &home).is_ok());
        prop_assert!(home.files.borrow().iter().all(|file| file == &[0, 1, 2]));
        prop_assert_eq!(run(&plan, &home).ok(), Some(0), "a second start changes nothing");
    }
}
