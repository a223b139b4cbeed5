//! The log: lines on standard error, JSON unless that is a terminal.
//!
//! Standard output belongs to the node, and often standard error leads into the same pipe. So a
//! line is one `write`, and a pipe that nobody empties costs lines of ours, which are counted,
//! but never holds up the supervision.

mod lines;
mod timestamp;

use std::{
    fmt::Write as _,
    fs::File,
    io::{self, IsTerminal as _},
    path::PathBuf,
    sync::OnceLock,
};

use serde_json::Value;
use thiserror::Error;
use tracing_subscriber::{
    Registry,
    filter::{ParseError, Targets},
    fmt,
    layer::SubscriberExt as _,
    reload,
    util::SubscriberInitExt as _,
};

use lines::{Lines, Target};
use timestamp::Rfc3339;

/// What is logged while the log runs.
static LEVELS: OnceLock<reload::Handle<Targets, Registry>> = OnceLock::new();
/// The client of the Kubernetes API says each failed attempt as an error, which we tell better, or
/// not at all when the next one succeeds. Whoever asks for its lines by name gets them.
const SILENT: &str = "kube_client=off";

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

/// Where log lines go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// To standard output, between the node's lines.
    Stdout,
    /// To standard error.
    Stderr,
    /// To the end of a file.
    File(PathBuf),
}

/// What the log looks like, and where it goes.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// How its lines look.
    pub format: Format,
    /// The least level that is logged, or levels for targets: `info,agent=debug`.
    pub level: String,
    /// Where its lines go.
    pub outputs: Vec<Output>,
    /// What each line has besides its own fields.
    pub fields: Vec<(String, Value)>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            format: Format::Auto,
            level: "info".to_owned(),
            outputs: vec![Output::Stderr],
            fields: Vec::new(),
        }
    }
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
    /// The file cannot be written to.
    #[error("cannot write the log to `{}`", .0.display())]
    File(PathBuf, #[source] io::Error),
    /// There is one already.
    #[error("the log was set up before")]
    Twice,
}

/// The last line that said that we give up; empty if there was none.
pub fn last_error() -> String {
    lines::last_error()
}

/// Whether a text says what is to be logged.
///
/// # Errors
///
/// [`LogError::Level`] if not.
pub fn check_level(level: &str) -> Result<(), LogError> {
    levels(level).map(drop)
}

/// Sets up the log of this process.
///
/// # Errors
///
/// The level cannot be read, a file cannot be opened, or the log was set up before.
pub fn init(settings: &Settings) -> Result<(), LogError> {
    let (levels, handle) = reload::Layer::new(levels(&settings.level)?);
    let json = match settings.format {
        Format::Auto => !io::stderr().is_terminal(),
        Format::Json => true,
        Format::Text => false,
    };
    let targets = settings.outputs.iter().map(target).collect::<Result<_, _>>()?;
    let lines = Lines::to(targets, written(&settings.fields, json), json);
    // Reporting a failed write with `eprintln!` would panic: it writes to the same place.
    let layer = fmt::layer().with_writer(lines).with_timer(Rfc3339).log_internal_errors(false);
    let registry = tracing_subscriber::registry().with(levels);
    let colours = io::stderr().is_terminal() && settings.outputs == [Output::Stderr];
    if json {
        registry.with(layer.json().flatten_event(true).with_current_span(false)).try_init()
    } else {
        registry.with(layer.with_target(false).with_ansi(colours)).try_init()
    }
    .map_err(|_| LogError::Twice)?;
    LEVELS.set(handle).map_err(|_| LogError::Twice)
}

/// Logs another level from now on.
///
/// # Errors
///
/// [`LogError::Level`] if the level cannot be read.
pub fn set_level(level: &str) -> Result<(), LogError> {
    let new = levels(level)?;
    if let Some(handle) = LEVELS.get() {
        let _ = handle.modify(|levels| *levels = new); // fails only without a log
    }
    Ok(())
}

fn levels(level: &str) -> Result<Targets, LogError> {
    let all = format!("{SILENT},{level}");
    all.parse().map_err(|source| LogError::Level(level.to_owned(), source))
}

fn target(output: &Output) -> Result<Target, LogError> {
    Ok(match output {
        Output::Stdout => Target::Stdout,
        Output::Stderr => Target::Stderr,
        Output::File(path) => {
            let file = File::options().append(true).create(true).open(path);
            Target::File(file.map_err(|source| LogError::File(path.clone(), source))?)
        }
    })
}

/// The fields as they are written into each line.
fn written(fields: &[(String, Value)], json: bool) -> String {
    let mut text = String::new();
    for (key, value) in fields {
        let _ = if json {
            write!(text, "{}:{value},", Value::from(key.as_str()))
        } else {
            write!(text, " {key}={value}")
        }; // a String takes it all
    }
    text
}
