//! Go's `fmt`: `%v` and its kin.
//!
//! # Source
//! Go 1.26, `fmt/print.go` and `fmt/format.go`.
//!
//! A pointer (`%p`) is never printed: it is a bad verb here, since addresses say nothing.

mod float;
mod printf;
mod text;

pub use float::format_float;

use super::bytes;
use super::func::{Failure, MAX_BYTES, MAX_DEPTH};
use super::num::uint_of_int;
use super::value::{Dict, IntKind, List, Value};

/// `fmt.Sprintf`.
///
/// # Errors
/// When the text would be too long, or a value holds itself.
pub fn sprintf(format: &[u8], args: &[Value]) -> Result<Vec<u8>, Failure> {
    let mut printer = Printer::default();
    printer.printf(format, args);
    printer.finish()
}

/// `fmt.Sprint`: spaces between arguments that are both no strings.
///
/// # Errors
/// When the text would be too long, or a value holds itself.
pub fn sprint(args: &[Value]) -> Result<Vec<u8>, Failure> {
    let mut printer = Printer::default();
    let mut after_string = true;
    for arg in args {
        let is_string = matches!(arg, Value::Str(_));
        if !is_string && !after_string {
            printer.write(b" ");
        }
        printer.arg(arg, 'v');
        after_string = is_string;
        printer.started = true;
    }
    printer.finish()
}

/// `fmt.Sprintln`: spaces between all arguments, and a newline.
///
/// # Errors
/// When the text would be too long, or a value holds itself.
pub fn sprintln(args: &[Value]) -> Result<Vec<u8>, Failure> {
    let mut printer = Printer::default();
    for (index, arg) in args.iter().enumerate() {
        if index > 0 {
            printer.write(b" ");
        }
        printer.arg(arg, 'v');
    }
    printer.write(b"\n");
    printer.finish()
}

/// The value as `%v` prints it.
///
/// # Errors
/// When the text would be too long, or a value holds itself.
pub fn display(value: &Value) -> Result<Vec<u8>, Failure> {
    if let Value::Str(text) = value {
        return Ok(text.to_vec());
    }
    sprint(std::slice::from_ref(value))
}

/// The value as `%v` prints it, for a message.
pub fn shown(value: &Value) -> String {
    display(value).map_or_else(|failure| failure.0, |text| bytes::lossy(&text).into_owned())
}

/// What its `String` method returns, for a type that has one.
pub fn stringer(value: &Value) -> Option<String> {
    match value {
        Value::Time(time) => Some(time.to_string()),
        Value::Version(version) => Some(version.to_string()),
        Value::Int(int, IntKind::Duration) => Some(super::duration::show(*int)),
        Value::Int(int, IntKind::Month) => Some(super::time::month_name(*int)),
        Value::Int(int, IntKind::Weekday) => Some(super::time::weekday_name(*int)),
        _ => None,
    }
}

#[derive(Debug, Clone, Copy, Default)]
#[expect(clippy::struct_excessive_bools, reason = "they are the flags of a verb")]
struct Flags {
    minus: bool,
    plus: bool,
    sharp: bool,
    space: bool,
    zero: bool,
    plus_v: bool,
    sharp_v: bool,
    width: Option<usize>,
    precision: Option<usize>,
}

#[derive(Default)]
struct Printer {
    out: Vec<u8>,
    flags: Flags,
    erroring: bool,
    started: bool,
    failure: Option<Failure>,
}

impl Printer {
    fn finish(self) -> Result<Vec<u8>, Failure> {
        self.failure.map_or(Ok(self.out), Err)
    }

    fn write(&mut self, text: &[u8]) {
        if self.out.len() + text.len() > MAX_BYTES {
            self.fail("the text is too long");
        } else if self.failure.is_none() {
            self.out.extend_from_slice(text);
        }
    }

    fn fail(&mut self, reason: &str) {
        self.failure.get_or_insert_with(|| Failure::from(reason));
    }

    fn bad_verb(&mut self, verb: char, value: &Value) {
        self.erroring = true;
        self.write(format!("%!{verb}(").as_bytes());
        if value.is_nil() {
            self.write(b"<nil>");
        } else {
            self.write(value.type_name().as_bytes());
            self.write(b"=");
            self.arg(value, 'v');
        }
        self.write(b")");
        self.erroring = false;
    }

    /// An argument of its own.
    fn arg(&mut self, value: &Value, verb: char) {
        match verb {
            'T' | 'v' if value.is_nil() => self.pad(b"<nil>"),
            'T' => self.string(value.type_name().as_bytes(), 's', value),
            _ if value.is_nil() => self.bad_verb(verb, value),
            _ => self.value(value, verb, 0),
        }
    }

    fn value(&mut self, value: &Value, verb: char, depth: usize) {
        if depth > MAX_DEPTH {
            self.fail("a value is nested too deeply");
        }
        if self.failure.is_some() {
            return;
        }
        if !self.erroring
            && !self.flags.sharp_v
            && matches!(verb, 'v' | 's' | 'x' | 'X' | 'q')
            && let Some(text) = stringer(value)
        {
            return self.string(text.as_bytes(), verb, value);
        }
        match value {
            Value::Nil | Value::NilInterface if self.flags.sharp_v => {
                self.write(b"interface {}(nil)");
            }
            Value::Nil | Value::NilInterface => self.write(b"<nil>"),
            Value::Bool(truth) if matches!(verb, 't' | 'v') => {
                self.pad(if *truth { b"true" } else { b"false" });
            }
            Value::Bool(_) => self.bad_verb(verb, value),
            Value::Int(int, _) => self.integer(uint_of_int(*int), *int < 0, verb, value),
            Value::Uint(uint, _) if self.flags.sharp_v && verb == 'v' => {
                self.write(format!("{uint:#x}").as_bytes());
            }
            Value::Uint(uint, _) => self.integer(*uint, false, verb, value),
            Value::Float(float) => self.float(*float, verb, value),
            Value::Str(text) => self.string(text, verb, value),
            Value::List(list) => self.list(list, verb, depth),
            Value::Dict(dict) => self.dict(dict, verb, depth),
            Value::Struct(data) => {
                let fields: Vec<_> =
                    data.fields.iter().map(|(name, value)| (name.as_str(), value)).collect();
                self.structure(&data.name, &fields, verb, depth);
            }
            Value::Time(time) if self.flags.sharp_v => self.write(time.go_string().as_bytes()),
            Value::Version(version) if self.flags.sharp_v => {
                self.write(format!("&semver.Version{{{version}}}").as_bytes());
            }
            Value::Time(_) | Value::Version(_) if self.erroring => {
                self.write(stringer(value).unwrap_or_default().as_bytes());
            }
            Value::Time(_) | Value::Version(_) | Value::Func(_) => self.bad_verb_once(verb, value),
        }
    }

    /// A bad verb of a value that may itself not be printable.
    fn bad_verb_once(&mut self, verb: char, value: &Value) {
        if self.erroring || matches!(value, Value::Func(_)) {
            self.write(b"<func>");
        } else {
            self.bad_verb(verb, value);
        }
    }

    fn list(&mut self, list: &List, verb: char, depth: usize) {
        let (open, between, close) = self.brackets(b"[", b"]");
        if self.flags.sharp_v {
            self.write(Value::List(list.clone()).type_name().as_bytes());
            if list.is_nil() {
                return self.write(b"(nil)");
            }
        }
        self.write(open);
        for (index, item) in list.items().iter().enumerate() {
            if index > 0 {
                self.write(between);
            }
            self.value(item, verb, depth + 1);
        }
        self.write(close);
    }

    fn dict(&mut self, dict: &Dict, verb: char, depth: usize) {
        let (open, between, close) = self.brackets(b"map[", b"]");
        if self.flags.sharp_v {
            self.write(Value::Dict(dict.clone()).type_name().as_bytes());
            if dict.is_nil() {
                return self.write(b"(nil)");
            }
        }
        self.write(open);
        for (index, (key, item)) in dict.entries().into_iter().enumerate() {
            if index > 0 {
                self.write(between);
            }
            self.value(&Value::Str(key), verb, depth + 1);
            self.write(b":");
            self.value(&item, verb, depth + 1);
        }
        self.write(close);
    }

    fn structure(&mut self, name: &str, fields: &[(&str, &Value)], verb: char, depth: usize) {
        let (_, between, _) = self.brackets(b"{", b"}");
        if self.flags.sharp_v {
            self.write(name.as_bytes());
        }
        self.write(b"{");
        for (index, (field, value)) in fields.iter().enumerate() {
            if index > 0 {
                self.write(between);
            }
            if self.flags.plus_v || self.flags.sharp_v {
                self.write(field.as_bytes());
                self.write(b":");
            }
            self.value(value, verb, depth + 1);
        }
        self.write(b"}");
    }

    fn brackets(
        &self,
        open: &'static [u8],
        close: &'static [u8],
    ) -> (&'static [u8], &'static [u8], &'static [u8]) {
        if self.flags.sharp_v { (b"{", b", ", b"}") } else { (open, b" ", close) }
    }

    fn pad(&mut self, text: &[u8]) {
        self.pad_string(text);
    }

    fn pad_string(&mut self, text: &[u8]) {
        let padding = self.flags.width.unwrap_or(0).saturating_sub(bytes::count(text));
        if self.flags.minus {
            self.write(text);
            self.padding(padding);
        } else {
            self.padding(padding);
            self.write(text);
        }
    }

    fn padding(&mut self, count: usize) {
        let byte = if self.flags.zero && !self.flags.minus { b'0' } else { b' ' };
        self.write(&vec![byte; count]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(format: &str, args: &[Value]) -> String {
        String::from_utf8(sprintf(format.as_bytes(), args).unwrap()).unwrap()
    }

    #[test]
    fn a_bad_verb_shows_type_and_value() {
        assert_eq!(printed("%d", &[Value::from("x")]), "%!d(string=x)");
        assert_eq!(printed("%d %d", &[Value::int(1)]), "1 %!d(MISSING)");
        assert_eq!(printed("%d", &[Value::int(1), Value::Nil]), "1%!(EXTRA <nil>)");
        assert_eq!(printed("%", &[]), "%!(NOVERB)");
    }

    #[test]
    fn a_dict_that_holds_itself_is_an_error() {
        let dict = Dict::new(super::super::value::Elem::Any, std::collections::BTreeMap::default());
        dict.insert(b"self", Value::Dict(dict.clone()));
        assert!(display(&Value::Dict(dict.clone())).is_err());
        dict.remove(b"self");
    }
}
