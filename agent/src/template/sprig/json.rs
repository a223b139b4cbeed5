//! JSON, as Go's `encoding/json` reads and writes it.
//!
//! A lone surrogate (`"\ud800"`) is an error here; Go reads it as U+FFFD.

use super::super::bytes;
use super::super::format::{format_float, stringer};
use super::super::func::{Args, Failure, MAX_DEPTH, bounded};
use super::super::value::Value;

#[derive(Clone, Copy)]
struct Style {
    escape_html: bool,
    indent: bool,
}

const PLAIN: Style = Style { escape_html: true, indent: false };
const PRETTY: Style = Style { escape_html: true, indent: true };
const RAW: Style = Style { escape_html: false, indent: false };

/// `fromJson`: nil for what is no JSON.
pub fn from_json(args: &Args) -> Value {
    must_from_json(args).unwrap_or_default()
}

/// `mustFromJson`.
pub fn must_from_json(args: &Args) -> Result<Value, Failure> {
    let text = bytes::lossy(args.str(0));
    let json: serde_json::Value = serde_json::from_str(&text).map_err(|error| {
        if error.is_eof() {
            Failure::from("unexpected end of JSON input")
        } else {
            Failure(format!("invalid JSON: {error}"))
        }
    })?;
    check_numbers(&json)?;
    Ok(Value::from(json))
}

fn check_numbers(json: &serde_json::Value) -> Result<(), Failure> {
    match json {
        serde_json::Value::Number(number) => match number.to_string().parse::<f64>() {
            Ok(float) if float.is_finite() => Ok(()),
            _ => {
                Err(format!("json: cannot unmarshal number {number} into Go value of type float64")
                    .into())
            }
        },
        serde_json::Value::Array(items) => items.iter().try_for_each(check_numbers),
        serde_json::Value::Object(entries) => entries.values().try_for_each(check_numbers),
        _ => Ok(()),
    }
}

/// `toJson`: nothing for what cannot be written.
pub fn to_json(args: &Args) -> Result<Value, Failure> {
    lenient(args, PLAIN)
}

/// `toPrettyJson`: nothing for what cannot be written.
pub fn to_pretty_json(args: &Args) -> Result<Value, Failure> {
    lenient(args, PRETTY)
}

fn lenient(args: &Args, style: Style) -> Result<Value, Failure> {
    match encode(args, style) {
        Err(failure) if failure.0.starts_with("json:") => Ok("".into()),
        result => result,
    }
}

/// `mustToJson`.
pub fn must_to_json(args: &Args) -> Result<Value, Failure> {
    encode(args, PLAIN)
}

/// `mustToPrettyJson`.
pub fn must_to_pretty_json(args: &Args) -> Result<Value, Failure> {
    encode(args, PRETTY)
}

/// `toRawJson`, `mustToRawJson`.
pub fn must_to_raw_json(args: &Args) -> Result<Value, Failure> {
    encode(args, RAW)
}

fn encode(args: &Args, style: Style) -> Result<Value, Failure> {
    let mut out = Vec::new();
    write(&mut out, args.any(0), style, 0)?;
    Ok(Value::from(out))
}

fn write(out: &mut Vec<u8>, value: &Value, style: Style, depth: usize) -> Result<(), Failure> {
    if depth > MAX_DEPTH {
        return Err("a value is nested too deeply".into());
    }
    bounded(out.len())?;
    match value {
        Value::Nil | Value::NilInterface => out.extend_from_slice(b"null"),
        Value::Bool(truth) => out.extend_from_slice(truth.to_string().as_bytes()),
        Value::Int(int, _) => out.extend_from_slice(int.to_string().as_bytes()),
        Value::Uint(uint, _) => out.extend_from_slice(uint.to_string().as_bytes()),
        Value::Float(float) => write_float(out, *float)?,
        Value::Str(text) => write_string(out, text, style),
        Value::Time(time) => {
            write_string(out, &time.format(b"2006-01-02T15:04:05.999999999Z07:00"), style);
        }
        Value::Version(_) => {
            write_string(out, stringer(value).unwrap_or_default().as_bytes(), style);
        }
        Value::List(list) if list.is_nil() => out.extend_from_slice(b"null"),
        Value::Dict(dict) if dict.is_nil() => out.extend_from_slice(b"null"),
        Value::List(list) => {
            let items = list.items().iter().map(|item| (None, item.clone())).collect();
            write_all(out, [b'[', b']'], items, style, depth)?;
        }
        Value::Dict(dict) => {
            let items = dict.entries().into_iter().map(|(key, item)| (Some(key.to_vec()), item));
            write_all(out, [b'{', b'}'], items.collect(), style, depth)?;
        }
        Value::Struct(data) => {
            let items = data.fields.iter();
            let items = items.map(|(name, item)| (Some(name.clone().into_bytes()), item.clone()));
            write_all(out, [b'{', b'}'], items.collect(), style, depth)?;
        }
        Value::Func(_) => {
            return Err(format!("json: unsupported type: {}", value.type_name()).into());
        }
    }
    Ok(())
}

fn write_all(
    out: &mut Vec<u8>,
    [open, close]: [u8; 2],
    items: Vec<(Option<Vec<u8>>, Value)>,
    style: Style,
    depth: usize,
) -> Result<(), Failure> {
    let line = |out: &mut Vec<u8>, depth: usize| {
        if style.indent {
            out.push(b'\n');
            out.extend_from_slice(&b"  ".repeat(depth));
        }
    };
    out.push(open);
    let any = !items.is_empty();
    for (index, (key, item)) in items.into_iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        line(out, depth + 1);
        if let Some(key) = key {
            write_string(out, &key, style);
            out.extend_from_slice(if style.indent { b": " } else { b":" });
        }
        write(out, &item, style, depth + 1)?;
    }
    if any {
        line(out, depth);
    }
    out.push(close);
    Ok(())
}

fn write_float(out: &mut Vec<u8>, float: f64) -> Result<(), Failure> {
    if !float.is_finite() {
        let shown = format_float(float, 'g', None);
        return Err(format!("json: unsupported value: {shown}").into());
    }
    let size = float.abs();
    let text = if size != 0.0 && !(1e-6..1e21).contains(&size) {
        let text = format_float(float, 'e', None);
        match text.split_once("e-0") {
            Some((mantissa, digit)) => format!("{mantissa}e-{digit}"),
            None => text,
        }
    } else {
        format_float(float, 'f', None)
    };
    out.extend_from_slice(text.as_bytes());
    Ok(())
}

fn write_string(out: &mut Vec<u8>, text: &[u8], style: Style) {
    out.push(b'"');
    for (_, rune, _) in bytes::runes(text) {
        match rune {
            Some('"') => out.extend_from_slice(b"\\\""),
            Some('\\') => out.extend_from_slice(b"\\\\"),
            Some('\u{8}') => out.extend_from_slice(b"\\b"),
            Some('\u{c}') => out.extend_from_slice(b"\\f"),
            Some('\n') => out.extend_from_slice(b"\\n"),
            Some('\r') => out.extend_from_slice(b"\\r"),
            Some('\t') => out.extend_from_slice(b"\\t"),
            Some(rune @ ('\0'..=' ' | '\u{2028}' | '\u{2029}')) if rune != ' ' => {
                out.extend_from_slice(format!("\\u{:04x}", u32::from(rune)).as_bytes());
            }
            Some(rune @ ('<' | '>' | '&')) if style.escape_html => {
                out.extend_from_slice(format!("\\u{:04x}", u32::from(rune)).as_bytes());
            }
            Some(rune) => bytes::push(out, rune),
            None => out.extend_from_slice(b"\\ufffd"),
        }
    }
    out.push(b'"');
}
