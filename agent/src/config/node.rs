//! The command line of the node: `nodeTemplate`, as kubebot reads it, or the contract's default.

use std::path::Path;

use super::{
    init::InitConfig,
    reader::{Field, Place},
    scalar,
    yaml::Kind,
};

/// A text that may be a template, and where it was written.
#[derive(Clone, Debug, PartialEq)]
pub struct Text {
    /// The text.
    pub text: String,
    /// The key, for error messages.
    pub key: String,
    /// Where it was written.
    pub place: Place,
}

/// One argument of the node.
#[derive(Clone, Debug, PartialEq)]
pub enum Arg {
    /// `--key` alone.
    Flag(String),
    /// `--key value`.
    Value(String, Text),
}

/// The command line of the node before its templates are rendered.
#[derive(Clone, Debug, PartialEq)]
pub struct NodeTemplate {
    /// Renders to the position of this pod; none if not configured.
    pub index: Option<Text>,
    /// The program and its first words.
    pub command: Vec<Text>,
    /// What follows, in the order of the file.
    pub args: Vec<Arg>,
}

impl NodeTemplate {
    /// Reads `nodeTemplate`.
    pub fn read(field: &Field<'_>) -> Option<Self> {
        let mut section = field.section()?.in_any_case();
        let index = section.take_filled("index").and_then(|field| text(&field));
        let command = section.take("command");
        if command.is_none() {
            section.missing("command", "must be set: the node's program and its first words");
        }
        let command = command.map(|field| words(&field)).unwrap_or_default();
        let args = section.take_filled("args").map(|field| args(&field)).unwrap_or_default();
        section.finish();
        Some(Self { index, command, args })
    }

    /// The start command of the contract for the node of a home.
    ///
    /// # Source
    ///
    /// The shell entrypoint that this program replaces: `--minimum-gas-prices` with `=`, the
    /// others in two words.
    pub fn start(init: &InitConfig) -> Self {
        let word = |text: &str| Text::ours(text);
        let path = |path: &Path| path.to_string_lossy().into_owned();
        let value = |key: &str, text: &str| Arg::Value(key.to_owned(), Text::ours(text));
        Self {
            index: None,
            command: vec![word(&path(&init.binary)), word("start")],
            args: vec![
                value("home", &path(&init.home)),
                Arg::Flag(format!("minimum-gas-prices=0{}", init.denom.as_str())),
                value("log_level", "error"),
                value("log_format", "json"),
            ],
        }
    }
}

impl Text {
    /// A text that nobody wrote.
    pub fn ours(text: &str) -> Self {
        Self { text: text.to_owned(), key: String::new(), place: Place::Missing }
    }

    /// The texts between its commas.
    fn split(&self) -> impl Iterator<Item = Self> {
        self.text.split(',').map(|part| Self { text: part.to_owned(), ..self.clone() })
    }
}

/// A scalar as kubebot passes it on, an empty one too; a null is empty.
pub(super) fn text(field: &Field<'_>) -> Option<Text> {
    let Kind::Scalar { text, plain } = &field.node().kind else {
        field.problem("must be one value");
        return None;
    };
    let resolved = match plain {
        true if field.is_null() => Some(String::new()),
        true => scalar::resolve(text),
        false => None,
    };
    let text = resolved.unwrap_or_else(|| text.clone());
    Some(Text { text, key: field.key.clone(), place: field.place.clone() })
}

/// Reads `command`: a list, or one text, which is a list with commas.
///
/// # Source
///
/// `defaultDecoderConfig`, viper v1.7.1, viper.go:920: `StringToSliceHookFunc(",")`.
fn words(field: &Field<'_>) -> Vec<Text> {
    let words: Vec<_> = match &field.node().kind {
        Kind::List(_) => field.list().unwrap_or_default().iter().filter_map(text).collect(),
        _ => text(field).iter().flat_map(Text::split).collect(),
    };
    if words.first().is_none_or(|word| word.text.is_empty()) {
        field.problem("must have at least one word: the node's program");
    }
    words
}

/// Reads `args`: a list is a repeated flag, a null a flag without a value.
fn args(field: &Field<'_>) -> Vec<Arg> {
    let mut args = Vec::new();
    for (key, value) in field.entries().unwrap_or_default() {
        match &value.node().kind {
            Kind::Scalar { .. } => args.extend(arg(key, &value)),
            Kind::List(_) => {
                let values = value.list().unwrap_or_default();
                args.extend(values.iter().filter_map(|value| arg(key.clone(), value)));
            }
            Kind::Map(_) => value.problem("must be a value, a list or null, not a map"),
        }
    }
    args
}

fn arg(key: String, value: &Field<'_>) -> Option<Arg> {
    if value.is_null() {
        return Some(Arg::Flag(key));
    }
    text(value).map(|text| Arg::Value(key, text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, env::Env};

    fn read(node: &str) -> Result<NodeTemplate, String> {
        let yaml = format!("nodeTemplate:\n  {node}\n");
        let config = Config::parse(Path::new("a.yaml"), yaml.as_bytes(), &Env::default());
        config.map(|config| config.node).map_err(|error| error.to_string())
    }

    fn words_of(command: &str) -> Vec<String> {
        let node = read(&format!("command: {command}")).unwrap();
        node.command.into_iter().map(|word| word.text).collect()
    }

    #[test]
    fn words_of_the_command_are_read_as_arguments_are() {
        assert_eq!(
            words_of("[sh, true, 010, '010', ~, !!str 010]"),
            ["sh", "1", "8", "010", "", "010"]
        );
        assert_eq!(words_of("hyperspace"), ["hyperspace"]);
        assert_eq!(words_of("'hyperspace,--validator, x'"), ["hyperspace", "--validator", " x"]);
        for none in ["[]", "''", "['', a]", "[~]", "',a'", "{}"] {
            let error = read(&format!("command: {none}")).unwrap_err();
            assert!(error.contains("must have at least one word"), "{none}: {error}");
        }
    }

    #[test]
    fn an_empty_index_is_none_and_a_plain_one_a_number() {
        let index = |text: &str| {
            let node = read(&format!("index: {text}\n  command: [sh]")).unwrap();
            node.index.map(|index| index.text)
        };
        assert_eq!(index("''"), None);
        assert_eq!(index("~"), None);
        assert_eq!(index("0x1f").as_deref(), Some("31"));
        assert_eq!(index("'0x1f'").as_deref(), Some("0x1f"));
    }

    #[test]
    fn no_arguments_may_be_written_in_any_way() {
        for none in ["{}", "[]", "''", "~"] {
            assert_eq!(read(&format!("command: [sh]\n  args: {none}")).unwrap().args, []);
        }
        assert!(read("command: [sh]\n  args: [a]").unwrap_err().contains("must be a map"));
    }

    #[test]
    fn a_null_is_a_bare_flag_in_a_list_too() {
        let args = read("command: [sh]\n  args: {a: ~, b: [~, 1]}").unwrap().args;
        let flags: Vec<_> = args.iter().filter(|arg| matches!(arg, Arg::Flag(_))).collect();
        assert_eq!(flags, [&Arg::Flag("a".to_owned()), &Arg::Flag("b".to_owned())]);
        assert_eq!(args.len(), 3);
    }
}
