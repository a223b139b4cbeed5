//! Fetches a file over HTTP to its end, however often the connection breaks.

use std::{
    error::Error as StdError,
    io,
    time::{Duration, Instant},
};

use bytes::Bytes;
use reqwest::{
    Client, Response, StatusCode, Url, Version,
    header::{CONTENT_RANGE, ETAG, HeaderMap, HeaderName, IF_RANGE, LAST_MODIFIED, RANGE},
};
use serde::{Deserialize, Serialize};
use tokio::time;

use super::{
    SnapshotError,
    settings::{Settings, public},
};
use crate::{
    client, error,
    pod::backoff::{Backoff, Rolls},
};

/// How long a server may be silent before we connect anew.
const SILENCE: Duration = Duration::from_secs(30);

/// How long is waited before each new connection.
const BACKOFF: Backoff =
    Backoff { jitter: 50, ..Backoff::new(Duration::from_millis(200), Duration::from_secs(20)) };

/// What tells one version of a file from another.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// Its strong `ETag`, else its `Last-Modified`.
    pub validator: Option<String>,
    /// Its length in bytes.
    pub length: Option<u64>,
}

/// A download that goes on after a break: with `Range` and `If-Range`, and where the server knows
/// neither, by leaving out what has come already.
#[derive(Debug)]
pub struct Download {
    client: Client,
    url: Url,
    patience: Duration,
    identity: Identity,
    position: u64,
    response: Option<Response>,
    /// How much of the answer has come before.
    skip: u64,
    /// Whether the answer's end cannot be mistaken for a break.
    framed: bool,
    progressed: Instant,
    failures: u32,
    rolls: Rolls,
}

/// Why there is no more for now, or at all.
enum Failure {
    /// Another try may help.
    Passing(String),
    Lasting(SnapshotError),
}

impl Download {
    /// Begins one, or goes on at `position` with a file whose beginning is there.
    ///
    /// # Errors
    ///
    /// [`SnapshotError::Client`].
    pub fn new(
        settings: &Settings,
        url: &Url,
        identity: Identity,
        position: u64,
    ) -> Result<Self, SnapshotError> {
        let client = client::for_downloads(&settings.authorities).map_err(SnapshotError::Client)?;
        Ok(Self {
            client,
            url: url.clone(),
            patience: settings.wait,
            identity,
            position,
            response: None,
            skip: 0,
            framed: false,
            progressed: Instant::now(),
            failures: 0,
            rolls: Rolls::random(),
        })
    }

    /// What tells the file from others; known after the first piece.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// Whether the end of the download is the end of the file for sure.
    pub fn is_end_certain(&self) -> bool {
        self.identity.length.is_some() || self.framed
    }

    /// The next piece; `None` at the end of the file.
    ///
    /// # Errors
    ///
    /// [`SnapshotError::Stuck`] after no progress for the time that was set, [`SnapshotError::Refused`]
    /// for what no other try will change, [`SnapshotError::Changed`] for another file at the address.
    pub async fn piece(&mut self) -> Result<Option<Bytes>, SnapshotError> {
        loop {
            if self.identity.length == Some(self.position) && self.response.is_none() {
                return Ok(None);
            }
            match self.try_piece().await {
                Ok(None) => return Ok(None),
                Ok(Some(mut piece)) => {
                    let skipped = usize::try_from(self.skip)
                        .map_or(piece.len(), |skip| skip.min(piece.len()));
                    self.skip -= count(skipped);
                    let piece = piece.split_off(skipped);
                    self.position += count(piece.len());
                    (self.progressed, self.failures) = (Instant::now(), 0);
                    if !piece.is_empty() {
                        return Ok(Some(piece));
                    }
                }
                Err(Failure::Lasting(error)) => return Err(error),
                Err(Failure::Passing(why)) => self.pause(why).await?,
            }
        }
    }

    async fn try_piece(&mut self) -> Result<Option<Bytes>, Failure> {
        if self.response.is_none() {
            self.response = Some(self.connect().await?);
        }
        let Some(response) = &mut self.response else {
            return Err(Failure::Passing("there is no connection".to_owned()));
        };
        let Ok(piece) = time::timeout(SILENCE, response.chunk()).await else {
            return Err(Failure::Passing(format!("nothing came for {SILENCE:?}")));
        };
        match piece.map_err(|error| self.failure(error))? {
            None if self.identity.length.is_some_and(|length| self.position < length) => {
                Err(Failure::Passing("the connection ended early".to_owned()))
            }
            piece => Ok(piece),
        }
    }

    /// Waits before the next try, if there is to be one.
    async fn pause(&mut self, why: String) -> Result<(), SnapshotError> {
        self.response = None;
        let waited = self.progressed.elapsed();
        if waited >= self.patience {
            let (url, position) = (public(&self.url), self.position);
            return Err(SnapshotError::Stuck { url, waited, position, why });
        }
        let pause = BACKOFF.wait(self.failures, self.rolls.roll());
        let pause = pause.min(self.patience.saturating_sub(waited));
        self.failures += 1;
        tracing::warn!(why, position = self.position, ?pause, "the download broke off, going on");
        time::sleep(pause).await;
        Ok(())
    }

    async fn connect(&mut self) -> Result<Response, Failure> {
        let mut request = self.client.get(self.url.clone());
        if self.position > 0 {
            request = request.header(RANGE, format!("bytes={}-", self.position));
            if let Some(validator) = &self.identity.validator {
                request = request.header(IF_RANGE, validator);
            }
        }
        let Ok(response) = time::timeout(SILENCE, request.send()).await else {
            return Err(Failure::Passing(format!("no answer came for {SILENCE:?}")));
        };
        let response = response.map_err(|error| self.failure(error))?;
        let changed = || Failure::Lasting(SnapshotError::Changed(public(&self.url)));
        self.skip = match response.status() {
            StatusCode::PARTIAL_CONTENT if self.position > 0 => {
                let (start, total) = content_range(response.headers()).ok_or_else(|| {
                    self.refused("it answers with a part of the file, and does not say which")
                })?;
                let found = Identity { validator: validator(response.headers()), length: total };
                if start != self.position || !self.identity.may_be(&found) {
                    return Err(changed());
                }
                0
            }
            StatusCode::OK => {
                let length = response.content_length();
                let found = Identity { validator: validator(response.headers()), length };
                if self.position > 0 && !self.identity.is(&found) {
                    return Err(changed());
                }
                self.identity = found;
                self.position
            }
            StatusCode::RANGE_NOT_SATISFIABLE if self.position > 0 => return Err(changed()),
            status if is_passing(status) => {
                return Err(Failure::Passing(format!("the server answers {status}")));
            }
            status => return Err(self.refused(&format!("the server answers {status}"))),
        };
        self.framed = response.version() >= Version::HTTP_11
            && response.headers().contains_key("transfer-encoding");
        Ok(response)
    }

    fn refused(&self, why: &str) -> Failure {
        let (url, why) = (public(&self.url), why.to_owned());
        Failure::Lasting(SnapshotError::Refused { url, why })
    }

    fn failure(&self, error: reqwest::Error) -> Failure {
        let lasting = error.is_redirect() || error.is_builder() || is_about_trust(&error);
        let why = error::chain(&error.without_url());
        if lasting { self.refused(&why) } else { Failure::Passing(why) }
    }
}

impl Identity {
    /// Whether it is the same file, for sure.
    fn is(&self, other: &Self) -> bool {
        self.validator.is_some() && self == other
    }

    /// Whether nothing says that it is another file.
    fn may_be(&self, other: &Self) -> bool {
        fn agree<T: PartialEq>(one: Option<&T>, other: Option<&T>) -> bool {
            one.is_none() || other.is_none() || one == other
        }
        agree(self.validator.as_ref(), other.validator.as_ref())
            && agree(self.length.as_ref(), other.length.as_ref())
    }
}

/// What `If-Range` takes: a strong `ETag`, else the date.
///
/// # Source
///
/// RFC 9110, section 13.1.5.
fn validator(headers: &HeaderMap) -> Option<String> {
    let text = |name: HeaderName| headers.get(name)?.to_str().ok().map(str::to_owned);
    text(ETAG).filter(|tag| !tag.starts_with("W/")).or_else(|| text(LAST_MODIFIED))
}

/// Where a part begins, and how long the whole is, from `bytes 5-9/10` or `bytes 5-9/*`.
fn content_range(headers: &HeaderMap) -> Option<(u64, Option<u64>)> {
    let text = headers.get(CONTENT_RANGE)?.to_str().ok()?;
    let (range, total) = text.strip_prefix("bytes ")?.split_once('/')?;
    let start = range.split_once('-')?.0.trim().parse().ok()?;
    Some((start, total.trim().parse().ok()))
}

fn is_passing(status: StatusCode) -> bool {
    status.is_server_error() && status != StatusCode::NOT_IMPLEMENTED
        || [StatusCode::REQUEST_TIMEOUT, StatusCode::TOO_EARLY, StatusCode::TOO_MANY_REQUESTS]
            .contains(&status)
}

/// Whether the server is not whom we trust, which no other try changes.
fn is_about_trust(error: &reqwest::Error) -> bool {
    let mut source = error.source();
    while let Some(cause) = source {
        if let Some(rustls::Error::InvalidCertificate(_)) = of_tls(cause) {
            return true;
        }
        source = cause.source();
    }
    false
}

/// The error of TLS that errors of input and output are wrapped around: those do not name it as their
/// source.
fn of_tls<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a rustls::Error> {
    match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        Some(inner) => of_tls(inner),
        None => error.downcast_ref(),
    }
}

fn count(bytes: usize) -> u64 {
    u64::try_from(bytes).unwrap_or(u64::MAX)
}
