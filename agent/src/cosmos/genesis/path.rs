//! Places in a document, by paths such as `consensus.params.block.max_bytes`.

use serde_json::{Map, Value};
use thiserror::Error;

/// How like a key must be to be named as the one that was perhaps meant, from 0 to 1.
const LIKENESS: f64 = 0.7;

/// Whether what is set must be there before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// It must, so that a wrong path is an error.
    MustExist,
    /// It need not; the objects on the way are made too.
    New,
}

/// What is at a place instead of what was looked for.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum PathError {
    /// The key is not there.
    #[error("{} has no key `{key}`{}", place(parent), meant(nearest.as_deref()))]
    NoKey {
        /// What was looked into; empty for the document.
        parent: String,
        /// What it lacks.
        key: String,
        /// The key that was perhaps meant.
        nearest: Option<String>,
    },
    /// The list has no such element.
    #[error(
        "{} has {length} elements, and none with the number `{key}`, counted from 0",
        place(parent)
    )]
    NoElement {
        /// The list.
        parent: String,
        /// What was to be its number.
        key: String,
        /// How many elements the list has.
        length: usize,
    },
    /// Something of another kind is there.
    #[error("{} has {found}, not {wanted}", place(path))]
    Kind {
        /// Where; empty for the document.
        path: String,
        /// What is there.
        found: &'static str,
        /// What was looked for, or was to be put there.
        wanted: &'static str,
    },
    /// The path has an empty part, or none.
    #[error("`{0}` is not a path such as `consensus.params.block.max_bytes`")]
    NoPath(String),
}

/// What is at `path`.
pub(super) fn get<'v>(root: &'v Value, path: &str) -> Result<&'v Value, PathError> {
    let mut at = root;
    for (parent, key) in steps(path)? {
        at = match at {
            Value::Object(object) => object.get(key).ok_or_else(|| no_key(object, parent, key))?,
            Value::Array(list) => {
                let element = key.parse().ok().and_then(|number: usize| list.get(number));
                element.ok_or_else(|| no_element(list, parent, key))?
            }
            other => return Err(wrong_kind(other, parent, "an object or a list")),
        };
    }
    Ok(at)
}

/// What is at `path`, to be changed.
pub(super) fn get_mut<'v>(root: &'v mut Value, path: &str) -> Result<&'v mut Value, PathError> {
    // Looked up twice, for only the first can name the nearest key while nothing is borrowed.
    get(root, path)?;
    let mut at = root;
    for (parent, key) in steps(path)? {
        at = child(at, key).ok_or_else(|| PathError::NoPath(format!("{parent}.{key}")))?;
    }
    Ok(at)
}

/// The text at `path`.
pub(super) fn text<'v>(root: &'v Value, path: &str) -> Result<&'v str, PathError> {
    let value = get(root, path)?;
    value.as_str().ok_or_else(|| wrong_kind(value, path, "text"))
}

/// The list at `path`; null is an empty one.
pub(super) fn list<'v>(root: &'v Value, path: &str) -> Result<&'v [Value], PathError> {
    match get(root, path)? {
        Value::Array(list) => Ok(list),
        Value::Null => Ok(&[]),
        other => Err(wrong_kind(other, path, "a list")),
    }
}

/// The list at `path`, to be changed; null becomes an empty one.
pub(super) fn list_mut<'v>(
    root: &'v mut Value,
    path: &str,
) -> Result<&'v mut Vec<Value>, PathError> {
    let value = get_mut(root, path)?;
    if value.is_null() {
        *value = Value::Array(Vec::new());
    }
    match value {
        Value::Array(list) => Ok(list),
        other => Err(wrong_kind(other, path, "a list")),
    }
}

/// The value as an object; `path` is where it is.
pub(super) fn object<'v>(
    value: &'v Value,
    path: &str,
) -> Result<&'v Map<String, Value>, PathError> {
    value.as_object().ok_or_else(|| wrong_kind(value, path, "an object"))
}

/// Puts `value` at `path`.
pub(super) fn set(
    root: &mut Value,
    path: &str,
    value: Value,
    presence: Presence,
) -> Result<(), PathError> {
    let existing = match (get(root, path), presence) {
        (Ok(existing), _) => existing,
        (Err(PathError::NoKey { .. }), Presence::New) => &Value::Null,
        (Err(error), _) => return Err(error),
    };
    let value = like(existing, value, path)?;
    let mut at = root;
    for (parent, key) in steps(path)? {
        if let Value::Object(object) = at
            && !object.contains_key(key)
        {
            object.insert(key.to_owned(), Value::Object(Map::new()));
        }
        at = child(at, key).ok_or_else(|| PathError::NoPath(format!("{parent}.{key}")))?;
    }
    *at = value;
    Ok(())
}

/// `value` in the kind that `existing` has: a genesis has most numbers as text.
fn like(existing: &Value, value: Value, path: &str) -> Result<Value, PathError> {
    match (existing, value) {
        (Value::String(_), Value::Number(number)) => Ok(Value::String(number.to_string())),
        (Value::Number(_), Value::String(text)) => match serde_json::from_str(&text) {
            Ok(Value::Number(number)) => Ok(Value::Number(number)),
            _ => Err(wrong_kind(existing, path, "text")),
        },
        (existing, value)
            if existing.is_null() || value.is_null() || kind(existing) == kind(&value) =>
        {
            Ok(value)
        }
        (existing, value) => Err(wrong_kind(existing, path, kind(&value))),
    }
}

/// The parts of a path, each with the path before it.
fn steps(path: &str) -> Result<Vec<(&str, &str)>, PathError> {
    let mut end = 0;
    let mut steps = Vec::new();
    for key in path.split('.') {
        if key.is_empty() {
            return Err(PathError::NoPath(path.to_owned()));
        }
        steps.push((path.get(..end).unwrap_or_default().trim_end_matches('.'), key));
        end += key.len() + 1;
    }
    Ok(steps)
}

fn child<'v>(value: &'v mut Value, key: &str) -> Option<&'v mut Value> {
    match value {
        Value::Object(object) => object.get_mut(key),
        Value::Array(list) => list.get_mut(key.parse::<usize>().ok()?),
        _ => None,
    }
}

fn no_key(object: &Map<String, Value>, parent: &str, key: &str) -> PathError {
    let likeness = |other: &str| strsim::jaro_winkler(key, other);
    let nearest = object
        .keys()
        .filter(|other| likeness(other) >= LIKENESS)
        .max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
    PathError::NoKey { parent: parent.to_owned(), key: key.to_owned(), nearest: nearest.cloned() }
}

fn no_element(list: &[Value], parent: &str, key: &str) -> PathError {
    PathError::NoElement { parent: parent.to_owned(), key: key.to_owned(), length: list.len() }
}

fn wrong_kind(value: &Value, path: &str, wanted: &'static str) -> PathError {
    PathError::Kind { path: path.to_owned(), found: kind(value), wanted }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

fn place(path: &str) -> String {
    if path.is_empty() { "the document".to_owned() } else { format!("`{path}`") }
}

fn meant(nearest: Option<&str>) -> String {
    nearest.map(|nearest| format!(", but `{nearest}`")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::{Presence::*, *};

    fn document() -> Value {
        json!({
            "initial_height": 1,
            "app_hash": null,
            "consensus": {"params": {"block": {"max_bytes": "22020096", "max_gas": "-1"}}},
            "coins": [{"denom": "uatom", "amount": "1"}],
        })
    }

    fn set_to(path: &str, value: Value, presence: Presence) -> Result<Value, String> {
        let mut root = document();
        set(&mut root, path, value, presence).map_err(|error| error.to_string())?;
        assert!(root != document() || presence == MustExist);
        Ok(get(&root, path).unwrap().clone())
    }

    #[test]
    fn a_wrong_key_is_named_with_the_nearest() {
        let error = set_to("consensus.params.block.max_byte", json!("1"), MustExist).unwrap_err();
        assert_eq!(error, "`consensus.params.block` has no key `max_byte`, but `max_bytes`");
        let error = set_to("concensus.params", json!("1"), MustExist).unwrap_err();
        assert_eq!(error, "the document has no key `concensus`, but `consensus`");
        let error = set_to("zzz", json!("1"), MustExist).unwrap_err();
        assert_eq!(error, "the document has no key `zzz`");
    }

    #[test]
    fn a_number_becomes_text_where_text_is() {
        let path = "consensus.params.block.max_bytes";
        assert_eq!(set_to(path, json!(104_857_600), MustExist), Ok(json!("104857600")));
        assert_eq!(set_to(path, json!("5"), MustExist), Ok(json!("5")));
        assert_eq!(set_to("initial_height", json!("7"), MustExist), Ok(json!(7)));
    }

    #[test]
    fn another_kind_is_refused() {
        let error = set_to("consensus.params.block", json!("1"), MustExist).unwrap_err();
        assert_eq!(error, "`consensus.params.block` has an object, not text");
        let error = set_to("initial_height", json!("x"), MustExist).unwrap_err();
        assert_eq!(error, "`initial_height` has a number, not text");
        let error = set_to("initial_height.x", json!(1), New).unwrap_err();
        assert_eq!(error, "`initial_height` has a number, not an object or a list");
    }

    #[test]
    fn null_takes_anything_and_anything_takes_null() {
        assert_eq!(set_to("app_hash", json!("x"), MustExist), Ok(json!("x")));
        assert_eq!(set_to("consensus", json!(null), MustExist), Ok(json!(null)));
    }

    #[test]
    fn new_keys_are_made_with_all_on_the_way() {
        assert_eq!(set_to("a.b.c", json!(1), New), Ok(json!(1)));
        assert_eq!(set_to("consensus.params.abci.x", json!([]), New), Ok(json!([])));
    }

    #[test]
    fn elements_of_a_list_have_numbers() {
        assert_eq!(set_to("coins.0.amount", json!(5), MustExist), Ok(json!("5")));
        let error = set_to("coins.1.amount", json!(5), New).unwrap_err();
        assert_eq!(error, "`coins` has 1 elements, and none with the number `1`, counted from 0");
    }

    #[test]
    fn a_path_has_no_empty_part() {
        for path in ["", ".", "a.", ".a", "a..b"] {
            let error = set_to(path, json!(1), New).unwrap_err();
            assert!(error.contains("is not a path"), "{error}");
        }
    }

    proptest! {
        #[test]
        fn what_is_set_is_there_and_setting_it_again_changes_nothing(
            path in "[a-c]{1,2}(\\.[a-c]{1,2}){0,3}", number: u64,
        ) {
            let mut once = document();
            set(&mut once, &path, json!(number), New).unwrap();
            prop_assert_eq!(get(&once, &path), Ok(&json!(number)));
            let mut twice = once.clone();
            set(&mut twice, &path, json!(number), MustExist).unwrap();
            prop_assert_eq!(once, twice);
        }
    }
}
