//! The address of a node's RPC, and requests to it.

use std::{fmt, str::FromStr};

use reqwest::{Method, StatusCode, header::CONTENT_TYPE};
use thiserror::Error;

use crate::client::{self, ClientError};

/// The largest answer that is read, in bytes: a page of transactions with proofs.
const MAX_ANSWER: usize = 64 << 20;

/// The address of a server: `http://host:port/path`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Url(reqwest::Url);

/// Why a text is not such an address.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("not an address such as `http://127.0.0.1:26657`")]
pub struct UrlError;

/// Why a request failed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum HttpError {
    /// There is no answer.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The answer is an error without a body of use.
    #[error("HTTP status {0}")]
    Status(StatusCode),
}

impl Url {
    /// The same server at another port and path.
    #[must_use]
    pub fn at(&self, port: u16, path: &str) -> Self {
        let mut url = self.path(path);
        // Only a URL without a host has no port.
        let _ = url.0.set_port(Some(port));
        url
    }

    /// The same server with another path.
    #[must_use]
    pub fn path(&self, path: &str) -> Self {
        let mut url = self.0.clone();
        url.set_path(path);
        Self(url)
    }
}

impl From<reqwest::Url> for Url {
    /// Takes a URL of HTTP, without its query.
    fn from(mut url: reqwest::Url) -> Self {
        url.set_query(None);
        Self(url)
    }
}

impl FromStr for Url {
    type Err = UrlError;

    fn from_str(text: &str) -> Result<Self, UrlError> {
        let text = text.replacen("tcp://", "http://", 1);
        let url = reqwest::Url::parse(&text).map_err(|_| UrlError)?;
        let is_http = matches!(url.scheme(), "http" | "https") && url.has_host();
        if is_http && url.query().is_none() { Ok(Self(url)) } else { Err(UrlError) }
    }
}

impl fmt::Display for Url {
    /// Writes it with its port, which not every program knows by the scheme.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = self.0.host_str().unwrap_or_default();
        let port = self.0.port_or_known_default().unwrap_or_default();
        write!(f, "{}://{host}:{port}{}", self.0.scheme(), self.0.path().trim_end_matches('/'))
    }
}

/// Posts JSON and returns the body of the answer, whatever its status: JSON-RPC says in the body
/// what was wrong.
///
/// # Errors
///
/// [`HttpError`] if there is no answer.
pub(super) async fn post(url: &Url, body: String) -> Result<Vec<u8>, HttpError> {
    send(url, Method::POST, body).await.map(|(_, body)| body)
}

/// Gets what is at an address.
///
/// # Errors
///
/// [`HttpError`] if there is no answer, or one with another status than 200.
pub async fn get(url: &Url) -> Result<Vec<u8>, HttpError> {
    match send(url, Method::GET, String::new()).await? {
        (StatusCode::OK, body) => Ok(body),
        (status, _) => Err(HttpError::Status(status)),
    }
}

async fn send(url: &Url, method: Method, body: String) -> Result<(StatusCode, Vec<u8>), HttpError> {
    // Made anew each time: a connection that is kept may be one to a node that is gone.
    let client = client::for_url(&url.0)?;
    let request = client.request(method, url.0.clone());
    let request = request.header(CONTENT_TYPE, "application/json").body(body);
    let answer = request.send().await.map_err(ClientError::from)?;
    let status = answer.status();
    Ok((status, client::body(answer, MAX_ANSWER).await?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_and_written() {
        for (text, written) in [
            ("http://a:26657", "http://a:26657"),
            ("tcp://127.0.0.1:1/", "http://127.0.0.1:1"),
            ("http://h/rpc", "http://h:80/rpc"),
            ("https://h/rpc/", "https://h:443/rpc"),
            ("http://[::1]:5", "http://[::1]:5"),
        ] {
            assert_eq!(text.parse::<Url>().unwrap().to_string(), written);
        }
        for wrong in ["", "a:1", "http://", "http://a?b=c", "ftp://a"] {
            assert_eq!(wrong.parse::<Url>(), Err(UrlError), "{wrong}");
        }
    }

    #[test]
    fn another_port_and_path_keep_the_server() {
        let url: Url = "http://a:1/x".parse().unwrap();
        assert_eq!(url.at(2, "/y").to_string(), "http://a:2/y");
        assert_eq!(url.path("/z").to_string(), "http://a:1/z");
    }
}
