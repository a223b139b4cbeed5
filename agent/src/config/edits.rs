//! Edits of the node's own files: which key of which document gets which value.

use super::{
    reader::{Field, Place},
    yaml::{At, Entry, Kind, Node},
};

/// One key of a document and the value that it must have.
///
/// # Units
///
/// A value keeps the text of the configuration. The document decides its type: what stands there
/// already, or for a new key what YAML says of a scalar without quotes.
#[derive(Clone, Debug, PartialEq)]
pub struct Edit {
    /// The key in the document, a part a table.
    pub path: Vec<String>,
    /// The value.
    pub value: Node,
    /// Whether the key may be new. If not, a document without it is an error.
    pub new: bool,
    /// Where the edit was asked for; [`Place::Missing`] for a default of ours.
    pub place: Place,
}

impl Edit {
    /// Makes an edit of ours, whose value is a YAML scalar without quotes.
    pub fn default_of(path: &str, value: &str) -> Self {
        Self { path: split(path), value: Node::text(value), new: false, place: Place::Missing }
    }

    /// Marks the edit's key as one that the document need not have.
    #[must_use]
    pub fn or_new(self) -> Self {
        Self { new: true, ..self }
    }

    /// Makes the value a list of this one.
    #[must_use]
    pub fn in_a_list(self) -> Self {
        let kind = Kind::List(vec![self.value]);
        Self { value: Node { at: At::default(), kind }, ..self }
    }

    /// The key as it is written in the configuration.
    pub fn key(&self) -> String {
        self.path.join(".")
    }
}

/// Reads a map of edits over the defaults: what it names replaces the default of the same key, and
/// a null leaves the key as the node's program wrote it.
///
/// Keys may have dots, or stand in nested maps, or both. `{new: <value>}` marks a key or a whole
/// table that the document does not have yet.
pub fn read(field: Option<Field<'_>>, defaults: Vec<Edit>) -> Vec<Edit> {
    let mut written = Vec::new();
    if let Some(field) = field {
        flatten(&[], &field, false, &mut written);
    }
    let replaced = |edit: &Edit| {
        written.iter().any(|(path, _)| edit.path.starts_with(path) || path.starts_with(&edit.path))
    };
    let mut edits: Vec<_> = defaults.into_iter().filter(|edit| !replaced(edit)).collect();
    edits.extend(written.into_iter().filter_map(|(_, edit)| edit));
    edits
}

/// Collects the leaves of a map; an edit of `None` is a null, which takes a default away.
fn flatten(
    path: &[String],
    field: &Field<'_>,
    new: bool,
    found: &mut Vec<(Vec<String>, Option<Edit>)>,
) {
    if let (Kind::Map(entries), false) = (&field.node().kind, path.is_empty()) {
        if let [Entry { key, .. }] = entries.as_slice()
            && key == "new"
        {
            let Some((_, inner)) = field.entries().and_then(|mut all| all.pop()) else { return };
            return flatten(path, &inner, true, found);
        }
        if entries.is_empty() {
            found.push((path.to_vec(), Some(edit(path, field, new))));
        }
    }
    let nested = matches!(field.node().kind, Kind::Map(_)) || path.is_empty();
    if !nested {
        let edit = (!field.is_null()).then(|| edit(path, field, new));
        found.push((path.to_vec(), edit));
        return;
    }
    for (key, inner) in field.entries().unwrap_or_default() {
        let parts = split(&key);
        if parts.iter().any(String::is_empty) {
            inner.problem("is not a key; write it like `table.key`");
            continue;
        }
        let path: Vec<_> = path.iter().cloned().chain(parts).collect();
        if found.iter().any(|(other, _)| *other == path) {
            inner.problem("is written twice, once with dots and once in a map");
        }
        flatten(&path, &inner, new, found);
    }
}

fn edit(path: &[String], field: &Field<'_>, new: bool) -> Edit {
    Edit { path: path.to_vec(), value: field.node().clone(), new, place: field.place.clone() }
}

fn split(path: &str) -> Vec<String> {
    path.split('.').map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{
        super::{
            reader::{Problems, Section},
            yaml,
        },
        *,
    };

    fn keys(text: &str, defaults: Vec<Edit>) -> Vec<(String, bool)> {
        let problems = Problems::default();
        let document = yaml::parse(text).unwrap();
        let mut section = Section::root(Path::new("a"), document, &problems);
        let edits = read(section.take("e"), defaults);
        assert!(problems.is_empty());
        edits.iter().map(|edit| (edit.key(), edit.new)).collect()
    }

    #[test]
    fn keys_may_have_dots_or_stand_in_maps() {
        let found = keys("e: {a.b: 1, c: {d: {e: 2}}, f: {new: {g: 3, h: {i: 4}}}}", vec![]);
        let expected = [("a.b", false), ("c.d.e", false), ("f.g", true), ("f.h.i", true)];
        assert_eq!(found, expected.map(|(key, new)| (key.to_owned(), new)));
    }

    #[test]
    fn a_written_key_replaces_the_default_and_a_null_takes_it_away() {
        let defaults = || vec![Edit::default_of("a.b", "1"), Edit::default_of("a.c", "2")];
        assert_eq!(keys("e: {a.b: null}", defaults()), [("a.c".to_owned(), false)]);
        assert_eq!(keys("e: {a: {b: 7}}", defaults()).len(), 2);
        assert_eq!(keys("{}", defaults()).len(), 2);
    }
}
