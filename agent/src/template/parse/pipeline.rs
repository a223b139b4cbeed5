//! Pipelines, commands and operands.

use super::super::ast::{Command, Operand, Pipe, Term};
use super::super::lex::{Keyword, Kind, Token};
use super::super::quote::{go_quote, unquote};
use super::super::value::Str;
use super::{Parsed, Parser, number};

impl Parser<'_> {
    /// A pipeline with its declarations, up to and with the token `end`.
    pub(super) fn pipeline(&mut self, context: &str, end: Kind) -> Parsed<Pipe> {
        let position = self.peek_non_space().position;
        let mut pipe = Pipe { position, decl: Vec::new(), is_assign: false, commands: Vec::new() };
        while self.declaration(&mut pipe, context)? {}
        loop {
            let token = self.next_non_space();
            match token.kind {
                _ if token.kind == end => {
                    check(&pipe, context)?;
                    return Ok(pipe);
                }
                Kind::Bool
                | Kind::CharConstant
                | Kind::Complex
                | Kind::Keyword(Keyword::Dot | Keyword::Nil)
                | Kind::Field
                | Kind::Identifier
                | Kind::Number
                | Kind::RawStr
                | Kind::Str
                | Kind::Variable
                | Kind::LeftParen => {
                    self.next -= 1;
                    pipe.commands.push(self.command()?);
                }
                _ => return Err(self.unexpected(&token, context)),
            }
        }
    }

    /// One declared variable; `true` if another one may follow.
    fn declaration(&mut self, pipe: &mut Pipe, context: &str) -> Parsed<bool> {
        let variable = self.peek_non_space();
        if variable.kind != Kind::Variable {
            return Ok(false);
        }
        self.next_non_space();
        let after = self.next;
        let next = self.peek_non_space();
        match next.kind {
            Kind::Assign | Kind::Declare => {
                pipe.is_assign = next.kind == Kind::Assign;
                self.next_non_space();
                self.declare(pipe, variable);
                Ok(false)
            }
            Kind::Char if next.text == "," => {
                self.next_non_space();
                self.declare(pipe, variable);
                if context != "range" || pipe.decl.len() >= 2 {
                    return Err(format!("too many declarations in {context}"));
                }
                match self.peek_non_space().kind {
                    Kind::Variable | Kind::RightDelim | Kind::RightParen => Ok(true),
                    _ => Err("range can only initialize variables".to_owned()),
                }
            }
            _ => {
                self.next = after - 1;
                Ok(false)
            }
        }
    }

    fn declare(&mut self, pipe: &mut Pipe, variable: Token) {
        pipe.decl.push(variable.text.clone());
        self.vars.push(variable.text);
    }

    fn command(&mut self) -> Parsed<Command> {
        let position = self.peek_non_space().position;
        let mut operands = Vec::new();
        loop {
            self.peek_non_space();
            operands.extend(self.operand()?);
            let token = self.next();
            match token.kind {
                Kind::Space => {}
                Kind::RightDelim | Kind::RightParen => {
                    self.next -= 1;
                    break;
                }
                Kind::Pipe => break,
                _ => return Err(self.unexpected(&token, "operand")),
            }
        }
        let mut operands = operands.into_iter();
        let first = operands.next().ok_or("empty command")?;
        Ok(Command { position, first, args: operands.collect() })
    }

    /// A term with the fields behind it.
    fn operand(&mut self) -> Parsed<Option<Operand>> {
        let Some(operand) = self.term()? else { return Ok(None) };
        let position = self.peek().position;
        let mut fields = Vec::new();
        while self.peek().kind == Kind::Field {
            let token = self.next();
            fields.push(token.text.trim_start_matches('.').to_owned());
        }
        if fields.is_empty() {
            return Ok(Some(operand));
        }
        let term = match operand.term {
            Term::Field(mut names) => {
                names.append(&mut fields);
                Term::Field(names)
            }
            Term::Variable(name, mut names) => {
                names.append(&mut fields);
                Term::Variable(name, names)
            }
            Term::Bool(_) | Term::Str(..) | Term::Number(_) | Term::Nil | Term::Dot => {
                let shown = go_quote(operand.to_string());
                return Err(format!("unexpected . after term {shown}"));
            }
            _ => Term::Chain(Box::new(operand), fields),
        };
        Ok(Some(Operand { position, term }))
    }

    fn term(&mut self) -> Parsed<Option<Operand>> {
        let start = self.next;
        let token = self.next_non_space();
        let position = token.position;
        let term = match token.kind {
            Kind::Identifier => {
                self.check_function(&token.text)?;
                Term::Identifier(token.text)
            }
            Kind::Keyword(Keyword::Dot) => Term::Dot,
            Kind::Keyword(Keyword::Nil) => Term::Nil,
            Kind::Variable => {
                if !self.vars.contains(&token.text) {
                    return Err(format!("undefined variable {}", go_quote(&token.text)));
                }
                Term::Variable(token.text, Vec::new())
            }
            Kind::Field => Term::Field(vec![token.text.trim_start_matches('.').to_owned()]),
            Kind::Bool => Term::Bool(token.text == "true"),
            Kind::CharConstant | Kind::Complex | Kind::Number => {
                Term::Number(number::parse(&token.text, token.kind)?)
            }
            Kind::LeftParen => {
                self.enter()?;
                let pipe = self.pipeline("parenthesized pipeline", Kind::RightParen)?;
                self.nesting -= 1;
                return Ok(Some(Operand { position: pipe.position, term: Term::Pipe(pipe) }));
            }
            Kind::Str | Kind::RawStr => {
                let text = unquote(&token.text).ok_or("invalid syntax")?;
                Term::Str(token.text, Str::from(text))
            }
            _ => {
                self.next = start.max(self.next - 1);
                return Ok(None);
            }
        };
        Ok(Some(Operand { position, term }))
    }

    fn check_function(&self, name: &str) -> Parsed<()> {
        if self.known.knows(name) {
            return Ok(());
        }
        let nearest = self.known.nearest(name).map_or(String::new(), |nearest| {
            format!("; the nearest known one is {}", go_quote(&nearest))
        });
        Err(format!("function {} not defined{nearest}", go_quote(name)))
    }
}

fn check(pipe: &Pipe, context: &str) -> Parsed<()> {
    if pipe.commands.is_empty() {
        return Err(format!("missing value for {context}"));
    }
    for (index, command) in pipe.commands.iter().enumerate().skip(1) {
        if let Term::Bool(_) | Term::Dot | Term::Nil | Term::Number(_) | Term::Str(..) =
            command.first.term
        {
            return Err(format!("non executable command in pipeline stage {}", index + 1));
        }
    }
    Ok(())
}
