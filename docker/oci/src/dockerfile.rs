//! Reads the part of the Dockerfile language that needs no container to build: everything but `RUN`.

use std::collections::BTreeMap;

use thiserror::Error;

/// A line of a Dockerfile, its variables replaced.
#[derive(Debug, PartialEq, Eq)]
pub enum Instruction {
    /// `FROM`: an image that was built before, or none for `scratch`.
    From(Option<String>),
    /// `COPY`.
    Copy(Copy),
    /// `ENV` and its pairs.
    Env(Vec<(String, String)>),
    /// `LABEL` and its pairs.
    Label(Vec<(String, String)>),
    /// `USER`.
    User(String),
    /// `WORKDIR`.
    Workdir(String),
    /// `ENTRYPOINT` as a list.
    Entrypoint(Vec<String>),
    /// `CMD` as a list.
    Cmd(Vec<String>),
    /// `EXPOSE` and its ports.
    Expose(Vec<String>),
}

/// `COPY [--from=IMAGE] SOURCE... DESTINATION`.
#[derive(Debug, PartialEq, Eq)]
pub struct Copy {
    /// The image that the files are taken from, instead of the context.
    pub from: Option<String>,
    /// Paths of files.
    pub sources: Vec<String>,
    /// The file's new path; a folder if it ends with a slash.
    pub destination: String,
}

/// What is wrong with a line.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("line {line}: {problem}")]
pub struct Error {
    /// Counted from 1.
    pub line: usize,
    /// As a fragment.
    pub problem: String,
}

/// Reads `text`; `args` are the values of `ARG` from outside, which win over those in the text.
///
/// # Errors
///
/// An instruction that is unknown or needs a container, a variable that no `ARG` or `ENV` names, an
/// argument from outside that no `ARG` takes.
pub fn parse(text: &str, args: &BTreeMap<String, String>) -> Result<Vec<Instruction>, Error> {
    let mut variables = BTreeMap::new();
    let mut unused = args.clone();
    let mut instructions = Vec::new();
    for (line, statement) in statements(text) {
        let (word, rest) = statement.split_once(char::is_whitespace).unwrap_or((&statement, ""));
        let read = || -> Result<Option<Instruction>, String> {
            let rest = expand(rest.trim(), &variables)?;
            if word == "ARG" {
                let (name, default) = match rest.split_once('=') {
                    Some((name, default)) => (name, Some(default)),
                    None => (rest.as_str(), None),
                };
                let value = args.get(name).map(String::as_str).or(default);
                let value =
                    value.ok_or_else(|| format!("`{name}` has no value: give --arg {name}=…"))?;
                unused.remove(name);
                variables.insert(name.to_owned(), value.to_owned());
                return Ok(None);
            }
            instruction(word, &rest).map(Some)
        };
        let mut read = read;
        match read() {
            Ok(Some(Instruction::Env(pairs))) => {
                variables.extend(pairs.iter().cloned());
                instructions.push(Instruction::Env(pairs));
            }
            Ok(found) => instructions.extend(found),
            Err(problem) => return Err(Error { line, problem }),
        }
    }
    match unused.into_keys().next() {
        Some(name) => Err(Error { line: 1, problem: format!("no ARG takes `{name}`") }),
        None => Ok(instructions),
    }
}

/// The statements with their lines: without comments, continued lines joined.
fn statements(text: &str) -> Vec<(usize, String)> {
    let mut found: Vec<(usize, String)> = Vec::new();
    let mut continues = false;
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (part, more) = line.strip_suffix('\\').map_or((line, false), |part| (part, true));
        match found.last_mut() {
            Some((_, statement)) if continues => statement.push_str(part),
            _ => found.push((index + 1, part.to_owned())),
        }
        continues = more;
    }
    found
}

/// Replaces `${NAME}` and `$NAME`.
fn expand(text: &str, variables: &BTreeMap<String, String>) -> Result<String, String> {
    let mut expanded = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        expanded.push_str(before);
        let (name, behind) = match after.strip_prefix('{') {
            Some(braced) => {
                braced.split_once('}').ok_or_else(|| format!("`{text}` has no closing brace"))?
            }
            None => after.split_at(
                after.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(after.len()),
            ),
        };
        expanded
            .push_str(variables.get(name).ok_or_else(|| format!("no ARG or ENV names `{name}`"))?);
        rest = behind;
    }
    expanded.push_str(rest);
    Ok(expanded)
}

fn instruction(word: &str, rest: &str) -> Result<Instruction, String> {
    Ok(match word {
        "FROM" if rest == "scratch" => Instruction::From(None),
        "FROM" => Instruction::From(Some(one(rest)?)),
        "COPY" => Instruction::Copy(copy(rest)?),
        "ENV" => Instruction::Env(pairs(rest)?),
        "LABEL" => Instruction::Label(pairs(rest)?),
        "USER" => Instruction::User(one(rest)?),
        "WORKDIR" => Instruction::Workdir(one(rest)?),
        "ENTRYPOINT" => Instruction::Entrypoint(list(rest)?),
        "CMD" => Instruction::Cmd(list(rest)?),
        "EXPOSE" => Instruction::Expose(rest.split_whitespace().map(str::to_owned).collect()),
        _ => return Err(format!("`{word}` cannot be done without a container, or is unknown")),
    })
}

fn one(rest: &str) -> Result<String, String> {
    let mut words = rest.split_whitespace();
    match (words.next(), words.next()) {
        (Some(word), None) => Ok(word.to_owned()),
        _ => Err(format!("`{rest}` must be one word")),
    }
}

fn copy(rest: &str) -> Result<Copy, String> {
    let mut words: Vec<String> = rest.split_whitespace().map(str::to_owned).collect();
    let mut from = None;
    while let Some(option) = words.first().filter(|word| word.starts_with("--")) {
        let image = option.strip_prefix("--from=");
        from = Some(
            image.ok_or_else(|| format!("`{option}` is unknown, only --from= is not"))?.to_owned(),
        );
        words.remove(0);
    }
    let destination = words.pop().filter(|path| path.starts_with('/'));
    let destination = destination.ok_or("COPY needs an absolute destination")?;
    if words.is_empty() || (words.len() > 1 && !destination.ends_with('/')) {
        return Err(
            "COPY needs sources, and a destination with a slash at its end for several".into()
        );
    }
    Ok(Copy { from, sources: words, destination })
}

/// `NAME=value` pairs; a value may stand in double quotes.
fn pairs(rest: &str) -> Result<Vec<(String, String)>, String> {
    let mut found = Vec::new();
    let mut rest = rest.trim_start();
    while !rest.is_empty() {
        let (name, after) =
            rest.split_once('=').ok_or_else(|| format!("`{rest}` is not NAME=value"))?;
        let (value, behind) = match after.strip_prefix('"') {
            Some(quoted) => {
                quoted.split_once('"').ok_or_else(|| format!("`{after}` has no closing quote"))?
            }
            None => after.split_at(after.find(char::is_whitespace).unwrap_or(after.len())),
        };
        found.push((name.to_owned(), value.to_owned()));
        rest = behind.trim_start();
    }
    Ok(found)
}

fn list(rest: &str) -> Result<Vec<String>, String> {
    serde_json::from_str(rest)
        .map_err(|_| format!("`{rest}` must be a JSON list: there is no shell"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<Instruction>, Error> {
        parse(text, &BTreeMap::from([("BIN".to_owned(), "out".to_owned())]))
    }

    #[test]
    fn variables_come_from_outside_or_are_the_default() {
        let text = "ARG BIN=bin\nARG TAG=dev\nFROM a/b:${TAG}\n# not this\nCOPY $BIN/x \\\n  ${BIN}/y /z/\n";
        let copy = Copy {
            from: None,
            sources: vec!["out/x".into(), "out/y".into()],
            destination: "/z/".into(),
        };
        assert_eq!(
            read(text).unwrap(),
            [Instruction::From(Some("a/b:dev".into())), Instruction::Copy(copy)]
        );
    }

    #[test]
    fn pairs_may_be_quoted() {
        assert_eq!(
            pairs(r#"A=1 B="2 3""#).unwrap(),
            [("A".into(), "1".into()), ("B".into(), "2 3".into())]
        );
    }

    #[test]
    fn what_needs_a_container_is_refused_with_its_line() {
        let error = read("ARG BIN\nFROM scratch\nRUN true\n").unwrap_err();
        assert_eq!((error.line, error.problem.contains("`RUN`")), (3, true));
    }

    #[test]
    fn an_unknown_variable_is_an_error() {
        assert!(read("ARG BIN\nFROM $WHAT\n").unwrap_err().problem.contains("`WHAT`"));
        assert!(read("FROM scratch\n").unwrap_err().problem.contains("`BIN`"));
        assert!(read("ARG BIN\nENTRYPOINT /agent\n").unwrap_err().problem.contains("JSON list"));
    }
}
