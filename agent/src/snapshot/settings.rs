//! What was written for a restore becomes what is meant.

use std::{
    fmt,
    path::{Path, PathBuf},
    time::Duration,
};

use reqwest::Url;
use rustls::pki_types::CertificateDer;

use super::{SnapshotError, mode::Mode, owner::Owner};
use crate::{
    cli::RestoreArgs,
    client,
    config::{digest, duration},
};

/// What is meant.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where the archive is.
    pub archive: Archive,
    /// What its SHA-256 must be, in lower-case hexadecimal.
    pub sha256: Option<String>,
    /// The folder of the chain.
    pub dir: PathBuf,
    /// Who shall own it.
    pub owner: Option<Owner>,
    /// What its permissions shall be.
    pub mode: Option<Mode>,
    /// A folder to download into, before anything is unpacked.
    pub store: Option<PathBuf>,
    /// How long a download may make no progress.
    pub wait: Duration,
    /// Authorities that are trusted besides Mozilla's.
    pub authorities: Vec<CertificateDer<'static>>,
}

/// Where an archive is. What is displayed has no secrets: no user, no password, no query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Archive {
    /// On a server.
    Url(Url),
    /// In a file.
    File(PathBuf),
}

impl fmt::Display for Archive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Url(url) => f.write_str(&public(url)),
            Self::File(path) => write!(f, "{}", path.display()),
        }
    }
}

/// An address without user, password, query and fragment.
pub(super) fn public(url: &Url) -> String {
    let mut url = url.clone();
    // They fail only for addresses without a server, which have neither.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.set_query(None);
    url.set_fragment(None);
    url.into()
}

impl Settings {
    /// Reads the arguments; `None` if there is no archive, and so nothing to do.
    ///
    /// # Errors
    ///
    /// [`SnapshotError::Settings`] with all problems.
    pub fn read(args: &RestoreArgs) -> Result<Option<Self>, SnapshotError> {
        let given = |value: &Option<String>| value.clone().filter(|text| !text.is_empty());
        let Some(url) = given(&args.url) else { return Ok(None) };
        let mut problems = Problems(Vec::new());
        let archive = problems.take("ARCHIVE_URL", Some(url), archive);
        let sha256 = problems.take("ARCHIVE_SHA256", given(&args.sha256), digest::parse);
        let owner = problems.take("CHOWN", given(&args.chown), Owner::parse);
        let mode = problems.take("CHMOD", given(&args.chmod), str::parse::<Mode>);
        let wait = Some(args.wait.clone());
        let wait = problems.take("ARCHIVE_WAIT", wait, duration::parse);
        let read = |file: &str| client::authorities(Path::new(file));
        let authorities = problems.take(client::AUTHORITIES, given(&args.ca_file), read);
        let dir = given(&args.dir);
        if dir.is_none() {
            problems.0.push(
                "`CHAIN_DIR` must be set to the folder whose database is in `db`, such as \
                 `/data/chains/ksmcc3`"
                    .to_owned(),
            );
        }
        match (archive, dir, wait) {
            (Some(archive), Some(dir), Some(wait)) if problems.0.is_empty() => Ok(Some(Self {
                archive,
                sha256,
                dir: dir.into(),
                owner,
                mode,
                store: given(&args.store).map(Into::into),
                wait,
                authorities: authorities.unwrap_or_default(),
            })),
            _ => Err(SnapshotError::Settings(problems.0)),
        }
    }
}

/// What is wrong, by name.
struct Problems(Vec<String>);

impl Problems {
    fn take<T, E: fmt::Display>(
        &mut self,
        name: &str,
        text: Option<String>,
        read: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        match read(&text?) {
            Ok(value) => Some(value),
            Err(error) => {
                self.0.push(format!("`{name}` {error}"));
                None
            }
        }
    }
}

fn archive(text: &str) -> Result<Archive, String> {
    let shape =
        "must be an address such as `https://host/snapshot.tar.zst` or `file:///snapshot.7z`";
    let url = Url::parse(text).map_err(|error| format!("{shape}: {error}"))?;
    match url.scheme() {
        "http" | "https" => Ok(Archive::Url(url)),
        "file" => url.to_file_path().map(Archive::File).map_err(|()| shape.to_owned()),
        _ => Err(shape.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(url: &str) -> RestoreArgs {
        let text = |text: &str| Some(text.to_owned());
        RestoreArgs {
            url: text(url),
            dir: text("/data"),
            wait: "5m".to_owned(),
            ..RestoreArgs::default()
        }
    }

    #[test]
    fn no_archive_is_nothing_to_do() {
        assert!(Settings::read(&args("")).unwrap().is_none());
    }

    #[test]
    fn secrets_of_an_address_are_not_shown() {
        let settings = Settings::read(&args("https://u:pass@h:1/a.7z?key=x#y")).unwrap().unwrap();
        assert_eq!(settings.archive.to_string(), "https://h:1/a.7z");
    }

    #[test]
    fn all_problems_are_told_at_once() {
        let bad = Some("bad".to_owned());
        let all = RestoreArgs {
            url: Some("ftp://x/a".to_owned()),
            sha256: bad.clone(),
            chown: bad.clone(),
            chmod: bad.clone(),
            ca_file: bad,
            wait: "x".to_owned(),
            ..RestoreArgs::default()
        };
        let error = Settings::read(&all).unwrap_err().to_string();
        for name in [
            "ARCHIVE_URL",
            "ARCHIVE_SHA256",
            "CHAIN_DIR",
            "CHOWN",
            "CHMOD",
            "SSL_CERT_FILE",
            "WAIT",
        ] {
            assert!(error.contains(name), "{name} in {error}");
        }
    }
}
