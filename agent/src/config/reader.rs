//! Reads settings out of YAML nodes and environment variables, and collects every problem.
//!
//! A [`Section`] is a map whose keys are taken one by one; what is left at the end is unknown. A
//! [`Field`] is a value that knows its key and where it was written. Neither stops at a problem:
//! they report it and answer `None`, so that one run reports them all.

mod section;

use std::{cell::RefCell, fmt, path::PathBuf, str::FromStr, time::Duration};

pub use section::Section;

use super::{
    duration,
    env::Env,
    yaml::{At, Entry, Kind, Node},
};

/// Where a setting was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// In a file.
    File {
        /// The file.
        path: PathBuf,
        /// The line and column.
        at: At,
    },
    /// In an environment variable of this name.
    Env(String),
    /// Nowhere: it is missing.
    Missing,
}

/// Something wrong with one setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where it was written.
    pub place: Place,
    /// The key, with dots: `init.accounts[1].balance`. Empty for the file as a whole.
    pub key: String,
    /// What is wrong and what to do.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Place::File { path, at } if *at == At::default() => write!(f, "{}: ", path.display())?,
            Place::File { path, at } => {
                write!(f, "{}:{}:{}: ", path.display(), at.line, at.column)?;
            }
            Place::Env(name) => write!(f, "environment variable {name}: ")?,
            Place::Missing => {}
        }
        if self.key.is_empty() {
            return write!(f, "{}", self.message);
        }
        write!(f, "`{}` {}", self.key, self.message)
    }
}

/// All problems found so far.
#[derive(Debug, Default)]
pub struct Problems(RefCell<Vec<Problem>>);

impl Problems {
    /// Adds a problem.
    pub fn add(&self, place: Place, key: impl Into<String>, message: impl Into<String>) {
        let problem = Problem { place, key: key.into(), message: message.into() };
        self.0.borrow_mut().push(problem);
    }

    /// Ends the collection.
    pub fn into_vec(self) -> Vec<Problem> {
        self.0.into_inner()
    }

    /// Tells whether nothing is wrong so far.
    pub fn is_empty(&self) -> bool {
        self.0.borrow().is_empty()
    }
}

/// A value, its key and where it was written.
#[derive(Clone, Debug)]
pub struct Field<'a> {
    /// The key, with dots.
    pub key: String,
    /// Where it was written.
    pub place: Place,
    node: Node,
    problems: &'a Problems,
}

impl<'a> Field<'a> {
    /// Makes a field of an environment variable, if it is set.
    pub fn env(env: &Env, name: &str, key: &str, problems: &'a Problems) -> Option<Self> {
        let node = Node::text(env.get(name)?);
        Some(Self { key: key.to_owned(), place: Place::Env(name.to_owned()), node, problems })
    }

    /// Reports what is wrong with the value.
    pub fn problem(&self, message: impl Into<String>) {
        self.problems.add(self.place.clone(), self.key.clone(), message);
    }

    /// The node itself.
    pub fn node(&self) -> &Node {
        &self.node
    }

    /// Tells whether the value is null.
    pub fn is_null(&self) -> bool {
        self.node.is_null()
    }

    /// Tells whether there is nothing in the value: an empty text, list or map.
    pub fn is_empty(&self) -> bool {
        match &self.node.kind {
            Kind::Scalar { text, .. } => text.is_empty(),
            Kind::List(items) => items.is_empty(),
            Kind::Map(entries) => entries.is_empty(),
        }
    }

    /// The text of a scalar; anything else is a problem, an empty one too.
    pub fn text(&self) -> Option<String> {
        match &self.node.kind {
            Kind::Scalar { .. } if self.node.is_null() => self.wrong("has no value"),
            Kind::Scalar { text, .. } if text.is_empty() => self.wrong("must not be empty"),
            Kind::Scalar { text, .. } => Some(text.clone()),
            Kind::List(_) => self.wrong("must be one value, not a list"),
            Kind::Map(_) => self.wrong("must be one value, not a map"),
        }
    }

    /// A value of a type that reads itself; its error becomes the problem.
    pub fn parse<T>(&self) -> Option<T>
    where
        T: FromStr,
        T::Err: fmt::Display,
    {
        let text = self.text()?;
        text.parse().map_err(|error| self.problem(format!("is `{text}`: {error}"))).ok()
    }

    /// A boolean as YAML 1.1 writes it, `1` and `0` included, for environment variables.
    pub fn boolean(&self) -> Option<bool> {
        let text = self.text()?;
        match text.to_ascii_lowercase().as_str() {
            "true" | "yes" | "on" | "y" | "1" => Some(true),
            "false" | "no" | "off" | "n" | "0" => Some(false),
            _ => self.wrong(format!("is `{text}`; write `true` or `false`")),
        }
    }

    /// A whole number within bounds.
    pub fn number<T>(&self, least: T, most: T) -> Option<T>
    where
        T: Copy + FromStr + PartialOrd + fmt::Display,
    {
        let text = self.text()?;
        match text.parse::<T>() {
            Ok(number) if number >= least && number <= most => Some(number),
            _ => {
                self.wrong(format!("is `{text}`; it must be a whole number from {least} to {most}"))
            }
        }
    }

    /// A duration within bounds.
    pub fn duration(&self, least: Duration, most: Duration) -> Option<Duration> {
        let text = self.text()?;
        match duration::parse(&text) {
            Err(error) => self.wrong(format!("is `{text}`, which {error}")),
            Ok(value) if value < least || value > most => self.wrong(format!(
                "is `{text}`; it must be from {} to {}",
                duration::format(least),
                duration::format(most)
            )),
            Ok(value) => Some(value),
        }
    }

    /// An absolute path.
    pub fn path(&self) -> Option<PathBuf> {
        let path = PathBuf::from(self.text()?);
        if !path.is_absolute() {
            return self.wrong(format!("is `{}`; it must be an absolute path", path.display()));
        }
        Some(path)
    }

    /// One of a few words.
    pub fn choice<T: Copy>(&self, choices: &[(&str, T)]) -> Option<T> {
        self.chosen(choices, str::eq)
    }

    /// One of a few words, in any case.
    pub fn choice_in_any_case<T: Copy>(&self, choices: &[(&str, T)]) -> Option<T> {
        self.chosen(choices, str::eq_ignore_ascii_case)
    }

    fn chosen<T: Copy>(&self, choices: &[(&str, T)], same: fn(&str, &str) -> bool) -> Option<T> {
        let text = self.text()?;
        let found = choices.iter().find(|(word, _)| same(word, &text)).map(|(_, value)| *value);
        if found.is_none() {
            let words: Vec<_> = choices.iter().map(|(word, _)| format!("`{word}`")).collect();
            self.problem(format!("is `{text}`; it must be one of {}", words.join(", ")));
        }
        found
    }

    /// The elements of a list, each with its own key.
    pub fn list(&self) -> Option<Vec<Field<'a>>> {
        let Kind::List(items) = &self.node.kind else { return self.wrong("must be a list") };
        let field = |(index, node): (usize, &Node)| {
            self.child(format!("{}[{index}]", self.key), node.at, node.clone())
        };
        Some(items.iter().enumerate().map(field).collect())
    }

    /// The entries of a map whose keys are free, in the order of the file.
    pub fn entries(&self) -> Option<Vec<(String, Field<'a>)>> {
        let Kind::Map(entries) = &self.node.kind else { return self.wrong("must be a map") };
        let field = |entry: &Entry| {
            let key = format!("{}.{}", self.key, entry.key);
            (entry.key.clone(), self.child(key, entry.value.at, entry.value.clone()))
        };
        Some(entries.iter().map(field).collect())
    }

    /// A map whose keys are known.
    pub fn section(&self) -> Option<Section<'a>> {
        let Kind::Map(entries) = &self.node.kind else {
            return self.wrong("must be a map of settings");
        };
        Some(Section {
            key: self.key.clone(),
            path: self.file(),
            entries: entries.clone(),
            known: Vec::new(),
            any_case: false,
            problems: self.problems,
        })
    }

    fn child(&self, key: String, at: At, node: Node) -> Self {
        let place = match &self.place {
            Place::File { path, .. } => Place::File { path: path.clone(), at },
            other => other.clone(),
        };
        Self { key, place, node, problems: self.problems }
    }

    fn file(&self) -> PathBuf {
        match &self.place {
            Place::File { path, .. } => path.clone(),
            Place::Env(_) | Place::Missing => PathBuf::new(),
        }
    }

    fn wrong<T>(&self, message: impl Into<String>) -> Option<T> {
        self.problem(message);
        None
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{super::yaml, *};

    fn problems_of(text: &str, read: impl Fn(&mut Section<'_>)) -> Vec<String> {
        let problems = Problems::default();
        let mut section = Section::root(Path::new("a.yaml"), yaml::parse(text).unwrap(), &problems);
        read(&mut section);
        section.finish();
        problems.into_vec().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn an_unknown_key_is_named_with_its_place_and_the_nearest_known_one() {
        let found = problems_of("denom: x\nmnemnic: y\n", |section| {
            section.take("denom");
            section.take("mnemonic");
        });
        assert_eq!(found, ["a.yaml:2:1: `mnemnic` is not a setting; did you mean `mnemonic`?"]);
    }

    #[test]
    fn every_problem_is_reported() {
        let found = problems_of("a: [1]\nb: maybe\nc: 1 day\nd: 70000\n", |section| {
            section.take("a").unwrap().text();
            section.take("b").unwrap().boolean();
            section.take("c").unwrap().duration(Duration::ZERO, Duration::MAX);
            section.take("d").unwrap().number(0, 65535);
        });
        assert_eq!(found.len(), 4);
        assert_eq!(found[0], "a.yaml:1:4: `a` must be one value, not a list");
    }

    #[test]
    fn the_environment_wins_over_the_file() {
        let problems = Problems::default();
        let document = yaml::parse("denom: a\n").unwrap();
        let mut section = Section::root(Path::new("a.yaml"), document, &problems);
        let env = Env::of([("DENOM", "b")]);
        let field = section.take_or_env("denom", &env, "DENOM").unwrap();
        assert_eq!(field.text().as_deref(), Some("b"));
        section.finish();
        assert!(problems.is_empty());
    }
}
