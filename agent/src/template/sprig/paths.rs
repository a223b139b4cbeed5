//! Paths with slashes. On Unix the `os…` functions are the same ones.

use super::super::bytes;
use super::super::func::Args;
use super::super::value::Value;

/// `base`, `osBase`.
pub fn base(args: &Args) -> Value {
    let path = args.str(0);
    if path.is_empty() {
        return ".".into();
    }
    let trimmed = trim_slashes(path);
    if trimmed.is_empty() {
        return "/".into();
    }
    Value::str(after_last_slash(trimmed))
}

/// `dir`, `osDir`.
pub fn dir(args: &Args) -> Value {
    let path = args.str(0);
    let length = path.len() - after_last_slash(path).len();
    Value::from(cleaned(bytes::cut(path, 0, length)))
}

/// `clean`, `osClean`.
pub fn clean(args: &Args) -> Value {
    Value::from(cleaned(args.str(0)))
}

/// `ext`, `osExt`.
pub fn ext(args: &Args) -> Value {
    let name = after_last_slash(args.str(0));
    let dot = name.iter().rposition(|&byte| byte == b'.');
    Value::str(dot.map_or(&[][..], |dot| bytes::from(name, dot)))
}

/// `isAbs`, `osIsAbs`.
pub fn is_abs(args: &Args) -> Value {
    args.str(0).starts_with(b"/").into()
}

fn trim_slashes(path: &[u8]) -> &[u8] {
    let slashes = path.iter().rev().take_while(|&&byte| byte == b'/').count();
    bytes::cut(path, 0, path.len() - slashes)
}

fn after_last_slash(path: &[u8]) -> &[u8] {
    let slash = path.iter().rposition(|&byte| byte == b'/');
    slash.map_or(path, |slash| bytes::from(path, slash + 1))
}

/// The shortest path of the same meaning, by the text alone.
fn cleaned(path: &[u8]) -> Vec<u8> {
    let rooted = path.starts_with(b"/");
    let mut parts: Vec<&[u8]> = Vec::new();
    for part in path.split(|&byte| byte == b'/') {
        match part {
            b"" | b"." => {}
            b".." => match parts.last() {
                Some(&last) if last != b".." => {
                    parts.pop();
                }
                _ if rooted => {}
                _ => parts.push(part),
            },
            _ => parts.push(part),
        }
    }
    let joined = parts.join(&b'/');
    match (rooted, joined.is_empty()) {
        (true, _) => [b"/", joined.as_slice()].concat(),
        (false, true) => b".".to_vec(),
        (false, false) => joined,
    }
}
