//! `agent mnemonic ensure`: a Secret with a mnemonic for every chain.
//!
//! All that is missing is added by one write, which the API takes only if nobody has changed the
//! Secret since it was read: two that run at the same time agree, and one that is killed leaves
//! either nothing or everything. An entry that is there is never changed.

use std::{collections::BTreeMap, fmt};

use thiserror::Error;
use zeroize::Zeroizing;

use super::{entries::EntryName, generate::WORDS, secret::Sealed};
use crate::{
    cluster::{Cluster, Programs, Written, error::ClusterError, settle},
    config::env::Env,
    cosmos::mnemonic::{Mnemonic, MnemonicError},
    exit,
};

/// Why the Secret does not have all entries. No variant tells a word.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum EnsureError {
    /// A role was asked for, and not the chain.
    #[error(
        "there is no chain `{chain}` for the role `{role}`; add `--chain {chain}`, or correct it"
    )]
    UnknownChain {
        /// The chain.
        chain: String,
        /// The role, as it was written.
        role: String,
    },
    /// Two mnemonics would have one name.
    #[error(
        "the entry `{entry}` would be a chain's and another chain's role's; rename one of them"
    )]
    Ambiguous {
        /// The name.
        entry: EntryName,
    },
    /// The API does not do it.
    #[error("the Secret `{secret}` cannot be completed")]
    Cluster {
        /// The Secret.
        secret: String,
        /// What the API says.
        #[source]
        source: ClusterError,
    },
    /// There is no API.
    #[error(transparent)]
    Connect(#[from] ClusterError),
    /// The Secret has an entry that is no mnemonic.
    #[error(
        "the entry `{entry}` of the Secret `{secret}` in the namespace `{namespace}` is no mnemonic, \
         and what is there is never changed; correct it, or delete the entry to get a new one"
    )]
    Invalid {
        /// The entry.
        entry: EntryName,
        /// The Secret.
        secret: String,
        /// Its namespace.
        namespace: String,
        /// What is wrong, without the words.
        #[source]
        source: NotAMnemonic,
    },
    /// The Secret cannot be changed.
    #[error(
        "the Secret `{secret}` in the namespace `{namespace}` is immutable and lacks {missing}; make \
         it anew with its entries and without `immutable: true`, or name another with `--secret`"
    )]
    Immutable {
        /// The Secret.
        secret: String,
        /// Its namespace.
        namespace: String,
        /// The entries that it lacks.
        missing: String,
    },
    /// The Secret is on its way out, or others never stop to change it.
    #[error(
        "the Secret `{secret}` in the namespace `{namespace}` is changed or deleted all the time by \
         somebody else"
    )]
    Contested {
        /// The Secret.
        secret: String,
        /// Its namespace.
        namespace: String,
    },
    /// The system gave no randomness.
    #[error(transparent)]
    Mnemonic(#[from] MnemonicError),
}

/// Why an entry is no mnemonic.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum NotAMnemonic {
    /// It is no text.
    #[error("it is not UTF-8")]
    NotUtf8,
    /// Its words are wrong.
    #[error(transparent)]
    Words(#[from] MnemonicError),
}

impl EnsureError {
    /// The exit code, after `sysexits.h`.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::UnknownChain { .. } | Self::Ambiguous { .. } => exit::USAGE,
            Self::Cluster { source, .. } | Self::Connect(source) => source.exit_code(),
            Self::Invalid { .. } => exit::DATA_ERROR,
            Self::Immutable { .. } => exit::NO_PERMISSION,
            Self::Contested { .. } => exit::TEMPORARY,
            Self::Mnemonic(_) => exit::OS_ERROR,
        }
    }
}

/// What was done, entry by entry. It prints as a table, without the words.
#[derive(Debug, PartialEq, Eq)]
pub struct Ensured(Vec<(EntryName, Fate)>);

/// What became of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It was there, and is as it was.
    Kept,
    /// It is new.
    Made,
}

impl fmt::Display for Ensured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (entry, fate) in &self.0 {
            let fate = if *fate == Fate::Made { "made" } else { "kept" };
            writeln!(f, "{fate}  {entry}")?;
        }
        Ok(())
    }
}

/// The mnemonics that were made so far. They are kept from one attempt to the next, so that an
/// answer that got lost on its way does not turn what we made into somebody else's.
type Made = BTreeMap<EntryName, Zeroizing<String>>;

/// What the Secret needs.
enum Need {
    Nothing(Ensured),
    Create(Sealed),
    Update(Sealed),
    /// It is being deleted.
    Wait,
}

/// Adds the entries that a Secret lacks, and makes the Secret if it is not there.
///
/// # Errors
///
/// [`EnsureError`]; the Secret is then as it was.
pub(super) async fn ensure(
    secret: &str,
    namespace: Option<&str>,
    entries: &[EntryName],
    env: &Env,
) -> Result<Ensured, EnsureError> {
    let cluster = Cluster::connect(namespace, env, Programs::Allowed).await?;
    let mut made = Made::new();
    let ensured = settle(async || attempt(&cluster, secret, entries, &mut made).await).await?;
    ensured.ok_or_else(|| EnsureError::Contested {
        secret: secret.to_owned(),
        namespace: cluster.namespace().to_owned(),
    })
}

/// Looks and writes once; `None` if somebody else was faster.
async fn attempt(
    cluster: &Cluster,
    secret: &str,
    entries: &[EntryName],
    made: &mut Made,
) -> Result<Option<Ensured>, EnsureError> {
    let failed = |source| EnsureError::Cluster { secret: secret.to_owned(), source };
    let existing = cluster.get(secret).await.map_err(failed)?.map(Sealed::new);
    let name = SecretName { secret, namespace: cluster.namespace() };
    let (written, new) = match need(existing, name, entries, made)? {
        Need::Nothing(ensured) => return Ok(Some(ensured)),
        Need::Wait => return Ok(None),
        Need::Create(new) => (cluster.create(new.object()).await.map_err(failed)?, new),
        Need::Update(new) => (cluster.replace(new.object()).await.map_err(failed)?, new),
    };
    Ok((written == Written::Done).then(|| ensured(&new, entries, made)))
}

/// Where a Secret is.
#[derive(Clone, Copy, Debug)]
struct SecretName<'a> {
    secret: &'a str,
    namespace: &'a str,
}

/// Decides what a Secret needs, and makes the mnemonics for it.
fn need(
    existing: Option<Sealed>,
    name: SecretName<'_>,
    entries: &[EntryName],
    made: &mut Made,
) -> Result<Need, EnsureError> {
    let (secret, namespace) = (name.secret.to_owned(), name.namespace.to_owned());
    let is_there = existing.is_some();
    let mut sealed = existing.unwrap_or_else(|| Sealed::named(&secret));
    if sealed.is_being_deleted() {
        return Ok(Need::Wait);
    }
    for entry in entries {
        if let Some(Err(source)) = sealed.entry(entry).map(valid) {
            return Err(EnsureError::Invalid { entry: entry.clone(), secret, namespace, source });
        }
    }
    if let Some(release) = sealed.release() {
        tracing::warn!(secret, release, "Helm deletes this Secret when the release is uninstalled");
    }
    let missing: Vec<_> = entries.iter().filter(|it| sealed.entry(it).is_none()).collect();
    if missing.is_empty() {
        return Ok(Need::Nothing(ensured(&sealed, entries, made)));
    }
    if sealed.is_immutable() {
        let missing: Vec<_> = missing.iter().map(|entry| format!("`{entry}`")).collect();
        let missing = missing.join(", ");
        return Err(EnsureError::Immutable { secret, namespace, missing });
    }
    for entry in missing {
        if !made.contains_key(entry) {
            made.insert(entry.clone(), Mnemonic::generate(WORDS)?.phrase());
        }
        let phrase = made.get(entry).expect("it was made just now");
        sealed.add(entry, phrase);
    }
    Ok(if is_there { Need::Update(sealed) } else { Need::Create(sealed) })
}

fn valid(entry: &[u8]) -> Result<(), NotAMnemonic> {
    let text = std::str::from_utf8(entry).map_err(|_| NotAMnemonic::NotUtf8)?;
    Mnemonic::parse(text)?;
    Ok(())
}

fn ensured(secret: &Sealed, entries: &[EntryName], made: &Made) -> Ensured {
    let fate = |entry: &EntryName| {
        let ours = made.get(entry).map(|phrase| phrase.as_bytes());
        if ours.is_some() && ours == secret.entry(entry) { Fate::Made } else { Fate::Kept }
    };
    Ensured(entries.iter().map(|entry| (entry.clone(), fate(entry))).collect())
}
