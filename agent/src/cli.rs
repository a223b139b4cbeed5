//! The command line. No logic: what was written, not what it means.

use std::{ffi::OsString, path::PathBuf, time::Duration};

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::{
    config::{digest, duration, log::LogConfig},
    mnemonics::{ChainName, Role},
    pod::log::Format,
};

/// Makes the home of a Cosmos SDK node once, then keeps the node running.
///
/// Without a command it does `run`. Every setting is explained in the README.
#[derive(Debug, Parser)]
#[command(name = "agent", version, disable_help_subcommand = true)]
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
    /// Configuration file [default: kubebot.yaml, if there is one]
    #[arg(short, long, global = true, value_name = "PATH")]
    pub config: Option<PathBuf>,
    /// What the log looks like.
    #[command(flatten)]
    pub log: LogArgs,
    /// File in which the kubelet looks for the reason of our end; it is never created
    #[arg(
        long,
        global = true,
        env = "AGENT_TERMINATION_LOG",
        value_name = "PATH",
        default_value = "/dev/termination-log"
    )]
    pub termination_log: PathBuf,
}

/// Options of the log, of both programs.
#[derive(Args, Clone, Debug)]
pub struct LogArgs {
    /// Form of the log; `auto` is text on a terminal, else JSON [default: auto]
    #[arg(long, global = true, env = "AGENT_LOG_FORMAT", value_name = "FORMAT")]
    pub log_format: Option<LogFormat>,
    /// Least level that is logged: error, warn, info, debug, trace [default: info]
    #[arg(long, global = true, env = "AGENT_LOG_LEVEL", value_name = "LEVEL")]
    pub log_level: Option<String>,
}

/// Options of `run`.
#[derive(Args, Debug, Default)]
pub struct RunArgs {
    /// Print the plan and the node's command line; change nothing, start nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Take a changed configuration file at once; restart the node only where that is needed
    #[arg(short, long)]
    pub watch_config: bool,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make the home if it is not whole, then supervise the node
    Run(RunArgs),
    /// Make the home if it is not whole, bring its files up to date, and exit
    Init(InitArgs),
    /// Print names, HD paths and addresses of the mnemonic's keys; write nothing
    Keys(KeysArgs),
    /// Make mnemonics: one, or a Secret of Kubernetes with all that a network needs
    Mnemonic(MnemonicArgs),
    /// Look at a node once; exit code 0 if it is well, 1 if not, for exec probes
    Probe(ProbeArgs),
    /// Put this program, or another, into a volume from where another container runs it
    Install(InstallArgs),
    /// Snapshots of a chain's database
    #[command(subcommand)]
    Snapshot(SnapshotCommand),
    /// Print version, commit and features
    Version,
}

/// Options of `install`.
#[derive(Args, Clone, Debug)]
pub struct InstallArgs {
    /// The file to write, or a folder, which gets the program under its own name
    #[arg(value_name = "PATH")]
    pub path: PathBuf,
    /// Another program: a file, or `-` for standard input
    #[arg(long, value_name = "FILE")]
    pub from: Option<InstallFrom>,
    /// What the SHA-256 of the program must be, in hexadecimal
    #[arg(long, value_name = "DIGEST", value_parser = digest::parse)]
    pub sha256: Option<String>,
}

/// The program that is installed.
#[derive(Clone, Debug)]
pub enum InstallFrom {
    /// What comes from standard input.
    Stdin,
    /// A file.
    File(PathBuf),
}

impl From<OsString> for InstallFrom {
    fn from(text: OsString) -> Self {
        if text == "-" { Self::Stdin } else { Self::File(text.into()) }
    }
}

/// What to do with snapshots.
#[derive(Debug, Subcommand)]
pub enum SnapshotCommand {
    /// Download and unpack a snapshot if the chain has no database yet
    Restore(RestoreArgs),
}

/// Options of `snapshot restore`. An empty value counts as none.
#[derive(Args, Clone, Debug, Default)]
pub struct RestoreArgs {
    /// The archive: an address or a file (`file://`); without one there is nothing to do
    #[arg(long, env = "ARCHIVE_URL", value_name = "URL", hide_env_values = true)]
    pub url: Option<String>,
    /// What the SHA-256 of the archive must be, in hexadecimal
    #[arg(long, env = "ARCHIVE_SHA256", value_name = "DIGEST")]
    pub sha256: Option<String>,
    /// The folder of the chain, whose database is in `db`
    #[arg(long, env = "CHAIN_DIR", value_name = "FOLDER")]
    pub dir: Option<String>,
    /// Owner of the folder and all that is in it, as for `chown -R`
    #[arg(long, env = "CHOWN", value_name = "USER:GROUP")]
    pub chown: Option<String>,
    /// Permissions of the folder and all that is in it, as for `chmod -R`
    #[arg(long, env = "CHMOD", value_name = "MODE")]
    pub chmod: Option<String>,
    /// A folder to download the archive into before it is unpacked; a kill then loses none of it
    #[arg(long, env = "ARCHIVE_STORE", value_name = "FOLDER")]
    pub store: Option<String>,
    /// How long the download may make no progress
    #[arg(long, env = "ARCHIVE_WAIT", value_name = "DURATION", default_value = "5m")]
    pub wait: String,
    /// Certificates (PEM) that are trusted besides Mozilla's
    #[arg(long, env = "SSL_CERT_FILE", value_name = "FILE")]
    pub ca_file: Option<String>,
}

impl Command {
    /// Whether it reads the configuration file, which may say what the log looks like.
    pub fn reads_config(&self) -> bool {
        matches!(self, Self::Run(_) | Self::Init(_) | Self::Keys(_))
    }
}

/// Options of `init`.
#[derive(Args, Debug)]
pub struct InitArgs {
    /// Print the plan; change nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// Options of `keys`.
#[derive(Args, Debug)]
pub struct KeysArgs {
    /// Form of the output
    #[arg(short, long, value_name = "FORMAT", default_value = "table")]
    pub output: Output,
}

/// Options of `mnemonic`.
#[derive(Args, Debug)]
pub struct MnemonicArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: MnemonicCommand,
}

/// What to do about mnemonics.
#[derive(Debug, Subcommand)]
pub enum MnemonicCommand {
    /// Make a new mnemonic of 24 words from the system's randomness
    Generate(GenerateArgs),
    /// Add the mnemonics that a Secret lacks; one that is there is never changed
    Ensure(EnsureArgs),
}

/// Options of `mnemonic generate`.
#[derive(Args, Debug)]
pub struct GenerateArgs {
    /// A new file, which only its owner can read; none that is there is overwritten
    /// [default: standard output]
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// Options of `mnemonic ensure`.
#[derive(Args, Debug)]
pub struct EnsureArgs {
    /// Name of the Secret, which is made if it is not there
    #[arg(long, value_name = "NAME")]
    pub secret: String,
    /// Namespace of the Secret [default: that of the kubeconfig or of the service account]
    #[arg(short, long, value_name = "NAMESPACE")]
    pub namespace: Option<String>,
    /// A chain, whose entry is `CHAIN.mnemonic`; may be given several times
    #[arg(long = "chain", value_name = "CHAIN", required = true)]
    pub chains: Vec<ChainName>,
    /// An account with a mnemonic of its own, whose entry is `CHAIN.ROLE.mnemonic`; as above
    #[arg(long = "role", value_name = "CHAIN/ROLE")]
    pub roles: Vec<Role>,
}

/// Options of `probe`.
#[derive(Args, Debug)]
pub struct ProbeArgs {
    /// How to look
    pub kind: ProbeKind,
    /// At what: the URL of the RPC, `host:port`, a URL, or a command after `--`
    #[arg(value_name = "TARGET")]
    pub target: Vec<String>,
    /// How long the look may take
    #[arg(long, value_name = "DURATION", default_value = "3s", value_parser = duration::parse)]
    pub timeout: Duration,
    /// Be content with a node that is alive, but not ready: it is catching up, has no peers
    #[arg(long)]
    pub live: bool,
    /// With `http`, the one status that is well [default: any from 200 to 399]
    #[arg(long, value_name = "CODE", value_parser = clap::value_parser!(u16).range(100..600))]
    pub status: Option<u16>,
}

/// How to look at a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ProbeKind {
    /// CometBFT's RPC answers and has caught up [default target: `http://127.0.0.1:26657`].
    Cometbft,
    /// Substrate's WebSocket answers, it does not sync and has peers [default target: `ws://127.0.0.1:9944`].
    Substrate,
    /// A port accepts connections.
    Tcp,
    /// A GET is answered.
    Http,
    /// A program exits with 0.
    Command,
}

/// Form of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// Text on a terminal, else JSON.
    Auto,
    /// One JSON object a line.
    Json,
    /// For people.
    Text,
}

/// Form of what a command prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// For people.
    Table,
    /// For programs.
    Json,
}

impl LogArgs {
    /// What the command line says of the log.
    pub fn config(&self) -> LogConfig {
        let (level, format) = (self.log_level.clone(), self.log_format.map(Into::into));
        LogConfig { level, format, ..LogConfig::default() }
    }
}

impl From<LogFormat> for Format {
    fn from(format: LogFormat) -> Self {
        match format {
            LogFormat::Auto => Self::Auto,
            LogFormat::Json => Self::Json,
            LogFormat::Text => Self::Text,
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn no_command_means_run() {
        let cli = Cli::parse_from(["agent", "-c", "a.yaml", "--dry-run"]);
        assert!(cli.command.is_none() && cli.run.dry_run);
    }
}
