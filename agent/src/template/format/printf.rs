//! The format string of `printf`.

use super::super::bytes;
use super::super::num::{NumError, parse_uint};
use super::super::value::Value;
use super::{Flags, Printer};

/// The largest width or precision.
const MAX_NUMBER: u64 = 1_000_000;

/// Where `printf` stands in its format and arguments.
struct Cursor<'a> {
    format: &'a [u8],
    at: usize,
    args: &'a [Value],
    arg: usize,
    reordered: bool,
    good_index: bool,
    after_index: bool,
}

impl Printer {
    pub(super) fn printf(&mut self, format: &[u8], args: &[Value]) {
        let mut cursor = Cursor {
            format,
            at: 0,
            args,
            arg: 0,
            reordered: false,
            good_index: true,
            after_index: false,
        };
        while cursor.at < format.len() && self.failure.is_none() {
            let rest = bytes::from(format, cursor.at);
            let text = rest.iter().position(|&byte| byte == b'%').unwrap_or(rest.len());
            self.write(bytes::cut(rest, 0, text));
            cursor.at += text + 1;
            if text < rest.len() && !self.directive(&mut cursor) {
                break;
            }
        }
        if !cursor.reordered && cursor.arg < args.len() {
            self.extra(args.get(cursor.arg..).unwrap_or_default());
        }
    }

    /// One verb with its flags; `false` if the format ends before the verb.
    fn directive(&mut self, cursor: &mut Cursor) -> bool {
        self.flags = Flags::default();
        cursor.good_index = true;
        cursor.after_index = false;
        if self.simple(cursor) {
            return true;
        }
        cursor.index();
        self.width(cursor);
        self.precision(cursor);
        if !cursor.after_index {
            cursor.index();
        }
        let (verb, width) = bytes::decode(bytes::from(cursor.format, cursor.at));
        if width == 0 {
            self.write(b"%!(NOVERB)");
            return false;
        }
        let verb = verb.unwrap_or(char::REPLACEMENT_CHARACTER);
        cursor.at += width;
        match cursor.args.get(cursor.arg) {
            _ if verb == '%' => self.write(b"%"),
            _ if !cursor.good_index => self.write(format!("%!{verb}(BADINDEX)").as_bytes()),
            None => self.write(format!("%!{verb}(MISSING)").as_bytes()),
            Some(value) => {
                self.verb(value, verb);
                cursor.arg += 1;
            }
        }
        true
    }

    /// Flags, and the verb if it follows at once.
    fn simple(&mut self, cursor: &mut Cursor) -> bool {
        while cursor.at < cursor.format.len() {
            match bytes::at(cursor.format, cursor.at) {
                b'#' => self.flags.sharp = true,
                b'0' => self.flags.zero = true,
                b'+' => self.flags.plus = true,
                b'-' => self.flags.minus = true,
                b' ' => self.flags.space = true,
                verb @ b'a'..=b'z' => {
                    let Some(value) = cursor.args.get(cursor.arg) else { return false };
                    self.verb(value, char::from(verb));
                    cursor.arg += 1;
                    cursor.at += 1;
                    return true;
                }
                _ => return false,
            }
            cursor.at += 1;
        }
        false
    }

    fn verb(&mut self, value: &Value, verb: char) {
        if matches!(verb, 'v' | 'w') {
            self.flags.sharp_v = std::mem::take(&mut self.flags.sharp);
            self.flags.plus_v = std::mem::take(&mut self.flags.plus);
        }
        if verb == 'w' || (verb == 'p' && !value.is_nil()) {
            self.bad_verb(verb, value);
        } else {
            self.arg(value, verb);
        }
    }

    fn width(&mut self, cursor: &mut Cursor) {
        if bytes::at(cursor.format, cursor.at) == b'*' {
            cursor.at += 1;
            match cursor.int_arg() {
                None => self.write(b"%!(BADWIDTH)"),
                Some(width) => {
                    if width < 0 {
                        self.flags.minus = true;
                        self.flags.zero = false;
                    }
                    self.flags.width = usize::try_from(width.unsigned_abs()).ok();
                }
            }
            cursor.after_index = false;
            return;
        }
        self.flags.width = cursor.number();
        if cursor.after_index && self.flags.width.is_some() {
            cursor.good_index = false;
        }
    }

    fn precision(&mut self, cursor: &mut Cursor) {
        let rest = bytes::from(cursor.format, cursor.at);
        if rest.len() < 2 || bytes::at(rest, 0) != b'.' {
            return;
        }
        cursor.at += 1;
        if cursor.after_index {
            cursor.good_index = false;
        }
        cursor.index();
        if bytes::at(cursor.format, cursor.at) == b'*' {
            cursor.at += 1;
            self.flags.precision =
                cursor.int_arg().and_then(|precision| usize::try_from(precision).ok());
            if self.flags.precision.is_none() {
                self.write(b"%!(BADPREC)");
            }
            cursor.after_index = false;
        } else {
            self.flags.precision = Some(cursor.number().unwrap_or(0));
        }
    }

    fn extra(&mut self, args: &[Value]) {
        self.flags = Flags::default();
        self.write(b"%!(EXTRA ");
        for (index, arg) in args.iter().enumerate() {
            if index > 0 {
                self.write(b", ");
            }
            if !arg.is_nil() {
                self.write(arg.type_name().as_bytes());
                self.write(b"=");
            }
            self.arg(arg, 'v');
        }
        self.write(b")");
    }
}

impl Cursor<'_> {
    /// An explicit argument index, `[3]`.
    fn index(&mut self) {
        let rest = bytes::from(self.format, self.at);
        if bytes::at(rest, 0) != b'[' || rest.is_empty() {
            self.after_index = false;
            return;
        }
        self.reordered = true;
        let close = if rest.len() < 3 { None } else { rest.iter().position(|&byte| byte == b']') };
        let Some(close) = close else {
            self.at += 1;
            self.good_index = false;
            self.after_index = false;
            return;
        };
        self.at += close + 1;
        let digits = bytes::cut(rest, 1, close);
        let number = match parse_uint(digits, 10) {
            Ok(number) if number <= MAX_NUMBER * 10 => Some(number),
            Ok(_) | Err(NumError::Syntax | NumError::Range) => None,
        };
        let index = number.and_then(|number| usize::try_from(number).ok()?.checked_sub(1));
        match index {
            Some(index) if index < self.args.len() => self.arg = index,
            _ => self.good_index = false,
        }
        self.after_index = number.is_some();
    }

    /// A width or precision that is an argument.
    fn int_arg(&mut self) -> Option<i64> {
        let value = self.args.get(self.arg)?;
        self.arg += 1;
        let int = match value {
            Value::Int(int, _) => *int,
            Value::Uint(uint, _) => i64::try_from(*uint).ok()?,
            _ => return None,
        };
        (int.unsigned_abs() <= MAX_NUMBER).then_some(int)
    }

    /// A width or precision that is written out.
    fn number(&mut self) -> Option<usize> {
        let rest = bytes::from(self.format, self.at);
        let length = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let mut number = 0_u64;
        for &digit in bytes::cut(rest, 0, length) {
            if number > MAX_NUMBER {
                self.at = self.format.len();
                return None;
            }
            number = number * 10 + u64::from(digit - b'0');
        }
        self.at += length;
        usize::try_from(number).ok().filter(|_| length > 0)
    }
}
