//! Defaults and conditions.

use super::super::bytes;
use super::super::func::{Args, Failure};
use super::super::value::Value;

/// `default`.
pub fn default(args: &Args) -> Value {
    let given = args.any(1);
    if given.is_empty() { args.any(0).clone() } else { given.clone() }
}

/// `empty`.
pub fn empty(args: &Args) -> Value {
    args.any(0).is_empty().into()
}

/// `coalesce`.
pub fn coalesce(args: &Args) -> Value {
    args.values.iter().find(|value| !value.is_empty()).cloned().unwrap_or_default()
}

/// `all`.
pub fn all(args: &Args) -> Value {
    args.values.iter().all(|value| !value.is_empty()).into()
}

/// `any`.
pub fn any(args: &Args) -> Value {
    args.values.iter().any(|value| !value.is_empty()).into()
}

/// `ternary`.
pub fn ternary(args: &Args) -> Value {
    args.any(usize::from(!args.bool(2))).clone()
}

/// `fail`.
pub fn fail(args: &Args) -> Result<Value, Failure> {
    Err(Failure(bytes::lossy(args.str(0)).into_owned()))
}
