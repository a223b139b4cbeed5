//! Owners as chown(1) takes them.

use std::{fs, io};

use thiserror::Error;

/// Who shall own files; what is `None` stays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Owner {
    /// The user's number.
    pub user: Option<u32>,
    /// The group's number.
    pub group: Option<u32>,
}

/// Why a text is not an owner.
#[derive(Debug, Error)]
pub enum OwnerError {
    /// There is no such name.
    #[error("names `{name}`, which `{file}` does not have; write the number")]
    Unknown {
        /// The name.
        name: String,
        /// Where it was looked for.
        file: &'static str,
    },
    /// The names cannot be read.
    #[error("names `{name}`, and `{file}` cannot be read ({source}); write the number")]
    File {
        /// The name.
        name: String,
        /// Where it was to be looked for.
        file: &'static str,
        /// Why it cannot be.
        source: io::Error,
    },
    /// Nobody is named.
    #[error("is not an owner such as `1000:1000`")]
    Empty,
}

impl Owner {
    /// Reads `user:group`, `user`, `:group`, or `user:` for the user's own group; names are looked up
    /// in the files `/etc/passwd` and `/etc/group`, since a static binary has no other way.
    ///
    /// # Errors
    ///
    /// [`OwnerError`] for a name that is not there.
    pub fn parse(text: &str) -> Result<Self, OwnerError> {
        const USERS: &str = "/etc/passwd";
        let (user, group) = match text.split_once(':') {
            Some((user, group)) => (user, Some(group)),
            None => (text, None),
        };
        if user.is_empty() && group.is_none_or(str::is_empty) {
            return Err(OwnerError::Empty);
        }
        let number = |name: &str, file| match name.parse::<u32>() {
            Ok(number) if number < u32::MAX => Ok(number),
            _ => look_up(file, name, 2),
        };
        Ok(Self {
            user: if user.is_empty() { None } else { Some(number(user, USERS)?) },
            group: match group {
                None => None,
                Some("") => Some(look_up(USERS, user, 3)?),
                Some(group) => Some(number(group, "/etc/group")?),
            },
        })
    }
}

/// Finds a number in a file of lines whose fields colons separate; a user is found by number too.
fn look_up(file: &'static str, name: &str, field: usize) -> Result<u32, OwnerError> {
    let named = || name.to_owned();
    let text = fs::read_to_string(file).map_err(|source| OwnerError::File {
        name: named(),
        file,
        source,
    })?;
    let fields = text.lines().map(|line| line.split(':').collect::<Vec<_>>());
    let found = |column: usize| {
        let mut lines = fields.clone();
        lines.find(|fields| fields.get(column) == Some(&name))?.get(field)?.parse().ok()
    };
    let by_number = || if name.parse::<u32>().is_ok() { found(2) } else { None };
    found(0).or_else(by_number).ok_or(OwnerError::Unknown { name: named(), file })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owner(text: &str) -> (Option<u32>, Option<u32>) {
        let owner = Owner::parse(text).unwrap();
        (owner.user, owner.group)
    }

    #[test]
    fn numbers_and_names_are_read() {
        assert_eq!(owner("1000:1001"), (Some(1000), Some(1001)));
        assert_eq!(owner("64123"), (Some(64123), None));
        assert_eq!(owner(":5"), (None, Some(5)));
        assert_eq!(owner("root:root"), (Some(0), Some(0)));
        assert_eq!(owner("root:"), (Some(0), Some(0)));
        assert_eq!(owner("0:"), (Some(0), Some(0)));
    }

    #[test]
    fn what_is_nobody_is_refused() {
        for text in ["", ":", "no-such-user", "0:no-such-group", "-1", "4294967295", "7654321:"] {
            assert!(Owner::parse(text).is_err(), "{text}");
        }
    }
}
