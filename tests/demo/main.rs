//! `make demo`: a hub, a metastore and two datastores on this machine, from nothing to a relayed
//! packet.

mod chain;
mod relay;
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
use relay::{Phase, Relay};
use show::Show;

/// The height at which the network counts as up: links need some history.
const HEIGHT: u64 = 5;

/// How long the network may take until a packet is relayed.
const LIMIT: Duration = Duration::from_mins(5);

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
    let mut relay = Relay::start(&dir.join("relayer"), &chains)?;
    let mut show = Show::new(std::io::stdout().is_terminal());
    let mut told = false;
    let stopped = loop {
        for chain in &mut chains {
            chain.look()?;
        }
        relay.look(&chains)?;
        show.draw(&chains, &relay, began.elapsed());
        let up = chains.iter().all(|chain| chain.height() >= HEIGHT);
        if !told && up && relay.phase() == Phase::Acknowledged {
            show.result(&chains, &relay)?;
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
            return Err(format!("no packet was relayed within {LIMIT:?}").into());
        }
        wait::pause(EVERY);
    };
    println!("\nending the chains …");
    let relayer = relay.stop();
    println!("ended: {}, {relayer}", Chain::stop_all(&mut chains));
    match stopped {
        Some(signal) if !told => Err(format!("{signal} before the network was up").into()),
        _ => Ok(()),
    }
}
