//! Maps whose keys are known.

use std::path::{Path, PathBuf};

use super::{Field, Place, Problems};
use crate::config::{
    env::Env,
    nearest::nearest,
    yaml::{At, Entry, Kind, Node},
};

/// A map whose keys are known: each is taken once, and the rest are problems.
#[derive(Debug)]
pub struct Section<'a> {
    pub(super) key: String,
    pub(super) path: PathBuf,
    pub(super) entries: Vec<Entry>,
    pub(super) known: Vec<&'static str>,
    pub(super) any_case: bool,
    pub(super) problems: &'a Problems,
}

impl<'a> Section<'a> {
    /// Begins with a whole file; a file that is not a map is a problem.
    pub fn root(path: &Path, document: Option<Node>, problems: &'a Problems) -> Self {
        let entries = match document {
            None => Vec::new(),
            Some(Node { kind: Kind::Map(entries), .. }) => entries,
            Some(node) => {
                let place = Place::File { path: path.to_owned(), at: node.at };
                problems.add(place, "", "must be a map of settings, such as `init: {…}`");
                Vec::new()
            }
        };
        let path = path.to_owned();
        let (key, known, any_case) = (String::new(), Vec::new(), false);
        Self { key, path, entries, known, any_case, problems }
    }

    /// A section with nothing in it, for settings that all have defaults or variables.
    pub fn empty(key: &str, problems: &'a Problems) -> Self {
        Self {
            key: key.to_owned(),
            path: PathBuf::new(),
            entries: Vec::new(),
            known: Vec::new(),
            any_case: false,
            problems,
        }
    }

    /// The same, but its keys are found in any case where there is none as it is written.
    #[must_use]
    pub fn in_any_case(self) -> Self {
        Self { any_case: true, ..self }
    }

    /// Takes a key out; a null counts as not written.
    pub fn take(&mut self, key: &'static str) -> Option<Field<'a>> {
        self.take_nullable(key).filter(|field| !field.is_null())
    }

    /// Takes a key out; a null counts as not written, and so does what has nothing in it.
    pub fn take_filled(&mut self, key: &'static str) -> Option<Field<'a>> {
        self.take(key).filter(|field| !field.is_empty())
    }

    /// Takes a key out, a null too.
    pub fn take_nullable(&mut self, key: &'static str) -> Option<Field<'a>> {
        self.known.push(key);
        let position = |same: fn(&str, &str) -> bool| {
            self.entries.iter().position(|entry| same(&entry.key, key))
        };
        let index = position(|a, b| a == b)
            .or_else(|| position(str::eq_ignore_ascii_case).filter(|_| self.any_case))?;
        let entry = self.entries.remove(index);
        let place = Place::File { path: self.path.clone(), at: entry.value.at };
        Some(Field { key: self.key_of(key), place, node: entry.value, problems: self.problems })
    }

    /// Takes a setting from a variable or, where that is not set, from a key.
    pub fn take_or_env(&mut self, key: &'static str, env: &Env, name: &str) -> Option<Field<'a>> {
        let written = self.take(key);
        Field::env(env, name, &self.key_of(key), self.problems).or(written)
    }

    /// A variable that has no key.
    pub fn env(&self, name: &str, env: &Env) -> Option<Field<'a>> {
        Field::env(env, name, "", self.problems)
    }

    /// Takes a map of settings; one that is not written is empty.
    #[must_use]
    pub fn take_section(&mut self, key: &'static str) -> Section<'a> {
        let section = self.take(key).and_then(|field| field.section());
        section.unwrap_or_else(|| self.empty_child(key))
    }

    /// A section below this one with nothing in it.
    #[must_use]
    pub fn empty_child(&self, key: &str) -> Section<'a> {
        Section::empty(&self.key_of(key), self.problems)
    }

    /// Reports a key that must be there and is not.
    pub fn missing(&self, key: &str, message: &str) {
        let place = if self.path.as_os_str().is_empty() {
            Place::Missing
        } else {
            Place::File { path: self.path.clone(), at: At::default() }
        };
        self.problems.add(place, self.key_of(key), message);
    }

    /// Reports what has not been taken, each with the nearest known key. A key of the file itself
    /// that begins with `x-` may stand: it is for what only aliases lead to.
    pub fn finish(self) {
        let is_aside = |entry: &Entry| self.key.is_empty() && entry.key.starts_with("x-");
        for entry in self.entries.iter().filter(|entry| !is_aside(entry)) {
            let place = Place::File { path: self.path.clone(), at: entry.at };
            let message = match nearest(&entry.key, self.known.iter().copied()) {
                Some(known) => format!("is not a setting; did you mean `{known}`?"),
                None => format!("is not a setting; known here: {}", self.known.join(", ")),
            };
            self.problems.add(place, self.key_of(&entry.key), message);
        }
    }

    fn key_of(&self, key: &str) -> String {
        match self.key.as_str() {
            "" => key.to_owned(),
            section => format!("{section}.{key}"),
        }
    }
}
