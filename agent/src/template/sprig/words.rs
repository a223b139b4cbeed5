//! Words: cases, abbreviations, line breaks.
//!
//! # Source
//! `github.com/Masterminds/goutils` v1.1.1 and `github.com/huandu/xstrings` v1.3.3.

use super::super::bytes;
use super::super::func::{Args, Failure, bounded};
use super::super::unicode::{
    is_digit, is_letter, is_lower, is_number, is_punct, is_space, is_title, is_upper, to_lower,
    to_title, to_upper,
};
use super::super::value::Value;

/// `title`: upper case at the start of each word.
pub fn title(args: &Args) -> Value {
    let mut out = Vec::new();
    let mut previous = ' ';
    for rune in bytes::chars(args.str(0)) {
        bytes::push(&mut out, if separates(previous) { to_title(rune) } else { rune });
        previous = rune;
    }
    Value::from(out)
}

fn separates(rune: char) -> bool {
    if rune.is_ascii() {
        return !(rune.is_ascii_alphanumeric() || rune == '_');
    }
    !is_letter(rune) && !is_digit(rune) && is_space(rune)
}

/// `untitle`: lower case at the start of each word.
pub fn untitle(args: &Args) -> Value {
    let mut out = Vec::new();
    let mut at_start = true;
    for rune in bytes::chars(args.str(0)) {
        let space = is_space(rune);
        bytes::push(&mut out, if at_start && !space { to_lower(rune) } else { rune });
        at_start = space;
    }
    Value::from(out)
}

/// `swapcase`: a lower case letter at the start of a word becomes title case.
pub fn swapcase(args: &Args) -> Value {
    let mut out = Vec::new();
    let mut after_space = true;
    for rune in bytes::chars(args.str(0)) {
        let swapped = if is_upper(rune) || is_title(rune) {
            after_space = false;
            to_lower(rune)
        } else if is_lower(rune) {
            let first = std::mem::take(&mut after_space);
            if first { to_title(rune) } else { to_upper(rune) }
        } else {
            after_space = is_space(rune);
            rune
        };
        bytes::push(&mut out, swapped);
    }
    Value::from(out)
}

/// `initials`: the first byte of each word.
pub fn initials(args: &Args) -> Value {
    let mut out = Vec::new();
    let mut at_start = true;
    for &byte in args.str(0) {
        let rune = char::from(byte);
        let space = is_space(rune);
        if at_start && !space {
            bytes::push(&mut out, rune);
        }
        at_start = space;
    }
    Value::from(out)
}

/// `abbrev`.
pub fn abbrev(args: &Args) -> Value {
    let (width, text) = (args.int(0), args.str(1));
    if width < 4 {
        return Value::str(text);
    }
    Value::from(abbreviated(text, 0, usize::try_from(width).unwrap_or(0)))
}

/// `abbrevboth`.
pub fn abbrevboth(args: &Args) -> Value {
    let (left, right, text) = (args.int(0), args.int(1), args.str(2));
    if right < 4 || (left > 0 && right < 7) {
        return Value::str(text);
    }
    let left = usize::try_from(left).unwrap_or(0);
    Value::from(abbreviated(text, left, usize::try_from(right).unwrap_or(0)))
}

fn abbreviated(text: &[u8], offset: usize, width: usize) -> Vec<u8> {
    const MARK: &[u8] = b"...";
    if text.is_empty() || width < 4 || text.len() <= width {
        return if width < 4 { Vec::new() } else { text.to_vec() };
    }
    let kept = width - 3;
    let mut offset = offset.min(text.len());
    if text.len() - offset < kept {
        offset = text.len() - kept;
    }
    if offset <= 4 {
        return [bytes::cut(text, 0, kept), MARK].concat();
    }
    if width < 7 {
        return Vec::new();
    }
    if offset + kept < text.len() {
        return [MARK, &abbreviated(bytes::from(text, offset), 0, kept)].concat();
    }
    [MARK, bytes::from(text, text.len() - kept)].concat()
}

/// `wrap`.
pub fn wrap(args: &Args) -> Value {
    Value::from(wrapped(args.str(1), args.int(0), b"", false))
}

/// `wrapWith`.
pub fn wrap_with(args: &Args) -> Result<Value, Failure> {
    let (width, text) = (args.int(0), args.str(2));
    let lines = text.len() / usize::try_from(width.max(1)).unwrap_or(usize::MAX);
    bounded(lines.saturating_mul(args.str(1).len()))?;
    Ok(Value::from(wrapped(text, width, args.str(1), true)))
}

fn wrapped(text: &[u8], width: i64, newline: &[u8], break_words: bool) -> Vec<u8> {
    let newline = if newline.is_empty() { b"\n".as_slice() } else { newline };
    let width = usize::try_from(width.max(1)).unwrap_or(1);
    let mut out = Vec::new();
    let mut rest = text;
    while rest.len() > width {
        if bytes::at(rest, 0) == b' ' {
            rest = bytes::from(rest, 1);
            continue;
        }
        let line = bytes::cut(rest, 0, width + 1);
        let space = line.iter().rposition(|&byte| byte == b' ');
        let (end, skip) = match space {
            Some(space) => (space, 1),
            None if break_words => (width, 0),
            None => match bytes::from(rest, width).iter().position(|&byte| byte == b' ') {
                Some(space) => (width + space, 1),
                None => break,
            },
        };
        out.extend_from_slice(bytes::cut(rest, 0, end));
        out.extend_from_slice(newline);
        rest = bytes::from(rest, end + skip);
    }
    out.extend_from_slice(rest);
    out
}

fn is_connector(rune: char) -> bool {
    matches!(rune, '-' | '_') || is_space(rune)
}

/// `camelcase`.
pub fn camelcase(args: &Args) -> Value {
    let mut out = Vec::new();
    let mut runes = bytes::chars(args.str(0));
    let mut current = None;
    for rune in runes.by_ref() {
        if !is_connector(rune) {
            current = Some(to_upper(rune));
            break;
        }
        bytes::push(&mut out, rune);
        current = Some(rune);
    }
    let Some(mut current) = current else { return Value::from(out) };
    if is_connector(current) {
        // Nothing but connectors: the library writes the last one twice.
        bytes::push(&mut out, current);
        return Value::from(out);
    }
    for rune in runes {
        let previous = std::mem::replace(&mut current, rune);
        if is_connector(rune) && is_connector(previous) {
            bytes::push(&mut out, previous);
        } else if is_connector(previous) {
            current = to_upper(rune);
        } else {
            current = to_lower(rune);
            bytes::push(&mut out, previous);
        }
    }
    bytes::push(&mut out, current);
    Value::from(out)
}

/// `snakecase`.
pub fn snakecase(args: &Args) -> Value {
    Value::from(Words { rest: args.str(0) }.lower(b'_'))
}

/// `kebabcase`.
pub fn kebabcase(args: &Args) -> Value {
    Value::from(Words { rest: args.str(0) }.lower(b'-'))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Invalid,
    Number,
    UpperCase,
    Alphabet,
    Connector,
    Punct,
    Other,
}

/// The words of a text, by kind of character.
struct Words<'a> {
    rest: &'a [u8],
}

fn is_alphabet(rune: char) -> bool {
    is_letter(rune) || ('\u{2f00}'..='\u{2fdf}').contains(&rune)
}

impl<'a> Words<'a> {
    fn lower(mut self, connector: u8) -> Vec<u8> {
        let mut out = Vec::new();
        if self.rest.is_empty() {
            return out;
        }
        let (mut kind, mut word) = self.next();
        while !self.rest.is_empty() {
            if kind != Kind::Connector {
                push_lower(&mut out, kind, word, connector);
            }
            let (previous, last) = (kind, word);
            (kind, word) = self.next();
            match previous {
                Kind::Number => {
                    while matches!(kind, Kind::Alphabet | Kind::Number) {
                        push_lower(&mut out, kind, word, connector);
                        (kind, word) = self.next();
                    }
                    if !matches!(kind, Kind::Invalid | Kind::Punct | Kind::Connector) {
                        out.push(connector);
                    }
                }
                Kind::Connector => push_lower(&mut out, previous, last, connector),
                Kind::Punct => {}
                _ if kind != Kind::Number => {
                    if !matches!(kind, Kind::Connector | Kind::Punct) {
                        out.push(connector);
                    }
                }
                _ if self.rest.is_empty() => {}
                _ => (kind, word) = self.number(&mut out, word, connector),
            }
        }
        push_lower(&mut out, kind, word, connector);
        out
    }

    /// A number behind a word: part of that word, unless letters follow.
    fn number(&mut self, out: &mut Vec<u8>, number: &[u8], connector: u8) -> (Kind, &'a [u8]) {
        let (mut kind, mut word) = self.next();
        if kind != Kind::Alphabet {
            push_lower(out, Kind::Number, number, connector);
            if !matches!(kind, Kind::Connector | Kind::Punct) {
                out.push(connector);
            }
            return (kind, word);
        }
        out.push(connector);
        push_lower(out, Kind::Number, number, connector);
        while matches!(kind, Kind::Alphabet | Kind::Number) {
            push_lower(out, kind, word, connector);
            (kind, word) = self.next();
        }
        if !matches!(kind, Kind::Invalid | Kind::Connector | Kind::Punct) {
            out.push(connector);
        }
        (kind, word)
    }

    fn next(&mut self) -> (Kind, &'a [u8]) {
        let text = self.rest;
        let Some((_, first, _)) = valid(text).next() else {
            self.rest = &[];
            return (Kind::Invalid, text);
        };
        let (kind, length) = if is_connector(first) {
            (Kind::Connector, run(text, is_connector))
        } else if is_punct(first) {
            (Kind::Punct, run(text, is_punct))
        } else if is_upper(first) {
            (Kind::UpperCase, upper_run(text))
        } else if is_alphabet(first) {
            (Kind::Alphabet, run(text, |rune| is_alphabet(rune) && !is_upper(rune)))
        } else if is_number(first) {
            (Kind::Number, run(text, is_number))
        } else {
            let ends =
                |rune| is_connector(rune) || is_alphabet(rune) || is_number(rune) || is_punct(rune);
            (Kind::Other, run(text, |rune| !ends(rune)))
        };
        self.rest = bytes::from(text, length);
        (kind, bytes::cut(text, 0, length))
    }
}

/// The runes that are valid, each with its end; bad bytes belong to the rune behind them.
fn valid(text: &[u8]) -> impl Iterator<Item = (usize, char, usize)> + '_ {
    bytes::runes(text)
        .filter_map(|(place, rune, width)| rune.map(|rune| (place, rune, place + width)))
}

/// The length of the first rune and those behind it that belong to it.
fn run(text: &[u8], belongs: impl Fn(char) -> bool) -> usize {
    let mut length = 0;
    for (index, (_, rune, end)) in valid(text).enumerate() {
        if index > 0 && !belongs(rune) {
            return length;
        }
        length = end;
    }
    text.len()
}

/// `HTTP` of `HTTPServer`, or `Server` with its lower case.
fn upper_run(text: &[u8]) -> usize {
    let mut runes = valid(text);
    let first_end = runes.next().map_or(0, |(.., end)| end);
    let Some((_, second, _)) = runes.next() else { return text.len() };
    if is_upper(second) {
        let length = run(text, is_upper);
        let follower = valid(bytes::from(text, length)).next();
        let last = valid(bytes::cut(text, 0, length)).last();
        return match (follower, last) {
            (Some((_, rune, _)), Some((place, ..))) if is_alphabet(rune) => place,
            _ => length,
        };
    }
    if is_alphabet(second) {
        return run(text, |rune| is_alphabet(rune) && !is_upper(rune));
    }
    first_end
}

fn push_lower(out: &mut Vec<u8>, kind: Kind, word: &[u8], connector: u8) {
    if !matches!(kind, Kind::UpperCase | Kind::Connector) {
        out.extend_from_slice(word);
        return;
    }
    for rune in bytes::chars(word) {
        if is_connector(rune) {
            out.push(connector);
        } else {
            bytes::push(out, if is_upper(rune) { to_lower(rune) } else { rune });
        }
    }
}
