//! Strings of bytes, read as Go reads them: rune by rune, a bad byte at a time.

/// The bytes from `start` to `end`, cut to what is there.
pub fn cut(text: &[u8], start: usize, end: usize) -> &[u8] {
    let end = end.min(text.len());
    text.get(start.min(end)..end).unwrap_or_default()
}

/// The bytes from `start`.
pub fn from(text: &[u8], start: usize) -> &[u8] {
    text.get(start..).unwrap_or_default()
}

/// The byte at `index`, 0 past the end.
pub fn at(text: &[u8], index: usize) -> u8 {
    text.get(index).copied().unwrap_or_default()
}

/// The first place of `needle` in `text`.
pub fn find(text: &[u8], needle: &[u8]) -> Option<usize> {
    if needle.is_empty() {
        return Some(0);
    }
    text.windows(needle.len()).position(|window| window == needle)
}

/// Decodes the first rune: `None` for a byte that is not UTF-8. The width is 0 at the end only.
pub fn decode(text: &[u8]) -> (Option<char>, usize) {
    let Some(&first) = text.first() else { return (None, 0) };
    let width = match first {
        0..0x80 => return (Some(char::from(first)), 1),
        0xc2..0xe0 => 2,
        0xe0..0xf0 => 3,
        0xf0..0xf5 => 4,
        _ => return (None, 1),
    };
    let rune = text.get(..width).and_then(|bytes| std::str::from_utf8(bytes).ok());
    match rune.and_then(|text| text.chars().next()) {
        Some(rune) => (Some(rune), width),
        None => (None, 1),
    }
}

/// The runes with their places and widths; a bad byte is `None`.
pub fn runes(text: &[u8]) -> impl Iterator<Item = (usize, Option<char>, usize)> + '_ {
    let mut position = 0;
    std::iter::from_fn(move || {
        let (rune, width) = decode(from(text, position));
        let start = position;
        position += width;
        (width > 0).then_some((start, rune, width))
    })
}

/// The runes, with U+FFFD for each bad byte.
pub fn chars(text: &[u8]) -> impl Iterator<Item = char> + '_ {
    runes(text).map(|(_, rune, _)| rune.unwrap_or(char::REPLACEMENT_CHARACTER))
}

/// The number of runes.
pub fn count(text: &[u8]) -> usize {
    runes(text).count()
}

/// Appends a character.
pub fn push(out: &mut Vec<u8>, rune: char) {
    out.extend_from_slice(rune.encode_utf8(&mut [0; 4]).as_bytes());
}

/// Text for a message, with U+FFFD for what is not UTF-8.
pub fn lossy(text: &[u8]) -> std::borrow::Cow<'_, str> {
    String::from_utf8_lossy(text)
}

/// Replaces up to `limit` places of `old`; an empty `old` stands before each rune and at the end.
pub fn replace(text: &[u8], old: &[u8], new: &[u8], limit: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    let mut done = 0;
    if old.is_empty() {
        while done < limit {
            out.extend_from_slice(new);
            done += 1;
            let (_, width) = decode(rest);
            out.extend_from_slice(cut(rest, 0, width));
            rest = from(rest, width);
            if width == 0 {
                break;
            }
        }
    } else {
        while done < limit
            && let Some(place) = find(rest, old)
        {
            out.extend_from_slice(cut(rest, 0, place));
            out.extend_from_slice(new);
            rest = from(rest, place + old.len());
            done += 1;
        }
    }
    out.extend_from_slice(rest);
    out
}

/// How often `needle` stands in `text`, without overlaps; an empty one once more than runes.
pub fn occurrences(text: &[u8], needle: &[u8]) -> usize {
    if needle.is_empty() {
        return count(text) + 1;
    }
    let (mut rest, mut found) = (text, 0);
    while let Some(place) = find(rest, needle) {
        found += 1;
        rest = from(rest, place + needle.len());
    }
    found
}

/// `strings.SplitN`: at most `limit` parts; an empty separator splits into runes.
pub fn split<'a>(text: &'a [u8], separator: &[u8], limit: Option<usize>) -> Vec<&'a [u8]> {
    let limit = limit.unwrap_or(usize::MAX);
    let mut parts = Vec::new();
    let mut rest = text;
    if limit == 0 {
        return parts;
    }
    if separator.is_empty() {
        while !rest.is_empty() && parts.len() + 1 < limit {
            let (_, width) = decode(rest);
            parts.push(cut(rest, 0, width));
            rest = from(rest, width);
        }
        if !rest.is_empty() {
            parts.push(rest);
        }
        return parts;
    }
    while parts.len() + 1 < limit
        && let Some(place) = find(rest, separator)
    {
        parts.push(cut(rest, 0, place));
        rest = from(rest, place + separator.len());
    }
    parts.push(rest);
    parts
}

/// `strings.TrimFunc`.
pub fn trim(text: &[u8], unwanted: impl Fn(char) -> bool) -> &[u8] {
    let is_unwanted = |rune: Option<char>| unwanted(rune.unwrap_or(char::REPLACEMENT_CHARACTER));
    let start = runes(text).find(|&(_, rune, _)| !is_unwanted(rune)).map(|(place, ..)| place);
    let Some(start) = start else { return &[] };
    let end = runes(text).filter(|&(_, rune, _)| !is_unwanted(rune)).last();
    cut(text, start, end.map_or(text.len(), |(place, _, width)| place + width))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bad_byte_counts_as_one_rune() {
        assert_eq!(count(b"a\xff\xc3\xa9\xe2\x82"), 5);
        assert_eq!(decode(b"\xe2\x82"), (None, 1));
        assert_eq!(decode("é".as_bytes()), (Some('é'), 2));
    }

    #[test]
    fn an_empty_separator_splits_into_runes() {
        assert_eq!(split("aé".as_bytes(), b"", None), [b"a".as_slice(), "é".as_bytes()]);
        assert_eq!(split(b"a,b,c", b",", Some(2)), [b"a".as_slice(), b"b,c"]);
        assert_eq!(split(b"", b",", None), [b"".as_slice()]);
    }
}
