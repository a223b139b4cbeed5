//! The command line of the node: `nodeTemplate`, as kubebot reads it, or the contract's default.

use std::path::Path;

use super::{
    init::InitConfig,
    reader::{Field, Place},
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
        let index = section.take("index").and_then(|field| text(&field));
        let command = section.take("command");
        if command.is_none() {
            section.missing("command", "must be set: the node's program and its first words");
        }
        let command = command.map(|field| words(&field)).unwrap_or_default();
        let args = section.take("args").map(|field| args(&field)).unwrap_or_default();
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
}

/// A scalar of any text, an empty one too.
pub(super) fn text(field: &Field<'_>) -> Option<Text> {
    let Kind::Scalar { text, .. } = &field.node().kind else {
        field.problem("must be one value");
        return None;
    };
    Some(Text { text: text.clone(), key: field.key.clone(), place: field.place.clone() })
}

fn words(field: &Field<'_>) -> Vec<Text> {
    let words: Vec<_> = match &field.node().kind {
        Kind::List(_) => field.list().unwrap_or_default().iter().filter_map(text).collect(),
        _ => text(field).into_iter().collect(),
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
            _ if value.is_null() => args.push(Arg::Flag(key)),
            Kind::Scalar { .. } => args.extend(scalar(&value).map(|text| Arg::Value(key, text))),
            Kind::List(_) => {
                let values = value.list().unwrap_or_default();
                let texts = values.iter().filter_map(scalar);
                args.extend(texts.map(|text| Arg::Value(key.clone(), text)));
            }
            Kind::Map(_) => value.problem("must be a value, a list or null, not a map"),
        }
    }
    args
}

/// A scalar as kubebot passes it: `yes` is `1`, `010` is `8`, `1e3` is `1000`.
fn scalar(field: &Field<'_>) -> Option<Text> {
    let mut found = text(field)?;
    if let Kind::Scalar { text, plain: true } = &field.node().kind
        && let Some(resolved) = resolve(text)
    {
        found.text = resolved;
    }
    Some(found)
}

/// What YAML 1.1 makes of a scalar without quotes, written as Go's `mapstructure` writes it into
/// a string; `None` if it is a string already.
///
/// # Source
///
/// `resolve`, gopkg.in/yaml.v2, resolve.go; `decodeString`, mapstructure v1.4, with weak types.
fn resolve(text: &str) -> Option<String> {
    match text {
        "true" | "True" | "TRUE" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" | "y" | "Y" => {
            return Some("1".to_owned());
        }
        "false" | "False" | "FALSE" | "no" | "No" | "NO" | "off" | "Off" | "OFF" | "n" | "N" => {
            return Some("0".to_owned());
        }
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => return Some("+Inf".to_owned()),
        "-.inf" | "-.Inf" | "-.INF" => return Some("-Inf".to_owned()),
        ".nan" | ".NaN" | ".NAN" => return Some("NaN".to_owned()),
        _ => {}
    }
    let digits = text.replace('_', "");
    let (sign, unsigned) = match digits.strip_prefix(['-', '+']) {
        Some(rest) => (if digits.starts_with('-') { "-" } else { "" }, rest),
        None => ("", digits.as_str()),
    };
    if !unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return None;
    }
    if let Some(number) = integer(unsigned) {
        return Some(format!("{sign}{number}"));
    }
    let number: f64 = unsigned.parse().ok()?;
    number.is_finite().then(|| format!("{sign}{number}"))
}

/// An unsigned integer in the bases that YAML 1.1 knows.
fn integer(text: &str) -> Option<u64> {
    let (digits, radix) = match text.as_bytes() {
        [b'0', b'x' | b'X', ..] => (text.get(2..)?, 16),
        [b'0', b'b' | b'B', ..] => (text.get(2..)?, 2),
        [b'0', b'o' | b'O', ..] => (text.get(2..)?, 8),
        [b'0', _, ..] => (text.get(1..)?, 8),
        _ => (text, 10),
    };
    u64::from_str_radix(digits, radix).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scalars_are_passed_as_kubebot_passes_them() {
        let cases = [
            ("true", "1"),
            ("off", "0"),
            ("010", "8"),
            ("0x1f", "31"),
            ("1e3", "1000"),
            (".inf", "+Inf"),
            ("30", "30"),
            ("-5", "-5"),
            ("1.50", "1.5"),
            ("1_000", "1000"),
        ];
        for (written, passed) in cases {
            assert_eq!(resolve(written).as_deref(), Some(passed), "{written}");
        }
        for text in ["ws", "0uatom", "/ip4/1.2.3.4", "1.2.3", "tcp://x", "-", "yesterday"] {
            assert_eq!(resolve(text), None, "{text}");
        }
    }
}
