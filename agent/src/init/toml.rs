//! Edits TOML by key, and leaves everything else as it stands: comments, order, blank lines.

use thiserror::Error;
use toml_edit::{Array, DocumentMut, Item, Table, TableLike, TomlError, Value};

use crate::config::{
    edits::Edit,
    nearest::nearest,
    yaml::{Kind, Node},
};

/// Why a document cannot be edited.
#[derive(Debug, Error)]
pub enum TomlEditError {
    /// It is not TOML.
    #[error("not TOML")]
    Syntax(#[from] TomlError),
    /// It has no such key, and the edit is not marked as new.
    #[error("has no key `{key}`{}", missing_hint(near.as_deref(), key))]
    Missing {
        /// The key.
        key: String,
        /// A key of the same table that was perhaps meant.
        near: Option<String>,
    },
    /// A part of the key is not a table.
    #[error("has a value at `{at}`, so it can have no key `{key}`")]
    NotATable {
        /// The key.
        key: String,
        /// The part of it that is a value.
        at: String,
    },
    /// The value is of another type than the one that stands there.
    #[error("has {found} at `{key}`, which `{wanted}` is not")]
    Type {
        /// The key.
        key: String,
        /// The type that stands there.
        found: &'static str,
        /// The value asked for.
        wanted: String,
    },
}

fn missing_hint(near: Option<&str>, key: &str) -> String {
    match near {
        Some(near) => format!("; did you mean `{near}`?"),
        None => format!("; if the node knows it, write `{key}: {{new: …}}`, else `{key}: null`"),
    }
}

/// Applies edits to a document; the same edits applied again change nothing.
///
/// # Errors
///
/// All [`TomlEditError`]s, each for one edit; the document is then not to be used.
pub fn apply(text: &str, edits: &[Edit]) -> Result<String, Vec<TomlEditError>> {
    let mut document: DocumentMut = text.parse().map_err(|error: TomlError| vec![error.into()])?;
    let errors: Vec<_> =
        edits.iter().filter_map(|edit| set(document.as_table_mut(), edit).err()).collect();
    if errors.is_empty() { Ok(document.to_string()) } else { Err(errors) }
}

/// Tells whether bytes are TOML with at least one key.
pub fn is_settings(bytes: &[u8]) -> bool {
    let document = std::str::from_utf8(bytes).ok().and_then(|text| text.parse().ok());
    document.is_some_and(|document: DocumentMut| !document.is_empty())
}

/// Reads the text at a key, such as `consensus.timeout_commit`; none if it is not there.
pub fn string_at(text: &str, path: &[&str]) -> Option<String> {
    let document: DocumentMut = text.parse().ok()?;
    let mut item = document.as_item();
    for part in path {
        item = item.get(part)?;
    }
    item.as_str().map(str::to_owned)
}

fn set(root: &mut Table, edit: &Edit) -> Result<(), TomlEditError> {
    let Some((last, tables)) = edit.path.split_last() else { return Ok(()) };
    let mut table: &mut dyn TableLike = root;
    for (depth, part) in tables.iter().enumerate() {
        if !table.contains_key(part) {
            if !edit.new {
                return Err(missing(edit, table, part));
            }
            table.insert(part, new_table());
        }
        table = table
            .get_mut(part)
            .and_then(Item::as_table_like_mut)
            .ok_or_else(|| not_a_table(edit, depth))?;
    }
    if matches!(&edit.value.kind, Kind::Map(entries) if entries.is_empty()) {
        if !table.contains_key(last) {
            table.insert(last, Item::Table(Table::new()));
        }
        return Ok(());
    }
    match table.get_mut(last) {
        Some(item) => replace(item, edit),
        None if edit.new => {
            table.insert(last, Item::Value(untyped(&edit.value)));
            Ok(())
        }
        None => Err(missing(edit, table, last)),
    }
}

/// A table that is written only once it has a key of its own.
fn new_table() -> Item {
    let mut table = Table::new();
    table.set_implicit(true);
    Item::Table(table)
}

fn missing(edit: &Edit, table: &dyn TableLike, part: &str) -> TomlEditError {
    let known: Vec<_> = table.iter().map(|(key, _)| key.to_owned()).collect();
    let near = nearest(part, known.iter().map(String::as_str)).map(str::to_owned);
    TomlEditError::Missing { key: edit.key(), near }
}

fn not_a_table(edit: &Edit, depth: usize) -> TomlEditError {
    let at = edit.path.get(..=depth).unwrap_or_default().join(".");
    TomlEditError::NotATable { key: edit.key(), at }
}

/// Replaces a value by one of the same type, and keeps the comment behind it.
fn replace(item: &mut Item, edit: &Edit) -> Result<(), TomlEditError> {
    let Some(old) = item.as_value_mut() else {
        return Err(TomlEditError::Type {
            key: edit.key(),
            found: "a table",
            wanted: shown(&edit.value),
        });
    };
    let mut new = typed(&edit.value, old).ok_or_else(|| TomlEditError::Type {
        key: edit.key(),
        found: type_name(old),
        wanted: shown(&edit.value),
    })?;
    if !same(old, &new) {
        *new.decor_mut() = old.decor().clone();
        *old = new;
    }
    Ok(())
}

/// Makes the value that the configuration means, of the type that stands in the document.
fn typed(node: &Node, like: &Value) -> Option<Value> {
    let text = match &node.kind {
        Kind::Scalar { text, .. } => text,
        Kind::List(items) => return like.is_array().then(|| array(items)),
        Kind::Map(_) => return None,
    };
    match like {
        Value::String(_) => Some(text.as_str().into()),
        Value::Integer(_) => text.parse::<i64>().ok().map(Value::from),
        Value::Float(_) => text.parse::<f64>().ok().map(Value::from),
        Value::Boolean(_) => text.parse::<bool>().ok().map(Value::from),
        Value::Datetime(_) => text.parse::<toml_edit::Datetime>().ok().map(Value::from),
        Value::Array(_) | Value::InlineTable(_) => None,
    }
}

/// Makes a value of the type that YAML gives a scalar.
fn untyped(node: &Node) -> Value {
    match &node.kind {
        Kind::List(items) => array(items),
        Kind::Map(_) => Value::InlineTable(toml_edit::InlineTable::new()),
        Kind::Scalar { text, plain: false } => text.as_str().into(),
        Kind::Scalar { text, plain: true } => match text.as_str() {
            "true" => true.into(),
            "false" => false.into(),
            other => match (other.parse::<i64>(), other.parse::<f64>()) {
                (Ok(number), _) => number.into(),
                (_, Ok(number)) if number.is_finite() => number.into(),
                _ => other.into(),
            },
        },
    }
}

fn array(items: &[Node]) -> Value {
    Value::Array(items.iter().map(untyped).collect::<Array>())
}

/// Compares values, not how they are written.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| same(a, b))
        }
        (Value::String(a), Value::String(b)) => a.value() == b.value(),
        (Value::Integer(a), Value::Integer(b)) => a.value() == b.value(),
        (Value::Boolean(a), Value::Boolean(b)) => a.value() == b.value(),
        (Value::Float(a), Value::Float(b)) => a.value().to_bits() == b.value().to_bits(),
        (Value::Datetime(a), Value::Datetime(b)) => a.value() == b.value(),
        _ => false,
    }
}

fn type_name(value: &Value) -> &'static str {
    match value {
        Value::String(_) => "a string",
        Value::Integer(_) => "an integer",
        Value::Float(_) => "a float",
        Value::Boolean(_) => "a boolean",
        Value::Datetime(_) => "a date",
        Value::Array(_) => "a list",
        Value::InlineTable(_) => "a table",
    }
}

fn shown(node: &Node) -> String {
    match &node.kind {
        Kind::Scalar { text, .. } => text.clone(),
        Kind::List(items) => format!("a list of {}", items.len()),
        Kind::Map(_) => "a table".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const FILE: &str = "# top\nname = \"x\" # why\n\n[rpc]\n# listen\nladdr = \"a\"\nsize = 5\n\
                        list = []\n\n[mempool]\nsize = 6\n";

    fn one(path: &str, value: &str) -> Edit {
        Edit::default_of(path, value)
    }

    #[test]
    fn only_the_value_changes() {
        let edited = apply(FILE, &[one("rpc.size", "7"), one("name", "y")]).unwrap();
        assert_eq!(edited, FILE.replace("size = 5", "size = 7").replace("\"x\"", "\"y\""));
    }

    #[test]
    fn a_key_that_is_not_there_is_an_error_with_the_nearest_one() {
        let errors = apply(FILE, &[one("rpc.ladr", "x"), one("grpc.enable", "true")]).unwrap_err();
        assert_eq!(errors[0].to_string(), "has no key `rpc.ladr`; did you mean `laddr`?");
        assert!(errors[1].to_string().starts_with("has no key `grpc.enable`"));
    }

    #[test]
    fn a_new_table_goes_to_the_end_once() {
        let edits =
            [one("gwc.chunk_size", "10240").or_new(), one("gwc.f.a-0", "http://a").or_new()];
        let once = apply(FILE, &edits).unwrap();
        let table = "\n[gwc]\nchunk_size = 10240\n\n[gwc.f]\na-0 = \"http://a\"\n";
        assert_eq!(once, format!("{FILE}{table}"));
        assert_eq!(apply(&once, &edits).unwrap(), once);
    }

    #[test]
    fn the_document_decides_the_type() {
        let edited = apply("a = \"1\"\nb = []\n", &[one("a", "2"), one("b", "*").in_a_list()]);
        assert_eq!(edited.unwrap(), "a = \"2\"\nb = [\"*\"]\n");
        let wrong = apply(FILE, &[one("rpc.size", "many"), one("rpc", "1"), one("name.x", "1")]);
        let texts: Vec<_> = wrong.unwrap_err().iter().map(ToString::to_string).collect();
        assert_eq!(texts[0], "has an integer at `rpc.size`, which `many` is not");
        assert_eq!(texts[1], "has a table at `rpc`, which `1` is not");
        assert_eq!(texts[2], "has a value at `name`, so it can have no key `name.x`");
    }

    proptest! {
        #[test]
        fn an_edit_applied_twice_is_applied_once(value in "[a-z0-9\"\\\\ ]{0,12}", key in "[a-z]{1,3}") {
            let edits = [one("rpc.laddr", &value), one(&format!("new.{key}"), &value).or_new()];
            let once = apply(FILE, &edits).unwrap();
            prop_assert_eq!(apply(&once, &edits).unwrap(), once);
        }

        #[test]
        fn no_text_panics(text in ".{0,200}") {
            let _ = apply(&text, &[one("a.b", "1").or_new()]);
        }
    }
}
