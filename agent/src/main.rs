//! Container entrypoint of a chain pod. Everything but the exit code is in the library.

use std::process::ExitCode;

use agent::{cli::Cli, error, pod::log};
use clap::Parser as _;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return agent::usage(&error),
    };
    let log = cli.global.log.config();
    match agent::run(cli) {
        Ok(end) => end.into(),
        Err(error) => {
            // The configuration may be what is wrong, so there may be no log yet.
            let _ = log::init(&log.settings());
            tracing::error!(error = error::chain(&error), "giving up");
            error.exit_code().into()
        }
    }
}
