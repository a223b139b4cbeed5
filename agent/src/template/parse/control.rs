//! Text, actions and control structures.

use super::super::ast::{Branch, Invocation, Node};
use super::super::lex::{Keyword, Kind, Token};
use super::super::quote::unquote;
use super::{End, Parsed, Parser};

impl Parser<'_> {
    /// Nodes up to `{{end}}` or `{{else}}`.
    pub(super) fn item_list(&mut self) -> Parsed<(Vec<Node>, End)> {
        self.enter()?;
        let mut list = Vec::new();
        while self.peek_non_space().kind != Kind::Eof {
            match self.text_or_action()? {
                Ok(node) => list.push(node),
                Err(end) => {
                    self.nesting -= 1;
                    return Ok((list, end));
                }
            }
        }
        Err("unexpected EOF".to_owned())
    }

    /// A node, or what ends a list.
    pub(super) fn text_or_action(&mut self) -> Parsed<Result<Node, End>> {
        let token = self.next_non_space();
        match token.kind {
            Kind::Text => Ok(Ok(Node::Text(token.text))),
            Kind::LeftDelim => self.action(),
            _ => Err(self.unexpected(&token, "input")),
        }
    }

    fn action(&mut self) -> Parsed<Result<Node, End>> {
        let token = self.next_non_space();
        let Kind::Keyword(keyword) = token.kind else {
            self.next -= 1;
            return Ok(Ok(Node::Action(self.pipeline("command", Kind::RightDelim)?)));
        };
        let node = match keyword {
            Keyword::Block => self.block()?,
            Keyword::Break => self.leave("{{break}}", Node::Break)?,
            Keyword::Continue => self.leave("{{continue}}", Node::Continue)?,
            Keyword::Else => return self.else_clause().map(|()| Err(End::Else)),
            Keyword::End => {
                return self.expect(Kind::RightDelim, "end").map(|_| Err(End::End));
            }
            Keyword::If => Node::If(self.branch("if")?),
            Keyword::With => Node::With(self.branch("with")?),
            Keyword::Range => Node::Range(self.branch("range")?),
            Keyword::Template => self.template()?,
            Keyword::Dot | Keyword::Define | Keyword::Nil => {
                self.next -= 1;
                Node::Action(self.pipeline("command", Kind::RightDelim)?)
            }
        };
        Ok(Ok(node))
    }

    fn leave(&mut self, word: &str, node: Node) -> Parsed<Node> {
        let token = self.next_non_space();
        if token.kind != Kind::RightDelim {
            return Err(self.unexpected(&token, word));
        }
        if self.range_depth == 0 {
            return Err(format!("{word} outside {{{{range}}}}"));
        }
        Ok(node)
    }

    /// `{{else}}`, or the `{{else` of `{{else if …}}`, whose rest stays.
    fn else_clause(&mut self) -> Parsed<()> {
        if let Kind::Keyword(Keyword::If | Keyword::With) = self.peek_non_space().kind {
            return Ok(());
        }
        self.expect(Kind::RightDelim, "else").map(|_| ())
    }

    fn branch(&mut self, context: &str) -> Parsed<Branch> {
        let vars = self.vars.len();
        let pipe = self.pipeline(context, Kind::RightDelim)?;
        if context == "range" {
            self.range_depth += 1;
        }
        let (list, end) = self.item_list()?;
        if context == "range" {
            self.range_depth -= 1;
        }
        let else_list = match end {
            End::End => None,
            End::Else => Some(self.else_list(context)?),
        };
        self.vars.truncate(vars);
        Ok(Branch { pipe, list, else_list })
    }

    fn else_list(&mut self, context: &str) -> Parsed<Vec<Node>> {
        let next = self.peek_non_space().kind;
        let chained = match (context, next) {
            ("if", Kind::Keyword(Keyword::If)) => Some(Node::If as fn(Branch) -> Node),
            ("with", Kind::Keyword(Keyword::With)) => Some(Node::With as fn(Branch) -> Node),
            _ => None,
        };
        if let Some(node) = chained {
            self.next_non_space();
            self.enter()?;
            let branch = self.branch(context)?;
            self.nesting -= 1;
            return Ok(vec![node(branch)]);
        }
        let (list, end) = self.item_list()?;
        match end {
            End::End => Ok(list),
            End::Else => Err("expected end; found {{else}}".to_owned()),
        }
    }

    fn block(&mut self) -> Parsed<Node> {
        const CONTEXT: &str = "block clause";
        let token = self.next_non_space();
        let name = self.template_name(&token, CONTEXT)?;
        let pipe = self.pipeline(CONTEXT, Kind::RightDelim)?;
        let vars = std::mem::replace(&mut self.vars, vec!["$".to_owned()]);
        let range_depth = std::mem::take(&mut self.range_depth);
        let (list, end) = self.item_list()?;
        self.vars = vars;
        self.range_depth = range_depth;
        if matches!(end, End::Else) {
            return Err(format!("unexpected {{{{else}}}} in {CONTEXT}"));
        }
        self.add(name.clone(), list)?;
        Ok(Node::Template(Invocation { position: token.position, name, pipe: Some(pipe) }))
    }

    fn template(&mut self) -> Parsed<Node> {
        const CONTEXT: &str = "template clause";
        let token = self.next_non_space();
        let name = self.template_name(&token, CONTEXT)?;
        let pipe = if self.next_non_space().kind == Kind::RightDelim {
            None
        } else {
            self.next -= 1;
            Some(self.pipeline(CONTEXT, Kind::RightDelim)?)
        };
        Ok(Node::Template(Invocation { position: token.position, name, pipe }))
    }

    pub(super) fn template_name(&mut self, token: &Token, context: &str) -> Parsed<String> {
        if !matches!(token.kind, Kind::Str | Kind::RawStr) {
            return Err(self.unexpected(token, context));
        }
        let name = unquote(&token.text).ok_or("invalid syntax")?;
        String::from_utf8(name).map_err(|_| "the name of a template must be UTF-8".to_owned())
    }
}
