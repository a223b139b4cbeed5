//! Verbs of integers and strings.

use super::super::bytes;
use super::super::quote::{Charset, can_backquote, quote};
use super::super::unicode::is_print;
use super::super::value::Value;
use super::Printer;

impl Printer {
    /// `bits` are those of a signed integer if it is negative.
    pub(super) fn integer(&mut self, bits: u64, negative: bool, verb: char, value: &Value) {
        let magnitude = if negative { bits.wrapping_neg() } else { bits };
        let digits = match verb {
            'v' | 'd' => magnitude.to_string(),
            'b' => format!("{magnitude:b}"),
            'o' | 'O' => format!("{magnitude:o}"),
            'x' => format!("{magnitude:x}"),
            'X' => format!("{magnitude:X}"),
            'c' => return self.pad(character(bits).encode_utf8(&mut [0; 4]).as_bytes()),
            'q' => {
                let rune = character(bits);
                let text = quote(rune.encode_utf8(&mut [0; 4]).as_bytes(), '\'', self.charset());
                return self.pad(&text);
            }
            'U' => return self.code_point(bits),
            _ => return self.bad_verb(verb, value),
        };
        self.digits(digits, magnitude, negative, verb);
    }

    fn digits(&mut self, mut digits: String, magnitude: u64, negative: bool, verb: char) {
        let zero = std::mem::take(&mut self.flags.zero);
        let signed = negative || self.flags.plus || self.flags.space;
        let wanted = match (self.flags.precision, self.flags.width) {
            (Some(0), width) if magnitude == 0 => {
                self.padding(width.unwrap_or(0));
                self.flags.zero = zero;
                return;
            }
            (Some(precision), _) => precision,
            (None, Some(width)) if zero && !self.flags.minus => {
                width - usize::from(signed).min(width)
            }
            _ => 0,
        };
        if digits.len() < wanted {
            digits.insert_str(0, &"0".repeat(wanted - digits.len()));
        }
        let prefix = match verb {
            'O' => "0o",
            'b' if self.flags.sharp => "0b",
            'o' if self.flags.sharp && !digits.starts_with('0') => "0",
            'x' if self.flags.sharp => "0x",
            'X' if self.flags.sharp => "0X",
            _ => "",
        };
        let prefix = match verb {
            'O' if self.flags.sharp && !digits.starts_with('0') => "0o0",
            _ => prefix,
        };
        let sign = match (negative, self.flags.plus, self.flags.space) {
            (true, ..) => "-",
            (_, true, _) => "+",
            (.., true) => " ",
            _ => "",
        };
        self.pad(format!("{sign}{prefix}{digits}").as_bytes());
        self.flags.zero = zero;
    }

    fn code_point(&mut self, code: u64) {
        let precision = self.flags.precision.unwrap_or(0).max(4);
        let digits = format!("{code:X}");
        let zeros = "0".repeat(precision.saturating_sub(digits.len()));
        let mut text = format!("U+{zeros}{digits}");
        let rune = u32::try_from(code).ok().and_then(char::from_u32);
        if let Some(rune) = rune.filter(|&rune| self.flags.sharp && is_print(rune)) {
            text.push_str(" '");
            text.push(rune);
            text.push('\'');
        }
        let zero = std::mem::take(&mut self.flags.zero);
        self.pad(text.as_bytes());
        self.flags.zero = zero;
    }

    pub(super) fn string(&mut self, text: &[u8], verb: char, value: &Value) {
        match verb {
            'v' if self.flags.sharp_v => self.quoted(text),
            'v' | 's' => {
                let text = self.truncated(text);
                self.pad_string(text);
            }
            'x' => self.hex(text, b"0123456789abcdefx"),
            'X' => self.hex(text, b"0123456789ABCDEFX"),
            'q' => self.quoted(text),
            _ => self.bad_verb(verb, value),
        }
    }

    fn charset(&self) -> Charset {
        if self.flags.plus { Charset::Ascii } else { Charset::Unicode }
    }

    fn truncated<'a>(&self, text: &'a [u8]) -> &'a [u8] {
        let Some(precision) = self.flags.precision else { return text };
        let end = bytes::runes(text).nth(precision).map_or(text.len(), |(place, ..)| place);
        bytes::cut(text, 0, end)
    }

    fn quoted(&mut self, text: &[u8]) {
        let text = self.truncated(text);
        if self.flags.sharp && can_backquote(text) {
            let raw = [b"`", text, b"`"].concat();
            return self.pad_string(&raw);
        }
        let quoted = quote(text, '"', self.charset());
        self.pad(&quoted);
    }

    fn hex(&mut self, text: &[u8], digits: &[u8; 17]) {
        let text = bytes::cut(text, 0, self.flags.precision.unwrap_or(usize::MAX));
        let prefix = [b'0', bytes::at(digits, 16)];
        let mut out = Vec::new();
        if self.flags.sharp && !text.is_empty() {
            out.extend_from_slice(&prefix);
        }
        for (index, &byte) in text.iter().enumerate() {
            if self.flags.space && index > 0 {
                out.push(b' ');
                if self.flags.sharp {
                    out.extend_from_slice(&prefix);
                }
            }
            out.push(bytes::at(digits, usize::from(byte >> 4)));
            out.push(bytes::at(digits, usize::from(byte & 15)));
        }
        if out.is_empty() {
            let width = self.flags.width.unwrap_or(0);
            return self.padding(width);
        }
        self.pad(&out);
    }
}

/// The character of a code point, U+FFFD for what is none.
fn character(code: u64) -> char {
    u32::try_from(code).ok().and_then(char::from_u32).unwrap_or(char::REPLACEMENT_CHARACTER)
}
