//! `merge` and `mergeOverwrite`: both change their first argument.
//!
//! # Source
//! `github.com/imdario/mergo` v0.3.11, `merge.go`.

use super::super::func::{Args, Failure, MAX_DEPTH, dict_of};
use super::super::value::{Dict, Value};

/// `merge`: what the first dict has stays.
pub fn merge(args: &Args) -> Result<Value, Failure> {
    merge_all(args, false)
}

/// `mergeOverwrite`: what the later dicts have wins.
pub fn merge_overwrite(args: &Args) -> Result<Value, Failure> {
    merge_all(args, true)
}

fn merge_all(args: &Args, overwrite: bool) -> Result<Value, Failure> {
    let target = args.dict(0);
    for source in args.rest(1) {
        let source = dict_of(source);
        if target.is_nil() && !source.is_empty() {
            return Err("assignment to entry in nil map".into());
        }
        merge_dict(&target, &source, overwrite, 0)?;
    }
    Ok(Value::Dict(target))
}

fn merge_dict(target: &Dict, source: &Dict, overwrite: bool, depth: usize) -> Result<(), Failure> {
    if depth > MAX_DEPTH {
        return Err("a value is nested too deeply".into());
    }
    if target.same(source) {
        return Ok(());
    }
    for (key, value) in source.entries() {
        let current = target.get(&key);
        if value.is_nil() {
            if overwrite {
                target.insert(&key, value);
            }
            continue;
        }
        let empty = current.as_ref().is_none_or(is_empty);
        match (&value, &current) {
            (Value::Dict(inner), Some(Value::Dict(existing))) => {
                merge_dict(existing, inner, overwrite, depth + 1)?;
            }
            (Value::List(list), _) if overwrite && !source.is_empty() => {
                target.insert(&key, Value::List(list.clone()));
            }
            _ => {}
        }
        let nested = matches!(value, Value::Dict(_) | Value::List(_));
        if empty || (overwrite && !nested) {
            target.insert(&key, value);
        }
    }
    Ok(())
}

/// What mergo takes as unset: never a struct.
fn is_empty(value: &Value) -> bool {
    match value {
        Value::Time(_) | Value::Struct(_) | Value::Func(_) | Value::Version(_) => false,
        _ => value.is_empty(),
    }
}
