//! The log: lines on standard error, JSON unless that is a terminal.
//!
//! Standard output belongs to the node, and often standard error leads into the same pipe. So a
//! line is one `write`, and a pipe that nobody empties costs lines of ours, which are counted,
//! but never holds up the supervision.

mod stderr;
mod timestamp;

use std::io::{self, IsTerminal as _};

use thiserror::Error;
use tracing_subscriber::{
    filter::{ParseError, Targets},
    fmt,
    layer::SubscriberExt as _,
    util::SubscriberInitExt as _,
};

use stderr::Lines;
use timestamp::Rfc3339;

/// How log lines look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// Text on a terminal, else JSON.
    #[default]
    Auto,
    /// One JSON object a line.
    Json,
    /// Text for people.
    Text,
}

/// Why there is no log.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum LogError {
    /// The level cannot be read.
    #[error(
        "`{0}` is not a log level: write error, warn, info, debug or trace, or `info,agent::pod=debug`"
    )]
    Level(String, #[source] ParseError),
    /// There is one already.
    #[error("the log was set up before")]
    Twice,
}

/// The last line that said that we give up; empty if there was none.
pub fn last_error() -> String {
    stderr::last_error()
}

/// Sets up the log of this process. `level` is a level, or levels for targets: `info,agent=debug`.
///
/// # Errors
///
/// The level cannot be read, or the log was set up before.
pub fn init(format: Format, level: &str) -> Result<(), LogError> {
    let levels: Targets =
        level.parse().map_err(|source| LogError::Level(level.to_owned(), source))?;
    let json = match format {
        Format::Auto => !io::stderr().is_terminal(),
        Format::Json => true,
        Format::Text => false,
    };
    // Reporting a failed write with `eprintln!` would panic: it writes to the same place.
    let layer = fmt::layer().with_writer(Lines).with_timer(Rfc3339).log_internal_errors(false);
    let registry = tracing_subscriber::registry().with(levels);
    if json {
        registry.with(layer.json().flatten_event(true).with_current_span(false)).try_init()
    } else {
        registry.with(layer.with_target(false).with_ansi(io::stderr().is_terminal())).try_init()
    }
    .map_err(|_| LogError::Twice)
}
