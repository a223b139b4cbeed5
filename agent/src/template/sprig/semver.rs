//! Semantic versions.
//!
//! # Source
//! `github.com/Masterminds/semver/v3` v3.2.0.

mod constraint;

use std::cmp::Ordering;
use std::fmt;
use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::super::bytes;
use super::super::func::{Args, Failure};
use super::super::value::Value;

/// The form of a version; what is behind the first number may be missing.
const FORM: &str = r"v?([0-9]+)(\.[0-9]+)?(\.[0-9]+)?(-([0-9A-Za-z\-]+(\.[0-9A-Za-z\-]+)*))?(\+([0-9A-Za-z\-]+(\.[0-9A-Za-z\-]+)*))?";

/// A semantic version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// Major, minor and patch.
    pub segments: [u64; 3],
    /// What is behind the `-`.
    pub prerelease: String,
    /// What is behind the `+`.
    pub metadata: String,
    /// As it was written.
    pub original: String,
}

/// `semver`.
pub fn semver(args: &Args) -> Result<Value, Failure> {
    Ok(Value::Version(Version::parse(&bytes::lossy(args.str(0)))?.into()))
}

/// `semverCompare`: whether a version fits a constraint.
pub fn semver_compare(args: &Args) -> Result<Value, Failure> {
    let constraints = constraint::parse(&bytes::lossy(args.str(0)))?;
    let version = Version::parse(&bytes::lossy(args.str(1)))?;
    Ok(constraints.iter().any(|all| all.iter().all(|one| one.allows(&version))).into())
}

/// A group of a match; nothing if it did not take part.
fn group<'a>(captures: &Captures<'a>, index: usize) -> &'a str {
    captures.get(index).map_or("", |group| group.as_str())
}

impl Version {
    /// Reads a version, `v1.2` as well as `1.2.3-rc.1+build`.
    pub fn parse(text: &str) -> Result<Self, Failure> {
        static REGEX: LazyLock<Regex> =
            LazyLock::new(|| Regex::new(&format!("^{FORM}$")).expect("a regex that is a constant"));
        let captures = REGEX.captures(text).ok_or("Invalid Semantic Version")?;
        let segment = |index: usize| {
            match group(&captures, index).trim_start_matches('.') {
            "" => Ok(0),
            digits => digits.parse::<u64>().map_err(|_| {
                let digits = super::super::quote::go_quote(digits);
                Failure(format!(
                    "Error parsing version segment: strconv.ParseUint: parsing {digits}: value out of range"
                ))
            }),
        }
        };
        let version = Self {
            segments: [segment(1)?, segment(2)?, segment(3)?],
            prerelease: group(&captures, 5).to_owned(),
            metadata: group(&captures, 8).to_owned(),
            original: text.to_owned(),
        };
        validate_prerelease(&version.prerelease)?;
        Ok(version)
    }

    /// The order of two versions, build metadata aside.
    pub fn order(&self, other: &Self) -> Ordering {
        let prerelease = match (self.prerelease.is_empty(), other.prerelease.is_empty()) {
            (true, true) => Ordering::Equal,
            (true, false) => Ordering::Greater,
            (false, true) => Ordering::Less,
            (false, false) => order_prerelease(&self.prerelease, &other.prerelease),
        };
        self.segments.cmp(&other.segments).then(prerelease)
    }

    /// The next version of a segment.
    pub fn incremented(&self, segment: usize) -> Self {
        let mut next = Self { metadata: String::new(), prerelease: String::new(), ..self.clone() };
        let [major, minor, patch] = self.segments;
        next.segments = match segment {
            0 => [major.wrapping_add(1), 0, 0],
            1 => [major, minor.wrapping_add(1), 0],
            _ if self.prerelease.is_empty() => [major, minor, patch.wrapping_add(1)],
            _ => self.segments,
        };
        next.rewritten()
    }

    /// The version with another prerelease or with other metadata.
    pub fn with(&self, prerelease: bool, text: String) -> Result<Self, Failure> {
        let allowed =
            |part: &str| part.bytes().all(|byte| byte == b'-' || byte.is_ascii_alphanumeric());
        let mut next = self.clone();
        if prerelease {
            validate_prerelease(&text)?;
            next.prerelease = text;
        } else {
            if !text.split('.').all(allowed) {
                return Err("Invalid Metadata string".into());
            }
            next.metadata = text;
        }
        Ok(next.rewritten())
    }

    fn rewritten(mut self) -> Self {
        let v = if self.original.starts_with('v') { "v" } else { "" };
        self.original = format!("{v}{self}");
        self
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [major, minor, patch] = self.segments;
        write!(f, "{major}.{minor}.{patch}")?;
        if !self.prerelease.is_empty() {
            write!(f, "-{}", self.prerelease)?;
        }
        if !self.metadata.is_empty() {
            write!(f, "+{}", self.metadata)?;
        }
        Ok(())
    }
}

fn validate_prerelease(text: &str) -> Result<(), Failure> {
    for part in text.split('.') {
        if part.bytes().all(|byte| byte.is_ascii_digit()) {
            if part.len() > 1 && part.starts_with('0') {
                return Err("Version segment starts with 0".into());
            }
        } else if !part.bytes().all(|byte| byte == b'-' || byte.is_ascii_alphanumeric()) {
            return Err("Invalid Prerelease string".into());
        }
    }
    Ok(())
}

fn order_prerelease(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a.split('.'), b.split('.'));
    loop {
        match (a.next(), b.next()) {
            (None, None) => return Ordering::Equal,
            (a, b) => match order_part(a.unwrap_or(""), b.unwrap_or("")) {
                Ordering::Equal => {}
                order => return order,
            },
        }
    }
}

fn order_part(a: &str, b: &str) -> Ordering {
    if a == b || a.is_empty() || b.is_empty() {
        return a.len().min(1).cmp(&b.len().min(1));
    }
    match (a.parse::<u64>(), b.parse::<u64>()) {
        (Err(_), Err(_)) => a.cmp(b),
        (Err(_), Ok(_)) => Ordering::Greater,
        (Ok(a), Ok(b)) if a > b => Ordering::Greater,
        (Ok(_), _) => Ordering::Less,
    }
}
