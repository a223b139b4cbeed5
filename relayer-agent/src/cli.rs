//! The command line. No logic: what was written, not what it means.

use std::path::PathBuf;

use agent::{
    cli::{LogFormat, Output},
    pod::log,
};
use clap::{Args, Parser, Subcommand};

/// Links chains, registers storage, then keeps the relayer running.
///
/// Without a command it does `run`. Every setting is explained in the README.
#[derive(Debug, Parser)]
#[command(name = "relayer-agent", version, disable_help_subcommand = true)]
pub struct Cli {
    /// Options of all commands.
    #[command(flatten)]
    pub global: Global,
    /// Options of `run`, which may be given without the word.
    #[command(flatten)]
    pub run: RunArgs,
    /// What to do.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// Options of all commands.
#[derive(Args, Debug)]
pub struct Global {
    /// Configuration file [default: relayer-agent.yaml, if there is one]
    #[arg(short, long, global = true, value_name = "PATH")]
    pub config: Option<PathBuf>,
    /// How many paths are linked at once [default: 16]
    #[arg(short, long, global = true, value_name = "N")]
    pub jobs: Option<usize>,
    /// Form of the log on standard error; `auto` is text on a terminal, else JSON
    #[arg(
        long,
        global = true,
        env = "AGENT_LOG_FORMAT",
        value_name = "FORMAT",
        default_value = "auto"
    )]
    pub log_format: LogFormat,
    /// Least level that is logged: error, warn, info, debug, trace
    #[arg(
        long,
        global = true,
        env = "AGENT_LOG_LEVEL",
        value_name = "LEVEL",
        default_value = "info"
    )]
    pub log_level: String,
}

impl Global {
    /// What the log looks like.
    pub fn log(&self) -> log::Settings {
        let (format, level) = (self.log_format.into(), self.log_level.clone());
        log::Settings { format, level, ..log::Settings::default() }
    }
}

/// Options of what changes something.
#[derive(Args, Debug, Default)]
pub struct RunArgs {
    /// Print topology, plan and commands; look at the chains, change nothing, start nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Link what is not linked, register what is not registered, then supervise `rly start`
    Run(RunArgs),
    /// Link what is not linked, and exit; not 0 if a path is not linked
    Link(RunArgs),
    /// Register what is not registered, and exit; not 0 if something is missing
    Register(RunArgs),
    /// Print chains, clients, connections, channels and endpoints; not 0 if something is missing
    Status(StatusArgs),
    /// Print version and commit
    Version,
}

/// Options of `status`.
#[derive(Args, Debug)]
pub struct StatusArgs {
    /// Form of the output
    #[arg(short, long, value_name = "FORMAT", default_value = "table")]
    pub output: Output,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
