//! Looks for lines, in output that comes in pieces.

use memchr::{memchr, memmem::Finder, memrchr};
use regex::bytes::{Regex, RegexBuilder};

/// A line is looked at in parts of this many bytes, so that memory is bounded.
const MAX_LINE: usize = 64 << 10;

/// How many bytes two parts of a line have in common, so that a keyword at the seam is found.
const SEAM: usize = 1 << 10;

/// How much of a line is told, in bytes.
const SHOWN: usize = 1 << 10;

/// What to look for.
#[derive(Debug, Default)]
pub struct Patterns {
    alive: Vec<Pattern>,
    unhealthy: Vec<Pattern>,
}

#[derive(Debug)]
enum Pattern {
    Text(Box<Finder<'static>>),
    Regex(Regex),
}

/// What was found.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Found {
    /// Lines that say that the node is at work.
    pub(super) matches: u64,
    /// The last of them.
    pub(super) last: Option<Vec<u8>>,
    /// The last line that says that it is beyond help.
    pub(super) unhealthy: Option<Vec<u8>>,
}

impl Patterns {
    /// Texts and regular expressions of lines that say that the node is at work, and regular
    /// expressions of lines that say that it is beyond help. Those that [`Self::check`] refuses
    /// match nothing.
    pub fn new(keywords: &[String], patterns: &[String], unhealthy: &[String]) -> Self {
        let regex = |text: &String| compile(text).ok().map(Pattern::Regex);
        let text = |text: &String| Pattern::Text(Box::new(Finder::new(text).into_owned()));
        Self {
            alive: keywords.iter().map(text).chain(patterns.iter().filter_map(regex)).collect(),
            unhealthy: unhealthy.iter().filter_map(regex).collect(),
        }
    }

    /// Tells whether a text is a regular expression.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub fn check(text: &str) -> Result<(), String> {
        compile(text).map(drop).map_err(|error| match error {
            // The first lines show the place, for terminals.
            regex::Error::Syntax(text) => text.lines().last().unwrap_or_default().to_owned(),
            other => other.to_string(),
        })
    }
}

fn compile(text: &str) -> Result<Regex, regex::Error> {
    // Output need not be UTF-8; classes such as `\d` are those of ASCII.
    RegexBuilder::new(text).unicode(false).build()
}

impl Pattern {
    /// Calls `found` with the place of each line of `lines` that matches.
    fn each(&self, lines: &[u8], mut found: impl FnMut(usize, usize)) {
        match self {
            Self::Text(finder) => {
                let mut from = 0;
                while let Some(at) = lines.get(from..).and_then(|rest| finder.find(rest)) {
                    let at = from + at;
                    let (start, end) = line_around(lines, at);
                    found(start, end);
                    from = end + 1;
                }
            }
            Self::Regex(regex) => {
                let mut start = 0;
                while let Some(rest) = lines.get(start..).filter(|rest| !rest.is_empty()) {
                    let length = memchr(b'\n', rest).unwrap_or(rest.len());
                    if rest.get(..length).is_some_and(|line| regex.is_match(line)) {
                        found(start, start + length);
                    }
                    start += length + 1;
                }
            }
        }
    }
}

/// The start and the end of the line around a place.
fn line_around(lines: &[u8], at: usize) -> (usize, usize) {
    let start = lines.get(..at).and_then(|before| memrchr(b'\n', before)).map_or(0, |n| n + 1);
    let end = lines.get(at..).and_then(|after| memchr(b'\n', after));
    (start, end.map_or(lines.len(), |n| at + n))
}

/// Looks at one output, piece by piece.
#[derive(Debug, Default)]
pub(super) struct Scanner {
    /// The line under way, or its part that has not been looked at.
    line: Vec<u8>,
}

impl Scanner {
    /// Looks at a piece.
    pub(super) fn scan(&mut self, piece: &[u8], patterns: &Patterns) -> Found {
        let mut found = Found::default();
        let mut rest = piece;
        if !self.line.is_empty() {
            let end = memchr(b'\n', rest);
            let (line, after) = rest.split_at(end.unwrap_or(rest.len()));
            self.extend(line, patterns, &mut found);
            if end.is_none() {
                return found;
            }
            look(&self.line, patterns, &mut found);
            self.line.clear();
            rest = after.get(1..).unwrap_or_default();
        }
        let whole = memrchr(b'\n', rest).map_or(0, |n| n + 1);
        let (lines, begun) = rest.split_at(whole);
        look(lines, patterns, &mut found);
        self.extend(begun, patterns, &mut found);
        found
    }

    /// The output has ended: what is there is the last line.
    pub(super) fn end(&mut self, patterns: &Patterns) -> Found {
        let mut found = Found::default();
        look(&self.line, patterns, &mut found);
        self.line.clear();
        found
    }

    /// Adds to the line under way; looks at the part of it that becomes too long.
    fn extend(&mut self, mut bytes: &[u8], patterns: &Patterns, found: &mut Found) {
        while self.line.len() + bytes.len() > MAX_LINE {
            let (part, after) = bytes.split_at(MAX_LINE.saturating_sub(self.line.len()));
            self.line.extend_from_slice(part);
            look(&self.line, patterns, found);
            self.line.drain(..self.line.len().saturating_sub(SEAM));
            bytes = after;
        }
        self.line.extend_from_slice(bytes);
    }
}

/// Looks at lines.
fn look(lines: &[u8], patterns: &Patterns, found: &mut Found) {
    let mut last = None;
    for pattern in &patterns.alive {
        pattern.each(lines, |start, end| {
            found.matches += 1;
            last = last.max(Some((start, end)));
        });
    }
    if let Some(line) = last {
        found.last = Some(shown(lines, line));
    }
    let mut last = None;
    for pattern in &patterns.unhealthy {
        pattern.each(lines, |start, end| last = last.max(Some((start, end))));
    }
    if let Some(line) = last {
        found.unhealthy = Some(shown(lines, line));
    }
}

fn shown(lines: &[u8], (start, end): (usize, usize)) -> Vec<u8> {
    lines.get(start..end.min(start + SHOWN)).unwrap_or_default().to_vec()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn patterns(keywords: &[&str], regexes: &[&str], unhealthy: &[&str]) -> Patterns {
        let owned = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect::<Vec<_>>();
        Patterns::new(&owned(keywords), &owned(regexes), &owned(unhealthy))
    }

    /// What is found when the output comes in pieces of this size.
    fn scan(output: &[u8], size: usize, patterns: &Patterns) -> Found {
        let mut scanner = Scanner::default();
        let mut all = Found::default();
        let mut add = |found: Found| {
            all.matches += found.matches;
            all.last = found.last.or(all.last.take());
            all.unhealthy = found.unhealthy.or(all.unhealthy.take());
        };
        output.chunks(size).for_each(|piece| add(scanner.scan(piece, patterns)));
        add(scanner.end(patterns));
        all
    }

    #[test]
    fn a_keyword_at_the_seam_of_a_long_line_is_found() {
        let mut line = vec![b'x'; 2 * MAX_LINE];
        line[MAX_LINE - 3..MAX_LINE + 3].copy_from_slice(b"needle");
        assert_eq!(scan(&line, 4096, &patterns(&["needle"], &[], &[])).matches, 1);
    }

    #[test]
    fn a_keyword_is_found_whatever_the_pieces_are() {
        let patterns = patterns(&["Prepared block"], &[], &["panic: .*"]);
        let output = b"one\nx Prepared block 1\ntwo\ny Prepared block 2\npanic: no\nrest";
        for size in 1..=output.len() {
            let found = scan(output, size, &patterns);
            assert_eq!(found.matches, 2, "{size}");
            assert_eq!(found.last.as_deref(), Some(&b"y Prepared block 2"[..]));
            assert_eq!(found.unhealthy.as_deref(), Some(&b"panic: no"[..]));
        }
    }

    #[test]
    fn the_last_line_counts_without_a_line_break() {
        let found = scan(b"a\nkey", 100, &patterns(&["key"], &[], &[]));
        assert_eq!(found, Found { matches: 1, last: Some(b"key".to_vec()), unhealthy: None });
    }

    #[test]
    fn several_keywords_and_patterns_count_and_the_last_line_is_told() {
        let patterns = patterns(&["b", "a"], &[r"^c\d+$"], &[]);
        let found = scan(b"a1\nc22\nb\nnothing of that\n", 5, &patterns);
        assert_eq!((found.matches, found.last.as_deref()), (4, Some(&b"nothing of that"[..])));
    }

    #[test]
    fn a_long_line_is_looked_at_in_bounded_memory() {
        let mut output = vec![b'x'; 5 * MAX_LINE];
        for at in [10, MAX_LINE - 2, 3 * MAX_LINE + 7, 5 * MAX_LINE - 3] {
            output[at..at + 3].copy_from_slice(b"key");
        }
        let patterns = patterns(&["key"], &[], &[]);
        let mut scanner = Scanner::default();
        let mut matches = 0;
        for piece in output.chunks(1000) {
            matches += scanner.scan(piece, &patterns).matches;
            assert!(scanner.line.len() <= MAX_LINE);
        }
        matches += scanner.end(&patterns).matches;
        assert!(matches >= 3, "{matches}");
    }

    #[test]
    fn a_wrong_expression_is_explained() {
        assert_eq!(Patterns::check("a(b"), Err("error: unclosed group".to_owned()));
        assert_eq!(Patterns::check(r"\bheight=\d+"), Ok(()));
    }

    proptest! {
        #[test]
        fn pieces_change_nothing(
            output in proptest::collection::vec(proptest::sample::select(vec![b'k', b'e', b'\n', 0xff]), 0..300),
            size in 1_usize..50,
        ) {
            let patterns = patterns(&["ke"], &["k\nk|ek$"], &["^e"]);
            let whole = scan(&output, 1000, &patterns);
            prop_assert_eq!(&scan(&output, size, &patterns), &whole);
            let lines = output.split(|byte| *byte == b'\n');
            let has = |line: &&[u8]| line.windows(2).any(|pair| pair == b"ke");
            let ends = |line: &&[u8]| line.ends_with(b"ek");
            let wanted = lines.clone().filter(has).count() + lines.filter(ends).count();
            prop_assert_eq!(usize::try_from(whole.matches).unwrap(), wanted);
        }
    }
}
