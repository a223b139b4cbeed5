//! Probes, in the configuration and on the command line.

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpListener},
    thread,
    time::Duration,
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

/// Answers this many requests as a node whose chain stands still at height 7, and no more.
fn chain(answers: usize, catching_up: bool) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let info = format!(
        r#"{{"latest_block_height":"7","earliest_block_height":"1","latest_block_time":"2026-01-01T00:00:00Z","catching_up":{catching_up}}}"#
    );
    let body = format!(
        r#"{{"jsonrpc":"2.0","id":1,"result":{{"node_info":{{"network":"gwc"}},"sync_info":{info}}}}}"#
    );
    let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten().take(answers) {
            let mut request = [0; 4096];
            let _ = stream.read(&mut request);
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    address
}

/// A pod with a probe, which looks every 50 ms.
fn probed(listen: SocketAddr, probe: &str) -> Pod {
    pod(&format!(
        "{}metrics: {{listen: '{listen}'}}\nprobe: {{interval: 50ms, {probe}}}\n\
         supervise: {{restart: always, delay: 1h, maxDelay: 1h}}\n",
        script(NODE)
    ))
}

#[test]
fn a_chain_that_stands_still_is_alive_but_not_ready() {
    let (listen, rpc) = (free(), chain(usize::MAX, false));
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
fn a_node_that_is_catching_up_is_alive_but_not_ready() {
    let (listen, rpc) = (free(), chain(usize::MAX, true));
    let probe = format!("kind: cometbft, rpc: 'http://{rpc}', startPeriod: 0s");
    let pod = probed(listen, &probe);
    let _agent = pod.start(&[]);
    wait::until("a look", LIMIT, || status(listen)["height"].as_u64());
    let (code, body) = get(listen, "/readyz");
    assert!(code == 503 && body.contains("it is catching up, at height 7"), "{body}");
    assert_eq!(get(listen, "/livez").0, 200);
}

#[test]
fn a_node_that_does_not_answer_any_more_is_at_the_height_where_it_stopped() {
    let (listen, rpc) = (free(), chain(1, false));
    let probe = format!("kind: cometbft, rpc: 'http://{rpc}', startPeriod: 0s");
    let pod = probed(listen, &probe);
    let _agent = pod.start(&[]);
    wait_for(listen, "/livez", 503);
    assert_eq!(status(listen)["height"], 7);
}

#[test]
fn in_its_start_period_a_node_that_fails_counts_as_alive() {
    let listen = free();
    let pod = probed(listen, "kind: command, command: ['false'], startPeriod: 1h");
    let _agent = pod.start(&[]);
    wait::until("a look", LIMIT, || get(listen, "/readyz").1.contains("`false`").then_some(()));
    assert_eq!((get(listen, "/readyz").0, get(listen, "/livez").0), (503, 200));
    let page = get(listen, "/metrics").1;
    assert!(!page.contains("chainpod_probe_looks_total{result=\"dead\"} 0"), "{page}");
}

#[test]
fn a_node_is_looked_at_every_second_until_it_is_ready() {
    let listen = free();
    let pod = pod(&format!(
        "{}metrics: {{listen: '{listen}'}}\nprobe: {{kind: command, command: [test, -e, ready], interval: 1h}}\n",
        script(NODE)
    ));
    let _agent = pod.start(&[]);
    wait::until("a look", LIMIT, || get(listen, "/readyz").1.contains("`test").then_some(()));
    chainpod_tests::agent::write(&pod.dir().join("ready"), "");
    wait_for(listen, "/readyz", 200);
    wait::pause(Duration::from_millis(2500)); // nothing must happen: that takes a while
    let page = get(listen, "/metrics").1;
    assert!(page.contains("chainpod_probe_looks_total{result=\"live\"} 1\n"), "{page}");
}

#[test]
fn what_was_found_of_a_node_ends_with_it() {
    let listen = free();
    let pod = probed(listen, "kind: command, command: ['true']");
    let _agent = pod.start(&[]);
    wait_for(listen, "/readyz", 200);
    let node = status(listen)["pid"].as_i64().unwrap();
    kill(Pid::from_raw(i32::try_from(node).unwrap()), Signal::SIGKILL).unwrap();
    wait::until("its end", LIMIT, || (status(listen)["state"] == "waiting").then_some(()));
    assert_eq!(status(listen)["probe"]["ready"], serde_json::Value::Null);
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
