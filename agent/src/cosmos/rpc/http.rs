//! One request over HTTP/1.1, without TLS: inside a cluster nodes speak plain HTTP.

use std::{fmt, io, str::FromStr};

use http_body_util::{BodyExt as _, Full, Limited};
use hyper::{Method, Request, Uri, body::Bytes, client::conn::http1, header};
use hyper_util::rt::TokioIo;
use thiserror::Error;
use tokio::net::TcpStream;

/// The largest answer that is read, in bytes: a page of transactions with proofs.
const MAX_ANSWER: usize = 64 << 20;

/// The address of a server: `http://host:port/path`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Url {
    host: String,
    port: u16,
    path: String,
}

/// Why a text is not such an address.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("not an address such as `http://127.0.0.1:26657`")]
pub struct UrlError;

/// Why a request failed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum HttpError {
    /// The server cannot be reached.
    #[error("cannot connect")]
    Connect(#[source] io::Error),
    /// The server does not speak HTTP, or stopped to.
    #[error("the answer broke off")]
    Talk(#[source] hyper::Error),
    /// The body could not be read, or is too large.
    #[error("the answer cannot be read: {0}")]
    Body(String),
    /// The answer is an error without a body of use.
    #[error("HTTP status {0}")]
    Status(u16),
    /// The request cannot be written.
    #[error("the request cannot be written")]
    Request(#[source] http::Error),
}

impl Url {
    /// The same server at another port and path.
    #[must_use]
    pub fn at(&self, port: u16, path: &str) -> Self {
        Self { host: self.host.clone(), port, path: path.to_owned() }
    }

    /// The same server with another path.
    #[must_use]
    pub fn path(&self, path: &str) -> Self {
        self.at(self.port, path)
    }
}

impl FromStr for Url {
    type Err = UrlError;

    fn from_str(text: &str) -> Result<Self, UrlError> {
        let text = text.replacen("tcp://", "http://", 1);
        let uri: Uri = text.parse().map_err(|_| UrlError)?;
        let host = uri.host().filter(|host| !host.is_empty()).ok_or(UrlError)?;
        if uri.scheme_str() != Some("http") || uri.query().is_some() {
            return Err(UrlError);
        }
        let path = uri.path().trim_end_matches('/').to_owned();
        Ok(Self { host: host.to_owned(), port: uri.port_u16().unwrap_or(80), path })
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "http://{}:{}{}", self.host, self.port, self.path)
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
        (200, body) => Ok(body),
        (status, _) => Err(HttpError::Status(status)),
    }
}

async fn send(url: &Url, method: Method, body: String) -> Result<(u16, Vec<u8>), HttpError> {
    let host = url.host.trim_matches(['[', ']']);
    let stream = TcpStream::connect((host, url.port)).await.map_err(HttpError::Connect)?;
    let _ = stream.set_nodelay(true); // slower without, no worse
    let (mut sender, connection) =
        http1::handshake(TokioIo::new(stream)).await.map_err(HttpError::Talk)?;
    let path = if url.path.is_empty() { "/" } else { &url.path };
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header(header::HOST, format!("{}:{}", url.host, url.port))
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::CONNECTION, "close")
        .body(Full::new(Bytes::from(body)))
        .map_err(HttpError::Request)?;
    let talk = async {
        let answer = sender.send_request(request).await.map_err(HttpError::Talk)?;
        let status = answer.status().as_u16();
        let body = Limited::new(answer.into_body(), MAX_ANSWER).collect().await;
        let body = body.map_err(|error| HttpError::Body(error.to_string()))?;
        Ok((status, body.to_bytes().to_vec()))
    };
    tokio::pin!(connection, talk);
    tokio::select! {
        // Both are dropped together; the connection only moves the bytes of this one request.
        biased;
        answer = &mut talk => answer,
        ended = &mut connection => {
            ended.map_err(HttpError::Talk)?;
            talk.await
        }
    }
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
            ("http://[::1]:5", "http://[::1]:5"),
        ] {
            assert_eq!(text.parse::<Url>().unwrap().to_string(), written);
        }
        for wrong in ["", "a:1", "https://a", "http://", "http://a?b=c", "ftp://a"] {
            assert_eq!(wrong.parse::<Url>(), Err(UrlError), "{wrong}");
        }
    }
}
