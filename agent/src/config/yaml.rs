//! YAML with places: every node knows its line and column, and a scalar keeps its text.

use saphyr::{MarkedYamlOwned, ScalarStyle, YamlDataOwned, YamlLoader};
use saphyr_parser::{Parser, Tag};
use thiserror::Error;

/// Where in a file something was written; both count from 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct At {
    /// The line.
    pub line: usize,
    /// The column, in characters.
    pub column: usize,
}

/// A value and the place where it was written.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Where the value begins.
    pub at: At,
    /// The value.
    pub kind: Kind,
}

/// What a node is.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// A scalar as it was written; `plain` when it had no quotes, so that `"1"` and `1` differ.
    Scalar {
        /// The text, with escapes resolved.
        text: String,
        /// Whether it was written without quotes; a tag such as `!!str` counts as quotes do.
        plain: bool,
    },
    /// A list.
    List(Vec<Node>),
    /// A map, in the order of the file.
    Map(Vec<Entry>),
}

/// One key of a map and its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Where the key begins.
    pub at: At,
    /// The key.
    pub key: String,
    /// The value.
    pub value: Node,
}

/// Why a text is not the YAML that we read.
#[derive(Clone, Debug, Error, PartialEq)]
#[error("{message}")]
pub struct YamlError {
    /// Where the parser stopped.
    pub at: At,
    /// What it says.
    pub message: String,
}

impl Node {
    /// Makes a scalar that stands in no file, such as the value of an environment variable.
    pub fn text(text: impl Into<String>) -> Self {
        Self { at: At::default(), kind: Kind::Scalar { text: text.into(), plain: true } }
    }

    /// The value as JSON: scalars without quotes are numbers and booleans where they look so.
    pub fn to_json(&self) -> serde_json::Value {
        use serde_json::Value;

        match &self.kind {
            Kind::Scalar { text, plain: false } => text.as_str().into(),
            Kind::Scalar { .. } if self.is_null() => Value::Null,
            Kind::Scalar { text, plain: true } => match text.as_str() {
                "true" => true.into(),
                "false" => false.into(),
                _ => text.parse().map_or_else(|_| text.as_str().into(), Value::Number),
            },
            Kind::List(items) => items.iter().map(Self::to_json).collect(),
            Kind::Map(entries) => {
                let entry = |entry: &Entry| (entry.key.clone(), entry.value.to_json());
                Value::Object(entries.iter().map(entry).collect())
            }
        }
    }

    /// Tells whether the node is YAML's null: nothing, `~` or `null`, without quotes.
    pub fn is_null(&self) -> bool {
        matches!(&self.kind, Kind::Scalar { text, plain: true }
            if matches!(text.as_str(), "" | "~" | "null" | "Null" | "NULL"))
    }
}

/// Reads a document; an empty one is `None`.
///
/// Anchors, aliases and merge keys (`<<`) are resolved. What the Go library that kubebot reads its
/// file with drops silently is an error: all but the last of a key that stands twice in a map, and
/// all but the first document, unless nothing is in it.
///
/// # Errors
///
/// [`YamlError`] where the text is not YAML, holds several documents, or has a key that is no
/// scalar.
pub fn parse(text: &str) -> Result<Option<Node>, YamlError> {
    let mut loader = YamlLoader::<MarkedYamlOwned>::default();
    loader.early_parse(false);
    let mut parser = Parser::new_from_str(text);
    parser.load(&mut loader, true).map_err(|error| scan_error(&error))?;
    if let Some(error) = loader.error() {
        return Err(scan_error(error));
    }
    let mut documents = loader.into_documents().into_iter();
    let Some(first) = documents.next() else { return Ok(None) };
    for document in documents {
        if !node(&document)?.is_null() {
            let message = "a second document; put all keys in one".to_owned();
            return Err(YamlError { at: at(&document), message });
        }
    }
    let node = node(&first)?;
    Ok((!node.is_null()).then_some(node))
}

fn scan_error(error: &saphyr_parser::ScanError) -> YamlError {
    let marker = error.marker();
    YamlError {
        at: At { line: marker.line(), column: marker.col() + 1 },
        message: error.info().to_owned(),
    }
}

fn at(yaml: &MarkedYamlOwned) -> At {
    At { line: yaml.span.start.line(), column: yaml.span.start.col() + 1 }
}

fn node(yaml: &MarkedYamlOwned) -> Result<Node, YamlError> {
    let at = at(yaml);
    let kind = match &yaml.data {
        YamlDataOwned::Representation(_, _, Some(tag)) if is_core(tag, &["binary"]) => {
            let message = "`!!binary` is not read; write the text itself".to_owned();
            return Err(YamlError { at, message });
        }
        YamlDataOwned::Representation(text, style, tag) => {
            Kind::Scalar { text: text.clone(), plain: is_plain(*style, tag.as_ref()) }
        }
        YamlDataOwned::Sequence(items) => {
            Kind::List(items.iter().map(node).collect::<Result<_, _>>()?)
        }
        YamlDataOwned::Mapping(map) => {
            let mut entries = Vec::new();
            for (key, value) in map {
                entries.push(entry(key, value)?);
            }
            Kind::Map(merge(entries)?)
        }
        YamlDataOwned::Tagged(_, inner) => node(inner)?.kind,
        YamlDataOwned::Value(_) | YamlDataOwned::Alias(_) | YamlDataOwned::BadValue => {
            return Err(YamlError { at, message: "a value that cannot be read".to_owned() });
        }
    };
    Ok(Node { at, kind })
}

/// Whether a scalar may be something else than a text. Its tag says so, and without one its quotes.
fn is_plain(style: ScalarStyle, tag: Option<&Tag>) -> bool {
    match tag {
        None => style == ScalarStyle::Plain,
        Some(tag) => is_core(tag, &["bool", "int", "float", "null"]),
    }
}

fn is_core(tag: &Tag, types: &[&str]) -> bool {
    tag.is_yaml_core_schema() && types.contains(&tag.suffix.as_str())
}

fn entry(key: &MarkedYamlOwned, value: &MarkedYamlOwned) -> Result<Entry, YamlError> {
    let at = at(key);
    let YamlDataOwned::Representation(text, ..) = &key.data else {
        return Err(YamlError { at, message: "a key must be a word".to_owned() });
    };
    Ok(Entry { at, key: text.clone(), value: node(value)? })
}

/// Puts the maps under merge keys into the map; its own keys win.
fn merge(entries: Vec<Entry>) -> Result<Vec<Entry>, YamlError> {
    let (merges, mut own): (Vec<_>, Vec<_>) = entries.into_iter().partition(|e| e.key == "<<");
    for entry in merges {
        let sources = match entry.value.kind {
            Kind::List(items) => items,
            _ => vec![entry.value],
        };
        for source in sources {
            let Kind::Map(inherited) = source.kind else {
                let message = "`<<` takes a map or a list of maps".to_owned();
                return Err(YamlError { at: entry.at, message });
            };
            for entry in inherited {
                if own.iter().all(|own| own.key != entry.key) {
                    own.push(entry);
                }
            }
        }
    }
    Ok(own)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(text: &str) -> Vec<Entry> {
        match parse(text).unwrap().unwrap().kind {
            Kind::Map(entries) => entries,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_value_knows_its_line_and_column_and_whether_it_was_quoted() {
        let entries = map("a: 010\nb:\n  c: '1'\n");
        let Kind::Map(inner) = &entries[1].value.kind else { panic!() };
        assert_eq!(entries[0].value.kind, Kind::Scalar { text: "010".into(), plain: true });
        assert_eq!(inner[0].value.kind, Kind::Scalar { text: "1".into(), plain: false });
        assert_eq!(inner[0].at, At { line: 3, column: 3 });
        assert_eq!(inner[0].value.at, At { line: 3, column: 6 });
    }

    #[test]
    fn a_tag_says_what_quotes_would() {
        let is_plain = |value: &str| match &map(&format!("a: {value}\n"))[0].value.kind {
            Kind::Scalar { plain, .. } => *plain,
            other => panic!("{other:?}"),
        };
        for text in ["!!str 010", "!!str", "! 010", "!mine 010", "!<tag:yaml.org,2002:str> 010"] {
            assert!(!is_plain(text), "{text}");
        }
        for other in ["!!int '010'", "!!bool 'yes'", "!!float 1", "!!null ''"] {
            assert!(is_plain(other), "{other}");
        }
        assert!(parse("a: !!binary aGk=\n").unwrap_err().message.contains("write the text"));
    }

    #[test]
    fn an_empty_file_has_no_document() {
        assert_eq!(parse("# nothing\n"), Ok(None));
        assert_eq!(parse(""), Ok(None));
        assert_eq!(map("a: 1\n---\n"), map("a: 1\n"), "nor does the rest of one");
    }

    #[test]
    fn a_merge_key_adds_what_the_map_does_not_have() {
        let entries = map("base: &b {x: 1, y: 2}\nuse: {<<: *b, x: 3}\n");
        let Kind::Map(used) = &entries[1].value.kind else { panic!() };
        let keys: Vec<_> = used.iter().map(|e| e.key.as_str()).collect();
        assert_eq!(keys, ["x", "y"]);
    }

    #[test]
    fn errors_have_a_place() {
        assert_eq!(parse("a: 1\nb: [\n").unwrap_err().at.line, 3);
        assert_eq!(parse("a: 1\na: 2\n").unwrap_err().at.line, 2);
        assert!(parse("a: 1\n---\nb: 2\n").unwrap_err().message.contains("second document"));
    }
}
