//! What may stand between the agent and the API.

use std::{
    io::{Read as _, Write as _},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use chainpod_tests::{bin, wait};

use crate::api::{Namespace, read};

/// `kubectl proxy`: the API as the administrator sees it, over plain HTTP.
#[derive(Debug)]
pub struct Plain {
    child: Child,
    port: u16,
}

impl Plain {
    /// Starts it.
    pub fn start(namespace: &Namespace) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").and_then(|it| it.local_addr());
        let port = port.expect("a free port").port();
        let mut kubectl = Command::new(bin("kube/kubectl"));
        kubectl.args(["--kubeconfig".as_ref(), namespace.admin().as_os_str()]);
        kubectl.args(["proxy", &format!("--port={port}")]).stdout(Stdio::null());
        let child = kubectl.spawn().expect("kubectl starts");
        let plain = Self { child, port };
        wait::until("kubectl proxy", Duration::from_secs(10), || {
            TcpStream::connect(("127.0.0.1", port)).ok()
        });
        plain
    }

    /// Forwards a new port to it, but takes the answer to the first request with this method, which
    /// has done its work then, and closes the connection instead.
    pub fn losing(&self, method: &'static str) -> u16 {
        let armed = Arc::new(AtomicBool::new(true));
        forward(
            SocketAddr::from(([127, 0, 0, 1], self.port)),
            Arc::new(move |request| {
                request.starts_with(method.as_bytes()) && armed.swap(false, Ordering::SeqCst)
            }),
        )
    }
}

impl Drop for Plain {
    fn drop(&mut self) {
        let _ = self.child.kill(); // it may have ended
        let _ = self.child.wait(); // there is nobody to tell
    }
}

/// A kubeconfig for the API over plain HTTP.
pub fn plain_config(namespace: &Namespace, port: u16) -> PathBuf {
    let mut config = read(&namespace.admin());
    config["clusters"][0]["cluster"] =
        serde_json::json!({ "server": format!("http://127.0.0.1:{port}") });
    config["users"][0]["user"] = serde_json::json!({});
    namespace.kubeconfig("plain", &config)
}

/// Which requests get no answer.
type Lost = dyn Fn(&[u8]) -> bool + Send + Sync;

/// Forwards a new port to another one of this machine.
fn forward(to: SocketAddr, lost: Arc<Lost>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("it has an address").port();
    wait::spawn(move || serve(&listener, to, &lost));
    port
}

/// Forwards a port that nobody listened to so far.
pub fn forward_at(port: u16, to: SocketAddr) {
    let listener = TcpListener::bind(("127.0.0.1", port)).expect("the port is free");
    wait::spawn(move || {
        let none: Arc<Lost> = Arc::new(|_| false);
        serve(&listener, to, &none);
    });
}

fn serve(listener: &TcpListener, to: SocketAddr, lost: &Arc<Lost>) {
    for client in listener.incoming().map_while(Result::ok) {
        let server = TcpStream::connect(to).expect("the server is there");
        let cut = Arc::new(AtomicBool::new(false));
        let (from_client, to_server) = (client.try_clone(), server.try_clone());
        let (from_client, to_server) = (from_client.expect("a copy"), to_server.expect("a copy"));
        let (lost, cut_it) = (Arc::clone(lost), Arc::clone(&cut));
        wait::spawn(move || {
            copy(from_client, to_server, |request| {
                cut_it.fetch_or(lost(request), Ordering::SeqCst);
                true
            });
        });
        wait::spawn(move || copy(server, client, |_| !cut.load(Ordering::SeqCst)));
    }
}

/// Copies until the end, or until `goes_on` says no to a piece, which is not copied then.
fn copy(mut from: TcpStream, mut to: TcpStream, goes_on: impl Fn(&[u8]) -> bool) {
    let mut buffer = vec![0; 64 << 10];
    while let Ok(length @ 1..) = from.read(&mut buffer) {
        let piece = &buffer[..length];
        if !goes_on(piece) || to.write_all(piece).is_err() {
            break;
        }
    }
    // The other side may have gone first.
    let _ = from.shutdown(Shutdown::Both);
    let _ = to.shutdown(Shutdown::Both);
}
