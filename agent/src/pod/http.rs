//! A small HTTP server for the kubelet and Prometheus, off the node's path.
//!
//! It shares the runtime with the supervision, so everything about it is bounded: connections (the
//! oldest gives way), the size of a request, the time until its head is there, and the time that
//! a whole connection may take. Each connection carries one request. That it cannot listen is
//! logged, and tried again; the node never depends on it.

use std::{
    collections::VecDeque, convert::Infallible, fmt, io, net::SocketAddr, pin::Pin, sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use http_body_util::Full;
use hyper::{
    Method, StatusCode,
    body::Incoming,
    header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderValue},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::{TcpListener, TcpSocket, TcpStream},
    sync::watch,
    task::AbortHandle,
    time,
};

/// Connections at one time. One more closes the oldest, so that slow clients cannot lock out the
/// kubelet.
const MAX_CONNECTIONS: usize = 64;

/// How long the head of a request may take.
const HEAD_WITHIN: Duration = Duration::from_secs(5);

/// How long a connection may take in all; longer than any probe that is made on demand.
const WHOLE_WITHIN: Duration = Duration::from_secs(30);

/// The most that is read of a request, in bytes.
const MAX_HEAD: usize = 16 << 10;

/// How soon listening is tried again.
const AGAIN: Duration = Duration::from_secs(5);

/// How long to wait when no descriptor is left.
const OUT_OF_DESCRIPTORS: Duration = Duration::from_millis(200);

/// Connections that the kernel keeps for us.
const BACKLOG: u32 = 128;

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The path, with its first slash.
    pub path: String,
    /// What follows the `?`; empty if there is none.
    pub query: String,
}

impl Request {
    /// The value of a parameter, as it was written.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.query.split('&').find_map(|pair| match pair.split_once('=') {
            Some((key, value)) => (key == name).then_some(value),
            None => (pair == name).then_some(""),
        })
    }
}

/// What is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The `Content-Type`.
    pub content_type: &'static str,
    /// The body.
    pub body: String,
}

impl Answer {
    /// A text for people, and for the kubelet, which looks at the status only.
    pub fn text(status: u16, body: impl Into<String>) -> Self {
        Self { status, content_type: "text/plain; charset=utf-8", body: body.into() }
    }
}

/// What answers.
pub type Routes = Arc<dyn Fn(Request) -> Answering + Send + Sync>;

/// An answer on its way.
pub type Answering = Pin<Box<dyn Future<Output = Answer> + Send>>;

/// Serves at the address that `listen` holds, now and later; does not listen while there is none.
///
/// It returns when the sender of `listen` is gone. Dropping it closes the port.
pub async fn serve(mut listen: watch::Receiver<Option<SocketAddr>>, routes: Routes) {
    loop {
        let address = *listen.borrow_and_update();
        let serving = async {
            match address {
                None => std::future::pending().await,
                Some(address) => accept(bind(address).await, &routes).await,
            }
        };
        tokio::select! {
            // Cancel-safe: `changed` per its docs; a listener that is dropped is closed.
            changed = listen.changed() => if changed.is_err() { return },
            () = serving => {}
        }
    }
}

/// Listens, as soon as that is possible.
async fn bind(address: SocketAddr) -> TcpListener {
    let mut told = None;
    loop {
        match listener(address) {
            Ok(listener) => {
                let address = listener.local_addr().unwrap_or(address);
                tracing::info!(%address, "health and metrics are served");
                return listener;
            }
            Err(error) => {
                if told != Some(error.kind()) {
                    told = Some(error.kind());
                    tracing::error!(%address, %error, "cannot listen for health and metrics, going on without");
                }
                time::sleep(AGAIN).await;
            }
        }
    }
}

fn listener(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Accepts connections for ever.
async fn accept(listener: TcpListener, routes: &Routes) {
    let mut open: VecDeque<AbortHandle> = VecDeque::new();
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                open.retain(|connection| !connection.is_finished());
                if open.len() >= MAX_CONNECTIONS
                    && let Some(oldest) = open.pop_front()
                {
                    oldest.abort();
                }
                let connection = connection(stream, Arc::clone(routes));
                open.push_back(tokio::spawn(connection).abort_handle());
            }
            Err(error) => {
                tracing::debug!(%error, "a connection could not be accepted");
                time::sleep(OUT_OF_DESCRIPTORS).await;
            }
        }
    }
}

/// Serves one connection. Whatever the client does wrong is its own affair.
async fn connection(stream: TcpStream, routes: Routes) {
    let service = service_fn(move |request| respond(request, Arc::clone(&routes)));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_WITHIN)
        .keep_alive(false)
        .max_buf_size(MAX_HEAD)
        .serve_connection(TokioIo::new(stream), service);
    match time::timeout(WHOLE_WITHIN, connection).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::debug!(%error, "a request was not understood"),
        Err(_) => tracing::debug!("a connection took too long"),
    }
}

async fn respond(
    request: hyper::Request<Incoming>,
    routes: Routes,
) -> Result<hyper::Response<Full<Bytes>>, Infallible> {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        let mut response = response(Answer::text(405, "only GET and HEAD\n"));
        response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
        return Ok(response);
    }
    let uri = request.uri();
    let asked =
        Request { path: uri.path().to_owned(), query: uri.query().unwrap_or_default().to_owned() };
    Ok(response(routes(asked).await))
}

fn response(answer: Answer) -> hyper::Response<Full<Bytes>> {
    let mut response = hyper::Response::new(Full::new(Bytes::from(answer.body)));
    *response.status_mut() =
        StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(answer.content_type));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.query.as_str() {
            "" => f.write_str(&self.path),
            query => write!(f, "{}?{query}", self.path),
        }
    }
}

#[cfg(test)]
mod tests;
