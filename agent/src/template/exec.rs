//! Runs a template.
//!
//! # Source
//! Go 1.26, `text/template/exec.go`.

mod call;
mod eval;
mod field;

use super::Engine;
use super::ast::{Branch, Command, Invocation, Node, Operand, Pipe, Tree};
use super::error::TemplateError;
use super::format;
use super::func::{Budget, MAX_BYTES};
use super::parse::position_in;
use super::quote::go_quote;
use super::templates::Templates;
use super::value::{List, Str, Value};

/// How deep templates may invoke each other, with `template` and `include` together.
pub const MAX_TEMPLATE_DEPTH: usize = 1000;

/// How many nodes one rendering may run: an endless template is an error, not a hang.
pub const MAX_STEPS: usize = 20_000_000;

type Run<T> = Result<T, Box<TemplateError>>;

/// Finds the templates that are associated with the running one.
pub trait Lookup {
    /// The template of that name.
    fn lookup(&self, name: &str) -> Option<&Tree>;

    /// The shared ones, which are all that `include` knows.
    fn shared(&self) -> &Templates<'_>;
}

/// Renders a template that stands in `set`.
pub fn render(
    engine: &Engine,
    set: &dyn Lookup,
    tree: &Tree,
    data: &Value,
) -> Result<Vec<u8>, TemplateError> {
    let limits = Limits::default();
    let mut exec = Exec::new(engine, set, tree, &limits, 0, data.clone());
    exec.template().map_err(|error| *error)?;
    Ok(exec.out)
}

#[derive(Default)]
struct Limits {
    budget: Budget,
    steps: std::cell::Cell<usize>,
}

/// What errors are about.
#[derive(Clone, Copy)]
enum At<'a> {
    Start,
    Pipe(&'a Pipe),
    Command(&'a Command),
    Operand(&'a Operand),
    Template(&'a Invocation),
}

enum Flow {
    Next,
    Break,
    Continue,
}

struct Exec<'a> {
    engine: &'a Engine,
    set: &'a dyn Lookup,
    limits: &'a Limits,
    tree: &'a Tree,
    at: At<'a>,
    vars: Vec<(&'a str, Value)>,
    depth: usize,
    out: Vec<u8>,
}

impl<'a> Exec<'a> {
    fn new(
        engine: &'a Engine,
        set: &'a dyn Lookup,
        tree: &'a Tree,
        limits: &'a Limits,
        depth: usize,
        data: Value,
    ) -> Self {
        let vars = vec![("$", data)];
        Self { engine, set, limits, tree, at: At::Start, vars, depth, out: Vec::new() }
    }

    fn template(&mut self) -> Run<()> {
        let dot = self.vars.first().map_or(Value::Nil, |(_, data)| data.clone());
        let tree = self.tree;
        self.list(&dot, &tree.root).map(|_| ())
    }

    fn error<T>(&self, message: impl Into<String>) -> Run<T> {
        self.error_in(message, None)
    }

    fn error_in<T>(&self, message: impl Into<String>, function: Option<&str>) -> Run<T> {
        let (position, context) = match self.at {
            At::Start => (0, String::new()),
            At::Pipe(pipe) => (pipe.position, pipe.to_string()),
            At::Command(command) => (command.position, command.to_string()),
            At::Operand(operand) => (operand.position, operand.to_string()),
            At::Template(invocation) => (invocation.position, invocation.to_string()),
        };
        let (line, column) = position_in(&self.tree.text, position);
        Err(Box::new(TemplateError::Exec {
            template: Box::from(&*self.tree.parse_name),
            line,
            column,
            executing: Box::from(self.tree.name.as_str()),
            context: context.into(),
            function: function.map(Box::from),
            message: message.into().into(),
        }))
    }

    fn step(&self) -> Run<()> {
        let steps = self.limits.steps.get() + 1;
        self.limits.steps.set(steps);
        if steps > MAX_STEPS {
            return self.error(format!("the template runs more than {MAX_STEPS} steps"));
        }
        Ok(())
    }

    fn write(&mut self, text: &[u8]) -> Run<()> {
        if self.out.len() + text.len() > MAX_BYTES {
            return self.error(format!("the output is longer than {MAX_BYTES} bytes"));
        }
        self.out.extend_from_slice(text);
        Ok(())
    }

    fn list(&mut self, dot: &Value, nodes: &'a [Node]) -> Run<Flow> {
        for node in nodes {
            match self.walk(dot, node)? {
                Flow::Next => {}
                leave => return Ok(leave),
            }
        }
        Ok(Flow::Next)
    }

    fn walk(&mut self, dot: &Value, node: &'a Node) -> Run<Flow> {
        self.step()?;
        match node {
            Node::Text(text) => self.write(text.as_bytes())?,
            Node::Action(pipe) => {
                let value = self.pipeline(dot, pipe)?;
                if pipe.decl.is_empty() {
                    self.print(&value)?;
                }
            }
            Node::If(branch) => return self.branch(dot, branch, false),
            Node::With(branch) => return self.branch(dot, branch, true),
            Node::Range(branch) => return self.range(dot, branch),
            Node::Template(invocation) => self.invoke(dot, invocation)?,
            Node::Break => return Ok(Flow::Break),
            Node::Continue => return Ok(Flow::Continue),
        }
        Ok(Flow::Next)
    }

    fn print(&mut self, value: &Value) -> Run<()> {
        match value {
            Value::Nil | Value::NilInterface => self.write(b"<no value>"),
            Value::Str(text) => self.write(text),
            Value::Func(_) => {
                self.error(format!("can't print function of type {}", value.type_name()))
            }
            _ => match format::display(value) {
                Ok(text) => self.write(&text),
                Err(failure) => self.error(failure.0),
            },
        }
    }

    fn branch(&mut self, dot: &Value, branch: &'a Branch, sets_dot: bool) -> Run<Flow> {
        let mark = self.vars.len();
        let value = self.pipeline(dot, &branch.pipe)?;
        let flow = if value.truth() {
            self.list(if sets_dot { &value } else { dot }, &branch.list)
        } else if let Some(list) = &branch.else_list {
            self.list(dot, list)
        } else {
            Ok(Flow::Next)
        };
        self.vars.truncate(mark);
        flow
    }

    fn range(&mut self, dot: &Value, branch: &'a Branch) -> Run<Flow> {
        let start = self.vars.len();
        let value = self.pipeline(dot, &branch.pipe)?;
        let flow = match &value {
            Value::Int(count, _) => self.range_int(branch, &value, *count),
            Value::Uint(count, _) => {
                self.range_int(branch, &value, i64::try_from(*count).unwrap_or(i64::MAX))
            }
            Value::List(list) => self.range_list(branch, list),
            Value::Dict(dict) => self.range_dict(branch, dict.entries()),
            Value::Nil | Value::NilInterface => Ok(None),
            _ => self.error(format!("range can't iterate over {}", format::shown(&value))),
        }?;
        let flow = match (flow, &branch.else_list) {
            (Some(()), _) | (None, None) => Ok(Flow::Next),
            (None, Some(list)) => self.list(dot, list),
        };
        self.vars.truncate(start);
        flow
    }

    /// `None` if there was nothing to iterate over, here and below.
    fn range_int(&mut self, branch: &'a Branch, value: &Value, count: i64) -> Run<Option<()>> {
        if branch.pipe.decl.len() > 1 {
            let shown = format::shown(value);
            return self.error(format!("can't use {shown} to iterate over more than one variable"));
        }
        let mark = self.vars.len();
        for index in 0..count {
            let item = match value {
                Value::Int(_, kind) => Value::Int(index, *kind),
                Value::Uint(_, kind) => Value::Uint(index.unsigned_abs(), *kind),
                _ => Value::int(index),
            };
            if self.iteration(branch, mark, Value::Nil, &item)? {
                break;
            }
        }
        Ok((count > 0).then_some(()))
    }

    fn range_list(&mut self, branch: &'a Branch, list: &List) -> Run<Option<()>> {
        let mark = self.vars.len();
        for index in 0..list.len() {
            let item = list.at(index).unwrap_or_default();
            let index = Value::int(super::num::int_of_len(index));
            if self.iteration(branch, mark, index, &item)? {
                break;
            }
        }
        Ok((!list.is_empty()).then_some(()))
    }

    fn range_dict(&mut self, branch: &'a Branch, entries: Vec<(Str, Value)>) -> Run<Option<()>> {
        let mark = self.vars.len();
        let any = !entries.is_empty();
        for (key, item) in entries {
            let item = if item.is_nil() { Value::NilInterface } else { item };
            if self.iteration(branch, mark, Value::Str(key), &item)? {
                break;
            }
        }
        Ok(any.then_some(()))
    }

    /// One round of a loop; `true` after a `{{break}}`.
    fn iteration(
        &mut self,
        branch: &'a Branch,
        mark: usize,
        index: Value,
        item: &Value,
    ) -> Run<bool> {
        self.step()?;
        let pipe = &branch.pipe;
        match (pipe.decl.as_slice(), pipe.is_assign) {
            ([first, second], true) => {
                self.set_var(first, index)?;
                self.set_var(second, item.clone())?;
            }
            ([only], true) => self.set_var(only, item.clone())?,
            ([_, _], false) => {
                self.set_top_var(mark, 1, item.clone());
                self.set_top_var(mark, 2, index);
            }
            ([_], false) => self.set_top_var(mark, 1, item.clone()),
            _ => {}
        }
        let flow = self.list(item, &branch.list)?;
        self.vars.truncate(mark);
        Ok(matches!(flow, Flow::Break))
    }

    fn set_top_var(&mut self, mark: usize, from_top: usize, value: Value) {
        if let Some(slot) = mark.checked_sub(from_top).and_then(|index| self.vars.get_mut(index)) {
            slot.1 = value;
        }
    }

    fn set_var(&mut self, name: &str, value: Value) -> Run<()> {
        match self.vars.iter_mut().rev().find(|(var, _)| *var == name) {
            Some(slot) => {
                slot.1 = value;
                Ok(())
            }
            None => self.error(format!("undefined variable: {name}")),
        }
    }

    fn invoke(&mut self, dot: &Value, invocation: &'a Invocation) -> Run<()> {
        self.at = At::Template(invocation);
        let Some(tree) = self.set.lookup(&invocation.name) else {
            return self.error(format!("template {} not defined", go_quote(&invocation.name)));
        };
        if self.depth >= MAX_TEMPLATE_DEPTH {
            return self.error(format!("exceeded maximum template depth ({MAX_TEMPLATE_DEPTH})"));
        }
        let data = match &invocation.pipe {
            Some(pipe) => self.pipeline(dot, pipe)?,
            None => Value::Nil,
        };
        let caller = (self.tree, self.at);
        let vars = std::mem::replace(&mut self.vars, vec![("$", data)]);
        self.tree = tree;
        self.depth += 1;
        self.template()?;
        self.depth -= 1;
        self.vars = vars;
        (self.tree, self.at) = caller;
        Ok(())
    }

    /// The function `include`: a shared template rendered to a string. What the running text
    /// defines itself it does not know.
    fn include(&mut self, name: &[u8], data: Value) -> Result<Value, super::func::Failure> {
        let name = super::bytes::lossy(name).into_owned();
        if self.depth >= MAX_TEMPLATE_DEPTH {
            let quoted = go_quote(&name);
            return Err(format!(
                "template {quoted} includes itself more than {MAX_TEMPLATE_DEPTH} times"
            )
            .into());
        }
        let shared = self.set.shared();
        let Some(tree) = shared.lookup(&name) else {
            let template = shared.name().to_owned();
            return Err(TemplateError::Missing { name, template }.to_string().into());
        };
        let mut exec = Exec::new(self.engine, shared, tree, self.limits, self.depth + 1, data);
        exec.template().map_err(|error| innermost(&error))?;
        Ok(Value::from(exec.out))
    }
}

/// The error of an included template; of a chain of them only the innermost, which tells most.
fn innermost(error: &TemplateError) -> super::func::Failure {
    match error {
        TemplateError::Exec { message, function: Some(function), .. }
            if &**function == "include" && message.contains("includes itself more than") =>
        {
            super::func::Failure(message.trim_start_matches("error calling include: ").to_owned())
        }
        _ => error.to_string().into(),
    }
}
