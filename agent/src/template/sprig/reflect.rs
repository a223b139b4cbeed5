//! Types, kinds and deep equality.

use super::super::func::{Args, Failure, MAX_DEPTH};
use super::super::value::Value;

/// `typeOf`.
pub fn type_of(args: &Args) -> Value {
    args.any(0).type_name().into()
}

/// `typeIs`.
pub fn type_is(args: &Args) -> Value {
    (args.str(0) == args.any(1).type_name().as_bytes()).into()
}

/// `typeIsLike`.
pub fn type_is_like(args: &Args) -> Value {
    let name = args.any(1).type_name();
    let bare = name.strip_prefix('*').unwrap_or(&name);
    (args.str(0) == name.as_bytes() || args.str(0) == bare.as_bytes()).into()
}

/// `kindOf`.
pub fn kind_of(args: &Args) -> Value {
    args.any(0).kind_name().into()
}

/// `kindIs`.
pub fn kind_is(args: &Args) -> Value {
    (args.str(0) == args.any(1).kind_name().as_bytes()).into()
}

/// `deepEqual`.
pub fn deep_equal(args: &Args) -> Result<Value, Failure> {
    equal(args.any(0), args.any(1)).map(Value::Bool)
}

/// `reflect.DeepEqual`.
pub fn equal(a: &Value, b: &Value) -> Result<bool, Failure> {
    equal_at(a, b, 0)
}

#[expect(clippy::float_cmp, reason = "Go compares floats exactly")]
fn equal_at(a: &Value, b: &Value, depth: usize) -> Result<bool, Failure> {
    if depth > MAX_DEPTH {
        return Err("a value is nested too deeply".into());
    }
    Ok(match (a, b) {
        (Value::Nil | Value::NilInterface, Value::Nil | Value::NilInterface) => true,
        (Value::Bool(a), Value::Bool(b)) => a == b,
        (Value::Int(a, kind_a), Value::Int(b, kind_b)) => a == b && kind_a == kind_b,
        (Value::Uint(a, kind_a), Value::Uint(b, kind_b)) => a == b && kind_a == kind_b,
        (Value::Float(a), Value::Float(b)) => a == b,
        (Value::Str(a), Value::Str(b)) => a == b,
        (Value::Time(a), Value::Time(b)) => a == b,
        (Value::Version(a), Value::Version(b)) => a == b,
        (Value::List(a), Value::List(b)) => {
            if a.elem() != b.elem() || a.is_nil() != b.is_nil() || a.len() != b.len() {
                return Ok(false);
            }
            for (a, b) in a.items().iter().zip(b.items()) {
                if !equal_at(a, b, depth + 1)? {
                    return Ok(false);
                }
            }
            true
        }
        (Value::Dict(a), Value::Dict(b)) => {
            if a.elem() != b.elem() || a.is_nil() != b.is_nil() || a.len() != b.len() {
                return Ok(false);
            }
            for ((key_a, a), (key_b, b)) in a.entries().iter().zip(&b.entries()) {
                if key_a != key_b || !equal_at(a, b, depth + 1)? {
                    return Ok(false);
                }
            }
            true
        }
        (Value::Struct(a), Value::Struct(b)) => {
            if a.name != b.name || a.fields.len() != b.fields.len() {
                return Ok(false);
            }
            for ((_, a), (_, b)) in a.fields.iter().zip(&b.fields) {
                if !equal_at(a, b, depth + 1)? {
                    return Ok(false);
                }
            }
            true
        }
        _ => false,
    })
}
