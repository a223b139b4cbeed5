//! Texts with names in braces, such as `http://{chain}:26657`.

use agent::config::reader::Field;

/// A text with names in braces, all of them known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template(String);

impl Template {
    /// Reads a setting; a name that is not known is a problem.
    pub fn read(field: &Field<'_>, known: &[&str]) -> Option<Self> {
        let text = field.text()?;
        let unknown: Vec<_> = names(&text).filter(|name| !known.contains(name)).collect();
        if !unknown.is_empty() {
            let (unknown, known) = (unknown.join("}`, `{"), known.join("}, {"));
            field.problem(format!("has `{{{unknown}}}`; known here: {{{known}}}"));
            return None;
        }
        Some(Self(text))
    }

    /// Takes a text whose names are known.
    pub fn literal(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text, names in braces.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text with its names replaced; one that has no meaning now stays as it is.
    pub fn render(&self, meaning: &dyn Fn(&str) -> Option<String>) -> String {
        let mut out = String::new();
        let mut rest = self.0.as_str();
        while let Some((before, name, after)) = next(rest) {
            out.push_str(before);
            match meaning(name) {
                Some(value) => out.push_str(&value),
                None => out.extend(["{", name, "}"]),
            }
            rest = after;
        }
        out + rest
    }
}

fn names(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let (_, name, after) = next(rest)?;
        rest = after;
        Some(name)
    })
}

/// The next name in braces: what is before it, itself, and what is after it.
fn next(text: &str) -> Option<(&str, &str, &str)> {
    let (before, tail) = text.split_once('{')?;
    let (name, after) = tail.split_once('}')?;
    Some((before, name, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_replaced() {
        let template = Template::literal("http://{chain}-{x}:1/{chain}");
        let text = template.render(&|name| (name == "chain").then(|| "gwc".to_owned()));
        assert_eq!(text, "http://gwc-{x}:1/gwc");
    }
}
