//! Regular expressions.

use std::borrow::Cow;

use regex::bytes::{Captures, Match, Regex};

use super::super::bytes;
use super::super::func::{Args, Failure, MAX_ITEMS, bounded};
use super::super::value::{Elem, List, Value};
use super::go_regex::compile;

/// A text as Go's engine sees it: a byte that is not UTF-8 is U+FFFD, one character.
struct Subject<'t> {
    text: &'t [u8],
    seen: Cow<'t, [u8]>,
    /// Where in `seen` a bad byte of `text` is.
    bad: Vec<usize>,
}

impl<'t> Subject<'t> {
    const BAD: &'static [u8] = "\u{fffd}".as_bytes();

    fn new(text: &'t [u8]) -> Self {
        if std::str::from_utf8(text).is_ok() {
            return Self { text, seen: Cow::Borrowed(text), bad: Vec::new() };
        }
        let (mut seen, mut bad) = (Vec::new(), Vec::new());
        for (start, rune, width) in bytes::runes(text) {
            if rune.is_none() {
                bad.push(seen.len());
            }
            let whole = rune.map(|_| bytes::cut(text, start, start + width));
            seen.extend_from_slice(whole.unwrap_or(Self::BAD));
        }
        Self { text, seen: Cow::Owned(seen), bad }
    }

    /// The bytes of the text between two places of what is seen.
    fn cut(&self, start: usize, end: usize) -> &'t [u8] {
        bytes::cut(self.text, self.place(start), self.place(end))
    }

    fn found(&self, place: &Match<'_>) -> &'t [u8] {
        self.cut(place.start(), place.end())
    }

    fn place(&self, seen: usize) -> usize {
        let bad = self.bad.partition_point(|bad| *bad < seen);
        seen - bad * (Self::BAD.len() - 1)
    }
}

/// `regexMatch`: false for a bad expression.
pub fn matches(args: &Args) -> Value {
    must_match(args).unwrap_or_else(|_| false.into())
}

/// `mustRegexMatch`.
pub fn must_match(args: &Args) -> Result<Value, Failure> {
    Ok(compile(args.str(0))?.is_match(&Subject::new(args.str(1)).seen).into())
}

/// `regexFind`, `mustRegexFind`.
pub fn find(args: &Args) -> Result<Value, Failure> {
    let (regex, subject) = (compile(args.str(0))?, Subject::new(args.str(1)));
    let found = regex.find(&subject.seen);
    Ok(Value::str(found.map_or(&[][..], |place| subject.found(&place))))
}

/// `regexFindAll`, `mustRegexFindAll`.
pub fn find_all(args: &Args) -> Result<Value, Failure> {
    let (regex, subject) = (compile(args.str(0))?, Subject::new(args.str(1)));
    let found = all(&regex, &subject.seen, args.int(2))?;
    if found.is_empty() {
        return Ok(Value::List(List::nil(Elem::Str)));
    }
    Ok(Value::strings(found.into_iter().map(|(start, end)| subject.cut(start, end))))
}

/// The matches as Go counts them: an empty one right behind another does not count.
fn all(regex: &Regex, text: &[u8], limit: i64) -> Result<Vec<(usize, usize)>, Failure> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let mut found = Vec::new();
    let (mut position, mut previous_end) = (0, None);
    while found.len() < limit
        && position <= text.len()
        && let Some(place) = regex.find_at(text, position)
    {
        let (start, end) = (place.start(), place.end());
        let empty_behind = end == position && Some(start) == previous_end;
        if end == position {
            position += bytes::decode(bytes::from(text, position)).1.max(1);
        } else {
            position = end;
        }
        previous_end = Some(end);
        if !empty_behind {
            found.push((start, end));
        }
        if found.len() > MAX_ITEMS {
            return Err(format!("the list is longer than {MAX_ITEMS} items").into());
        }
    }
    Ok(found)
}

/// `regexSplit`, `mustRegexSplit`.
pub fn split(args: &Args) -> Result<Value, Failure> {
    let regex = compile(args.str(0))?;
    let (subject, limit) = (Subject::new(args.str(1)), args.int(2));
    let text = &*subject.seen;
    if limit == 0 {
        return Ok(Value::List(List::nil(Elem::Str)));
    }
    if !args.str(0).is_empty() && text.is_empty() {
        return Ok(Value::strings([""]));
    }
    let wanted = usize::try_from(limit).unwrap_or(usize::MAX);
    let mut parts = Vec::new();
    let (mut start, mut last_start) = (0, 0);
    for (match_start, match_end) in all(&regex, text, limit)? {
        if parts.len() + 1 >= wanted {
            break;
        }
        last_start = match_start;
        if match_end != 0 {
            parts.push(subject.cut(start, match_start));
        }
        start = match_end;
    }
    if last_start != text.len() {
        parts.push(subject.cut(start, text.len()));
    }
    Ok(Value::strings(parts))
}

/// `regexReplaceAll`, `mustRegexReplaceAll`.
pub fn replace_all(args: &Args) -> Result<Value, Failure> {
    let template = args.str(2);
    replaced(args, |out, subject, captures| expand(out, template, subject, captures))
}

/// `regexReplaceAllLiteral`, `mustRegexReplaceAllLiteral`.
pub fn replace_literal(args: &Args) -> Result<Value, Failure> {
    let text = args.str(2);
    replaced(args, |out, _, _| out.extend_from_slice(text))
}

fn replaced(
    args: &Args,
    mut replacement: impl FnMut(&mut Vec<u8>, &Subject<'_>, &Captures<'_>),
) -> Result<Value, Failure> {
    let (regex, subject) = (compile(args.str(0))?, Subject::new(args.str(1)));
    let text = &*subject.seen;
    let mut out = Vec::new();
    let (mut last_end, mut position) = (0, 0);
    while position <= text.len()
        && let Some(captures) = regex.captures_at(text, position)
    {
        let (start, end) = captures.get(0).map_or((0, 0), |all| (all.start(), all.end()));
        out.extend_from_slice(subject.cut(last_end, start));
        if end > last_end || start == 0 {
            replacement(&mut out, &subject, &captures);
        }
        last_end = end;
        let width = bytes::decode(bytes::from(text, position)).1;
        position = if position + width > end {
            position + width
        } else if position + 1 > end {
            position + 1
        } else {
            end
        };
        bounded(out.len())?;
    }
    out.extend_from_slice(subject.cut(last_end, text.len()));
    Ok(Value::from(out))
}

/// `Regexp.Expand`: `$1`, `${1}`, `$name`, `$$`.
fn expand(out: &mut Vec<u8>, template: &[u8], subject: &Subject<'_>, captures: &Captures<'_>) {
    let mut rest = template;
    while let Some(dollar) = rest.iter().position(|&byte| byte == b'$') {
        out.extend_from_slice(bytes::cut(rest, 0, dollar));
        rest = bytes::from(rest, dollar + 1);
        if bytes::at(rest, 0) == b'$' {
            out.push(b'$');
            rest = bytes::from(rest, 1);
            continue;
        }
        let Some((name, width)) = group_name(rest) else {
            out.push(b'$');
            continue;
        };
        let name = bytes::lossy(name);
        let group = match name.parse::<usize>() {
            Ok(number) => captures.get(number),
            Err(_) => captures.name(&name),
        };
        out.extend_from_slice(group.map_or(&[][..], |group| subject.found(&group)));
        rest = bytes::from(rest, width);
    }
    out.extend_from_slice(rest);
}

/// The name behind a `$` and the bytes that it takes.
fn group_name(text: &[u8]) -> Option<(&[u8], usize)> {
    let name_length = |text: &[u8]| {
        text.iter().take_while(|&&byte| byte == b'_' || byte.is_ascii_alphanumeric()).count()
    };
    let brace = usize::from(bytes::at(text, 0) == b'{');
    let length = name_length(bytes::from(text, brace));
    if length == 0 || (brace == 1 && bytes::at(text, brace + length) != b'}') {
        return None;
    }
    Some((bytes::cut(text, brace, brace + length), length + 2 * brace))
}

/// `regexQuoteMeta`.
pub fn quote_meta(args: &Args) -> Value {
    let mut out = Vec::new();
    for &byte in args.str(0) {
        if br"\.+*?()|[]{}^$".contains(&byte) {
            out.push(b'\\');
        }
        out.push(byte);
    }
    Value::from(out)
}
