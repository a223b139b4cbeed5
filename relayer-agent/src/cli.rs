//! The command line. No logic: what was written, not what it means.

use std::path::PathBuf;

use agent::cli::{LogArgs, Output};
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
    /// What the log looks like.
    #[command(flatten)]
    pub log: LogArgs,
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
