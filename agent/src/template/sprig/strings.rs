//! Strings: parts, joins and quotes.

use super::super::bytes;
use super::super::format::{display, stringer};
use super::super::func::{Args, Failure, MAX_ITEMS, bounded, str_of};
use super::super::num::int_of_len;
use super::super::quote::{Charset, quote as go_quote};
use super::super::unicode::{self, to_lower, to_upper};
use super::super::value::{Dict, Elem, Str, Value};

/// Sprig's `strval`: what `%v` prints.
pub fn strval(value: &Value) -> Result<Vec<u8>, Failure> {
    display(value)
}

/// Sprig's `strslice`: the elements of a list as strings, without the nils.
pub fn strslice(value: &Value) -> Result<Vec<Vec<u8>>, Failure> {
    match value {
        Value::List(list) => {
            list.items().iter().filter(|item| !item.is_nil()).map(strval).collect()
        }
        Value::Nil | Value::NilInterface => Ok(Vec::new()),
        other => Ok(vec![strval(other)?]),
    }
}

/// `toString`.
pub fn to_string(args: &Args) -> Result<Value, Failure> {
    if let Some(text) = stringer(args.any(0)) {
        return Ok(Value::from(text));
    }
    strval(args.any(0)).map(Value::from)
}

/// `toStrings`.
pub fn to_strings(args: &Args) -> Result<Value, Failure> {
    strslice(args.any(0)).map(Value::strings)
}

/// `upper`.
pub fn upper(args: &Args) -> Value {
    map_runes(args.str(0), to_upper)
}

/// `lower`.
pub fn lower(args: &Args) -> Value {
    map_runes(args.str(0), to_lower)
}

/// Maps each rune; a bad byte becomes U+FFFD, as in `strings.Map`.
pub fn map_runes(text: &[u8], map: impl Fn(char) -> char) -> Value {
    let mut out = Vec::with_capacity(text.len());
    for rune in bytes::chars(text) {
        bytes::push(&mut out, map(rune));
    }
    Value::from(out)
}

/// `trim`.
pub fn trim(args: &Args) -> Value {
    Value::str(bytes::trim(args.str(0), unicode::is_space))
}

/// `trimAll`, `trimall`.
pub fn trim_all(args: &Args) -> Value {
    let unwanted: Vec<char> = bytes::chars(args.str(0)).collect();
    Value::str(bytes::trim(args.str(1), |rune| unwanted.contains(&rune)))
}

/// `trimPrefix`.
pub fn trim_prefix(args: &Args) -> Value {
    Value::str(args.str(1).strip_prefix(args.str(0)).unwrap_or(args.str(1)))
}

/// `trimSuffix`.
pub fn trim_suffix(args: &Args) -> Value {
    Value::str(args.str(1).strip_suffix(args.str(0)).unwrap_or(args.str(1)))
}

/// `contains`.
pub fn contains(args: &Args) -> Value {
    bytes::find(args.str(1), args.str(0)).is_some().into()
}

/// `hasPrefix`.
pub fn has_prefix(args: &Args) -> Value {
    args.str(1).starts_with(args.str(0)).into()
}

/// `hasSuffix`.
pub fn has_suffix(args: &Args) -> Value {
    args.str(1).ends_with(args.str(0)).into()
}

/// `nospace`: byte by byte, as sprig's library reads it.
pub fn nospace(args: &Args) -> Value {
    let text = args.str(0);
    let is_space = |byte: u8| unicode::is_space(char::from(byte));
    if !text.iter().any(|&byte| is_space(byte)) {
        return Value::str(text);
    }
    let mut out = Vec::new();
    for &byte in text.iter().filter(|&&byte| !is_space(byte)) {
        bytes::push(&mut out, char::from(byte));
    }
    Value::from(out)
}

/// `plural`.
pub fn plural(args: &Args) -> Value {
    args.any(usize::from(args.int(2) != 1)).clone()
}

/// `repeat`.
pub fn repeat(args: &Args) -> Result<Value, Failure> {
    let text = args.str(1);
    let count = usize::try_from(args.int(0)).map_err(|_| "strings: negative Repeat count")?;
    bounded(text.len().saturating_mul(count))?;
    Ok(Value::from(if text.is_empty() { Vec::new() } else { text.repeat(count) }))
}

/// `replace`.
pub fn replace(args: &Args) -> Result<Value, Failure> {
    replaced(args.str(2), args.str(0), args.str(1)).map(Value::from)
}

fn replaced(text: &[u8], old: &[u8], new: &[u8]) -> Result<Vec<u8>, Failure> {
    let places = bytes::occurrences(text, old);
    bounded(text.len().saturating_add(places.saturating_mul(new.len())))?;
    Ok(bytes::replace(text, old, new, places))
}

/// `indent`.
pub fn indent(args: &Args) -> Result<Value, Failure> {
    indented(args).map(Value::from)
}

/// `nindent`.
pub fn nindent(args: &Args) -> Result<Value, Failure> {
    Ok(Value::from([b"\n".as_slice(), &indented(args)?].concat()))
}

fn indented(args: &Args) -> Result<Vec<u8>, Failure> {
    let spaces = usize::try_from(args.int(0)).map_err(|_| "strings: negative Repeat count")?;
    bounded(spaces)?;
    let pad = vec![b' '; spaces];
    let broken = [b"\n", pad.as_slice()].concat();
    Ok([pad.as_slice(), &replaced(args.str(1), b"\n", &broken)?].concat())
}

/// `cat`.
pub fn cat(args: &Args) -> Result<Value, Failure> {
    let values = args.values.iter().filter(|value| !value.is_nil());
    let parts: Vec<Vec<u8>> = values.map(strval).collect::<Result<_, _>>()?;
    joined(&parts, b" ").map(Value::from)
}

/// `join`.
pub fn join(args: &Args) -> Result<Value, Failure> {
    joined(&strslice(args.any(1))?, args.str(0)).map(Value::from)
}

fn joined(parts: &[Vec<u8>], separator: &[u8]) -> Result<Vec<u8>, Failure> {
    let length: usize = parts.iter().map(|part| part.len().saturating_add(separator.len())).sum();
    bounded(length)?;
    Ok(parts.join(separator))
}

/// `quote`.
pub fn quote(args: &Args) -> Result<Value, Failure> {
    quoted(args, |text| go_quote(text, '"', Charset::Unicode))
}

/// `squote`.
pub fn squote(args: &Args) -> Result<Value, Failure> {
    quoted(args, |text| [b"'", text, b"'"].concat())
}

fn quoted(args: &Args, quote: impl Fn(&[u8]) -> Vec<u8>) -> Result<Value, Failure> {
    let mut parts = Vec::new();
    for value in args.values.iter().filter(|value| !value.is_nil()) {
        parts.push(quote(&strval(value)?));
    }
    joined(&parts, b" ").map(Value::from)
}

/// `split`.
pub fn split(args: &Args) -> Value {
    numbered(bytes::split(args.str(1), args.str(0), None))
}

/// `splitn`.
pub fn splitn(args: &Args) -> Value {
    numbered(bytes::split(args.str(2), args.str(0), usize::try_from(args.int(1)).ok()))
}

/// A `map[string]string` with the keys `_0`, `_1` and so on.
fn numbered(parts: Vec<&[u8]>) -> Value {
    let entries = parts
        .into_iter()
        .enumerate()
        .map(|(index, part)| (Str::from(format!("_{index}").into_bytes()), Value::str(part)));
    Value::Dict(Dict::new(Elem::Str, entries.collect()))
}

/// `splitList`.
pub fn split_list(args: &Args) -> Result<Value, Failure> {
    let parts = bytes::split(args.str(1), args.str(0), None);
    if parts.len() > MAX_ITEMS {
        return Err(format!("the list is longer than {MAX_ITEMS} items").into());
    }
    Ok(Value::strings(parts))
}

/// `trunc`.
pub fn trunc(args: &Args) -> Value {
    let (count, text) = (args.int(0), args.str(1));
    let length = int_of_len(text.len());
    let part = match usize::try_from(count) {
        Ok(count) => bytes::cut(text, 0, count),
        Err(_) if length.saturating_add(count) > 0 => {
            bytes::from(text, usize::try_from(length + count).unwrap_or(0))
        }
        Err(_) => text,
    };
    Value::str(part)
}

/// `substr`.
pub fn substr(args: &Args) -> Result<Value, Failure> {
    let (start, end, text) = (args.int(0), args.int(1), args.str(2));
    let length = int_of_len(text.len());
    let outside =
        |bounds: String| Failure(format!("runtime error: slice bounds out of range {bounds}"));
    let (start, end) = if start < 0 {
        (0, end)
    } else if end < 0 || end > length {
        (start, length)
    } else {
        (start, end)
    };
    if end < 0 {
        return Err(outside(format!("[:{end}]")));
    }
    if end > length {
        return Err(outside(format!("[:{end}] with length {length}")));
    }
    if start > end {
        return Err(outside(format!("[{start}:{end}]")));
    }
    let place = |int: i64| usize::try_from(int).unwrap_or(0);
    Ok(Value::str(bytes::cut(text, place(start), place(end))))
}

/// The strings of a list of arguments.
pub fn texts(values: &[Value]) -> impl Iterator<Item = &[u8]> {
    values.iter().map(str_of)
}
