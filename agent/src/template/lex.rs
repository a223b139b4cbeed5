//! Tokens of a template.
//!
//! # Source
//! Go 1.26, `text/template/parse/lex.go`.

mod token;

use super::quote::{Charset, quote};
use super::unicode;

pub use token::{Keyword, Kind, Token};

/// Splits a template into tokens; the last one is [`Kind::Eof`] or [`Kind::Error`].
pub fn lex(input: &str) -> Vec<Token> {
    let mut lexer = Lexer { input, position: 0, start: 0, parens: 0, tokens: Vec::new() };
    if let Err(reason) = lexer.run() {
        lexer.tokens.push(Token { kind: Kind::Error, position: lexer.start, text: reason });
    } else {
        lexer.start = input.len();
        lexer.emit(Kind::Eof);
    }
    lexer.tokens
}

struct Lexer<'a> {
    input: &'a str,
    position: usize,
    start: usize,
    parens: usize,
    tokens: Vec<Token>,
}

impl Lexer<'_> {
    fn rest(&self) -> &str {
        self.input.get(self.position..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let rune = self.peek()?;
        self.position += rune.len_utf8();
        Some(rune)
    }

    fn accept(&mut self, wanted: impl Fn(char) -> bool) -> bool {
        let accepted = self.peek().is_some_and(wanted);
        if accepted {
            self.next();
        }
        accepted
    }

    fn accept_run(&mut self, wanted: impl Fn(char) -> bool) {
        while self.accept(&wanted) {}
    }

    fn word(&self) -> &str {
        self.input.get(self.start..self.position).unwrap_or_default()
    }

    fn emit(&mut self, kind: Kind) {
        let text = self.word().to_owned();
        self.tokens.push(Token { kind, position: self.start, text });
        self.start = self.position;
    }

    /// Text, then an action, and again, to the end.
    fn run(&mut self) -> Result<(), String> {
        loop {
            let Some(distance) = self.rest().find("{{") else {
                self.position = self.input.len();
                if self.position > self.start {
                    self.emit(Kind::Text);
                }
                return Ok(());
            };
            let delim = self.position + distance;
            self.position = delim;
            let marked = has_left_marker(self.input.get(delim + 2..).unwrap_or_default());
            if marked {
                self.position = self.start + self.word().trim_end_matches(is_space).len();
            }
            if self.position > self.start {
                self.emit(Kind::Text);
            }
            self.start = delim;
            self.position = delim + 2;
            let skipped = if marked { 2 } else { 0 };
            if self.input.get(self.position + skipped..).unwrap_or_default().starts_with("/*") {
                self.position += skipped;
                self.start = self.position;
                self.comment()?;
            } else {
                self.emit(Kind::LeftDelim);
                self.position += skipped;
                self.start = self.position;
                self.parens = 0;
                self.action()?;
            }
        }
    }

    fn comment(&mut self) -> Result<(), String> {
        self.position += 2;
        let length = self.rest().find("*/").ok_or("unclosed comment")?;
        self.position += length + 2;
        let trim = self.at_right_delim().ok_or("comment ends before closing delimiter")?;
        self.close(trim);
        self.start = self.position;
        Ok(())
    }

    /// Skips the closing delimiter, and with a trim marker the space around it.
    fn close(&mut self, trim: bool) {
        self.position += if trim { 4 } else { 2 };
        if trim {
            let rest = self.rest();
            self.position += rest.len() - rest.trim_start_matches(is_space).len();
        }
    }

    /// `Some(trim)` at a closing delimiter.
    fn at_right_delim(&self) -> Option<bool> {
        let rest = self.rest();
        if rest.starts_with("}}") {
            return Some(false);
        }
        let marked =
            rest.starts_with(is_space) && rest.get(1..).unwrap_or_default().starts_with("-}}");
        marked.then_some(true)
    }

    /// The tokens of one action, with its closing delimiter.
    fn action(&mut self) -> Result<(), String> {
        loop {
            if let Some(trim) = self.at_right_delim() {
                if self.parens > 0 {
                    return Err("unclosed left paren".to_owned());
                }
                if trim {
                    self.position += 2;
                    self.start = self.position;
                }
                self.position += 2;
                self.emit(Kind::RightDelim);
                self.position -= if trim { 4 } else { 2 };
                self.close(trim);
                self.start = self.position;
                return Ok(());
            }
            self.token()?;
        }
    }

    fn token(&mut self) -> Result<(), String> {
        let rune = self.next().ok_or("unclosed action")?;
        let kind = match rune {
            _ if is_space(rune) => {
                self.spaces();
                Kind::Space
            }
            '=' => Kind::Assign,
            ':' => {
                if !self.accept(|rune| rune == '=') {
                    return Err("expected :=".to_owned());
                }
                Kind::Declare
            }
            '|' => Kind::Pipe,
            '"' => self.quoted('"', Kind::Str, "unterminated quoted string")?,
            '\'' => self.quoted('\'', Kind::CharConstant, "unterminated character constant")?,
            '`' => {
                let length = self.rest().find('`').ok_or("unterminated raw quoted string")?;
                self.position += length + 1;
                Kind::RawStr
            }
            '$' => self.name(Kind::Variable, Kind::Variable)?,
            '.' if !self.peek().is_some_and(|rune| rune.is_ascii_digit()) => {
                self.name(Kind::Field, Kind::Keyword(Keyword::Dot))?
            }
            '.' | '+' | '-' | '0'..='9' => {
                self.position = self.start;
                self.number()?
            }
            _ if is_alphanumeric(rune) => self.identifier()?,
            '(' => {
                self.parens += 1;
                Kind::LeftParen
            }
            ')' => {
                self.parens = self.parens.checked_sub(1).ok_or("unexpected right paren")?;
                Kind::RightParen
            }
            ' '..='~' => Kind::Char,
            _ => return Err(format!("unrecognized character in action: {}", code_point(rune))),
        };
        self.emit(kind);
        Ok(())
    }

    /// A run of spaces, but for one that belongs to a trim marker.
    fn spaces(&mut self) {
        self.accept_run(is_space);
        let before = self.position - 1;
        if before > self.start && self.rest().starts_with("-}}") {
            self.position = before;
        }
    }

    fn quoted(&mut self, delimiter: char, kind: Kind, unterminated: &str) -> Result<Kind, String> {
        loop {
            match self.next() {
                Some('\\') => {
                    if matches!(self.next(), None | Some('\n')) {
                        return Err(unterminated.to_owned());
                    }
                }
                None | Some('\n') => return Err(unterminated.to_owned()),
                Some(rune) if rune == delimiter => return Ok(kind),
                Some(_) => {}
            }
        }
    }

    /// The rest of a field or variable; `bare` when nothing follows.
    fn name(&mut self, kind: Kind, bare: Kind) -> Result<Kind, String> {
        if self.at_terminator() {
            return Ok(bare);
        }
        self.accept_run(is_alphanumeric);
        self.expect_terminator()?;
        Ok(kind)
    }

    fn identifier(&mut self) -> Result<Kind, String> {
        self.accept_run(is_alphanumeric);
        self.expect_terminator()?;
        Ok(match self.word() {
            "block" => Kind::Keyword(Keyword::Block),
            "break" => Kind::Keyword(Keyword::Break),
            "continue" => Kind::Keyword(Keyword::Continue),
            "define" => Kind::Keyword(Keyword::Define),
            "else" => Kind::Keyword(Keyword::Else),
            "end" => Kind::Keyword(Keyword::End),
            "if" => Kind::Keyword(Keyword::If),
            "nil" => Kind::Keyword(Keyword::Nil),
            "range" => Kind::Keyword(Keyword::Range),
            "template" => Kind::Keyword(Keyword::Template),
            "with" => Kind::Keyword(Keyword::With),
            "true" | "false" => Kind::Bool,
            _ => Kind::Identifier,
        })
    }

    fn expect_terminator(&self) -> Result<(), String> {
        if self.at_terminator() {
            return Ok(());
        }
        let rune = self.peek().unwrap_or_default();
        Err(format!("bad character {}", code_point(rune)))
    }

    fn at_terminator(&self) -> bool {
        match self.peek() {
            None | Some('.' | ',' | '|' | ':' | ')' | '(') => true,
            Some(rune) => is_space(rune) || self.rest().starts_with("}}"),
        }
    }

    fn number(&mut self) -> Result<Kind, String> {
        let mut kind = Kind::Number;
        let mut sound = self.scan_number();
        if sound && matches!(self.peek(), Some('+' | '-')) {
            sound = self.scan_number() && self.word().ends_with('i');
            kind = Kind::Complex;
        }
        if sound {
            return Ok(kind);
        }
        Err(format!("bad number syntax: {}", super::quote::go_quote(self.word())))
    }

    fn scan_number(&mut self) -> bool {
        self.accept(|rune| matches!(rune, '+' | '-'));
        let mut radix = 10;
        if self.accept(|rune| rune == '0') {
            if self.accept(|rune| matches!(rune, 'x' | 'X')) {
                radix = 16;
            } else if self.accept(|rune| matches!(rune, 'o' | 'O')) {
                radix = 8;
            } else if self.accept(|rune| matches!(rune, 'b' | 'B')) {
                radix = 2;
            }
        }
        let digit = |rune: char| rune == '_' || rune.is_digit(radix);
        self.accept_run(digit);
        if self.accept(|rune| rune == '.') {
            self.accept_run(digit);
        }
        let exponent = match radix {
            10 => self.accept(|rune| matches!(rune, 'e' | 'E')),
            16 => self.accept(|rune| matches!(rune, 'p' | 'P')),
            _ => false,
        };
        if exponent {
            self.accept(|rune| matches!(rune, '+' | '-'));
            self.accept_run(|rune| rune == '_' || rune.is_ascii_digit());
        }
        self.accept(|rune| rune == 'i');
        !self.accept(is_alphanumeric)
    }
}

fn has_left_marker(text: &str) -> bool {
    text.strip_prefix('-').is_some_and(|rest| rest.starts_with(is_space))
}

fn is_space(rune: char) -> bool {
    matches!(rune, ' ' | '\t' | '\r' | '\n')
}

fn is_alphanumeric(rune: char) -> bool {
    rune == '_' || unicode::is_letter(rune) || unicode::is_digit(rune)
}

/// `%#U`: the code point and, where it can be printed, the character.
fn code_point(rune: char) -> String {
    let code = format!("U+{:04X}", u32::from(rune));
    if unicode::is_print(rune) {
        let quoted = quote(rune.encode_utf8(&mut [0; 4]).as_bytes(), '\0', Charset::Unicode);
        let shown = String::from_utf8_lossy(&quoted).replace('\0', "").replace("\\\\", "\\");
        return format!("{code} '{shown}'");
    }
    code
}
