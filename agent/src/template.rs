//! Go `text/template` with the sprig functions.
//!
//! ```
//! use agent::template::{Engine, Value};
//!
//! let engine = Engine::new(|name| std::env::var(name).ok());
//! let common = engine.parse("commonTemplate", r#"{{ define "port" }}{{ add 30333 .Index }}{{ end }}"#)?;
//! let data = Value::structure("main.Data", vec![("Index", Value::int(3))]);
//! assert_eq!(common.render("port", r#"{{ template "port" . }}"#, &data)?, "30336");
//! # Ok::<(), agent::template::TemplateError>(())
//! ```
//!
//! # Functions that cannot be had
//!
//! | function | instead | reason |
//! |---|---|---|
//! | `genPrivateKey` | an error | a key made anew in each command line is lost with it, and RSA and DSA would add some 500 KB to the binary |
//! | `genCA`, `genCAWithKey`, `genSelfSignedCert`, `genSelfSignedCertWithKey`, `genSignedCert`, `genSignedCertWithKey`, `buildCustomCert` | an error | the same, and an X.509 library would add as much again |
//!
//! # Differences from Go
//!
//! - `keys` and `values` are in the order of the keys; `sortAlpha` leaves its argument as it is.
//! - `now` has no monotonic clock, so `{{ now }}` ends without `m=+0.001`.
//! - Output, lists, recursion and steps are limited (see the constants of `func` and `exec`), so
//!   that no template can hang the program or exhaust its memory; Go would.
//! - Complex constants (`1i`) and the verb `%p` are refused.
//! - Regular expressions: see `sprig::go_regex`. JSON: see `sprig::json`.
//! - Of the methods of `time.Time`, `time.Duration` and `semver.Version` those in `methods` exist.
//!
//! # Source
//! Go 1.26 `text/template` and `fmt`; `github.com/Masterminds/sprig/v3` v3.2.3.

mod ast;
mod builtin;
mod bytes;
mod duration;
mod error;
mod exec;
mod format;
mod func;
mod lex;
mod methods;
mod node_ips;
mod num;
mod parse;
mod quote;
mod sprig;
mod stack;
mod templates;
mod time;
mod unicode;
mod value;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, LazyLock};

pub use error::TemplateError;
pub use func::{Function, Type};
pub use node_ips::NodeIps;
pub use quote::go_quote;
pub use templates::{Template, Templates};
pub use time::Time;
pub use value::{Dict, Elem, IntKind, List, Str, Struct, UintKind, Value};

use sprig::semver::Version;

/// Names that look less alike than this are not offered instead of an unknown one.
const NEAR: f64 = 0.6;

/// An environment: the value of a variable.
type Env = dyn Fn(&str) -> Option<String> + Send + Sync;

/// The functions of templates, and the environment that they read.
pub struct Engine {
    env: Box<Env>,
    custom: BTreeMap<String, Arc<Function>>,
}

/// The functions that every engine has, by name.
static FUNCTIONS: LazyLock<HashMap<&'static str, &'static Function>> = LazyLock::new(|| {
    let tables = std::iter::once(builtin::FUNCTIONS).chain(sprig::TABLES);
    tables.flatten().map(|function| (function.name(), function)).collect()
});

impl Engine {
    /// Makes an engine with the functions of `text/template` and sprig, and `include`; `env`
    /// answers `env` and `expandenv`.
    pub fn new(env: impl Fn(&str) -> Option<String> + Send + Sync + 'static) -> Self {
        Self { env: Box::new(env), custom: BTreeMap::new() }
    }

    /// Adds a function, which hides one of the same name.
    pub fn register(&mut self, function: Function) {
        self.custom.insert(function.name().to_owned(), Arc::new(function));
    }

    /// The names of all functions, in alphabetical order.
    pub fn function_names(&self) -> Vec<&str> {
        let custom = self.custom.keys().map(String::as_str);
        let mut names: Vec<&str> = FUNCTIONS.keys().copied().chain(custom).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// Parses a text whose definitions the templates of the returned set share.
    ///
    /// # Errors
    /// When the text is no template, or names an unknown function.
    pub fn parse<'a>(&'a self, name: &str, text: &str) -> Result<Templates<'a>, TemplateError> {
        Templates::parse(self, name, text)
    }

    fn function(&self, name: &str) -> Option<&Function> {
        let custom = self.custom.get(name).map(AsRef::as_ref);
        custom.or_else(|| FUNCTIONS.get(name).copied())
    }

    fn env(&self) -> &dyn Fn(&str) -> Option<String> {
        &*self.env
    }
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").field("custom", &self.custom.keys()).finish_non_exhaustive()
    }
}

impl parse::Functions for Engine {
    fn knows(&self, name: &str) -> bool {
        self.function(name).is_some()
    }

    fn nearest(&self, name: &str) -> Option<String> {
        let lower = name.to_lowercase();
        let likeness =
            |known: &str| strsim::normalized_damerau_levenshtein(&lower, &known.to_lowercase());
        let names = self.function_names().into_iter().map(|known| (likeness(known), known));
        let best = names.max_by(|a, b| a.0.total_cmp(&b.0));
        best.filter(|(likeness, _)| *likeness >= NEAR).map(|(_, known)| known.to_owned())
    }
}

/// The version in a value.
fn semver_of(value: &Value) -> Option<&Version> {
    if let Value::Version(version) = value { Some(version) } else { None }
}
