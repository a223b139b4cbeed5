//! Permissions as chmod(1) takes them.

use std::str::FromStr;

use thiserror::Error;

const SET_ID: u32 = 0o6000;
const STICKY: u32 = 0o1000;
const EXECUTE: u32 = 0o111;
const ALL: u32 = 0o7777;

/// A change of permission bits.
///
/// # Source
///
/// `mode_compile` and `mode_adjust` of gnulib's modechange.c, which chmod(1) of GNU coreutils uses: a
/// folder keeps its set-ID bits (Kubernetes sets them for `fsGroup`) unless they are mentioned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mode(Vec<Change>);

/// Why a text is not such a change.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("is neither an octal mode such as `750` nor a symbolic one such as `u=rwX,g+rX,o=`")]
pub struct ModeError;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Change {
    operator: char,
    /// The bits of those who are named; none if nobody is.
    affected: u32,
    value: Value,
    mentioned: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Value {
    Bits(u32),
    /// `X`: as bits, and execution for folders and for what somebody may execute.
    ExecuteToo(u32),
    /// The bits that one of user, group and others has.
    Of(u32),
}

impl FromStr for Mode {
    type Err = ModeError;

    fn from_str(text: &str) -> Result<Self, ModeError> {
        if text.starts_with(|c: char| c.is_ascii_digit()) {
            return octal(text).map(|change| Self(vec![change]));
        }
        let mut changes = Vec::new();
        for clause in text.split(',') {
            let operators = clause.find(['+', '-', '=']).ok_or(ModeError)?;
            let (who, mut rest) = clause.split_at(operators);
            let affected = who.chars().try_fold(0, |bits, who| Ok(bits | of(who)?))?;
            while let Some(operator) = rest.chars().next() {
                let body = rest.get(1..).unwrap_or_default();
                let end = body.find(['+', '-', '=']).unwrap_or(body.len());
                let (letters, tail) = body.split_at(end);
                changes.push(change(operator, affected, letters)?);
                rest = tail;
            }
        }
        Ok(Self(changes))
    }
}

impl Mode {
    /// The bits of a file or folder after the change.
    pub fn apply(&self, old: u32, is_dir: bool, umask: u32) -> u32 {
        self.0.iter().fold(old & ALL, |mode, change| change.apply(mode, is_dir, umask))
    }
}

impl Change {
    fn apply(self, mode: u32, is_dir: bool, umask: u32) -> u32 {
        let kept = if is_dir { SET_ID & !self.mentioned } else { 0 };
        let value = match self.value {
            Value::ExecuteToo(bits) if is_dir || mode & EXECUTE != 0 => bits | EXECUTE,
            Value::Bits(bits) | Value::ExecuteToo(bits) => bits,
            Value::Of(whose) => spread(mode & whose),
        };
        let affected = if self.affected == 0 { !umask } else { self.affected };
        let value = value & affected & !kept & ALL;
        match self.operator {
            '+' => mode | value,
            '-' => mode & !value,
            _ => {
                let preserved = if self.affected == 0 { 0 } else { !self.affected };
                (mode & (preserved | kept)) | value
            }
        }
    }
}

fn octal(text: &str) -> Result<Change, ModeError> {
    let bits = u32::from_str_radix(text, 8).map_err(|_| ModeError)?;
    if bits > ALL {
        return Err(ModeError);
    }
    let mentioned = if text.len() > 4 { ALL } else { (bits & SET_ID) | STICKY | 0o777 };
    Ok(Change { operator: '=', affected: ALL, value: Value::Bits(bits), mentioned })
}

fn change(operator: char, affected: u32, letters: &str) -> Result<Change, ModeError> {
    let value = match letters {
        "u" => Value::Of(0o700),
        "g" => Value::Of(0o070),
        "o" => Value::Of(0o007),
        _ => letters.chars().try_fold(Value::Bits(0), add)?,
    };
    let bits = match value {
        Value::Bits(bits) | Value::ExecuteToo(bits) => bits,
        Value::Of(_) => 0,
    };
    let mentioned = if affected == 0 { bits } else { bits & affected };
    Ok(Change { operator, affected, value, mentioned })
}

fn add(value: Value, letter: char) -> Result<Value, ModeError> {
    let more = match letter {
        'r' => 0o444,
        'w' => 0o222,
        'x' => EXECUTE,
        's' => SET_ID,
        't' => STICKY,
        'X' => 0,
        _ => return Err(ModeError),
    };
    Ok(match value {
        Value::Bits(bits) if letter == 'X' => Value::ExecuteToo(bits),
        Value::Bits(bits) => Value::Bits(bits | more),
        Value::ExecuteToo(bits) => Value::ExecuteToo(bits | more),
        Value::Of(_) => return Err(ModeError),
    })
}

fn of(who: char) -> Result<u32, ModeError> {
    match who {
        'u' => Ok(0o4700),
        'g' => Ok(0o2070),
        'o' => Ok(0o1007),
        'a' => Ok(ALL),
        _ => Err(ModeError),
    }
}

/// Gives to all three what one of them has.
fn spread(bits: u32) -> u32 {
    [0o444, 0o222, 0o111].into_iter().filter(|kind| bits & kind != 0).sum()
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt as _, process::Command};

    use super::*;

    /// What chmod(1) makes of it, under the umask 022.
    fn chmod(text: &str, old: u32, is_dir: bool) -> Option<u32> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("it");
        if is_dir {
            fs::create_dir(&path).unwrap();
        } else {
            fs::File::create(&path).unwrap();
        }
        fs::set_permissions(&path, fs::Permissions::from_mode(old)).unwrap();
        let script = "umask 022; chmod -- \"$1\" \"$2\" 2>/dev/null";
        let status =
            Command::new("sh").args(["-c", script, "-", text]).arg(&path).status().unwrap();
        // It also fails, having done so, when what it was asked is not what the umask let it do.
        let mode = fs::metadata(&path).unwrap().permissions().mode() & ALL;
        (status.success() || mode != old).then_some(mode)
    }

    #[test]
    fn it_does_what_chmod_does() {
        let texts = [
            "777",
            "0750",
            "00750",
            "2750",
            "6755",
            "1777",
            "u=rwx,go=rx",
            "a+rX",
            "go-w",
            "u+s",
            "g=u",
            "o=g",
            "+x",
            "=r",
            "a=",
            "ug+rw-x",
            "u=rwXs",
            "+t",
            "g-s",
            "o+w,u-r",
            "go=",
            "-w",
            "a-x+X",
            "u=g,g=o",
            "ug=rX",
            "=",
            "u+",
            "a=rs",
        ];
        for text in texts {
            let mode: Mode = text.parse().unwrap();
            for (old, is_dir) in
                [(0o640, false), (0o755, false), (0o2775, true), (0o700, true), (0o7777, false)]
            {
                let wanted = chmod(text, old, is_dir).unwrap_or(old);
                let found = mode.apply(old, is_dir, 0o022);
                assert_eq!(found, wanted, "{text} of {old:o}: {found:o}, not {wanted:o}");
            }
        }
    }

    #[test]
    fn what_chmod_refuses_is_refused() {
        for text in ["", "u", "8", "77777", "u=q", "z+r", "rwx", "u=gr", "u+r,", "0x1", " 755"] {
            assert_eq!(text.parse::<Mode>(), Err(ModeError), "{text}");
            assert_eq!(chmod(text, 0o600, false), None, "{text}");
        }
    }
}
