//! Dicts. `keys` and `values` come in the order of the keys; in Go the order is random.

use std::collections::BTreeMap;

use super::super::func::{Args, Failure, MAX_DEPTH, dict_of, str_of};
use super::super::value::{Dict, Elem, List, Str, Value};
use super::strings::{strval, texts};

/// `dict`.
pub fn dict(args: &Args) -> Result<Value, Failure> {
    let mut entries = BTreeMap::new();
    for pair in args.values.chunks(2) {
        let key = strval(pair.first().unwrap_or(&Value::Nil))?;
        let value = pair.get(1).cloned().unwrap_or_else(|| "".into());
        entries.insert(Str::from(key), value);
    }
    Ok(Value::Dict(Dict::new(Elem::Any, entries)))
}

/// `get`.
pub fn get(args: &Args) -> Value {
    args.dict(0).get(args.str(1)).unwrap_or_else(|| "".into())
}

/// `set`.
pub fn set(args: &Args) -> Result<Value, Failure> {
    let dict = args.dict(0);
    if dict.is_nil() {
        return Err("assignment to entry in nil map".into());
    }
    dict.insert(args.str(1), args.any(2).clone());
    Ok(Value::Dict(dict))
}

/// `unset`.
pub fn unset(args: &Args) -> Value {
    let dict = args.dict(0);
    dict.remove(args.str(1));
    Value::Dict(dict)
}

/// `hasKey`.
pub fn has_key(args: &Args) -> Value {
    args.dict(0).get(args.str(1)).is_some().into()
}

/// `pluck`.
pub fn pluck(args: &Args) -> Value {
    let dicts = args.rest(1).iter().map(dict_of);
    Value::list(dicts.filter_map(|dict| dict.get(args.str(0))).collect())
}

/// `keys`.
pub fn keys(args: &Args) -> Value {
    let entries = args.values.iter().flat_map(|dict| dict_of(dict).entries());
    Value::strings(entries.map(|(key, _)| key))
}

/// `values`.
pub fn values(args: &Args) -> Value {
    Value::list(args.dict(0).entries().into_iter().map(|(_, value)| value).collect())
}

/// `pick`.
pub fn pick(args: &Args) -> Value {
    let dict = args.dict(0);
    let picked = texts(args.rest(1)).filter_map(|key| Some((key, dict.get(key)?)));
    Value::dict(picked.collect::<Vec<_>>())
}

/// `omit`.
pub fn omit(args: &Args) -> Value {
    let entries = args.dict(0).entries().into_iter();
    let kept = entries.filter(|(key, _)| !texts(args.rest(1)).any(|omitted| omitted == &**key));
    Value::dict(kept)
}

/// `dig`.
pub fn dig(args: &Args) -> Result<Value, Failure> {
    let conversion = |value: &Value, wanted: &str| {
        let is = if value.is_nil() { "nil".to_owned() } else { value.type_name() };
        Failure(format!("interface conversion: interface {{}} is {is}, not {wanted}"))
    };
    let [keys @ .., default, dict] = args.values else {
        return Err("dig needs at least three arguments".into());
    };
    if keys.is_empty() {
        return Err("dig needs at least three arguments".into());
    }
    let mut current = dict.clone();
    if !is_dict(&current) {
        return Err(conversion(&current, "map[string]interface {}"));
    }
    if let Some(key) = keys.iter().find(|key| !matches!(key, Value::Str(_))) {
        return Err(conversion(key, "string"));
    }
    for key in keys {
        if !is_dict(&current) {
            return Err(conversion(&current, "map[string]interface {}"));
        }
        match dict_of(&current).get(str_of(key)) {
            Some(value) => current = value,
            None => return Ok(default.clone()),
        }
    }
    Ok(current)
}

fn is_dict(value: &Value) -> bool {
    matches!(value, Value::Dict(dict) if dict.elem() == Elem::Any)
}

/// `deepCopy`.
pub fn deep_copy(args: &Args) -> Result<Value, Failure> {
    if args.any(0).is_nil() {
        return Err("reflect: call of reflect.Value.Type on zero Value".into());
    }
    copied(args.any(0), 0)
}

fn copied(value: &Value, depth: usize) -> Result<Value, Failure> {
    if depth > MAX_DEPTH {
        return Err("a value is nested too deeply".into());
    }
    Ok(match value {
        Value::List(list) if !list.is_nil() => {
            let items = list.items().iter().map(|item| copied(item, depth + 1));
            Value::List(List::new(list.elem(), items.collect::<Result<_, _>>()?))
        }
        Value::Dict(dict) if !dict.is_nil() => {
            let mut entries = BTreeMap::new();
            for (key, value) in dict.entries() {
                entries.insert(key, copied(&value, depth + 1)?);
            }
            Value::Dict(Dict::new(dict.elem(), entries))
        }
        _ => value.clone(),
    })
}
