//! The names of the entries of a Secret with mnemonics: `<chain>.mnemonic`, `<chain>.<role>.mnemonic`.

use std::{collections::BTreeSet, fmt, str::FromStr};

use thiserror::Error;

use super::EnsureError;

/// The longest key of a Secret, in bytes.
const MAX_KEY: usize = 253;

/// What a name is not allowed to be.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum NameError {
    /// It cannot be part of the key of a Secret.
    #[error(
        "a name has letters, digits, `-`, `_` and, for a chain, `.`, and begins with a letter or digit"
    )]
    Characters,
    /// It is too long.
    #[error(
        "the entry `{0}` would be longer than the {MAX_KEY} bytes that a key of a Secret may have"
    )]
    Long(String),
    /// There is no `/`.
    #[error("a role is written `CHAIN/ROLE`, such as `gwc/relayer`")]
    NoSlash,
}

/// The name of a chain that is to have a mnemonic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainName(String);

/// An account of a chain that is to have a mnemonic of its own, written `CHAIN/ROLE`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Role {
    chain: ChainName,
    role: String,
}

/// The key of an entry.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct EntryName(String);

impl EntryName {
    /// The key.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn new(stem: &str) -> Result<Self, NameError> {
        let name = format!("{stem}.mnemonic");
        if name.len() > MAX_KEY { Err(NameError::Long(name)) } else { Ok(Self(name)) }
    }
}

impl fmt::Display for EntryName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for ChainName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        EntryName::new(checked(text, "-_.")?)?;
        Ok(Self(text.to_owned()))
    }
}

impl FromStr for Role {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let (chain, role) = text.split_once('/').ok_or(NameError::NoSlash)?;
        EntryName::new(&format!("{chain}.{role}"))?;
        Ok(Self { chain: chain.parse()?, role: checked(role, "-_")?.to_owned() })
    }
}

/// # Source
///
/// `IsConfigMapKey`, k8s.io/apimachinery v0.33.13, pkg/util/validation/validation.go.
fn checked<'a>(text: &'a str, marks: &str) -> Result<&'a str, NameError> {
    let begins = text.starts_with(|c: char| c.is_ascii_alphanumeric());
    let allowed = |c: char| c.is_ascii_alphanumeric() || marks.contains(c);
    if begins && text.chars().all(allowed) { Ok(text) } else { Err(NameError::Characters) }
}

/// The entries that are to be there, in the order in which they were asked for; twice is once.
///
/// # Errors
///
/// [`EnsureError::UnknownChain`] for the role of a chain that has no mnemonic, and
/// [`EnsureError::Ambiguous`] for a chain that is named like another one's role.
pub(super) fn entries(chains: &[ChainName], roles: &[Role]) -> Result<Vec<EntryName>, EnsureError> {
    let mut entries: Vec<EntryName> = Vec::new();
    let mut seen = BTreeSet::new();
    for ChainName(chain) in chains {
        let entry = EntryName(format!("{chain}.mnemonic"));
        if seen.insert(entry.clone()) {
            entries.push(entry);
        }
    }
    let of_chains = seen.clone();
    for Role { chain, role } in roles {
        if !chains.contains(chain) {
            return Err(EnsureError::UnknownChain {
                chain: chain.0.clone(),
                role: format!("{}/{role}", chain.0),
            });
        }
        let entry = EntryName(format!("{}.{role}.mnemonic", chain.0));
        if of_chains.contains(&entry) {
            return Err(EnsureError::Ambiguous { entry });
        }
        if seen.insert(entry.clone()) {
            entries.push(entry);
        }
    }
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(chains: &[&str], roles: &[&str]) -> Result<String, String> {
        let chains: Vec<_> = chains.iter().map(|chain| chain.parse().unwrap()).collect();
        let roles: Vec<_> = roles.iter().map(|role| role.parse().unwrap()).collect();
        let entries = entries(&chains, &roles).map_err(|error| error.to_string())?;
        Ok(entries.iter().map(EntryName::as_str).collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn entries_are_named_for_chain_and_role_once_and_in_order() {
        assert_eq!(
            names(&["mdsc", "gwc", "mdsc"], &["gwc/relayer", "gwc/relayer"]).unwrap(),
            "mdsc.mnemonic gwc.mnemonic gwc.relayer.mnemonic"
        );
    }

    #[test]
    fn a_role_of_a_chain_without_a_mnemonic_is_a_mistake() {
        let error = names(&["gwc"], &["gcw/relayer"]).unwrap_err();
        assert!(error.contains("`gcw/relayer`") && error.contains("--chain gcw"), "{error}");
    }

    #[test]
    fn a_chain_named_like_a_role_is_a_mistake() {
        let error = names(&["gwc", "gwc.relayer"], &["gwc/relayer"]).unwrap_err();
        assert!(error.contains("`gwc.relayer.mnemonic`"), "{error}");
    }

    #[test]
    fn what_cannot_be_a_key_is_no_name() {
        for bad in ["", ".", "..", "-a", "a b", "a/b", "ä", "a\n"] {
            assert_eq!(bad.parse::<ChainName>(), Err(NameError::Characters), "{bad:?}");
        }
        assert_eq!("gwc".parse::<Role>(), Err(NameError::NoSlash));
        assert_eq!("gwc/a.b".parse::<Role>(), Err(NameError::Characters));
        assert!("x".repeat(244).parse::<ChainName>().is_ok());
        assert!("x".repeat(245).parse::<ChainName>().is_err());
    }
}
