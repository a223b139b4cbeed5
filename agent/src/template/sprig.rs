//! The text functions of sprig.
//!
//! # Source
//! `github.com/Masterminds/sprig/v3` v3.2.3, and `sha512sum` of v3.3.0.

mod crypto;
mod date;
mod decimal;
mod defaults;
mod dicts;
mod encoding;
mod go_regex;
mod json;
mod lists;
mod math;
mod merge;
mod paths;
mod random;
mod reflect;
mod regexps;
pub mod semver;
mod strings;
mod system;
mod table;
mod url;
mod words;

pub use random::below;
pub use table::TABLES;
