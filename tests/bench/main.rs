//! `make bench`: what the agent costs, side by side with its alternatives, in one run.
//!
//! All programs are measured in turns on the same machine, so what counts is the ratio. A target
//! that is missed is printed; it is no failure.

mod fixture;
mod init;
mod link;
mod orphans;
mod output;
mod peers;
mod reload;
mod report;
mod restart;
mod run;
mod series;
mod size;
mod snapshot;
mod start;
mod stop;
mod stub;

use std::{path::PathBuf, process::ExitCode};

use chainpod_tests::root;
use clap::{Parser, ValueEnum};

use fixture::Fixture;
use report::Line;
use series::Result;

/// Measures the agent beside its alternatives.
#[derive(Debug, Parser)]
struct Cli {
    /// Form of the output
    #[arg(short, long, value_name = "FORMAT", default_value = "table")]
    output: Output,
    /// The agent to measure, `relayer-agent` beside it [default: bin/agent]
    #[arg(long, value_name = "PATH")]
    agent: Option<PathBuf>,
    /// Of `link`, measure only the networks whose name contains this: `8 spokes`, `5s blocks`
    #[arg(long, value_name = "TEXT", default_value = "")]
    only: String,
    /// What to measure; everything if none is named
    #[arg(value_enum)]
    parts: Vec<Part>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Output {
    Table,
    Json,
}

/// A part of the benchmarks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Part {
    Init,
    Start,
    Size,
    Stop,
    Restart,
    Reload,
    Orphans,
    Output,
    Snapshot,
    Link,
}

impl Part {
    fn measure(self, fixture: &Fixture, only: &str) -> Result<Vec<Line>> {
        match self {
            Self::Init => init::measure(fixture),
            Self::Start => start::measure(fixture),
            Self::Size => size::measure(fixture),
            Self::Stop => stop::measure(fixture),
            Self::Restart => restart::measure(fixture),
            Self::Reload => reload::measure(fixture),
            Self::Orphans => orphans::measure(fixture),
            Self::Output => output::measure(fixture),
            Self::Snapshot => snapshot::measure(fixture),
            Self::Link => link::measure(only),
        }
    }
}

fn main() -> ExitCode {
    let words: Vec<_> = std::env::args().collect();
    let result = match words.get(1) {
        Some(word) if word == stub::WORD => stub::run(&words[2..]).map_err(Into::into),
        _ => bench(&Cli::parse()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::FAILURE
        }
    }
}

fn bench(cli: &Cli) -> Result<()> {
    let agent = cli.agent.clone().unwrap_or_else(|| root().join("bin/agent"));
    let fixture = Fixture::new(&agent)?;
    let mut lines = Vec::new();
    for part in Part::value_variants() {
        if cli.parts.is_empty() || cli.parts.contains(part) {
            eprintln!("measuring {part:?} …");
            lines.extend(part.measure(&fixture, &cli.only)?);
        }
    }
    match cli.output {
        Output::Table => print!("{}\nmedian / best\n", report::table(&lines)),
        Output::Json => print!("{}", report::json(&lines)),
    }
    Ok(())
}
