//! `eq`, `lt` and their kin.

use super::super::format::shown;
use super::super::func::{Args, Failure};
use super::super::value::Value;

/// What can be compared with what.
#[derive(PartialEq)]
enum Kind {
    Bool,
    Int,
    Uint,
    Float,
    Str,
    Other,
}

fn kind(value: &Value) -> Kind {
    match value {
        Value::Bool(_) => Kind::Bool,
        Value::Int(..) => Kind::Int,
        Value::Uint(..) => Kind::Uint,
        Value::Float(_) => Kind::Float,
        Value::Str(_) => Kind::Str,
        _ => Kind::Other,
    }
}

fn incompatible(a: &Value, b: &Value) -> Failure {
    let (a, b) = (a.type_name(), b.type_name());
    Failure(format!("incompatible types for comparison: {a} and {b}"))
}

/// `eq a b c`: whether `a` equals one of the others.
pub fn eq(args: &Args) -> Result<Value, Failure> {
    if args.len() < 2 {
        return Err("missing argument for comparison".into());
    }
    for other in args.rest(1) {
        if equal(args.any(0), other)? {
            return Ok(Value::Bool(true));
        }
    }
    Ok(Value::Bool(false))
}

/// `ne a b`.
pub fn ne(args: &Args) -> Result<Value, Failure> {
    equal(args.any(0), args.any(1)).map(|equal| Value::Bool(!equal))
}

/// `lt a b`.
pub fn lt(args: &Args) -> Result<Value, Failure> {
    less(args.any(0), args.any(1)).map(Value::Bool)
}

/// `le a b`.
pub fn le(args: &Args) -> Result<Value, Failure> {
    less_or_equal(args.any(0), args.any(1)).map(Value::Bool)
}

/// `gt a b`.
pub fn gt(args: &Args) -> Result<Value, Failure> {
    less_or_equal(args.any(0), args.any(1)).map(|le| Value::Bool(!le))
}

/// `ge a b`.
pub fn ge(args: &Args) -> Result<Value, Failure> {
    less(args.any(0), args.any(1)).map(|lt| Value::Bool(!lt))
}

#[expect(clippy::float_cmp, reason = "Go compares floats exactly")]
fn equal(a: &Value, b: &Value) -> Result<bool, Failure> {
    Ok(match (a, b) {
        (Value::Bool(a), Value::Bool(b)) => a == b,
        (Value::Int(a, _), Value::Int(b, _)) => a == b,
        (Value::Uint(a, _), Value::Uint(b, _)) => a == b,
        (Value::Int(a, _), Value::Uint(b, _)) | (Value::Uint(b, _), Value::Int(a, _)) => {
            u64::try_from(*a) == Ok(*b)
        }
        (Value::Float(a), Value::Float(b)) => a == b,
        (Value::Str(a), Value::Str(b)) => a == b,
        (Value::Nil | Value::NilInterface, _) | (_, Value::Nil | Value::NilInterface) => {
            is_nil(a) && is_nil(b) && (kind(a) == kind(b))
        }
        _ if kind(a) != kind(b) => return Err(incompatible(a, b)),
        _ => return equal_others(a, b),
    })
}

fn is_nil(value: &Value) -> bool {
    match value {
        Value::List(list) => list.is_nil(),
        Value::Dict(dict) => dict.is_nil(),
        _ => value.is_nil(),
    }
}

/// Lists, maps and structs.
fn equal_others(a: &Value, b: &Value) -> Result<bool, Failure> {
    if a.kind_name() != b.kind_name() {
        let (shown_a, type_a) = (shown(a), a.type_name());
        let (shown_b, type_b) = (shown(b), b.type_name());
        return Err(Failure(format!(
            "non-comparable types {shown_a}: {type_a}, {type_b}: {shown_b}"
        )));
    }
    if is_nil(a) || is_nil(b) {
        return Ok(is_nil(a) == is_nil(b));
    }
    match (a, b) {
        (Value::Time(a), Value::Time(b)) => Ok(a == b),
        (Value::Version(a), Value::Version(b)) => Ok(std::sync::Arc::ptr_eq(a, b)),
        _ => Err(Failure(format!("non-comparable type {}: {}", shown(b), b.type_name()))),
    }
}

fn less(a: &Value, b: &Value) -> Result<bool, Failure> {
    let bad = || Failure::from("invalid type for comparison");
    if kind(a) == Kind::Other || kind(b) == Kind::Other {
        return Err(bad());
    }
    Ok(match (a, b) {
        (Value::Int(a, _), Value::Int(b, _)) => a < b,
        (Value::Uint(a, _), Value::Uint(b, _)) => a < b,
        (Value::Int(a, _), Value::Uint(b, _)) => u64::try_from(*a).is_ok_and(|a| a < *b) || *a < 0,
        (Value::Uint(a, _), Value::Int(b, _)) => u64::try_from(*b).is_ok_and(|b| *a < b),
        (Value::Float(a), Value::Float(b)) => a < b,
        (Value::Str(a), Value::Str(b)) => a < b,
        (Value::Bool(_), Value::Bool(_)) => return Err(bad()),
        _ => return Err(incompatible(a, b)),
    })
}

fn less_or_equal(a: &Value, b: &Value) -> Result<bool, Failure> {
    Ok(less(a, b)? || equal(a, b)?)
}
