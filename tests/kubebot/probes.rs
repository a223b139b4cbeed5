//! Probes, in the configuration and on the command line.

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpListener},
    thread,
};

use chainpod_tests::{agent::Pod, nginx::Nginx, wait};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::support::{LIMIT, NODE, free, get, height, node_of, pod, script, status, wait_for};

/// The exit code and the output of `agent probe`.
fn probe(words: &[&str]) -> (Option<i32>, String) {
    let all: Vec<_> = ["probe"].iter().chain(words).copied().collect();
    let output = Pod::default().output(&all);
    (output.status.code(), String::from_utf8(output.stdout).unwrap())
}

#[test]
fn a_server_over_tls_is_trusted_by_its_authority() {
    let nginx = Nginx::start();
    chainpod_tests::agent::write(&nginx.file("up"), "");
    let url = nginx.https("up");
    let probe =
        |file: &str| Pod::default().env("SSL_CERT_FILE", file).output(&["probe", "http", &url]);
    assert_eq!(probe(nginx.authority().to_str().unwrap()).status.code(), Some(0));
    assert_eq!(probe("").status.code(), Some(1));
}

#[test]
fn a_command_decides_whether_the_node_is_ready() {
    let listen = free();
    let yaml = format!(
        "{}metrics: {{listen: '{listen}'}}\n\
         probe: {{kind: command, command: [test, -e, ready], interval: 50ms, startPeriod: 0s}}\n",
        script(NODE)
    );
    let pod = pod(&yaml);
    let _agent = pod.start(&[]);
    let body = wait_for(listen, "/livez", 503);
    assert!(body.contains("`test -e ready`"), "{body}");
    chainpod_tests::agent::write(&pod.dir().join("ready"), "");
    wait_for(listen, "/readyz", 200);
    wait_for(listen, "/livez", 200);
    std::fs::remove_file(pod.dir().join("ready")).unwrap();
    wait_for(listen, "/readyz", 503);
}

#[test]
fn a_chains_height_is_shown_and_a_node_that_hangs_is_dead() {
    let listen = free();
    let ip = "127.0.3.21";
    let pod = Pod::default().config(&format!(
        "init:
  blockTime: 500ms
  config.toml: {{rpc.laddr: 'tcp://{ip}:26657', rpc.pprof_laddr: '', p2p.laddr: 'tcp://{ip}:26656'}}
  app.toml: {{api.address: 'tcp://{ip}:1317', grpc.address: '{ip}:9090'}}
metrics: {{listen: '{listen}'}}
probe: {{kind: cometbft, rpc: 'http://{ip}:26657', interval: 100ms, timeout: 500ms, startPeriod: 0s, blockLimit: 5s}}
"
    ));
    let agent = pod.start(&[]);
    wait_for(listen, "/readyz", 200);
    wait::until("a height", LIMIT, || status(listen)["height"].as_u64().filter(|h| *h > 1));
    assert!(!status(listen)["init"]["steps"].as_array().unwrap().is_empty());
    let rpc = format!("http://{ip}:26657");
    assert_eq!(probe(&["cometbft", &rpc]), (Some(0), String::new()));
    assert!(height(format!("{ip}:26657").parse().unwrap()).is_some());
    let node = Pid::from_raw(node_of(&agent));
    kill(node, Signal::SIGSTOP).unwrap();
    let body = wait_for(listen, "/livez", 503);
    assert!(body.contains("no answer within 0.5 s"), "{body}");
    assert_eq!(probe(&["cometbft", &rpc, "--timeout", "300ms"]).0, Some(1));
    kill(node, Signal::SIGCONT).unwrap();
    wait_for(listen, "/livez", 200);
}

/// Answers each request as a node whose chain stands still at height 7.
fn halted_chain() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let info = r#"{"latest_block_height":"7","earliest_block_height":"1","latest_block_time":"2026-01-01T00:00:00Z","catching_up":false}"#;
    let body = format!(
        r#"{{"jsonrpc":"2.0","id":1,"result":{{"node_info":{{"network":"gwc"}},"sync_info":{info}}}}}"#
    );
    let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut request = [0; 4096];
            let _ = stream.read(&mut request);
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    address
}

#[test]
fn a_chain_that_stands_still_is_alive_but_not_ready() {
    let (listen, rpc) = (free(), halted_chain());
    let pod = pod(&format!(
        "{}metrics: {{listen: '{listen}'}}\nprobe: {{kind: cometbft, rpc: 'http://{rpc}', interval: \
         50ms, startPeriod: 0s, blockLimit: 500ms}}\n",
        script(NODE)
    ));
    let _agent = pod.start(&[]);
    wait_for(listen, "/readyz", 200);
    let body = wait_for(listen, "/readyz", 503);
    assert!(body.contains("[-]probe failed: the height"), "{body}");
    assert_eq!(get(listen, "/livez").0, 200);
    assert_eq!(get(listen, "/healthz").0, 503);
}

#[test]
fn one_look_from_the_command_line_has_an_exit_code() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    assert_eq!(probe(&["tcp", &address]).0, Some(0));
    drop(listener);
    let (code, said) = probe(&["tcp", &address]);
    assert!(code == Some(1) && said.contains("cannot connect"), "{said}");
    assert_eq!(probe(&["command", "--", "true"]).0, Some(0));
    assert_eq!(probe(&["command", "--", "sh", "-c", "exit 5"]).0, Some(1));
    assert_eq!(probe(&["http", &format!("http://{address}/")]).0, Some(1));
    assert_eq!(probe(&["tcp", "nonsense"]).0, Some(64));
    assert_eq!(probe(&["cometbft", "nonsense"]).0, Some(64));
}

#[test]
fn the_agents_own_server_can_be_asked_by_an_exec_probe() {
    let listen = free();
    let yaml = format!("{}metrics: {{listen: '{listen}'}}\n", script(NODE));
    let pod = pod(&yaml);
    let _agent = pod.start(&[]);
    wait_for(listen, "/readyz", 200);
    assert_eq!(probe(&["http", &format!("http://{listen}/readyz")]).0, Some(0));
    assert_eq!(probe(&["http", &format!("http://{listen}/no")]).0, Some(1));
    assert_eq!(probe(&["http", &format!("http://{listen}/no"), "--status", "404"]).0, Some(0));
}
