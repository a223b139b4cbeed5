//! Go's character classes and simple case mappings.

use std::sync::LazyLock;

use regex::Regex;

/// `unicode.IsLetter`.
pub fn is_letter(rune: char) -> bool {
    static CLASS: LazyLock<Regex> = LazyLock::new(|| class(r"\p{L}"));
    if rune.is_ascii() { rune.is_ascii_alphabetic() } else { contains(&CLASS, rune) }
}

/// `unicode.IsDigit`: a decimal digit.
pub fn is_digit(rune: char) -> bool {
    static CLASS: LazyLock<Regex> = LazyLock::new(|| class(r"\p{Nd}"));
    if rune.is_ascii() { rune.is_ascii_digit() } else { contains(&CLASS, rune) }
}

/// `unicode.IsNumber`: digits and other numerals.
pub fn is_number(rune: char) -> bool {
    rune.is_numeric()
}

/// `unicode.IsPunct`.
pub fn is_punct(rune: char) -> bool {
    static CLASS: LazyLock<Regex> = LazyLock::new(|| class(r"\p{P}"));
    if rune.is_ascii() {
        rune.is_ascii_punctuation() && !"$+<=>^`|~".contains(rune)
    } else {
        contains(&CLASS, rune)
    }
}

/// `unicode.IsUpper`.
pub fn is_upper(rune: char) -> bool {
    static CLASS: LazyLock<Regex> = LazyLock::new(|| class(r"\p{Lu}"));
    if rune.is_ascii() { rune.is_ascii_uppercase() } else { contains(&CLASS, rune) }
}

/// `unicode.IsLower`.
pub fn is_lower(rune: char) -> bool {
    static CLASS: LazyLock<Regex> = LazyLock::new(|| class(r"\p{Ll}"));
    if rune.is_ascii() { rune.is_ascii_lowercase() } else { contains(&CLASS, rune) }
}

/// `unicode.IsTitle`.
pub fn is_title(rune: char) -> bool {
    static CLASS: LazyLock<Regex> = LazyLock::new(|| class(r"\p{Lt}"));
    !rune.is_ascii() && contains(&CLASS, rune)
}

/// `unicode.IsSpace`.
pub fn is_space(rune: char) -> bool {
    rune.is_whitespace()
}

/// `unicode.IsPrint`: letters, marks, numbers, punctuation, symbols and the ASCII space.
pub fn is_print(rune: char) -> bool {
    if rune.is_ascii() {
        return (' '..='~').contains(&rune);
    }
    // Only a character that cannot be printed is escaped when it is not the first one.
    let mut text = String::from("a");
    text.push(rune);
    let mut escaped = text.escape_debug().skip(1);
    escaped.next() == Some(rune)
}

/// `unicode.ToUpper`: one rune for one.
pub fn to_upper(rune: char) -> char {
    let mut upper = rune.to_uppercase();
    match (upper.next(), upper.next()) {
        (Some(single), None) => single,
        _ => rune,
    }
}

/// `unicode.ToLower`: one rune for one.
pub fn to_lower(rune: char) -> char {
    let mut lower = rune.to_lowercase();
    match (lower.next(), lower.next()) {
        (Some(single), None) => single,
        _ if rune == '\u{130}' => 'i',
        _ => rune,
    }
}

/// `unicode.ToTitle`: the upper case, but for the digraphs and the Georgian letters.
pub fn to_title(rune: char) -> char {
    match rune {
        '\u{1c4}'..='\u{1c6}' => '\u{1c5}',
        '\u{1c7}'..='\u{1c9}' => '\u{1c8}',
        '\u{1ca}'..='\u{1cc}' => '\u{1cb}',
        '\u{1f1}'..='\u{1f3}' => '\u{1f2}',
        '\u{10d0}'..='\u{10fa}' | '\u{10fd}'..='\u{10ff}' => rune,
        _ => to_upper(rune),
    }
}

fn class(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a character class that is a constant")
}

fn contains(class: &Regex, rune: char) -> bool {
    class.is_match(rune.encode_utf8(&mut [0; 4]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_printed_is_what_go_prints() {
        for rune in ['a', ' ', 'é', '世', '\u{301}', '😀'] {
            assert!(is_print(rune), "{rune:?}");
        }
        for rune in ['\n', '\u{7f}', '\u{a0}', '\u{ad}', '\u{200b}', '\u{feff}', '\u{e000}'] {
            assert!(!is_print(rune), "{rune:?}");
        }
    }
}
