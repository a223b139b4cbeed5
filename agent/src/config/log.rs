//! The `log` section, and kubebot's `logging`: what our own log looks like, and where it goes.
//!
//! | `log` | `logging` | meaning | default |
//! |---|---|---|---|
//! | `level` | `level` | least level that is logged; live | `info` |
//! | `format` | `encoding` | `auto`, `json`, `text`; `json`, `console` | `auto`: text on a terminal |
//! | `outputs` | `outputPaths` | `stdout`, `stderr`, files | `[stderr]` |
//! | `fields` | `initialFields` | what each line has besides its own fields | none |
//!
//! `logging` is zap's `Config`: its other keys are about what this log has not (the place in the
//! program's source, stack traces, sampling, names of fields), and are read without effect. Where
//! both sections have a setting, `log` wins; a flag or a variable of the environment wins over both.
//!
//! # Source
//!
//! `Config`, go.uber.org/zap v1.27.0, config.go:58.

use std::path::PathBuf;

use serde_json::Value;

use super::{
    reader::{Field, Section},
    yaml::{Kind, Node},
};
use crate::pod::log::{self, Format, Output, Settings};

/// What is set of the log.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LogConfig {
    /// The least level that is logged.
    pub level: Option<String>,
    /// How lines look.
    pub format: Option<Format>,
    /// Where they go.
    pub outputs: Option<Vec<Output>>,
    /// What each has besides its own fields.
    pub fields: Option<Vec<(String, Value)>>,
}

impl LogConfig {
    /// Reads both sections.
    pub(super) fn read(root: &mut Section<'_>) -> Self {
        let ours = root.take("log").and_then(|field| field.section()).map(read);
        let kubebots = root.take("logging").and_then(|field| field.section());
        let kubebots = kubebots.map(|section| read_zap(section.in_any_case()));
        ours.unwrap_or_default().or(kubebots.unwrap_or_default())
    }

    /// What is set here, and where nothing is, what is set there.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            level: self.level.or(other.level),
            format: self.format.or(other.format),
            outputs: self.outputs.or(other.outputs),
            fields: self.fields.or(other.fields),
        }
    }

    /// What is set, and the defaults.
    #[must_use]
    pub fn settings(self) -> Settings {
        let default = Settings::default();
        Settings {
            level: self.level.unwrap_or(default.level),
            format: self.format.unwrap_or(default.format),
            outputs: self.outputs.unwrap_or(default.outputs),
            fields: self.fields.unwrap_or(default.fields),
        }
    }
}

fn read(mut section: Section<'_>) -> LogConfig {
    let formats = [("auto", Format::Auto), ("json", Format::Json), ("text", Format::Text)];
    let config = LogConfig {
        level: section.take("level").and_then(|field| level(&field)),
        format: section.take("format").and_then(|field| field.choice(&formats)),
        outputs: section.take("outputs").and_then(|field| outputs(&field)),
        fields: section.take("fields").and_then(|field| fields(&field)),
    };
    section.finish();
    config
}

fn read_zap(mut section: Section<'_>) -> LogConfig {
    let encodings = [("json", Format::Json), ("console", Format::Text)];
    let config = LogConfig {
        level: section.take_filled("level").and_then(|field| zap_level(&field)),
        format: section.take("encoding").and_then(|field| field.choice(&encodings)),
        outputs: section.take("outputPaths").and_then(|field| outputs(&field)),
        fields: section.take("initialFields").and_then(|field| fields(&field)),
    };
    for key in [
        "development",
        "disableCaller",
        "disableStacktrace",
        "encoderConfig",
        "errorOutputPaths",
        "sampling",
    ] {
        section.take_nullable(key); // without effect
    }
    section.finish();
    config
}

/// A level of zap, in any case.
///
/// # Source
///
/// `Level.UnmarshalText`, go.uber.org/zap v1.10.0, zapcore/level.go:116.
fn zap_level(field: &Field<'_>) -> Option<String> {
    const LEVELS: [(&str, &str); 7] = [
        ("debug", "debug"),
        ("info", "info"),
        ("warn", "warn"),
        ("error", "error"),
        ("dpanic", "error"),
        ("panic", "error"),
        ("fatal", "error"),
    ];
    field.choice_in_any_case(&LEVELS).map(str::to_owned)
}

fn level(field: &Field<'_>) -> Option<String> {
    let text = field.text()?;
    if let Err(error) = log::check_level(&text) {
        field.problem(error.to_string());
        return None;
    }
    Some(text)
}

fn outputs(field: &Field<'_>) -> Option<Vec<Output>> {
    let outputs = field.list()?;
    Some(outputs.iter().filter_map(output).collect())
}

fn output(field: &Field<'_>) -> Option<Output> {
    let text = field.text()?;
    let path = text.strip_prefix("file://").unwrap_or(&text);
    match path {
        "stdout" => Some(Output::Stdout),
        "stderr" => Some(Output::Stderr),
        path if path.is_empty() || path.contains("://") => {
            field.problem(format!("is `{text}`; it must be `stdout`, `stderr` or a file"));
            None
        }
        path => Some(Output::File(PathBuf::from(path))),
    }
}

fn fields(field: &Field<'_>) -> Option<Vec<(String, Value)>> {
    let entries = field.entries()?;
    Some(entries.into_iter().map(|(key, field)| (key, json(field.node()))).collect())
}

/// A value of YAML as JSON has it.
fn json(node: &Node) -> Value {
    match &node.kind {
        Kind::Scalar { text, plain } if *plain => {
            serde_json::from_str(text).unwrap_or_else(|_| Value::from(text.as_str()))
        }
        Kind::Scalar { text, .. } => Value::from(text.as_str()),
        Kind::List(items) => items.iter().map(json).collect(),
        Kind::Map(entries) => {
            entries.iter().map(|entry| (entry.key.clone(), json(&entry.value))).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use serde_json::json;

    use super::*;
    use crate::config::{Config, env::Env};

    fn config(text: &str) -> Result<LogConfig, String> {
        let text = format!("nodeTemplate: {{command: [sh]}}\n{text}");
        let config = Config::parse(Path::new("a.yaml"), text.as_bytes(), &Env::default());
        config.map(|config| config.log).map_err(|error| error.to_string())
    }

    #[test]
    fn zaps_configuration_is_read() {
        let text = "logging:\n  level: dpanic\n  encoding: console\n  outputPaths: [stdout, /a]\n  \
                    errorOutputPaths: [stderr]\n  initialFields: {pod: '1', n: 2}\n  sampling: ~\n";
        let settings = config(text).unwrap().settings();
        assert_eq!((settings.level.as_str(), settings.format), ("error", Format::Text));
        assert_eq!(settings.outputs, [Output::Stdout, Output::File(PathBuf::from("/a"))]);
        assert_eq!(settings.fields, [("pod".into(), json!("1")), ("n".into(), json!(2))]);
    }

    #[test]
    fn ours_wins_and_nothing_is_the_default() {
        let text = "log: {level: 'warn,agent=debug'}\nLogging: {Level: error, encoding: json}\n";
        let settings = config(text).unwrap().settings();
        assert_eq!((settings.level.as_str(), settings.format), ("warn,agent=debug", Format::Json));
        assert_eq!(config("").unwrap().settings(), Settings::default());
        let level = |level| config(&format!("logging: {{level: {level}}}\n")).unwrap().level;
        assert_eq!((level("DEBUG"), level("Info")), (Some("debug".into()), Some("info".into())));
        assert_eq!(level("''"), None);
    }

    #[test]
    fn what_cannot_be_logged_is_told() {
        assert!(
            config("log: {level: 'a=b=c'}").unwrap_err().contains("`log.level` `a=b=c` is not")
        );
        assert!(config("logging: {encoding: xml}").unwrap_err().contains("`logging.encoding`"));
        let error = config("log: {outputs: ['http://x']}").unwrap_err();
        assert!(error.contains("must be `stdout`, `stderr` or a file"), "{error}");
    }
}
