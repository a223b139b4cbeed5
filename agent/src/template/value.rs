//! Values as Go's `text/template` sees them.
//!
//! Go strings are bytes: [`Str`] holds any bytes, since `b64dec`, `trunc` and `"\xff"` make
//! strings that are not UTF-8. They become text only at the very end.

mod collections;

use std::sync::Arc;

use super::func::Function;
use super::sprig::semver::Version;
use super::time::Time;

pub use collections::{Dict, List};

/// A Go string: any bytes.
pub type Str = Arc<[u8]>;

/// A value of a template.
#[derive(Debug, Clone, Default)]
pub enum Value {
    /// No value: printed as `<no value>`, and every field of it is again no value.
    #[default]
    Nil,
    /// A nil that stands in a list or a dict: printed the same, but a field of it is an error.
    NilInterface,
    /// A bool.
    Bool(bool),
    /// A signed integer of one of Go's types.
    Int(i64, IntKind),
    /// An unsigned integer of one of Go's types.
    Uint(u64, UintKind),
    /// A float64.
    Float(f64),
    /// A string.
    Str(Str),
    /// A slice.
    List(List),
    /// A map with string keys. Clones share their entries: `set` changes what all of them see.
    Dict(Dict),
    /// A struct: a field that it does not have is an error.
    Struct(Arc<Struct>),
    /// A point in time with a location.
    Time(Time),
    /// A semantic version.
    Version(Arc<Version>),
    /// A function, for `call`.
    Func(Arc<Function>),
}

/// The Go types whose kind is a signed integer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IntKind {
    /// `int`, the type of a literal.
    Int,
    /// `int64`, the type of sprig's arithmetic.
    Int64,
    /// `time.Duration`, in nanoseconds.
    Duration,
    /// `time.Month`, 1 to 12.
    Month,
    /// `time.Weekday`, 0 (Sunday) to 6.
    Weekday,
}

/// The Go types whose kind is an unsigned integer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UintKind {
    /// `uint8`, a byte of a string.
    Uint8,
    /// `uint64`.
    Uint64,
}

/// The type of the elements of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Elem {
    /// `interface {}`.
    Any,
    /// `string`.
    Str,
    /// `int`.
    Int,
    /// `[]interface {}`, made by `chunk`.
    Lists,
}

/// A Go struct.
#[derive(Debug)]
pub struct Struct {
    /// Its type, as error messages name it: `main.Data`.
    pub name: String,
    /// Its fields in order of declaration.
    pub fields: Vec<(String, Value)>,
}

impl Value {
    /// Makes a string.
    pub fn str(bytes: impl AsRef<[u8]>) -> Self {
        Self::Str(Arc::from(bytes.as_ref()))
    }

    /// Makes an `int`.
    pub fn int(int: i64) -> Self {
        Self::Int(int, IntKind::Int)
    }

    /// Makes an `int64`.
    pub fn int64(int: i64) -> Self {
        Self::Int(int, IntKind::Int64)
    }

    /// Makes a `[]interface {}`.
    pub fn list(items: Vec<Self>) -> Self {
        Self::List(List::new(Elem::Any, items))
    }

    /// Makes a `[]string`.
    pub fn strings<S: AsRef<[u8]>>(items: impl IntoIterator<Item = S>) -> Self {
        Self::List(List::new(Elem::Str, items.into_iter().map(Self::str).collect()))
    }

    /// Makes a `map[string]interface {}`.
    pub fn dict<K: AsRef<[u8]>>(entries: impl IntoIterator<Item = (K, Self)>) -> Self {
        let entries = entries.into_iter().map(|(key, value)| (Str::from(key.as_ref()), value));
        Self::Dict(Dict::new(Elem::Any, entries.collect()))
    }

    /// Makes a struct; `name` is its type.
    pub fn structure(name: &str, fields: Vec<(&str, Self)>) -> Self {
        let fields = fields.into_iter().map(|(field, value)| (field.to_owned(), value)).collect();
        Self::Struct(Arc::new(Struct { name: name.to_owned(), fields }))
    }

    /// Tells whether this is one of the two nils.
    pub fn is_nil(&self) -> bool {
        matches!(self, Self::Nil | Self::NilInterface)
    }

    /// Returns the value inside an interface: a nil interface holds no value.
    pub(super) fn unwrapped(self) -> Self {
        if self.is_nil() { Self::Nil } else { self }
    }

    /// The type, as `%T` prints it.
    pub fn type_name(&self) -> String {
        match self {
            Self::Nil => "<nil>".to_owned(),
            Self::NilInterface => "interface {}".to_owned(),
            Self::Bool(_) => "bool".to_owned(),
            Self::Int(_, kind) => kind.type_name().to_owned(),
            Self::Uint(_, kind) => kind.type_name().to_owned(),
            Self::Float(_) => "float64".to_owned(),
            Self::Str(_) => "string".to_owned(),
            Self::List(list) => list.type_name().to_owned(),
            Self::Dict(dict) => dict.type_name().to_owned(),
            Self::Struct(data) => data.name.clone(),
            Self::Time(_) => "time.Time".to_owned(),
            Self::Version(_) => "*semver.Version".to_owned(),
            Self::Func(_) => "func(...interface {}) (interface {}, error)".to_owned(),
        }
    }

    /// The kind, as `kindOf` names it.
    pub fn kind_name(&self) -> &'static str {
        match self {
            Self::Nil | Self::NilInterface => "invalid",
            Self::Bool(_) => "bool",
            Self::Int(_, IntKind::Int | IntKind::Month | IntKind::Weekday) => "int",
            Self::Int(_, IntKind::Int64 | IntKind::Duration) => "int64",
            Self::Uint(_, kind) => kind.type_name(),
            Self::Float(_) => "float64",
            Self::Str(_) => "string",
            Self::List(_) => "slice",
            Self::Dict(_) => "map",
            Self::Struct(_) | Self::Time(_) => "struct",
            Self::Version(_) => "ptr",
            Self::Func(_) => "func",
        }
    }

    /// The truth of `if`, `and`, `or` and `not`.
    pub fn truth(&self) -> bool {
        match self {
            Self::Nil | Self::NilInterface => false,
            Self::Bool(truth) => *truth,
            Self::Int(int, _) => *int != 0,
            Self::Uint(int, _) => *int != 0,
            Self::Float(float) => *float != 0.0,
            Self::Str(text) => !text.is_empty(),
            Self::List(list) => !list.is_empty(),
            Self::Dict(dict) => !dict.is_empty(),
            Self::Struct(_) | Self::Time(_) | Self::Version(_) | Self::Func(_) => true,
        }
    }

    /// Sprig's `empty`: like the negated truth.
    pub(super) fn is_empty(&self) -> bool {
        !self.truth()
    }
}

impl From<bool> for Value {
    fn from(truth: bool) -> Self {
        Self::Bool(truth)
    }
}

impl From<f64> for Value {
    fn from(float: f64) -> Self {
        Self::Float(float)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::str(text)
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Str(Str::from(text.into_bytes()))
    }
}

impl From<Vec<u8>> for Value {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Str(Str::from(bytes))
    }
}

impl From<serde_json::Value> for Value {
    /// Converts as Go's `encoding/json` does for an `interface{}`: each number is a float64.
    fn from(json: serde_json::Value) -> Self {
        match json {
            serde_json::Value::Null => Self::Nil,
            serde_json::Value::Bool(truth) => Self::Bool(truth),
            serde_json::Value::Number(number) => {
                Self::Float(number.to_string().parse().unwrap_or(0.0))
            }
            serde_json::Value::String(text) => Self::from(text),
            serde_json::Value::Array(items) => {
                Self::list(items.into_iter().map(Self::from).collect())
            }
            serde_json::Value::Object(entries) => {
                Self::dict(entries.into_iter().map(|(key, value)| (key, Self::from(value))))
            }
        }
    }
}

impl IntKind {
    /// The type, as `%T` prints it.
    pub fn type_name(self) -> &'static str {
        match self {
            Self::Int => "int",
            Self::Int64 => "int64",
            Self::Duration => "time.Duration",
            Self::Month => "time.Month",
            Self::Weekday => "time.Weekday",
        }
    }
}

impl UintKind {
    /// The type, as `%T` prints it.
    pub fn type_name(self) -> &'static str {
        match self {
            Self::Uint8 => "uint8",
            Self::Uint64 => "uint64",
        }
    }
}
