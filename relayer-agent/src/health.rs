//! The health endpoint: `/livez`, `/readyz` and `/status`, also while paths are being linked.

use std::{io, rc::Rc, time::Duration};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    task,
    time::timeout,
};

use crate::board::Board;

/// How long a request may take.
const LIMIT: Duration = Duration::from_secs(5);

/// The longest request that is read, in bytes.
const MAX_REQUEST: usize = 4096;

/// Serves for ever; an address that cannot be had is a warning, and nothing is served.
pub async fn serve(listen: &str, board: Rc<Board>) {
    let listener = match TcpListener::bind(listen).await {
        Ok(listener) => listener,
        Err(error) => {
            tracing::warn!(listen, %error, "no health endpoint");
            return std::future::pending().await;
        }
    };
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        let board = board.clone();
        task::spawn_local(async move {
            let _ = timeout(LIMIT, answer(stream, &board)).await; // the client may be gone
        });
    }
}

async fn answer(mut stream: TcpStream, board: &Board) -> io::Result<()> {
    let mut request = Vec::new();
    while !request.windows(4).any(|bytes| bytes == b"\r\n\r\n") && request.len() < MAX_REQUEST {
        if stream.read_buf(&mut request).await? == 0 {
            break;
        }
    }
    let request = String::from_utf8_lossy(&request).into_owned();
    let path = request.split(' ').nth(1).unwrap_or_default();
    let (ready, state) = board.show();
    let (status, body) = match path {
        "/livez" | "/healthz" => ("200 OK", "ok\n".to_owned()),
        "/readyz" if ready => ("200 OK", state),
        "/readyz" => ("503 Service Unavailable", state),
        "/status" => ("200 OK", state),
        _ => ("404 Not Found", "not here; see /livez, /readyz and /status\n".to_owned()),
    };
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
    );
    stream.write_all((head + &body).as_bytes()).await?;
    stream.shutdown().await
}
