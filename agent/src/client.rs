//! The HTTP client: for nodes, for probes, and for pings of the log watching.

use std::{sync::Arc, time::Duration};

use reqwest::{Client, Response, Url, redirect};
use thiserror::Error;

/// How long an idle connection is kept.
const IDLE: Duration = Duration::from_secs(90);

/// Why there is no answer.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ClientError {
    /// The other side cannot be reached, or does not speak HTTP.
    #[error(transparent)]
    Http(#[from] reqwest::Error),
    /// The answer is too long.
    #[error("the answer is longer than {0} bytes")]
    TooLong(usize),
}

/// Makes a client for servers such as this one. Only a URL with `https` costs a TLS provider.
///
/// # Errors
///
/// Those of `reqwest`: the system refuses something that it always grants.
pub fn for_url(url: &Url) -> Result<Client, ClientError> {
    let builder = Client::builder()
        .no_proxy()
        .redirect(redirect::Policy::none())
        .pool_idle_timeout(IDLE)
        .pool_max_idle_per_host(1)
        .tls_backend_preconfigured(tls(url.scheme() == "https"));
    Ok(builder.build()?)
}

/// TLS with the roots of Mozilla, since an image FROM scratch has none; without any for those
/// who do not need it.
fn tls(roots: bool) -> rustls::ClientConfig {
    let mut store = rustls::RootCertStore::empty();
    if roots {
        store.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    }
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
