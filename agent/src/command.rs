//! The node's command line, its templates rendered.

use crate::{
    config::{
        ConfigError,
        node::{Arg, NodeTemplate, Text},
        reader::Problem,
    },
    pod::child::Command,
};

/// Renders the templates of a command line.
///
/// # Errors
///
/// [`ConfigError::Invalid`] with every template that cannot be rendered.
pub fn render(node: &NodeTemplate) -> Result<Command, ConfigError> {
    let mut problems = Vec::new();
    let mut words = Vec::new();
    let mut text = |text: &Text| match literal(text) {
        Ok(word) => word,
        Err(problem) => {
            problems.push(problem);
            String::new()
        }
    };
    words.extend(node.command.iter().map(&mut text));
    for arg in &node.args {
        match arg {
            Arg::Flag(key) => words.push(format!("--{key}")),
            Arg::Value(key, value) => words.extend([format!("--{key}"), text(value)]),
        }
    }
    if !problems.is_empty() {
        return Err(ConfigError::Invalid(problems));
    }
    let mut words = words.into_iter();
    Ok(Command::new(words.next().unwrap_or_default(), words))
}

fn literal(text: &Text) -> Result<String, Problem> {
    if !text.text.contains("{{") {
        return Ok(text.text.clone());
    }
    let (place, key) = (text.place.clone(), text.key.clone());
    Err(Problem { place, key, message: "is a template; those are not rendered yet".to_owned() })
}
