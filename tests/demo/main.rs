//! `make demo`: a hub, a metastore and two datastores on this machine, from nothing to blocks.

mod chain;
mod show;

use std::{
    error::Error,
    fs,
    io::IsTerminal as _,
    process::ExitCode,
    time::{Duration, Instant},
};

use agent::pod::signals::Signals;
use chainpod_tests::{root, wait};

use chain::Chain;
use show::Show;

/// The height at which the network counts as up: links need some history.
const HEIGHT: u64 = 5;

/// How long the network may take to get there.
const LIMIT: Duration = Duration::from_mins(3);

/// How often the table is drawn.
const EVERY: Duration = Duration::from_millis(200);

fn main() -> ExitCode {
    match demo() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("demo: {error}");
            ExitCode::FAILURE
        }
    }
}

fn demo() -> Result<(), Box<dyn Error>> {
    let signals = Signals::install()?;
    let keep = std::env::var("DEMO_KEEP").map_or(true, |keep| keep != "0");
    let dir = root().join(".demo");
    if dir.exists() {
        fs::remove_dir_all(&dir)?;
    }
    let began = Instant::now();
    let mut chains = Chain::start_all(&dir)?;
    let mut show = Show::new(std::io::stdout().is_terminal());
    let mut told = false;
    let stopped = loop {
        for chain in &mut chains {
            chain.look()?;
        }
        show.draw(&chains, began.elapsed());
        if !told && chains.iter().all(|chain| chain.height() >= HEIGHT) {
            show.result(&chains)?;
            told = true;
            if keep {
                println!(
                    "\nThe chains keep running; their folders are in .demo/. Ctrl-C ends them."
                );
            } else {
                break None;
            }
        }
        if let Some(signal) = signals.stopped()? {
            break Some(signal);
        }
        if !told && began.elapsed() > LIMIT {
            return Err(format!("the chains did not reach height {HEIGHT} within {LIMIT:?}").into());
        }
        wait::pause(EVERY);
    };
    println!("\nending the chains …");
    let codes = Chain::stop_all(&mut chains);
    println!("ended: {codes}");
    match stopped {
        Some(signal) if !told => Err(format!("{signal} before the chains were up").into()),
        _ => Ok(()),
    }
}
