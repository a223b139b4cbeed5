//! Pipelines, commands and the words of commands.

use super::super::ast::{Command, Number, Operand, Pipe, Term};
use super::super::func::Type;
use super::super::num::int_of_uint;
use super::super::value::Value;
use super::{At, Exec, Run};

/// The arguments of a command: the operands, and the value of the command before.
pub(super) struct Given<'a> {
    /// The operands; none where a function is itself an argument.
    pub operands: &'a [Operand],
    /// The value of the command before.
    pub last: Option<Value>,
}

impl Given<'_> {
    pub(super) const NOTHING: Self = Self { operands: &[], last: None };

    pub(super) fn is_nothing(&self) -> bool {
        self.operands.is_empty() && self.last.is_none()
    }
}

impl<'a> Exec<'a> {
    /// The value of a pipeline, which also sets the variables that it declares.
    pub(super) fn pipeline(&mut self, dot: &Value, pipe: &'a Pipe) -> Run<Value> {
        self.step()?;
        self.at = At::Pipe(pipe);
        let mut last = None;
        for command in &pipe.commands {
            last = Some(self.command(dot, command, last)?.unwrapped());
        }
        let value = last.unwrap_or_default();
        for name in &pipe.decl {
            if pipe.is_assign {
                self.set_var(name, value.clone())?;
            } else {
                self.vars.push((name, value.clone()));
            }
        }
        Ok(value)
    }

    fn command(&mut self, dot: &Value, command: &'a Command, last: Option<Value>) -> Run<Value> {
        let first = &command.first;
        let given = Given { operands: &command.args, last };
        match &first.term {
            Term::Field(names) => {
                self.at = At::Operand(first);
                self.field_chain(dot, dot.clone(), first, names, given)
            }
            Term::Chain(inner, names) => self.chain(dot, first, inner, names, given),
            Term::Identifier(name) => {
                self.at = At::Operand(first);
                self.function(dot, name, At::Command(command), given)
            }
            Term::Pipe(pipe) => {
                self.not_a_function(first, &given)?;
                self.pipeline(dot, pipe)
            }
            Term::Variable(name, names) => {
                self.at = At::Operand(first);
                let value = self.var(name)?;
                if names.is_empty() {
                    self.not_a_function(first, &given)?;
                    return Ok(value);
                }
                self.field_chain(dot, value, first, names, given)
            }
            Term::Dot | Term::Nil | Term::Bool(_) | Term::Number(_) | Term::Str(..) => {
                self.at = At::Operand(first);
                self.not_a_function(first, &given)?;
                self.plain(dot, first)
            }
        }
    }

    /// A dot or a constant as a command.
    fn plain(&mut self, dot: &Value, operand: &Operand) -> Run<Value> {
        match &operand.term {
            Term::Dot => Ok(dot.clone()),
            Term::Nil => self.error("nil is not a command"),
            Term::Bool(truth) => Ok(Value::Bool(*truth)),
            Term::Number(number) => self.constant(number),
            Term::Str(_, text) => Ok(Value::Str(text.clone())),
            _ => self.error(format!("can't evaluate command {operand}")),
        }
    }

    fn not_a_function(&self, first: &Operand, given: &Given) -> Run<()> {
        if given.is_nothing() {
            return Ok(());
        }
        self.error(format!("can't give argument to non-function {first}"))
    }

    fn var(&self, name: &str) -> Run<Value> {
        match self.vars.iter().rev().find(|(var, _)| *var == name) {
            Some((_, value)) => Ok(value.clone()),
            None => self.error(format!("undefined variable: {name}")),
        }
    }

    fn chain(
        &mut self,
        dot: &Value,
        operand: &'a Operand,
        inner: &'a Operand,
        names: &'a [String],
        given: Given<'a>,
    ) -> Run<Value> {
        self.at = At::Operand(operand);
        if matches!(inner.term, Term::Nil) {
            return self.error(format!("indirection through explicit nil in {operand}"));
        }
        let value = self.arg(dot, Type::Reflect, inner)?;
        self.field_chain(dot, value, operand, names, given)
    }

    /// A number where no type is wanted: its syntax tells whether it is an int or a float.
    fn constant(&mut self, number: &Number) -> Run<Value> {
        let text = number.text.as_str();
        let is_rune = text.starts_with('\'');
        let is_hex_int =
            matches!(text.as_bytes(), [b'0', b'x' | b'X', _, ..]) && !text.contains(['p', 'P']);
        let looks_float = text.contains(['.', 'e', 'E', 'p', 'P']) && !is_rune && !is_hex_int;
        match (number.float, number.int) {
            (Some(float), _) if looks_float => Ok(Value::Float(float)),
            (_, Some(int)) => Ok(Value::int(int)),
            _ => self.error(format!("{text} overflows int")),
        }
    }

    /// The value of an argument, which must have the type of its parameter.
    pub(super) fn arg(&mut self, dot: &Value, wanted: Type, operand: &'a Operand) -> Run<Value> {
        self.at = At::Operand(operand);
        let value = match &operand.term {
            Term::Dot => dot.clone(),
            Term::Nil => {
                return match wanted.zero() {
                    Some(zero) => Ok(zero),
                    None => self.error(format!("cannot assign nil to {}", wanted.name())),
                };
            }
            Term::Field(names) => {
                self.field_chain(dot, dot.clone(), operand, names, Given::NOTHING)?
            }
            Term::Variable(name, names) => {
                let value = self.var(name)?;
                self.field_chain(dot, value, operand, names, Given::NOTHING)?
            }
            Term::Pipe(pipe) => self.pipeline(dot, pipe)?,
            Term::Identifier(name) => {
                self.function(dot, name, At::Operand(operand), Given::NOTHING)?
            }
            Term::Chain(inner, names) => self.chain(dot, operand, inner, names, Given::NOTHING)?,
            Term::Bool(_) | Term::Number(_) | Term::Str(..) => {
                return self.literal(wanted, operand);
            }
        };
        self.validate(value, wanted)
    }

    /// A literal as an argument.
    fn literal(&mut self, wanted: Type, operand: &Operand) -> Run<Value> {
        let expected = match (wanted, &operand.term) {
            (Type::Any | Type::Reflect, Term::Number(number)) => return self.constant(number),
            (Type::Any | Type::Reflect | Type::Bool, Term::Bool(truth)) => {
                return Ok(Value::Bool(*truth));
            }
            (Type::Any | Type::Reflect | Type::Str, Term::Str(_, text)) => {
                return Ok(Value::Str(text.clone()));
            }
            (Type::Int | Type::Duration, Term::Number(Number { int: Some(int), .. })) => {
                return Ok(Value::int(*int));
            }
            (Type::Uint32, Term::Number(Number { uint: Some(uint), .. })) => {
                return Ok(Value::int(int_of_uint(*uint)));
            }
            (Type::Float, Term::Number(Number { float: Some(float), .. })) => {
                return Ok(Value::Float(*float));
            }
            (Type::Bool, _) => "bool",
            (Type::Int | Type::Duration, _) => "integer",
            (Type::Uint32, _) => "unsigned integer",
            (Type::Float, _) => "float",
            (Type::Str, _) => "string",
            _ => {
                let wanted = wanted.name();
                return self.error(format!("can't handle {operand} for arg of type {wanted}"));
            }
        };
        self.error(format!("expected {expected}; found {operand}"))
    }

    /// Checks that a value has the wanted type.
    pub(super) fn validate(&mut self, value: Value, wanted: Type) -> Run<Value> {
        match value {
            Value::NilInterface if wanted == Type::Reflect => Ok(value),
            Value::NilInterface if wanted == Type::Any => Ok(Value::Nil),
            Value::Nil => match wanted.zero() {
                Some(zero) => Ok(zero),
                None => self.error(format!("invalid value; expected {}", wanted.name())),
            },
            _ if !value.is_nil() && wanted.accepts(&value) => Ok(value),
            _ => {
                let (wanted, got) = (wanted.name(), value.type_name());
                self.error(format!("wrong type for value; expected {wanted}; got {got}"))
            }
        }
    }
}
