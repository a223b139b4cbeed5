//! `urlParse` and `urlJoin`.
//!
//! # Source
//! Go 1.26, `net/url/url.go`.

use std::net::Ipv6Addr;

use super::super::bytes;
use super::super::func::{Args, Failure};
use super::super::quote::{Charset, quote};
use super::super::value::{Dict, Value};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Path,
    Host,
    User,
    Fragment,
}

#[derive(Default)]
struct Url {
    scheme: Vec<u8>,
    user: Option<(Vec<u8>, Option<Vec<u8>>)>,
    host: Vec<u8>,
    path: Vec<u8>,
    query: Vec<u8>,
    opaque: Vec<u8>,
    fragment: Vec<u8>,
}

fn shown(text: &[u8]) -> String {
    bytes::lossy(&quote(text, '"', Charset::Unicode)).into_owned()
}

/// `urlParse`.
pub fn url_parse(args: &Args) -> Result<Value, Failure> {
    let text = args.str(0);
    let (before, fragment) = cut(text, b'#');
    let failed = |text: &[u8], why: String| {
        Failure(format!("unable to parse url: parse {}: {why}", shown(text)))
    };
    let mut url = parse(before).map_err(|why| failed(before, why))?;
    url.fragment =
        unescape(fragment.unwrap_or_default(), Mode::Fragment).map_err(|why| failed(text, why))?;
    Ok(Value::dict([
        ("fragment", Value::from(url.fragment.clone())),
        ("host", Value::from(url.host.clone())),
        ("hostname", Value::str(hostname(&url.host))),
        ("opaque", Value::from(url.opaque.clone())),
        ("path", Value::from(url.path.clone())),
        ("query", Value::from(url.query.clone())),
        ("scheme", Value::from(url.scheme.clone())),
        ("userinfo", Value::from(userinfo(&url))),
    ]))
}

/// `urlJoin`.
pub fn url_join(args: &Args) -> Result<Value, Failure> {
    let dict = args.dict(0);
    let user = match text_of(&dict, "userinfo")?.as_slice() {
        [] => None,
        user => {
            let text = [b"proto://", user, b"@host"].concat();
            let parsed = parse(cut(&text, b'#').0).map_err(|why| {
                let text = shown(&text);
                Failure(format!("unable to parse userinfo in dict: parse {text}: {why}"))
            })?;
            parsed.user
        }
    };
    let url = Url {
        scheme: text_of(&dict, "scheme")?,
        user,
        host: text_of(&dict, "host")?,
        path: text_of(&dict, "path")?,
        query: text_of(&dict, "query")?,
        opaque: text_of(&dict, "opaque")?,
        fragment: text_of(&dict, "fragment")?,
    };
    Ok(Value::from(url.join()))
}

fn text_of(dict: &Dict, key: &str) -> Result<Vec<u8>, Failure> {
    match dict.get(key.as_bytes()) {
        None => Ok(Vec::new()),
        Some(Value::Str(text)) => Ok(text.to_vec()),
        Some(Value::Nil | Value::NilInterface) => {
            Err("runtime error: invalid memory address or nil pointer dereference".into())
        }
        Some(other) => Err(Failure(format!(
            "unable to parse {key} key, must be of type string, but {} found",
            other.kind_name()
        ))),
    }
}

/// What is before and behind the first `byte`.
fn cut(text: &[u8], byte: u8) -> (&[u8], Option<&[u8]>) {
    match text.iter().position(|&other| other == byte) {
        Some(place) => (bytes::cut(text, 0, place), Some(bytes::from(text, place + 1))),
        None => (text, None),
    }
}

fn parse(text: &[u8]) -> Result<Url, String> {
    if text.iter().any(|&byte| byte < b' ' || byte == 0x7f) {
        return Err("net/url: invalid control character in URL".to_owned());
    }
    let mut url = Url::default();
    if text == b"*" {
        url.path = text.to_vec();
        return Ok(url);
    }
    let (scheme, rest) = split_scheme(text)?;
    url.scheme = scheme.to_ascii_lowercase();
    let (mut rest, query) = cut(rest, b'?');
    url.query = query.unwrap_or_default().to_vec();
    if !rest.starts_with(b"/") {
        if !url.scheme.is_empty() {
            url.opaque = rest.to_vec();
            return Ok(url);
        }
        if cut(rest, b'/').0.contains(&b':') {
            return Err("first path segment in URL cannot contain colon".to_owned());
        }
    }
    if rest.starts_with(b"//") && (!url.scheme.is_empty() || !rest.starts_with(b"///")) {
        let authority = bytes::from(rest, 2);
        let length = authority.iter().position(|&byte| byte == b'/').unwrap_or(authority.len());
        rest = bytes::from(authority, length);
        parse_authority(&mut url, bytes::cut(authority, 0, length))?;
    }
    url.path = unescape(rest, Mode::Path)?;
    Ok(url)
}

fn split_scheme(text: &[u8]) -> Result<(&[u8], &[u8]), String> {
    for (place, &byte) in text.iter().enumerate() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' => {}
            b'0'..=b'9' | b'+' | b'-' | b'.' if place > 0 => {}
            b':' if place == 0 => return Err("missing protocol scheme".to_owned()),
            b':' => return Ok((bytes::cut(text, 0, place), bytes::from(text, place + 1))),
            _ => break,
        }
    }
    Ok((b"", text))
}

fn parse_authority(url: &mut Url, authority: &[u8]) -> Result<(), String> {
    let at = authority.iter().rposition(|&byte| byte == b'@');
    let host = at.map_or(authority, |at| bytes::from(authority, at + 1));
    url.host = parse_host(&url.scheme, host)?;
    let Some(at) = at else { return Ok(()) };
    let user = bytes::cut(authority, 0, at);
    let allowed = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._:~!$&'()*+,;=%@".contains(byte);
    if !user.iter().all(allowed) {
        return Err("net/url: invalid userinfo".to_owned());
    }
    let (name, password) = cut(user, b':');
    let password = password.map(|password| unescape(password, Mode::User)).transpose()?;
    url.user = Some((unescape(name, Mode::User)?, password));
    Ok(())
}

fn parse_host(scheme: &[u8], host: &[u8]) -> Result<Vec<u8>, String> {
    match host.iter().rposition(|&byte| byte == b'[') {
        Some(0) => return parse_literal(host),
        Some(_) => return Err("invalid IP-literal".to_owned()),
        None => {}
    }
    let web = scheme == b"http" || scheme == b"https";
    let is_colon = |&byte: &u8| byte == b':';
    let colon = if web { host.iter().position(is_colon) } else { host.iter().rposition(is_colon) };
    if let Some(colon) = colon {
        check_port(bytes::from(host, colon))?;
    }
    unescape(host, Mode::Host)
}

/// A host in brackets.
fn parse_literal(host: &[u8]) -> Result<Vec<u8>, String> {
    let close = host.iter().rposition(|&byte| byte == b']').ok_or("missing ']' in host")?;
    check_port(bytes::from(host, close + 1))?;
    let name = bytes::lossy(bytes::cut(host, 1, close)).replace("%25", "%");
    let address = name.split_once('%').map_or(name.as_str(), |(address, _)| address);
    if address.parse::<Ipv6Addr>().is_err() {
        return Err(format!(
            "invalid host: ParseAddr({}): unable to parse IP",
            shown(name.as_bytes())
        ));
    }
    Ok([b"[", name.as_bytes(), bytes::from(host, close)].concat())
}

fn check_port(port: &[u8]) -> Result<(), String> {
    match port {
        [] => Ok(()),
        [b':', digits @ ..] if digits.iter().all(u8::is_ascii_digit) => Ok(()),
        _ => Err(format!("invalid port {} after host", shown(port))),
    }
}

fn hostname(host: &[u8]) -> &[u8] {
    let colon = host.iter().rposition(|&byte| byte == b':');
    let host = match colon {
        Some(colon) if check_port(bytes::from(host, colon)).is_ok() => bytes::cut(host, 0, colon),
        _ => host,
    };
    host.strip_prefix(b"[").and_then(|host| host.strip_suffix(b"]")).unwrap_or(host)
}

fn userinfo(url: &Url) -> Vec<u8> {
    match &url.user {
        None => Vec::new(),
        Some((name, None)) => escape(name, Mode::User),
        Some((name, Some(password))) => {
            [escape(name, Mode::User), escape(password, Mode::User)].join(&b':')
        }
    }
}

impl Url {
    fn join(&self) -> Vec<u8> {
        let mut out = Vec::new();
        if !self.scheme.is_empty() {
            out.extend_from_slice(&self.scheme);
            out.push(b':');
        }
        if self.opaque.is_empty() {
            let has_authority = !self.host.is_empty() || self.user.is_some();
            if has_authority || (!self.scheme.is_empty() && !self.path.is_empty()) {
                out.extend_from_slice(b"//");
                if self.user.is_some() {
                    out.extend_from_slice(&userinfo(self));
                    out.push(b'@');
                }
                out.extend_from_slice(&escape(&self.host, Mode::Host));
            }
            let path =
                if self.path == b"*" { b"*".to_vec() } else { escape(&self.path, Mode::Path) };
            if !path.is_empty() && !path.starts_with(b"/") && !self.host.is_empty() {
                out.push(b'/');
            }
            if out.is_empty() && cut(&path, b'/').0.contains(&b':') {
                out.extend_from_slice(b"./");
            }
            out.extend_from_slice(&path);
        } else {
            out.extend_from_slice(&self.opaque);
        }
        if !self.query.is_empty() {
            out.push(b'?');
            out.extend_from_slice(&self.query);
        }
        if !self.fragment.is_empty() {
            out.push(b'#');
            out.extend_from_slice(&escape(&self.fragment, Mode::Fragment));
        }
        out
    }
}

fn must_escape(byte: u8, mode: Mode) -> bool {
    if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
        return false;
    }
    let allowed: &[u8] = match mode {
        Mode::Host => b"!$&'()*+,;=:[]<>\"",
        Mode::Path => b"$&+,/:;=@",
        Mode::User => b"$&+,;=",
        Mode::Fragment => b"$&+,/:;=?@!()*",
    };
    !allowed.contains(&byte)
}

fn escape(text: &[u8], mode: Mode) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for &byte in text {
        if must_escape(byte, mode) {
            out.extend_from_slice(format!("%{byte:02X}").as_bytes());
        } else {
            out.push(byte);
        }
    }
    out
}

fn unescape(text: &[u8], mode: Mode) -> Result<Vec<u8>, String> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(&byte) = rest.first() {
        if byte != b'%' {
            if mode == Mode::Host && byte < 0x80 && must_escape(byte, mode) {
                return Err(format!("invalid character {} in host name", shown(&[byte])));
            }
            out.push(byte);
            rest = bytes::from(rest, 1);
            continue;
        }
        let triple = bytes::cut(rest, 0, 3);
        let digit = |index: usize| char::from(bytes::at(triple, index)).to_digit(16);
        let invalid = || format!("invalid URL escape {}", shown(triple));
        let (high, low) = digit(1).zip(digit(2)).ok_or_else(invalid)?;
        if mode == Mode::Host && high < 8 && triple != b"%25" {
            return Err(invalid());
        }
        out.push(u8::try_from(high * 16 + low).unwrap_or(0));
        rest = bytes::from(rest, 3);
    }
    Ok(out)
}
