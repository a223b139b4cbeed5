//! One GET, for loopback addresses.

use std::{
    io::{self, Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use serde_json::Value;

/// How long connecting, and each read, may take.
const LIMIT: Duration = Duration::from_secs(3);

/// Gets a path from a server on this machine; the body of whatever answer came.
///
/// # Errors
///
/// An [`io::Error`] if nobody answers.
pub fn get(address: SocketAddr, path: &str) -> io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&address, LIMIT)?;
    stream.set_read_timeout(Some(LIMIT))?;
    write!(stream, "GET {path} HTTP/1.0\r\nHost: {address}\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let body = answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned());
    body.ok_or_else(|| io::ErrorKind::InvalidData.into())
}

/// The height of a chain, by its RPC; none if it does not answer.
pub fn height(address: SocketAddr) -> Option<u64> {
    let status: Value = serde_json::from_str(&get(address, "/status").ok()?).ok()?;
    status.pointer("/result/sync_info/latest_block_height")?.as_str()?.parse().ok()
}
