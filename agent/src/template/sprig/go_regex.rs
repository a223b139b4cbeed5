//! Go's regular expressions, put in the words of the `regex` crate.
//!
//! Both are linear-time engines of the same family with leftmost-first matches; the differences
//! are in the syntax: `\d`, `\w`, `\s` and `\b` are ASCII in Go, `\Q…\E` and octal escapes exist,
//! a `{` that starts no repetition is a character, and in a class `[`, `&&`, `--` and `~~` are
//! characters. A byte of the text that is not UTF-8 matches `.` in Go and nothing here.

use regex::bytes::{Regex, RegexBuilder};

use super::super::bytes;
use super::super::func::Failure;

/// The largest compiled expression, in bytes.
const SIZE_LIMIT: usize = 4 << 20;

/// The largest repetition that Go takes.
const MAX_REPEAT: u32 = 1000;

/// Compiles an expression of Go's.
pub fn compile(pattern: &[u8]) -> Result<Regex, Failure> {
    let text = std::str::from_utf8(pattern)
        .map_err(|_| Failure::from("error parsing regexp: invalid UTF-8"))?;
    let translated = Translator { rest: text, out: String::new() }.run()?;
    let regex = RegexBuilder::new(&translated).size_limit(SIZE_LIMIT).build();
    regex.map_err(|error| {
        let error = error.to_string();
        let reason = error.lines().last().unwrap_or_default().trim_start_matches("error: ");
        Failure(format!("error parsing regexp: {reason}: `{}`", bytes::lossy(pattern)))
    })
}

struct Translator<'a> {
    rest: &'a str,
    out: String,
}

impl Translator<'_> {
    fn run(mut self) -> Result<String, Failure> {
        while let Some(rune) = self.next() {
            match rune {
                '\\' => self.escape(false)?,
                '[' => self.class()?,
                '{' => self.brace()?,
                '(' if self.rest.starts_with('?') => self.group()?,
                _ => self.out.push(rune),
            }
        }
        Ok(self.out)
    }

    fn push(&mut self, text: &str) {
        self.out.push_str(text);
    }

    fn next(&mut self) -> Option<char> {
        let rune = self.rest.chars().next()?;
        self.rest = self.rest.get(rune.len_utf8()..).unwrap_or_default();
        Some(rune)
    }

    fn literal(&mut self, rune: char) {
        let code = u32::from(rune);
        if rune.is_ascii_alphanumeric() || !rune.is_ascii() {
            self.out.push(rune);
        } else {
            self.push(&format!("\\x{{{code:x}}}"));
        }
    }

    /// The flags that Rust has and Go has not are refused.
    fn group(&mut self) -> Result<(), Failure> {
        let flags: String =
            self.rest.chars().skip(1).take_while(|rune| !":)<P".contains(*rune)).collect();
        if flags.chars().any(|flag| matches!(flag, 'x' | 'u' | 'R')) {
            return Err(Failure(format!(
                "error parsing regexp: invalid or unsupported Perl syntax: `(?{flags}`"
            )));
        }
        self.out.push('(');
        Ok(())
    }

    fn brace(&mut self) -> Result<(), Failure> {
        let body = self.rest.split_once('}').map(|(body, _)| body);
        let number = |text: &str| {
            (!text.is_empty() && text.chars().all(|rune| rune.is_ascii_digit()))
                .then(|| text.parse::<u32>().unwrap_or(u32::MAX))
        };
        let counts = body.and_then(|body| match body.split_once(',') {
            None => number(body).map(|low| (low, low)),
            Some((low, "")) => number(low).map(|low| (low, low)),
            Some((low, high)) => number(low).zip(number(high)),
        });
        match counts {
            None => self.out.push_str("\\{"),
            Some((low, high)) if low > MAX_REPEAT || high > MAX_REPEAT || low > high => {
                let body = body.unwrap_or_default();
                return Err(Failure(format!(
                    "error parsing regexp: invalid repeat count: `{{{body}}}`"
                )));
            }
            Some(_) => self.out.push('{'),
        }
        Ok(())
    }

    fn escape(&mut self, in_class: bool) -> Result<(), Failure> {
        let Some(rune) = self.next() else {
            return Err("error parsing regexp: trailing backslash at end of expression: ``".into());
        };
        let class = match rune {
            'd' => "0-9",
            'w' => "0-9A-Za-z_",
            's' => "\\t\\n\\x0c\\r ",
            'D' => "^0-9",
            'W' => "^0-9A-Za-z_",
            'S' => "^\\t\\n\\x0c\\r ",
            _ => "",
        };
        match rune {
            _ if !class.is_empty() => self.push(&format!("[{class}]")),
            'b' | 'B' if !in_class => self.push(&format!("(?-u:\\{rune})")),
            'Q' if !in_class => {
                let (quoted, rest) = self.rest.split_once("\\E").unwrap_or((self.rest, ""));
                self.rest = rest;
                quoted.chars().for_each(|rune| self.literal(rune));
            }
            'E' if !in_class => {}
            '0'..='7' => self.octal(rune)?,
            'a' | 'f' | 't' | 'n' | 'r' | 'v' | 'x' | 'p' | 'P' => {
                self.out.push('\\');
                self.out.push(rune);
                if self.rest.starts_with('{') {
                    let (name, rest) = self.rest.split_once('}').unwrap_or((self.rest, ""));
                    self.out.push_str(name);
                    self.out.push('}');
                    self.rest = rest;
                }
            }
            'A' | 'z' if !in_class => {
                self.out.push('\\');
                self.out.push(rune);
            }
            _ if rune.is_ascii_punctuation() => self.literal(rune),
            _ => {
                return Err(Failure(format!(
                    "error parsing regexp: invalid escape sequence: `\\{rune}`"
                )));
            }
        }
        Ok(())
    }

    /// Go knows `\123` but no back references.
    fn octal(&mut self, first: char) -> Result<(), Failure> {
        let digits: String =
            self.rest.chars().take(2).take_while(|rune| rune.is_digit(8)).collect();
        if first != '0' && digits.is_empty() {
            return Err(Failure(format!(
                "error parsing regexp: invalid escape sequence: `\\{first}`"
            )));
        }
        self.rest = self.rest.get(digits.len()..).unwrap_or_default();
        let code = u32::from_str_radix(&format!("{first}{digits}"), 8).unwrap_or(0);
        self.push(&format!("\\x{{{code:x}}}"));
        Ok(())
    }

    fn class(&mut self) -> Result<(), Failure> {
        self.out.push('[');
        if let Some(rest) = self.rest.strip_prefix('^') {
            self.rest = rest;
            self.out.push('^');
        }
        let mut first = true;
        while let Some(rune) = self.next() {
            match rune {
                ']' if !first => {
                    self.out.push(']');
                    return Ok(());
                }
                '\\' => self.escape(true)?,
                '[' if self.rest.starts_with(':') && self.rest.contains(":]") => {
                    let (name, rest) = self.rest.split_once(":]").unwrap_or((self.rest, ""));
                    self.push(&format!("[{name}:]"));
                    self.rest = rest;
                }
                '-' if first || self.rest.starts_with(']') => self.push("\\-"),
                '-' => self.out.push('-'),
                _ => self.literal(rune),
            }
            first = false;
        }
        Err("error parsing regexp: missing closing ]".into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_syntax_of_go_is_taken() {
        for (pattern, text, matches) in [
            (r"^\d+$", "٣", false),
            (r"^\w$", "é", false),
            (r"^[\d-]+$", "1-2", true),
            (r"^a{,2}$", "a{,2}", true),
            (r"^\Qa.b\E$", "a.b", true),
            (r"^\Qa.b\E$", "axb", false),
            (r"^[a&&b]+$", "a&b", true),
            (r"^[[:alpha:]]+$", "abc", true),
            (r"^\x41\101$", "AA", true),
            (r"^\pL$", "é", true),
            (r"\bfoo\b", "a foo b", true),
        ] {
            let regex = compile(pattern.as_bytes()).unwrap();
            assert_eq!(regex.is_match(text.as_bytes()), matches, "{pattern}");
        }
        for pattern in [r"\1", "(", "a{1001}", r"\", "(?x)a", "[a", "(?=a)"] {
            assert!(compile(pattern.as_bytes()).is_err(), "{pattern}");
        }
    }
}
