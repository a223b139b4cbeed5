//! The functions of `text/template` itself, but `slice`, which sprig's function hides.
//!
//! # Source
//! Go 1.26, `text/template/funcs.go`.

mod compare;
mod escape;

use super::format;
use super::func::Type::{Any, Reflect, Str};
use super::func::{Args, Failure, Function, Special};
use super::num::int_of_len;
use super::value::{Elem, UintKind, Value};

/// All of them, and `include`, which every user of templates adds.
pub static FUNCTIONS: &[Function] = &[
    Function::special("and", &[Reflect], Some(Reflect), Special::And),
    Function::special("call", &[Reflect], Some(Reflect), Special::Call),
    Function::special("include", &[Str, Any], None, Special::Include),
    Function::special("or", &[Reflect], Some(Reflect), Special::Or),
    Function::partial_rest("eq", &[Reflect], Reflect, compare::eq),
    Function::partial("ge", &[Reflect, Reflect], compare::ge),
    Function::partial("gt", &[Reflect, Reflect], compare::gt),
    Function::partial_rest("html", &[], Any, escape::html),
    Function::partial_rest("index", &[Reflect], Reflect, index),
    Function::partial_rest("js", &[], Any, escape::js),
    Function::partial("le", &[Reflect, Reflect], compare::le),
    Function::partial("len", &[Reflect], len),
    Function::partial("lt", &[Reflect, Reflect], compare::lt),
    Function::partial("ne", &[Reflect, Reflect], compare::ne),
    Function::total("not", &[Reflect], not),
    Function::partial_rest("print", &[], Any, print),
    Function::partial_rest("printf", &[Str], Any, printf),
    Function::partial_rest("println", &[], Any, println),
    Function::partial_rest("urlquery", &[], Any, escape::urlquery),
];

fn not(args: &Args) -> Value {
    Value::Bool(!args.any(0).truth())
}

fn print(args: &Args) -> Result<Value, Failure> {
    format::sprint(args.values).map(Value::from)
}

fn println(args: &Args) -> Result<Value, Failure> {
    format::sprintln(args.values).map(Value::from)
}

fn printf(args: &Args) -> Result<Value, Failure> {
    format::sprintf(args.str(0), args.rest(1)).map(Value::from)
}

fn len(args: &Args) -> Result<Value, Failure> {
    let length = match args.any(0) {
        Value::Str(text) => text.len(),
        Value::List(list) => list.len(),
        Value::Dict(dict) => dict.len(),
        Value::NilInterface => return Err("len of nil pointer".into()),
        Value::Nil => {
            return Err("reflect: call of reflect.Value.Type on zero Value".into());
        }
        other => return Err(format!("len of type {}", other.type_name()).into()),
    };
    Ok(Value::int(int_of_len(length)))
}

fn index(args: &Args) -> Result<Value, Failure> {
    let mut item = args.any(0).clone();
    if item.is_nil() {
        return Err("index of untyped nil".into());
    }
    for index in args.rest(1) {
        item = match &item {
            Value::Str(text) => {
                let at = position(index, text.len())?;
                let byte = text.get(at).ok_or_else(past_end)?;
                Value::Uint(u64::from(*byte), UintKind::Uint8)
            }
            Value::List(list) => {
                let at = position(index, list.len())?;
                list.at(at).ok_or_else(past_end)?
            }
            Value::Dict(dict) => match index {
                Value::Str(key) => dict.get(key).unwrap_or_else(|| match dict.elem() {
                    Elem::Str => Value::str(""),
                    _ => Value::NilInterface,
                }),
                Value::Nil | Value::NilInterface => {
                    return Err("value is nil; should be of type string".into());
                }
                _ => {
                    let got = index.type_name();
                    return Err(format!("value has type {got}; should be string").into());
                }
            },
            Value::Nil | Value::NilInterface => return Err("index of nil pointer".into()),
            _ => return Err(format!("can't index item of type {}", item.type_name()).into()),
        };
    }
    Ok(item)
}

/// Go lets an index that equals the length pass its own check, and fails in `reflect`.
fn past_end() -> Failure {
    Failure::from("reflect: slice index out of range")
}

/// An index that may at most be `limit`.
fn position(index: &Value, limit: usize) -> Result<usize, Failure> {
    let at = match index {
        Value::Int(at, _) => *at,
        Value::Uint(at, _) => super::num::int_of_uint(*at),
        Value::Nil | Value::NilInterface => {
            return Err("cannot index slice/array with nil".into());
        }
        _ => {
            let got = index.type_name();
            return Err(format!("cannot index slice/array with type {got}").into());
        }
    };
    match usize::try_from(at) {
        Ok(at) if at <= limit => Ok(at),
        _ => Err(format!("index out of range: {at}").into()),
    }
}
