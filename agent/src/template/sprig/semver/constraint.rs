//! Constraints on versions: `>= 1.2, < 2 || ~3.1`.

use std::cmp::Ordering;
use std::sync::LazyLock;

use regex::Regex;

use super::super::super::func::Failure;
use super::{Version, group, order_prerelease};

const OPERATORS: &str = r"=||!=|>|<|>=|=>|<=|=<|~|~>|\^";
const FORM: &str = r"v?([0-9|x|X|\*]+)(\.[0-9|x|X|\*]+)?(\.[0-9|x|X|\*]+)?(-([0-9A-Za-z\-]+(\.[0-9A-Za-z\-]+)*))?(\+([0-9A-Za-z\-]+(\.[0-9A-Za-z\-]+)*))?";

/// One comparison.
#[derive(Debug)]
pub struct Constraint {
    operator: String,
    version: Version,
    /// Some segment is missing or an `x`.
    dirty: bool,
    /// The minor segment is.
    minor_dirty: bool,
    /// The patch segment is, and the minor is not.
    patch_dirty: bool,
}

fn regex(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a regex that is a constant")
}

/// Reads constraints: of the outer list one must hold, of each inner one all.
pub fn parse(text: &str) -> Result<Vec<Vec<Constraint>>, Failure> {
    static VALID: LazyLock<Regex> = LazyLock::new(|| {
        let one = format!(r"\s*({OPERATORS})\s*({FORM})\s*");
        regex(&format!(r"^({one})((?:\s+|,\s*)({OPERATORS})\s*({FORM})\s*)*$"))
    });
    static FIND: LazyLock<Regex> = LazyLock::new(|| regex(&format!(r"({OPERATORS})\s*({FORM})")));
    static RANGE: LazyLock<Regex> =
        LazyLock::new(|| regex(&format!(r"\s*({FORM})\s+-\s+({FORM})\s*")));
    let text = RANGE.replace_all(text, ">= $1, <= $11");
    let mut any = Vec::new();
    for part in text.split("||") {
        if !VALID.is_match(part) {
            return Err(format!("improper constraint: {part}").into());
        }
        let all = FIND.find_iter(part).map(|found| Constraint::parse(found.as_str()));
        any.push(all.collect::<Result<_, _>>()?);
    }
    Ok(any)
}

fn is_any(segment: &str) -> bool {
    matches!(segment.trim_start_matches('.'), "" | "x" | "X" | "*")
}

impl Constraint {
    fn parse(text: &str) -> Result<Self, Failure> {
        static ONE: LazyLock<Regex> =
            LazyLock::new(|| regex(&format!(r"^\s*({OPERATORS})\s*({FORM})\s*$")));
        let captures =
            ONE.captures(text).ok_or_else(|| Failure(format!("improper constraint: {text}")))?;
        let [whole, major, minor, patch, suffix] =
            [2, 3, 4, 5, 6].map(|index| group(&captures, index));
        let (version, minor_dirty, patch_dirty) = if is_any(major) {
            (format!("0.0.0{suffix}"), false, false)
        } else if is_any(minor) {
            (format!("{major}.0.0{suffix}"), true, false)
        } else if is_any(patch) {
            (format!("{major}{minor}.0{suffix}"), false, true)
        } else {
            (whole.to_owned(), false, false)
        };
        let dirty = is_any(major) || minor_dirty || patch_dirty;
        let version = Version::parse(&version).map_err(|_| "constraint Parser Error")?;
        let operator = group(&captures, 1).to_owned();
        Ok(Self { operator, version, dirty, minor_dirty, patch_dirty })
    }

    /// Tells whether a version fits.
    pub fn allows(&self, version: &Version) -> bool {
        let prerelease = !version.prerelease.is_empty() && self.version.prerelease.is_empty();
        if prerelease && (self.operator != "!=" || self.dirty) {
            return false;
        }
        let order = version.order(&self.version);
        match self.operator.as_str() {
            "!=" => self.differs(version, order),
            ">" => self.greater(version, order),
            "<" => order == Ordering::Less,
            ">=" | "=>" => order != Ordering::Less,
            "<=" | "=<" => self.less_or_equal(version, order),
            "~" | "~>" => self.tilde(version, order),
            "^" => self.caret(version, order),
            _ if self.dirty => self.tilde(version, order),
            _ => order == Ordering::Equal,
        }
    }

    fn differs(&self, version: &Version, order: Ordering) -> bool {
        let ([major, minor, patch], [own_major, own_minor, own_patch]) =
            (version.segments, self.version.segments);
        if !self.dirty {
            return order != Ordering::Equal;
        }
        if major != own_major || (minor != own_minor && !self.minor_dirty) {
            return true;
        }
        if self.minor_dirty {
            return false;
        }
        if patch != own_patch && !self.patch_dirty {
            return true;
        }
        if self.patch_dirty {
            let prereleases = (&version.prerelease, &self.version.prerelease);
            return (!prereleases.0.is_empty() || !prereleases.1.is_empty())
                && order_prerelease(prereleases.0, prereleases.1) != Ordering::Equal;
        }
        order != Ordering::Equal
    }

    fn greater(&self, version: &Version, order: Ordering) -> bool {
        let ([major, minor, _], [own_major, own_minor, _]) =
            (version.segments, self.version.segments);
        match major.cmp(&own_major) {
            _ if !self.dirty => order == Ordering::Greater,
            Ordering::Greater => true,
            Ordering::Less => false,
            Ordering::Equal if self.minor_dirty => false,
            Ordering::Equal if self.patch_dirty => minor > own_minor,
            Ordering::Equal => order == Ordering::Greater,
        }
    }

    fn less_or_equal(&self, version: &Version, order: Ordering) -> bool {
        let ([major, minor, _], [own_major, own_minor, _]) =
            (version.segments, self.version.segments);
        if !self.dirty {
            return order != Ordering::Greater;
        }
        !(major > own_major || (major == own_major && minor > own_minor && !self.minor_dirty))
    }

    fn tilde(&self, version: &Version, order: Ordering) -> bool {
        let ([major, minor, _], [own_major, own_minor, _]) =
            (version.segments, self.version.segments);
        if order == Ordering::Less {
            return false;
        }
        if self.version.segments == [0; 3] && !self.minor_dirty && !self.patch_dirty {
            return true;
        }
        major == own_major && (minor == own_minor || self.minor_dirty)
    }

    fn caret(&self, version: &Version, order: Ordering) -> bool {
        let ([major, minor, patch], [own_major, own_minor, own_patch]) =
            (version.segments, self.version.segments);
        if order == Ordering::Less {
            return false;
        }
        if own_major > 0 || self.minor_dirty {
            return major == own_major;
        }
        if major > 0 {
            return false;
        }
        if own_minor > 0 || self.patch_dirty {
            return minor == own_minor;
        }
        minor == 0 && patch == own_patch
    }
}
