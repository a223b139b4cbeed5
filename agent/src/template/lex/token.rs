//! What the lexer finds.

use super::super::quote::go_quote;

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The lexer gave up; the text is the reason.
    Error,
    /// The end of the input.
    Eof,
    /// Text outside of actions.
    Text,
    /// `{{`.
    LeftDelim,
    /// `}}`.
    RightDelim,
    /// A run of spaces between operands.
    Space,
    /// `true` or `false`.
    Bool,
    /// A character with no meaning of its own, such as a comma.
    Char,
    /// `'a'`.
    CharConstant,
    /// `1+2i`.
    Complex,
    /// `=`.
    Assign,
    /// `:=`.
    Declare,
    /// `.name`.
    Field,
    /// A name of a function.
    Identifier,
    /// `(`.
    LeftParen,
    /// `)`.
    RightParen,
    /// A number.
    Number,
    /// `|`.
    Pipe,
    /// `"…"`.
    Str,
    /// `` `…` ``.
    RawStr,
    /// `$` or `$name`.
    Variable,
    /// A word of the language.
    Keyword(Keyword),
}

/// The words of the language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keyword {
    /// `.`, which Go counts among the words.
    Dot,
    /// `block`.
    Block,
    /// `break`.
    Break,
    /// `continue`.
    Continue,
    /// `define`.
    Define,
    /// `else`.
    Else,
    /// `end`.
    End,
    /// `if`.
    If,
    /// `nil`.
    Nil,
    /// `range`.
    Range,
    /// `template`.
    Template,
    /// `with`.
    With,
}

/// A token with its place.
#[derive(Debug, Clone)]
pub struct Token {
    /// What it is.
    pub kind: Kind,
    /// Its first byte in the input.
    pub position: usize,
    /// Its text, or the reason of an error.
    pub text: String,
}

impl Token {
    /// The token as error messages show it.
    pub fn describe(&self) -> String {
        match self.kind {
            Kind::Eof => "EOF".to_owned(),
            Kind::Error => self.text.clone(),
            Kind::Keyword(_) => format!("<{}>", self.text),
            _ if self.text.len() > 10 => {
                let head: String = self.text.chars().take(10).collect();
                format!("{}...", go_quote(&head))
            }
            _ => go_quote(&self.text),
        }
    }
}
