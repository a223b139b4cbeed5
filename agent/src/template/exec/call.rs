//! Calls of functions and methods.

use super::super::ast::Operand;
use super::super::func::{Args, Body, Failure, Function, Special, Type, cost, str_of};
use super::super::quote::go_quote;
use super::super::value::Value;
use super::eval::Given;
use super::{At, Exec, Run};

impl<'a> Exec<'a> {
    /// Calls the function of that name.
    pub(super) fn function(
        &mut self,
        dot: &Value,
        name: &str,
        at: At<'a>,
        given: Given<'a>,
    ) -> Run<Value> {
        let engine = self.engine;
        match engine.function(name) {
            Some(function) => self.call(dot, function, None, at, given),
            None => self.error(format!("{} is not a defined function", go_quote(name))),
        }
    }

    /// Calls a function, or a method of `receiver`.
    pub(super) fn call(
        &mut self,
        dot: &Value,
        function: &Function,
        receiver: Option<Value>,
        at: At<'a>,
        given: Given<'a>,
    ) -> Run<Value> {
        self.check_count(function, usize::from(receiver.is_some()), &given)?;
        if let Body::Special(special @ (Special::And | Special::Or)) = function.body() {
            return self.short_circuit(dot, *special, given);
        }
        let mut values = Vec::with_capacity(given.operands.len() + 2);
        values.extend(receiver);
        for operand in given.operands {
            let wanted = function.param(values.len());
            values.push(self.arg(dot, wanted, operand)?);
        }
        if let Some(last) = given.last {
            let wanted = function.param(values.len());
            values.push(self.validate(last, wanted)?);
        }
        let result = self.run(function, &values, given.operands);
        let result = result.and_then(|value| {
            self.limits.budget.spend(cost(&value) + size_of::<Value>())?;
            Ok(value)
        });
        match result {
            Ok(value) => Ok(value),
            Err(failure) => {
                self.at = at;
                let name = function.name();
                self.error_in(format!("error calling {name}: {failure}"), Some(name))
            }
        }
    }

    fn check_count(&self, function: &Function, receiver: usize, given: &Given) -> Run<()> {
        let name = function.name();
        let fixed = function.params().len() - receiver;
        let operands = given.operands.len();
        let got = operands + usize::from(given.last.is_some());
        let counts = match function.rest() {
            Some(_) if got < fixed => format!("want at least {fixed} got {operands}"),
            None if got != fixed => format!("want {fixed} got {got}"),
            _ => return Ok(()),
        };
        self.error(format!("wrong number of args for {name}: {counts}"))
    }

    fn run(
        &mut self,
        function: &Function,
        values: &[Value],
        operands: &[Operand],
    ) -> Result<Value, Failure> {
        match function.body() {
            Body::Special(Special::Include) => {
                let name = values.first().map(str_of).unwrap_or_default();
                let data = values.get(1).cloned().unwrap_or_default();
                self.include(name, data)
            }
            Body::Special(Special::Call) => {
                let callee = operands.first().map_or("value".to_owned(), ToString::to_string);
                self.call_value(&callee, values)
            }
            _ => self.call_with(function, values),
        }
    }

    fn call_with(&self, function: &Function, values: &[Value]) -> Result<Value, Failure> {
        let budget = &self.limits.budget;
        function.call(&Args { values, env: self.engine.env(), budget })
    }

    /// The builtin `call`.
    fn call_value(&self, callee: &str, values: &[Value]) -> Result<Value, Failure> {
        let (target, args) = values.split_first().ok_or("call of nil")?;
        let function = match target {
            Value::Func(function) => function,
            Value::Nil | Value::NilInterface => return Err("call of nil".into()),
            _ => {
                let got = target.type_name();
                return Err(format!("non-function {callee} of type {got}").into());
            }
        };
        let (fixed, got) = (function.params().len(), args.len());
        let counts = match function.rest() {
            Some(_) if got < fixed => Some(format!("got {got} want at least {fixed}")),
            None if got != fixed => Some(format!("got {got} want {fixed}")),
            _ => None,
        };
        if let Some(counts) = counts {
            return Err(format!("wrong number of args for {callee}: {counts}").into());
        }
        let mut checked = Vec::with_capacity(got);
        for (index, arg) in args.iter().enumerate() {
            let wanted = function.param(index);
            checked.push(prepare(arg, wanted).map_err(|why| format!("arg {index}: {why}"))?);
        }
        self.call_with(function, &checked)
    }

    /// `and` and `or`: the arguments after the one that decides are not evaluated.
    fn short_circuit(&mut self, dot: &Value, special: Special, given: Given<'a>) -> Run<Value> {
        let mut value = Value::Nil;
        for operand in given.operands {
            value = self.arg(dot, Type::Reflect, operand)?;
            if value.truth() == (special == Special::Or) {
                return Ok(value);
            }
        }
        match given.last {
            Some(last) => self.validate(last, Type::Reflect),
            None => Ok(value),
        }
    }
}

/// A value as an argument of `call`: integers convert, a nil becomes the zero value.
fn prepare(value: &Value, wanted: Type) -> Result<Value, String> {
    if value.is_nil() {
        let message = || format!("value is nil; should be of type {}", wanted.name());
        return wanted.zero().ok_or_else(message);
    }
    match value {
        Value::Int(..) | Value::Uint(..) if wanted == Type::Int => Ok(value.clone()),
        _ if wanted.accepts(value) => Ok(value.clone()),
        _ => Err(format!("value has type {}; should be {}", value.type_name(), wanted.name())),
    }
}
