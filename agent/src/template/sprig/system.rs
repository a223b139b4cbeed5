//! The environment and the network.

use std::net::ToSocketAddrs as _;

use super::super::bytes;
use super::super::func::{Args, Failure, bounded};
use super::super::value::Value;
use super::random;

/// `env`.
pub fn env(args: &Args) -> Value {
    variable(args, args.str(0)).into()
}

fn variable(args: &Args, name: &[u8]) -> String {
    std::str::from_utf8(name).ok().and_then(|name| (args.env)(name)).unwrap_or_default()
}

/// `expandenv`.
pub fn expandenv(args: &Args) -> Result<Value, Failure> {
    let mut out = Vec::new();
    let mut rest = args.str(0);
    while let Some(dollar) = rest.iter().position(|&byte| byte == b'$') {
        out.extend_from_slice(bytes::cut(rest, 0, dollar));
        let after = bytes::from(rest, dollar + 1);
        let (name, width) = shell_name(after);
        if name.is_empty() && width == 0 {
            out.push(b'$'); // Nothing that could be a name: the dollar stays.
        } else if !name.is_empty() {
            out.extend_from_slice(variable(args, name).as_bytes());
        }
        bounded(out.len())?;
        rest = bytes::from(after, width);
    }
    out.extend_from_slice(rest);
    Ok(Value::from(out))
}

/// The name behind a `$` and the bytes that it takes, as `os.getShellName` finds them.
fn shell_name(text: &[u8]) -> (&[u8], usize) {
    let special = |byte: u8| byte.is_ascii_digit() || b"*#$@!?-".contains(&byte);
    let first = bytes::at(text, 0);
    if first == b'{' {
        if special(bytes::at(text, 1)) && bytes::at(text, 2) == b'}' {
            return (bytes::cut(text, 1, 2), 3);
        }
        return match text.iter().position(|&byte| byte == b'}') {
            Some(1) => (&[], 2),
            Some(close) => (bytes::cut(text, 1, close), close + 1),
            None => (&[], 1),
        };
    }
    if special(first) {
        return (bytes::cut(text, 0, 1), 1);
    }
    let length =
        text.iter().take_while(|&&byte| byte == b'_' || byte.is_ascii_alphanumeric()).count();
    (bytes::cut(text, 0, length), length)
}

/// `getHostByName`: one of the host's addresses.
pub fn get_host_by_name(args: &Args) -> Result<Value, Failure> {
    let name = bytes::lossy(args.str(0)).into_owned();
    let found = (name.as_str(), 0).to_socket_addrs();
    let found = found.map_err(|error| Failure(format!("cannot resolve `{name}`: {error}")))?;
    let mut addresses: Vec<String> = found.map(|address| address.ip().to_string()).collect();
    addresses.dedup();
    let chosen = random::below(u64::try_from(addresses.len()).unwrap_or(1))?;
    let chosen = usize::try_from(chosen).ok().and_then(|index| addresses.get(index));
    chosen
        .map(|address| address.as_str().into())
        .ok_or_else(|| Failure(format!("`{name}` has no address")))
}
