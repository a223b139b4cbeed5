//! Container entrypoint of a relayer pod. Everything but the exit code is in the library.

use std::process::ExitCode;

use agent::{error, exit, pod::log};
use clap::Parser as _;
use relayer_agent::cli::Cli;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return agent::usage(&error),
    };
    if let Err(error) = log::init(&cli.global.log.config().settings()) {
        eprintln!("relayer-agent: {}", error::chain(&error));
        return exit::USAGE.into();
    }
    match relayer_agent::run(cli) {
        Ok(end) => end.into(),
        Err(error) => {
            tracing::error!(error = error::chain(&error), "giving up");
            error.exit_code().into()
        }
    }
}
