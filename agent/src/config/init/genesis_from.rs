//! Where a genesis comes from that another pod has made.

use std::{fmt, path::PathBuf, time::Duration};

use super::accounts;
use crate::{
    config::{digest, reader::Field},
    cosmos::rpc::http::Url,
};

/// A genesis that another pod has made.
#[derive(Clone, Debug, PartialEq)]
pub struct GenesisFrom {
    /// Where it is.
    pub source: GenesisSource,
    /// What the SHA-256 of the file is, in lower-case hexadecimal.
    pub sha256: Option<String>,
    /// How long it may take to be there.
    pub wait: Duration,
}

/// Where a genesis is.
#[derive(Clone, Debug, PartialEq)]
pub enum GenesisSource {
    /// In a file.
    File(PathBuf),
    /// At an address: the document itself, or the method `genesis` of CometBFT's RPC.
    Url(Url),
}

impl fmt::Display for GenesisSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Url(url) => url.fmt(f),
        }
    }
}

impl GenesisFrom {
    /// Reads `{file: …}` or `{url: …}`.
    pub(super) fn read(field: &Field<'_>) -> Option<Self> {
        let mut section = field.section()?;
        let file = section.take("file").and_then(|field| field.path());
        let url = section.take("url").and_then(|field| field.parse::<Url>());
        let sha256 = section.take("sha256").and_then(|field| sha256(&field));
        let wait = accounts::wait(&mut section);
        section.finish();
        let source = match (file, url) {
            (Some(file), None) => GenesisSource::File(file),
            (None, Some(url)) => GenesisSource::Url(url),
            _ => {
                field.problem("must have either `file` or `url`");
                return None;
            }
        };
        Some(Self { source, sha256, wait })
    }
}

fn sha256(field: &Field<'_>) -> Option<String> {
    match digest::parse(&field.text()?) {
        Ok(digest) => Some(digest),
        Err(error) => {
            field.problem(error.to_string());
            None
        }
    }
}
