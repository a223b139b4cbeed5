//! The syntax tree of a template.

use std::fmt;
use std::sync::Arc;

use super::value::Str;

/// A parsed template: the main one of a text, or a `define` in it.
#[derive(Debug)]
pub struct Tree {
    /// Its name.
    pub name: String,
    /// The name of the text it stands in, for error messages.
    pub parse_name: Arc<str>,
    /// The whole text, for lines and columns.
    pub text: Arc<str>,
    /// What it does.
    pub root: Vec<Node>,
}

/// Something that runs in order.
#[derive(Debug)]
pub enum Node {
    /// Text, copied as it is.
    Text(String),
    /// `{{pipeline}}`.
    Action(Pipe),
    /// `{{if}}`.
    If(Branch),
    /// `{{with}}`.
    With(Branch),
    /// `{{range}}`.
    Range(Branch),
    /// `{{template}}`, and what is left of a `{{block}}`.
    Template(Invocation),
    /// `{{break}}`.
    Break,
    /// `{{continue}}`.
    Continue,
}

/// A condition with two lists.
#[derive(Debug)]
pub struct Branch {
    /// The condition, or what is iterated over.
    pub pipe: Pipe,
    /// What runs if it holds.
    pub list: Vec<Node>,
    /// What runs if not.
    pub else_list: Option<Vec<Node>>,
}

/// `{{template "name" pipeline}}`.
#[derive(Debug)]
pub struct Invocation {
    /// Where the name stands.
    pub position: usize,
    /// The name.
    pub name: String,
    /// The new dot.
    pub pipe: Option<Pipe>,
}

/// Commands, each given the value of the one before.
#[derive(Debug)]
pub struct Pipe {
    /// Its first byte.
    pub position: usize,
    /// Variables that take its value.
    pub decl: Vec<String>,
    /// `=` instead of `:=`.
    pub is_assign: bool,
    /// The commands, at least one.
    pub commands: Vec<Command>,
}

/// A function or value, and its arguments.
#[derive(Debug)]
pub struct Command {
    /// Its first byte.
    pub position: usize,
    /// The first word.
    pub first: Operand,
    /// The arguments.
    pub args: Vec<Operand>,
}

/// A word of a command.
#[derive(Debug)]
pub struct Operand {
    /// Where errors say it is.
    pub position: usize,
    /// What it is.
    pub term: Term,
}

/// The kinds of words.
#[derive(Debug)]
pub enum Term {
    /// `.`.
    Dot,
    /// `nil`.
    Nil,
    /// `true` or `false`.
    Bool(bool),
    /// A number.
    Number(Number),
    /// A string: as written, and its value.
    Str(String, Str),
    /// A function.
    Identifier(String),
    /// `.A.B`.
    Field(Vec<String>),
    /// `$name.A.B`.
    Variable(String, Vec<String>),
    /// `(pipeline).A.B` or `function.A.B`.
    Chain(Box<Operand>, Vec<String>),
    /// `(pipeline)`.
    Pipe(Pipe),
}

/// A constant, in all the types that can hold it.
#[derive(Debug, Clone)]
pub struct Number {
    /// As it is written.
    pub text: String,
    /// Its value as a signed integer.
    pub int: Option<i64>,
    /// Its value as an unsigned integer.
    pub uint: Option<u64>,
    /// Its value as a float.
    pub float: Option<f64>,
}

impl Pipe {
    /// Calls `visit` for each command, those in parentheses too.
    pub fn each_command<'a>(&'a self, visit: &mut dyn FnMut(&'a Command)) {
        for command in &self.commands {
            visit(command);
            for operand in std::iter::once(&command.first).chain(&command.args) {
                operand.each_command(visit);
            }
        }
    }
}

impl Operand {
    fn each_command<'a>(&'a self, visit: &mut dyn FnMut(&'a Command)) {
        match &self.term {
            Term::Chain(inner, _) => inner.each_command(visit),
            Term::Pipe(pipe) => pipe.each_command(visit),
            _ => {}
        }
    }

    /// Calls `visit` with the name of each function in this operand itself.
    pub fn identifier(&self) -> Option<&str> {
        match &self.term {
            Term::Identifier(name) => Some(name),
            Term::Chain(inner, _) => inner.identifier(),
            _ => None,
        }
    }
}

impl fmt::Display for Pipe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.decl.is_empty() {
            write!(f, "{} {} ", self.decl.join(", "), if self.is_assign { "=" } else { ":=" })?;
        }
        for (index, command) in self.commands.iter().enumerate() {
            write!(f, "{}{command}", if index > 0 { " | " } else { "" })?;
        }
        Ok(())
    }
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.first.in_command())?;
        self.args.iter().try_for_each(|arg| write!(f, " {}", arg.in_command()))
    }
}

impl Operand {
    fn in_command(&self) -> String {
        match &self.term {
            Term::Pipe(pipe) => format!("({pipe})"),
            _ => self.to_string(),
        }
    }
}

impl fmt::Display for Operand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fields = |f: &mut fmt::Formatter<'_>, fields: &[String]| {
            fields.iter().try_for_each(|field| write!(f, ".{field}"))
        };
        match &self.term {
            Term::Dot => f.write_str("."),
            Term::Nil => f.write_str("nil"),
            Term::Bool(truth) => write!(f, "{truth}"),
            Term::Number(number) => f.write_str(&number.text),
            Term::Str(quoted, _) => f.write_str(quoted),
            Term::Identifier(name) => f.write_str(name),
            Term::Field(names) => fields(f, names),
            Term::Variable(name, names) => {
                f.write_str(name)?;
                fields(f, names)
            }
            Term::Chain(inner, names) => {
                f.write_str(&inner.in_command())?;
                fields(f, names)
            }
            Term::Pipe(pipe) => write!(f, "{pipe}"),
        }
    }
}

impl fmt::Display for Invocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{{{{template {}", super::quote::go_quote(&self.name))?;
        if let Some(pipe) = &self.pipe {
            write!(f, " {pipe}")?;
        }
        f.write_str("}}")
    }
}

/// Tells whether a template does nothing but to write white space.
pub fn is_blank(nodes: &[Node]) -> bool {
    nodes.iter().all(|node| matches!(node, Node::Text(text) if text.trim().is_empty()))
}
