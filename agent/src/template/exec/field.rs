//! Fields, keys and methods.

use super::super::ast::Operand;
use super::super::methods;
use super::super::value::Value;
use super::eval::Given;
use super::{At, Exec, Run};

impl<'a> Exec<'a> {
    /// `.A.B` of a value; what is given goes to the last name.
    pub(super) fn field_chain(
        &mut self,
        dot: &Value,
        receiver: Value,
        operand: &'a Operand,
        names: &'a [String],
        given: Given<'a>,
    ) -> Run<Value> {
        let Some((name, inner)) = names.split_last() else { return Ok(receiver) };
        let mut receiver = receiver;
        for name in inner {
            receiver = self.field(dot, receiver, operand, name, Given::NOTHING)?;
        }
        self.field(dot, receiver, operand, name, given)
    }

    fn field(
        &mut self,
        dot: &Value,
        receiver: Value,
        operand: &'a Operand,
        name: &'a str,
        given: Given<'a>,
    ) -> Run<Value> {
        if let Some(method) = methods::find(&receiver, name) {
            return self.call(dot, method, Some(receiver), At::Operand(operand), given);
        }
        match &receiver {
            Value::Nil => return Ok(Value::Nil),
            Value::NilInterface => {
                return self.error(format!("nil pointer evaluating interface {{}}.{name}"));
            }
            Value::Struct(data) => {
                if let Some((_, value)) = data.fields.iter().find(|(field, _)| field == name) {
                    if !given.is_nothing() {
                        return self.error(format!(
                            "{name} has arguments but cannot be invoked as function"
                        ));
                    }
                    return Ok(interface(value.clone()));
                }
            }
            Value::Dict(dict) => {
                if !given.is_nothing() {
                    return self.error(format!("{name} is not a method but has arguments"));
                }
                return Ok(dict.get(name.as_bytes()).map_or(Value::Nil, interface));
            }
            _ => {}
        }
        let receiver = receiver.type_name();
        self.error(format!("can't evaluate field {name} in type {receiver}"))
    }
}

/// A value as it stands in a dict: a nil is a nil interface.
fn interface(value: Value) -> Value {
    if value.is_nil() { Value::NilInterface } else { value }
}
