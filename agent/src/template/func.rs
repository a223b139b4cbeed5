//! Functions that templates call: their types, and how they see their arguments.

use std::borrow::Cow;
use std::cell::Cell;
use std::fmt;
use std::sync::Arc;

use super::semver_of;
use super::sprig::semver::Version;
use super::time::Time;
use super::value::{Dict, Elem, List, Str, Value};

/// The longest string that a function may make, and the longest output of a template.
///
/// # Units
/// Bytes. An argument list of Linux is limited to far less.
pub const MAX_BYTES: usize = 16 << 20;

/// The longest list that a function may make.
pub const MAX_ITEMS: usize = 1_000_000;

/// What all functions of one rendering may make together, in bytes.
pub const MAX_WORK: usize = 512 << 20;

/// How deep values may nest where a function walks through them.
pub const MAX_DEPTH: usize = 200;

/// The type of a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Type {
    /// `interface {}`: any value.
    Any,
    /// `reflect.Value`: any value, and a nil interface remains one.
    Reflect,
    /// `bool`.
    Bool,
    /// `int`.
    Int,
    /// `uint32`.
    Uint32,
    /// `float64`.
    Float,
    /// `string`.
    Str,
    /// `map[string]interface {}`.
    Dict,
    /// `[]interface {}`.
    List,
    /// `time.Time`.
    Time,
    /// `time.Duration`.
    Duration,
    /// `*semver.Version`.
    Version,
}

/// Why a function failed; the rendering fails with it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Failure(pub String);

/// What a function of the caller is.
pub type Custom = dyn Fn(&[Value]) -> Result<Value, String> + Send + Sync;

/// A function of a template.
#[derive(Debug)]
pub struct Function {
    name: Cow<'static, str>,
    params: Cow<'static, [Type]>,
    variadic: Option<Type>,
    body: Body,
}

/// What a function does.
pub(super) enum Body {
    /// It cannot fail.
    Total(fn(&Args) -> Value),
    /// It can fail.
    Partial(fn(&Args) -> Result<Value, Failure>),
    /// It is the caller's.
    Custom(Arc<Custom>),
    /// The evaluator does it.
    Special(Special),
}

/// Functions that the evaluator does itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Special {
    /// Returns the first false argument, or the last one.
    And,
    /// Returns the first true argument, or the last one.
    Or,
    /// Calls its first argument.
    Call,
    /// Renders a template to a string.
    Include,
}

impl Function {
    /// Makes a function of the caller's, with parameters of these types.
    ///
    /// It may keep state, and fails the rendering with the error that it returns.
    pub fn new(
        name: &str,
        params: &[Type],
        body: impl Fn(&[Value]) -> Result<Value, String> + Send + Sync + 'static,
    ) -> Self {
        Self {
            name: Cow::Owned(name.to_owned()),
            params: Cow::Owned(params.to_vec()),
            variadic: None,
            body: Body::Custom(Arc::new(body)),
        }
    }

    /// Makes a function of the caller's that takes any number of `rest` after its parameters.
    pub fn variadic(
        name: &str,
        params: &[Type],
        rest: Type,
        body: impl Fn(&[Value]) -> Result<Value, String> + Send + Sync + 'static,
    ) -> Self {
        Self { variadic: Some(rest), ..Self::new(name, params, body) }
    }

    /// A function of a table that cannot fail.
    pub(super) const fn total(
        name: &'static str,
        params: &'static [Type],
        body: fn(&Args) -> Value,
    ) -> Self {
        Self::entry(name, params, None, Body::Total(body))
    }

    /// A function of a table that can fail.
    pub(super) const fn partial(
        name: &'static str,
        params: &'static [Type],
        body: fn(&Args) -> Result<Value, Failure>,
    ) -> Self {
        Self::entry(name, params, None, Body::Partial(body))
    }

    /// A function of a table with a variable number of arguments, that cannot fail.
    pub(super) const fn total_rest(
        name: &'static str,
        params: &'static [Type],
        rest: Type,
        body: fn(&Args) -> Value,
    ) -> Self {
        Self::entry(name, params, Some(rest), Body::Total(body))
    }

    /// A function of a table with a variable number of arguments, that can fail.
    pub(super) const fn partial_rest(
        name: &'static str,
        params: &'static [Type],
        rest: Type,
        body: fn(&Args) -> Result<Value, Failure>,
    ) -> Self {
        Self::entry(name, params, Some(rest), Body::Partial(body))
    }

    /// A function of a table that the evaluator does itself.
    pub(super) const fn special(
        name: &'static str,
        params: &'static [Type],
        variadic: Option<Type>,
        special: Special,
    ) -> Self {
        Self::entry(name, params, variadic, Body::Special(special))
    }

    const fn entry(
        name: &'static str,
        params: &'static [Type],
        variadic: Option<Type>,
        body: Body,
    ) -> Self {
        Self { name: Cow::Borrowed(name), params: Cow::Borrowed(params), variadic, body }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn params(&self) -> &[Type] {
        &self.params
    }

    pub(super) fn rest(&self) -> Option<Type> {
        self.variadic
    }

    pub(super) fn body(&self) -> &Body {
        &self.body
    }

    /// The type of the argument at `index`.
    pub(super) fn param(&self, index: usize) -> Type {
        self.params.get(index).copied().or(self.variadic).unwrap_or(Type::Any)
    }

    /// Calls the function with arguments of the right types.
    pub(super) fn call(&self, args: &Args) -> Result<Value, Failure> {
        match &self.body {
            Body::Total(body) => Ok(body(args)),
            Body::Partial(body) => body(args),
            Body::Custom(body) => body(args.values).map_err(Failure),
            Body::Special(_) => Err(Failure::from("cannot be called as a value")),
        }
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Total(_) => "Total",
            Self::Partial(_) => "Partial",
            Self::Custom(_) => "Custom",
            Self::Special(_) => "Special",
        })
    }
}

impl From<&str> for Failure {
    fn from(message: &str) -> Self {
        Self(message.to_owned())
    }
}

impl From<String> for Failure {
    fn from(message: String) -> Self {
        Self(message)
    }
}

impl Type {
    /// The type, as Go names it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Any => "interface {}",
            Self::Reflect => "reflect.Value",
            Self::Bool => "bool",
            Self::Int => "int",
            Self::Uint32 => "uint32",
            Self::Float => "float64",
            Self::Str => "string",
            Self::Dict => "map[string]interface {}",
            Self::List => "[]interface {}",
            Self::Time => "time.Time",
            Self::Duration => "time.Duration",
            Self::Version => "*semver.Version",
        }
    }

    /// The zero value that an untyped nil becomes, if the type has a nil.
    pub(super) fn zero(self) -> Option<Value> {
        match self {
            Self::Any | Self::Reflect | Self::Version => Some(Value::Nil),
            Self::Dict => Some(Value::Dict(Dict::nil())),
            Self::List => Some(Value::List(List::nil(Elem::Any))),
            _ => None,
        }
    }

    /// Tells whether a value that is not nil has this type.
    pub(super) fn accepts(self, value: &Value) -> bool {
        match self {
            Self::Any | Self::Reflect => true,
            Self::Dict => matches!(value, Value::Dict(dict) if dict.elem() == Elem::Any),
            Self::List => matches!(value, Value::List(list) if list.elem() == Elem::Any),
            _ => value.type_name() == self.name(),
        }
    }
}

/// What a rendering may still make.
#[derive(Debug)]
pub struct Budget(Cell<usize>);

impl Default for Budget {
    fn default() -> Self {
        Self(Cell::new(MAX_WORK))
    }
}

impl Budget {
    /// Takes `bytes` off the budget.
    pub fn spend(&self, bytes: usize) -> Result<(), Failure> {
        match self.0.get().checked_sub(bytes) {
            Some(left) => {
                self.0.set(left);
                Ok(())
            }
            None => Err(Failure(format!("the template makes more than {MAX_WORK} bytes"))),
        }
    }
}

/// Refuses a result of more than [`MAX_BYTES`].
pub fn bounded(bytes: usize) -> Result<(), Failure> {
    if bytes > MAX_BYTES {
        return Err(Failure(format!("the result is longer than {MAX_BYTES} bytes")));
    }
    Ok(())
}

/// The arguments of a call, checked against the types of the parameters.
pub struct Args<'a> {
    /// The arguments.
    pub values: &'a [Value],
    /// The environment.
    pub env: &'a dyn Fn(&str) -> Option<String>,
    /// What the rendering may still make.
    pub budget: &'a Budget,
}

impl Args<'_> {
    /// The number of arguments.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// The argument at `index`; nil if there is none.
    pub fn any(&self, index: usize) -> &Value {
        self.values.get(index).unwrap_or(&Value::Nil)
    }

    /// The arguments from `index`.
    pub fn rest(&self, index: usize) -> &[Value] {
        self.values.get(index..).unwrap_or_default()
    }

    /// The string at `index`.
    pub fn str(&self, index: usize) -> &[u8] {
        match self.any(index) {
            Value::Str(text) => text,
            _ => &[],
        }
    }

    /// The integer at `index`.
    pub fn int(&self, index: usize) -> i64 {
        match self.any(index) {
            Value::Int(int, _) => *int,
            Value::Uint(uint, _) => super::num::int_of_uint(*uint),
            _ => 0,
        }
    }

    /// The float at `index`.
    pub fn float(&self, index: usize) -> f64 {
        if let Value::Float(float) = self.any(index) { *float } else { 0.0 }
    }

    /// The bool at `index`.
    pub fn bool(&self, index: usize) -> bool {
        matches!(self.any(index), Value::Bool(true))
    }

    /// The dict at `index`.
    pub fn dict(&self, index: usize) -> Dict {
        dict_of(self.any(index))
    }

    /// The time at `index`.
    pub fn time(&self, index: usize) -> Time {
        if let Value::Time(time) = self.any(index) { time.clone() } else { Time::default() }
    }

    /// The version at `index`.
    pub fn version(&self, index: usize) -> Option<&Version> {
        semver_of(self.any(index))
    }
}

/// The dict in a value; a nil one if it holds none.
pub fn dict_of(value: &Value) -> Dict {
    if let Value::Dict(dict) = value { dict.clone() } else { Dict::nil() }
}

/// The string in a value, or nothing.
pub fn str_of(value: &Value) -> &[u8] {
    if let Value::Str(text) = value { text } else { &[] }
}

/// What a value costs to make: its own size, without what it shares.
pub fn cost(value: &Value) -> usize {
    match value {
        Value::Str(text) => text.len(),
        Value::List(list) => list.len() * size_of::<Value>(),
        Value::Dict(dict) => dict.len() * (size_of::<Value>() + size_of::<Str>()),
        _ => 0,
    }
}
