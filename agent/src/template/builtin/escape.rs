//! `html`, `js` and `urlquery`.

use super::super::bytes;
use super::super::format;
use super::super::func::{Args, Failure};
use super::super::unicode::is_print;
use super::super::value::Value;

/// The arguments as text.
fn text(args: &Args) -> Result<Vec<u8>, Failure> {
    let values: Vec<Value> = args
        .values
        .iter()
        .map(|value| if value.is_nil() { Value::str("<no value>") } else { value.clone() })
        .collect();
    format::sprint(&values)
}

/// `html`.
pub fn html(args: &Args) -> Result<Value, Failure> {
    let mut out = Vec::new();
    for byte in text(args)? {
        match byte {
            b'\0' => out.extend_from_slice("\u{fffd}".as_bytes()),
            b'"' => out.extend_from_slice(b"&#34;"),
            b'\'' => out.extend_from_slice(b"&#39;"),
            b'&' => out.extend_from_slice(b"&amp;"),
            b'<' => out.extend_from_slice(b"&lt;"),
            b'>' => out.extend_from_slice(b"&gt;"),
            _ => out.push(byte),
        }
    }
    Ok(Value::from(out))
}

/// `js`.
pub fn js(args: &Args) -> Result<Value, Failure> {
    let text = text(args)?;
    let mut out = Vec::new();
    for (place, rune, width) in bytes::runes(&text) {
        match rune {
            Some('\\') => out.extend_from_slice(b"\\\\"),
            Some('\'') => out.extend_from_slice(b"\\'"),
            Some('"') => out.extend_from_slice(b"\\\""),
            Some(rune @ ('<' | '>' | '&' | '=' | '\0'..=' ')) if rune != ' ' => {
                out.extend_from_slice(format!("\\u{:04X}", u32::from(rune)).as_bytes());
            }
            Some(rune) if rune.is_ascii() || is_print(rune) => bytes::push(&mut out, rune),
            Some(rune) => {
                out.extend_from_slice(format!("\\u{:04X}", u32::from(rune)).as_bytes());
            }
            // Go decodes U+FFFD, which can be printed, and copies the byte.
            None => out.extend_from_slice(bytes::cut(&text, place, place + width)),
        }
    }
    Ok(Value::from(out))
}

/// `urlquery`.
pub fn urlquery(args: &Args) -> Result<Value, Failure> {
    Ok(Value::from(query_escape(&text(args)?)))
}

/// `url.QueryEscape`.
fn query_escape(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for &byte in text {
        match byte {
            b' ' => out.push(b'+'),
            b'-' | b'_' | b'.' | b'~' => out.push(byte),
            _ if byte.is_ascii_alphanumeric() => out.push(byte),
            _ => out.extend_from_slice(format!("%{byte:02X}").as_bytes()),
        }
    }
    out
}
