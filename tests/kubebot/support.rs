//! Pods without a chain.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    time::Duration,
};

use chainpod_tests::{
    agent::{Pod, Running, write},
    http, wait,
};
use serde_json::Value;

/// How long anything may take.
pub const LIMIT: Duration = Duration::from_secs(30);

/// A node that says `up`, and ends with 0 at SIGTERM. The agent's log, which shows the command line,
/// does not say it.
pub const NODE: &str = "trap 'exit 0' TERM; echo u''p; while :; do sleep 0.02; done";

/// A pod of this configuration, in a StatefulSet's third place.
pub fn pod(yaml: &str) -> Pod {
    let mut pod = Pod::default().env("HOSTNAME", "node-2").config(yaml);
    for name in
        ["CHAIN_INSTANCE_NAME", "CHAIN_APP_NAME", "CHAIN_BINARY", "CHAIN_HOME", "MNEMONIC_FILE"]
    {
        pod = pod.unset(name);
    }
    pod
}

/// Puts another configuration in the place of a pod's.
pub fn replace(pod: &Pod, yaml: &str) {
    let (new, file) = (pod.dir().join("new"), pod.dir().join("kubebot.yaml"));
    write(&new, yaml);
    fs::rename(new, file).unwrap();
}

/// `nodeTemplate` for a shell script.
pub fn script(text: &str) -> String {
    format!("nodeTemplate:\n  command: [sh, -c, {}]\n", serde_json::to_string(text).unwrap())
}

/// An address that is free just now.
pub fn free() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

/// The status code and the body of a GET, once somebody answers.
pub fn get(address: SocketAddr, path: &str) -> (u16, String) {
    wait::until("an answer", LIMIT, || try_get(address, path))
}

/// The status code and the body of a GET, if somebody answers.
pub fn try_get(address: SocketAddr, path: &str) -> Option<(u16, String)> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(LIMIT)).ok()?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\n\r\n").ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    Some((head.split(' ').nth(1)?.parse().ok()?, body.to_owned()))
}

/// `/status`.
pub fn status(address: SocketAddr) -> Value {
    serde_json::from_str(&get(address, "/status").1).unwrap()
}

/// Waits until a path answers with this status code; its body.
pub fn wait_for(address: SocketAddr, path: &str, code: u16) -> String {
    wait::until(&format!("{code} from {path}"), LIMIT, || {
        try_get(address, path).filter(|(found, _)| *found == code).map(|(_, body)| body)
    })
}

/// The agent's node.
pub fn node_of(agent: &Running) -> i32 {
    wait::until("the node", LIMIT, || {
        let children = format!("/proc/{0}/task/{0}/children", agent.pid());
        std::fs::read_to_string(children).ok()?.split_whitespace().next()?.parse().ok()
    })
}

/// A height that somebody answers with.
pub fn height(address: SocketAddr) -> Option<u64> {
    http::height(address)
}
