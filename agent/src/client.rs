//! The HTTP client: for nodes, for probes, for pings of the log watching, and for downloads of snapshots.

use std::{env, path::Path, sync::Arc, time::Duration};

use reqwest::{
    Client, Response, Url,
    header::{ACCEPT_ENCODING, HeaderMap, HeaderValue},
    redirect,
};
use rustls::{
    RootCertStore,
    pki_types::{CertificateDer, pem::PemObject as _},
};
use thiserror::Error;

/// The variable with a file of certificates that are trusted besides Mozilla's, as OpenSSL has it.
pub const AUTHORITIES: &str = "SSL_CERT_FILE";

/// How long an idle connection is kept.
const IDLE: Duration = Duration::from_secs(90);

/// Why there is no answer.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ClientError {
    /// The other side cannot be reached, or does not speak HTTP.
    #[error(transparent)]
    Http(#[from] reqwest::Error),
    /// The certificates that shall be trusted cannot be.
    #[error("`{AUTHORITIES}` {0}")]
    Authorities(String),
    /// The answer is too long.
    #[error("the answer is longer than {0} bytes")]
    TooLong(usize),
}

/// Makes a client for servers such as this one. Only a URL with `https` costs a TLS provider; the
/// authorities in the file that the environment names ([`AUTHORITIES`]) are trusted then, too.
///
/// # Errors
///
/// [`ClientError::Authorities`] if these cannot be, and those of `reqwest`: the system refuses
/// something that it always grants.
pub fn for_url(url: &Url) -> Result<Client, ClientError> {
    let mut store = RootCertStore::empty();
    if url.scheme() == "https" {
        trust(&mut store, &environment()?)?;
    }
    let builder = Client::builder()
        .no_proxy()
        .redirect(redirect::Policy::none())
        .pool_idle_timeout(IDLE)
        .pool_max_idle_per_host(1)
        .tls_backend_preconfigured(tls(store));
    Ok(builder.build()?)
}

/// How long a connection to a server of downloads may take to be made.
const CONNECT: Duration = Duration::from_secs(20);

/// The most redirections that are followed, as curl and browsers do within a factor of two.
const REDIRECTS: usize = 10;

/// Makes a client for downloads: it follows redirections, but not from `https` to `http`, goes through
/// the proxies of the environment (`HTTPS_PROXY`, `NO_PROXY`), and asks for files as they are.
///
/// # Errors
///
/// [`ClientError::Authorities`] if there are `authorities`, which are trusted besides Mozilla's, and
/// none is one.
pub fn for_downloads(authorities: &[CertificateDer<'static>]) -> Result<Client, ClientError> {
    let mut store = RootCertStore::empty();
    trust(&mut store, authorities)?;
    let as_is = HeaderMap::from_iter([(ACCEPT_ENCODING, HeaderValue::from_static("identity"))]);
    let builder = Client::builder()
        .redirect(redirect::Policy::custom(redirected))
        .connect_timeout(CONNECT)
        .default_headers(as_is)
        .tls_backend_preconfigured(tls(store));
    Ok(builder.build()?)
}

fn redirected(attempt: redirect::Attempt<'_>) -> redirect::Action {
    let was_safe = attempt.previous().last().is_some_and(|url| url.scheme() == "https");
    if attempt.previous().len() > REDIRECTS {
        attempt.error("there are too many redirections")
    } else if was_safe && attempt.url().scheme() != "https" {
        attempt.error("it is redirected from `https` to `http`")
    } else {
        attempt.follow()
    }
}

/// Adds the roots of Mozilla, since an image FROM scratch has none, and these authorities.
fn trust(
    store: &mut RootCertStore,
    authorities: &[CertificateDer<'static>],
) -> Result<(), ClientError> {
    store.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    // A system's bundle may have some that are too old to be understood.
    let (usable, _) = store.add_parsable_certificates(authorities.iter().cloned());
    if usable == 0 && !authorities.is_empty() {
        let why = "names a file with no certificate that can be used";
        return Err(ClientError::Authorities(why.to_owned()));
    }
    Ok(())
}

/// The authorities of the file that the environment names.
fn environment() -> Result<Vec<CertificateDer<'static>>, ClientError> {
    let file = env::var_os(AUTHORITIES).filter(|file| !file.is_empty());
    let read = file.map(|file| authorities(Path::new(&file)));
    read.transpose().map(Option::unwrap_or_default).map_err(ClientError::Authorities)
}

/// Reads a file of certificates (PEM).
///
/// # Errors
///
/// What is wrong with the file, to be put after the name of what names it.
pub fn authorities(file: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let at = file.display();
    let unread = |error| format!("names `{at}`, which has no certificates to read: {error}");
    let certificates = CertificateDer::pem_file_iter(file).map_err(unread)?;
    let certificates = certificates.collect::<Result<Vec<_>, _>>().map_err(unread)?;
    if certificates.is_empty() {
        return Err(format!("names `{at}`, which has no certificate (PEM) in it"));
    }
    Ok(certificates)
}

fn tls(store: RootCertStore) -> rustls::ClientConfig {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("ring knows the protocol versions of rustls")
        .with_root_certificates(store)
        .with_no_client_auth()
}

/// Reads the body of an answer, of at most `limit` bytes.
///
/// # Errors
///
/// [`ClientError::TooLong`], and whatever happens on the way.
pub async fn body(mut response: Response, limit: usize) -> Result<Vec<u8>, ClientError> {
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if bytes.len() + chunk.len() > limit {
            return Err(ClientError::TooLong(limit));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}
