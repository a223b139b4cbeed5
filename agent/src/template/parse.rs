//! Parses a template.
//!
//! # Source
//! Go 1.26, `text/template/parse/parse.go`. Other than there, nesting is limited to
//! [`MAX_NESTING`], complex constants are refused, and an unknown function names its neighbour.

mod control;
mod number;
mod pipeline;

use std::collections::BTreeMap;
use std::sync::Arc;

use super::ast::{Node, Tree, is_blank};
use super::error::TemplateError;
use super::lex::{Keyword, Kind, Token, lex};

/// How deep parentheses and control structures may nest, together.
pub const MAX_NESTING: usize = 1000;

/// The templates that a text defines, by name.
pub type Trees = BTreeMap<String, Tree>;

/// Parses the text of the template `name`; `known` lists the functions.
///
/// # Errors
/// When the text is no template, or names an unknown function.
pub fn parse(name: &str, text: &str, known: &dyn Functions) -> Result<Trees, TemplateError> {
    let mut parser = Parser {
        name: Arc::from(name),
        text: Arc::from(text),
        tokens: lex(text),
        next: 0,
        reached: 0,
        vars: vec!["$".to_owned()],
        trees: Trees::new(),
        range_depth: 0,
        nesting: 0,
        known,
    };
    let root = parser.top_level().and_then(|root| parser.add(name.to_owned(), root));
    match root {
        Ok(()) => Ok(parser.trees),
        Err(message) => {
            let (line, column) = position_in(text, parser.error_position());
            Err(TemplateError::Parse { template: name.to_owned(), line, column, message })
        }
    }
}

/// The functions that a template may call.
pub trait Functions {
    /// Tells whether there is a function of that name.
    fn knows(&self, name: &str) -> bool;
    /// The known function whose name is most alike, if any is.
    fn nearest(&self, name: &str) -> Option<String>;
}

/// The line (from 1) and column (bytes, from 0) of a byte.
pub fn position_in(text: &str, position: usize) -> (usize, usize) {
    let before = text.as_bytes().get(..position).unwrap_or(text.as_bytes());
    let line = before.split(|&byte| byte == b'\n').count();
    let start = before.iter().rposition(|&byte| byte == b'\n').map_or(0, |newline| newline + 1);
    (line, before.len() - start)
}

type Parsed<T> = Result<T, String>;

struct Parser<'a> {
    name: Arc<str>,
    text: Arc<str>,
    tokens: Vec<Token>,
    next: usize,
    reached: usize,
    vars: Vec<String>,
    trees: Trees,
    range_depth: usize,
    nesting: usize,
    known: &'a dyn Functions,
}

/// What ended a list of nodes.
enum End {
    End,
    Else,
}

impl Parser<'_> {
    fn next(&mut self) -> Token {
        let index = self.next.min(self.tokens.len().saturating_sub(1));
        self.next = index + 1;
        self.reached = self.reached.max(index);
        self.tokens.get(index).cloned().unwrap_or(Token {
            kind: Kind::Eof,
            position: self.text.len(),
            text: String::new(),
        })
    }

    fn peek(&mut self) -> Token {
        let next = self.next;
        let token = self.next();
        self.next = next;
        token
    }

    fn next_non_space(&mut self) -> Token {
        loop {
            let token = self.next();
            if token.kind != Kind::Space {
                return token;
            }
        }
    }

    fn peek_non_space(&mut self) -> Token {
        let token = self.next_non_space();
        self.next -= 1;
        token
    }

    fn expect(&mut self, kind: Kind, context: &str) -> Parsed<Token> {
        let token = self.next_non_space();
        if token.kind == kind { Ok(token) } else { Err(self.unexpected(&token, context)) }
    }

    fn unexpected(&self, token: &Token, context: &str) -> String {
        if token.kind == Kind::Error {
            return format!("{}{}", token.text, self.started_at(token));
        }
        format!("unexpected {} in {context}", token.describe())
    }

    /// Where the action of a token started, if that is another line.
    fn started_at(&self, token: &Token) -> String {
        let delims = self.tokens.iter().take(self.reached);
        let Some(delim) = delims.rev().find(|token| token.kind == Kind::LeftDelim) else {
            return String::new();
        };
        let (line, _) = position_in(&self.text, delim.position);
        let (here, _) = position_in(&self.text, token.position);
        match (line == here, token.text.ends_with(" action")) {
            (true, _) => String::new(),
            (false, true) => format!(" started at {}:{line}", self.name),
            (false, false) => format!(" in action started at {}:{line}", self.name),
        }
    }

    fn error_position(&self) -> usize {
        self.tokens.get(self.reached).map_or(self.text.len(), |token| token.position)
    }

    fn enter(&mut self) -> Parsed<()> {
        self.nesting += 1;
        if self.nesting > MAX_NESTING {
            return Err("max expression depth exceeded".to_owned());
        }
        Ok(())
    }

    fn top_level(&mut self) -> Parsed<Vec<Node>> {
        let mut root = Vec::new();
        loop {
            let start = self.next;
            let token = self.next();
            match token.kind {
                Kind::Eof => return Ok(root),
                Kind::LeftDelim if self.peek_non_space().kind == Kind::Keyword(Keyword::Define) => {
                    self.next_non_space();
                    self.definition()?;
                    continue;
                }
                _ => self.next = start,
            }
            match self.text_or_action()? {
                Ok(node) => root.push(node),
                Err(End::End) => return Err("unexpected {{end}}".to_owned()),
                Err(End::Else) => return Err("unexpected {{else}}".to_owned()),
            }
        }
    }

    fn definition(&mut self) -> Parsed<()> {
        const CONTEXT: &str = "define clause";
        let token = self.next_non_space();
        let name = self.template_name(&token, CONTEXT)?;
        self.expect(Kind::RightDelim, CONTEXT)?;
        let vars = std::mem::replace(&mut self.vars, vec!["$".to_owned()]);
        let (list, end) = self.item_list()?;
        self.vars = vars;
        if matches!(end, End::Else) {
            return Err(format!("unexpected {{{{else}}}} in {CONTEXT}"));
        }
        self.add(name, list)
    }

    /// Keeps a template; one that is blank gives way to one that is not.
    fn add(&mut self, name: String, root: Vec<Node>) -> Parsed<()> {
        if self.trees.get(&name).is_some_and(|tree| !is_blank(&tree.root)) {
            if is_blank(&root) {
                return Ok(());
            }
            let quoted = super::quote::go_quote(&name);
            return Err(format!("template: multiple definition of template {quoted}"));
        }
        let tree = Tree {
            name: name.clone(),
            parse_name: self.name.clone(),
            text: self.text.clone(),
            root,
        };
        self.trees.insert(name, tree);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Known;

    impl Functions for Known {
        fn knows(&self, name: &str) -> bool {
            name == "printf"
        }

        fn nearest(&self, _: &str) -> Option<String> {
            Some("printf".to_owned())
        }
    }

    fn error(text: &str) -> String {
        super::super::stack::deep(|| parse("t", text, &Known)).unwrap_err().to_string()
    }

    #[test]
    fn an_unknown_function_names_its_neighbour() {
        assert_eq!(
            error("a\n {{ print }}"),
            "template: t:2:4: function \"print\" not defined; the nearest known one is \"printf\""
        );
    }

    #[test]
    fn deep_nesting_is_an_error() {
        let text = format!("{{{{ {}1{} }}}}", "(".repeat(2000), ")".repeat(2000));
        assert!(error(&text).ends_with("max expression depth exceeded"));
        assert!(error(&"{{ if 1 }}".repeat(2000)).ends_with("max expression depth exceeded"));
    }

    #[test]
    fn a_variable_ends_with_its_block() {
        assert!(parse("t", "{{ $x := 1 }}{{ $x }}", &Known).is_ok());
        assert!(error("{{ if 1 }}{{ $x := 1 }}{{ end }}{{ $x }}").contains("undefined variable"));
    }
}
