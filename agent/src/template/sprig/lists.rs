//! Lists.
//!
//! `sortAlpha` returns a new list. Go's sorts a `[]string` in place, so that the original
//! changes too: a defect, not copied.

use super::super::func::{Args, Failure, MAX_ITEMS};
use super::super::num::int_of_len;
use super::super::value::{Elem, List, Value};
use super::math::to_int;
use super::reflect::equal;
use super::strings::{strslice, strval};

/// The list in an argument, or Go's complaint.
fn list_of<'a>(args: &'a Args, index: usize, complaint: &str) -> Result<&'a List, Failure> {
    match args.any(index) {
        Value::List(list) => Ok(list),
        Value::Nil | Value::NilInterface => {
            Err("runtime error: invalid memory address or nil pointer dereference".into())
        }
        other => Err(format!("{complaint} {}", other.kind_name()).into()),
    }
}

/// `list`, `tuple`.
pub fn list(args: &Args) -> Value {
    Value::list(args.values.to_vec())
}

/// `append`, `push`.
pub fn append(args: &Args) -> Result<Value, Failure> {
    let mut items = list_of(args, 0, "Cannot push on type")?.items().to_vec();
    items.push(args.any(1).clone());
    Ok(Value::list(items))
}

/// `prepend`.
pub fn prepend(args: &Args) -> Result<Value, Failure> {
    let list = list_of(args, 0, "Cannot prepend on type")?;
    let items = std::iter::once(args.any(1)).chain(list.items());
    Ok(Value::list(items.cloned().collect()))
}

/// `chunk`.
pub fn chunk(args: &Args) -> Result<Value, Failure> {
    let list = list_of(args, 1, "Cannot chunk type")?;
    let size = match usize::try_from(args.int(0)) {
        Ok(size) if size > 0 => size,
        _ if args.int(0) == 0 => return Err("runtime error: makeslice: len out of range".into()),
        _ => return Err("runtime error: makeslice: len out of range".into()),
    };
    let chunks = list.items().chunks(size).map(|chunk| Value::list(chunk.to_vec()));
    Ok(Value::List(List::new(Elem::Lists, chunks.collect())))
}

/// `first`.
pub fn first(args: &Args) -> Result<Value, Failure> {
    let list = list_of(args, 0, "Cannot find first on type")?;
    Ok(list.items().first().cloned().unwrap_or_default())
}

/// `last`.
pub fn last(args: &Args) -> Result<Value, Failure> {
    let list = list_of(args, 0, "Cannot find last on type")?;
    Ok(list.items().last().cloned().unwrap_or_default())
}

/// `rest`.
pub fn rest(args: &Args) -> Result<Value, Failure> {
    let list = list_of(args, 0, "Cannot find rest on type")?;
    Ok(match list.items().split_first() {
        Some((_, rest)) => Value::list(rest.to_vec()),
        None => Value::List(List::nil(Elem::Any)),
    })
}

/// `initial`.
pub fn initial(args: &Args) -> Result<Value, Failure> {
    let list = list_of(args, 0, "Cannot find initial on type")?;
    Ok(match list.items().split_last() {
        Some((_, initial)) => Value::list(initial.to_vec()),
        None => Value::List(List::nil(Elem::Any)),
    })
}

/// `reverse`.
pub fn reverse(args: &Args) -> Result<Value, Failure> {
    let list = list_of(args, 0, "Cannot find reverse on type")?;
    Ok(Value::list(list.items().iter().rev().cloned().collect()))
}

/// `compact`.
pub fn compact(args: &Args) -> Result<Value, Failure> {
    let list = list_of(args, 0, "Cannot compact on type")?;
    Ok(Value::list(list.items().iter().filter(|item| !item.is_empty()).cloned().collect()))
}

/// `uniq`.
pub fn uniq(args: &Args) -> Result<Value, Failure> {
    let list = list_of(args, 0, "Cannot find uniq on type")?;
    let mut seen: Vec<Value> = Vec::new();
    for item in list.items() {
        if !holds(&seen, item, args)? {
            seen.push(item.clone());
        }
    }
    Ok(Value::list(seen))
}

fn holds(list: &[Value], needle: &Value, args: &Args) -> Result<bool, Failure> {
    args.budget.spend(list.len())?;
    for item in list {
        if equal(needle, item)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// `without`.
pub fn without(args: &Args) -> Result<Value, Failure> {
    let list = list_of(args, 0, "Cannot find without on type")?;
    let mut kept = Vec::new();
    for item in list.items() {
        if !holds(args.rest(1), item, args)? {
            kept.push(item.clone());
        }
    }
    Ok(Value::list(kept))
}

/// `has`.
pub fn has(args: &Args) -> Result<Value, Failure> {
    if args.any(1).is_nil() {
        return Ok(false.into());
    }
    let list = list_of(args, 1, "Cannot find has on type")?;
    holds(list.items(), args.any(0), args).map(Value::Bool)
}

/// `slice`.
pub fn slice(args: &Args) -> Result<Value, Failure> {
    let list = list_of(args, 0, "list should be type of slice or array but")?;
    if list.is_empty() {
        return Ok(Value::Nil);
    }
    let start = if args.len() > 1 { to_int(args.any(1)) } else { 0 };
    let end = if args.len() > 2 { to_int(args.any(2)) } else { int_of_len(list.len()) };
    let range = usize::try_from(start).ok().zip(usize::try_from(end).ok());
    match range.and_then(|(start, end)| list.items().get(start..end)) {
        Some(items) => Ok(Value::List(List::new(list.elem(), items.to_vec()))),
        None => Err("reflect.Value.Slice: slice index out of bounds".into()),
    }
}

/// `concat`.
pub fn concat(args: &Args) -> Result<Value, Failure> {
    let mut items = Vec::new();
    for index in 0..args.len() {
        let list = match args.any(index) {
            Value::List(list) => list,
            Value::Nil | Value::NilInterface => {
                return Err(
                    "runtime error: invalid memory address or nil pointer dereference".into()
                );
            }
            other => {
                return Err(format!("Cannot concat type {} as list", other.kind_name()).into());
            }
        };
        if items.len() + list.len() > MAX_ITEMS {
            return Err(format!("the list is longer than {MAX_ITEMS} items").into());
        }
        items.extend_from_slice(list.items());
    }
    Ok(if items.is_empty() { Value::List(List::nil(Elem::Any)) } else { Value::list(items) })
}

/// `sortAlpha`.
pub fn sort_alpha(args: &Args) -> Result<Value, Failure> {
    if let Value::List(_) = args.any(0) {
        let mut texts = strslice(args.any(0))?;
        texts.sort();
        return Ok(Value::strings(texts));
    }
    Ok(Value::strings([strval(args.any(0))?]))
}
