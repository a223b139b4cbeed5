use std::net::Ipv4Addr;

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    task::JoinHandle,
};

use super::*;

const LIMIT: Duration = Duration::from_secs(20);

fn echo() -> Routes {
    Arc::new(|request: Request| Box::pin(async move { Answer::text(200, request.to_string()) }))
}

/// A server on a port of its own.
fn server() -> (SocketAddr, JoinHandle<()>) {
    let listener = listener((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
    let address = listener.local_addr().unwrap();
    let routes = echo();
    (address, tokio::spawn(async move { accept(listener, &routes).await }))
}

async fn ask(address: SocketAddr, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    let mut answer = Vec::new();
    let _ = time::timeout(LIMIT, stream.read_to_end(&mut answer)).await.unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn a_request_is_answered_and_the_connection_closed() {
    let (address, _server) = server();
    let answer = ask(address, b"GET /a?b=c HTTP/1.1\r\nHost: x\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(answer.ends_with("\r\n\r\n/a?b=c"), "{answer}");
    let answer = ask(address, b"HEAD /a HTTP/1.1\r\nHost: x\r\n\r\n").await;
    assert!(answer.ends_with("\r\n\r\n"), "{answer}");
}

#[tokio::test]
async fn what_is_no_get_is_refused() {
    let (address, _server) = server();
    let post = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc";
    assert!(ask(address, post).await.starts_with("HTTP/1.1 405 "));
    for garbage in [&b"\0\xff\x16\x03\x01\r\n\r\n"[..], b"GET\r\n\r\n", b"\r\n\r\n\r\n!\r\n\r\n"] {
        let answer = ask(address, garbage).await;
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 400 "), "{answer}");
    }
    let long = format!("GET /{} HTTP/1.1\r\n\r\n", "x".repeat(2 * MAX_HEAD));
    assert!(!ask(address, long.as_bytes()).await.starts_with("HTTP/1.1 200 "));
    assert!(ask(address, b"GET /ok HTTP/1.0\r\n\r\n").await.ends_with("/ok"), "it still serves");
}

#[tokio::test]
async fn slow_clients_do_not_lock_the_others_out() {
    let (address, _server) = server();
    let mut slow = Vec::new();
    for _ in 0..2 * MAX_CONNECTIONS {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(b"GET / HT").await.unwrap();
        slow.push(stream);
    }
    assert!(ask(address, b"GET /ok HTTP/1.0\r\n\r\n").await.ends_with("/ok"));
}

#[tokio::test]
async fn the_address_can_change_and_go() {
    let taken = listener((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
    let first = taken.local_addr().unwrap();
    drop(taken);
    let (sender, listen) = watch::channel(Some(first));
    let server = tokio::spawn(serve(listen, echo()));
    let limit = time::Instant::now() + LIMIT;
    while TcpStream::connect(first).await.is_err() {
        assert!(time::Instant::now() < limit);
        time::sleep(Duration::from_millis(5)).await;
    }
    sender.send(None).unwrap();
    while TcpStream::connect(first).await.is_ok() {
        assert!(time::Instant::now() < limit);
        time::sleep(Duration::from_millis(5)).await;
    }
    drop(sender);
    time::timeout(LIMIT, server).await.unwrap().unwrap();
}

#[test]
fn parameters_are_found_by_name() {
    let request = Request { path: "/".into(), query: "a=1&timeout=5&b".into() };
    assert_eq!(request.parameter("timeout"), Some("5"));
    assert_eq!(request.parameter("b"), Some(""));
    assert_eq!(request.parameter("time"), None);
}
