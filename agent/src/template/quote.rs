//! Go's quoted strings: `strconv.Quote`, `Unquote` and their kin.

use super::bytes;
use super::unicode::is_print;

/// Which characters may stand as they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Charset {
    /// All that can be printed.
    Unicode,
    /// Printable ASCII, as `%+q` wants it.
    Ascii,
}

/// Quotes a text as Go's `strconv.Quote` does; it may be any bytes.
///
/// ```
/// assert_eq!(agent::template::go_quote("a\"b\n\u{7f}é"), r#""a\"b\n\x7fé""#);
/// assert_eq!(agent::template::go_quote(b"a\xff"), r#""a\xff""#);
/// ```
pub fn go_quote(text: impl AsRef<[u8]>) -> String {
    bytes::lossy(&quote(text.as_ref(), '"', Charset::Unicode)).into_owned()
}

/// Quotes bytes between `delimiter`s; a bad byte becomes `\xNN`.
pub fn quote(text: &[u8], delimiter: char, charset: Charset) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() + 2);
    bytes::push(&mut out, delimiter);
    for (place, rune, _) in bytes::runes(text) {
        match rune {
            Some(rune) => escape(&mut out, rune, delimiter, charset),
            None => out.extend(format!("\\x{:02x}", bytes::at(text, place)).into_bytes()),
        }
    }
    bytes::push(&mut out, delimiter);
    out
}

/// Tells whether a raw string can hold the text: no control character but tab, no backquote.
pub fn can_backquote(text: &[u8]) -> bool {
    bytes::runes(text).all(|(_, rune, _)| {
        rune.is_some_and(|rune| {
            rune == '\t' || !(rune < ' ' || matches!(rune, '`' | '\u{7f}' | '\u{feff}'))
        })
    })
}

/// Reads a string literal, `"…"` or `` `…` ``, as `strconv.Unquote` does.
pub fn unquote(literal: &str) -> Option<Vec<u8>> {
    if let Some(raw) = literal.strip_prefix('`') {
        let raw = raw.strip_suffix('`')?;
        return Some(raw.bytes().filter(|&byte| byte != b'\r').collect());
    }
    let mut rest = literal.strip_prefix('"')?.strip_suffix('"')?;
    let mut out = Vec::with_capacity(rest.len());
    while !rest.is_empty() {
        if rest.starts_with(['"', '\n']) {
            return None;
        }
        let (piece, tail) = unquote_char(rest, '"')?;
        match piece {
            Piece::Rune(rune) => bytes::push(&mut out, rune),
            Piece::Byte(byte) => out.push(byte),
        }
        rest = tail;
    }
    Some(out)
}

/// A character of a literal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece {
    /// A code point.
    Rune(char),
    /// A byte, from `\xNN` or an octal escape.
    Byte(u8),
}

/// Reads the first character of a literal that stands between `delimiter`s.
pub fn unquote_char(text: &str, delimiter: char) -> Option<(Piece, &str)> {
    let mut rest = text.chars();
    let first = rest.next()?;
    if first != '\\' {
        return (first != delimiter).then_some((Piece::Rune(first), rest.as_str()));
    }
    let rune = match rest.next()? {
        'a' => '\u{7}',
        'b' => '\u{8}',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'v' => '\u{b}',
        '\\' => '\\',
        quote @ ('\'' | '"') if quote == delimiter => quote,
        'x' => return digits(rest.as_str(), 2, 16),
        'u' => return digits(rest.as_str(), 4, 16),
        'U' => return digits(rest.as_str(), 8, 16),
        '0'..='7' => return digits(text.get(1..)?, 3, 8),
        _ => return None,
    };
    Some((Piece::Rune(rune), rest.as_str()))
}

fn digits(text: &str, count: usize, radix: u32) -> Option<(Piece, &str)> {
    let digits = text.get(..count)?;
    if !digits.chars().all(|digit| digit.is_digit(radix)) {
        return None;
    }
    let code = u32::from_str_radix(digits, radix).ok()?;
    let piece = if count < 4 {
        Piece::Byte(u8::try_from(code).ok()?)
    } else {
        Piece::Rune(char::from_u32(code)?)
    };
    Some((piece, text.get(count..)?))
}

fn escape(out: &mut Vec<u8>, rune: char, delimiter: char, charset: Charset) {
    if rune == delimiter || rune == '\\' {
        out.push(b'\\');
        bytes::push(out, rune);
        return;
    }
    if is_print(rune) && (rune.is_ascii() || charset == Charset::Unicode) {
        bytes::push(out, rune);
        return;
    }
    let short = match rune {
        '\u{7}' => "\\a",
        '\u{8}' => "\\b",
        '\u{c}' => "\\f",
        '\n' => "\\n",
        '\r' => "\\r",
        '\t' => "\\t",
        '\u{b}' => "\\v",
        _ => "",
    };
    let code = u32::from(rune);
    let text = match code {
        _ if !short.is_empty() => short.to_owned(),
        0..0x20 | 0x7f => format!("\\x{code:02x}"),
        0..0x10000 => format!("\\u{code:04x}"),
        _ => format!("\\U{code:08x}"),
    };
    out.extend_from_slice(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn bad_bytes_and_controls_are_escaped() {
        let quoted = quote(b"\xff\x00\x07\xc2\xa0\xf0\x9f\x98\x80", '"', Charset::Unicode);
        assert_eq!(String::from_utf8(quoted).unwrap(), "\"\\xff\\x00\\a\\u00a0😀\"");
        let quoted = quote("é😀".as_bytes(), '\'', Charset::Ascii);
        assert_eq!(String::from_utf8(quoted).unwrap(), "'\\u00e9\\U0001f600'");
    }

    #[test]
    fn a_literal_with_a_wrong_escape_is_refused() {
        for literal in [r#""\'""#, r#""\q""#, r#""\400""#, r#""\ud800""#, r#""\x4""#, "\"a"] {
            assert_eq!(unquote(literal), None, "{literal}");
        }
    }

    proptest! {
        #[test]
        fn what_is_quoted_unquotes_to_itself(text in proptest::collection::vec(any::<u8>(), 0..60)) {
            let quoted = quote(&text, '"', Charset::Unicode);
            prop_assert_eq!(unquote(std::str::from_utf8(&quoted).unwrap()), Some(text));
        }
    }
}
