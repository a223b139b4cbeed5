//! Probes, in the configuration and on the command line.

use std::net::TcpListener;

use chainpod_tests::{agent::Pod, wait};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::support::{LIMIT, NODE, free, height, node_of, pod, script, status, wait_for};

/// The exit code and the output of `agent probe`.
fn probe(words: &[&str]) -> (Option<i32>, String) {
    let all: Vec<_> = ["probe"].iter().chain(words).copied().collect();
    let output = Pod::default().output(&all);
    (output.status.code(), String::from_utf8(output.stdout).unwrap())
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
fn a_chains_height_is_shown_and_a_node_that_does_not_answer_is_dead() {
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

#[test]
fn a_chain_that_makes_no_blocks_is_not_ready_but_alive() {
    let listen = free();
    let ip = "127.0.3.22";
    let pod = Pod::default().config(&format!(
        "init:
  blockTime: 500ms
  config.toml: {{rpc.laddr: 'tcp://{ip}:26657', rpc.pprof_laddr: '', p2p.laddr: 'tcp://{ip}:26656', consensus.create_empty_blocks: false}}
  app.toml: {{api.address: 'tcp://{ip}:1317', grpc.address: '{ip}:9090'}}
metrics: {{listen: '{listen}'}}
probe: {{kind: cometbft, rpc: 'http://{ip}:26657', interval: 100ms, startPeriod: 0s, blockLimit: 2s}}
"
    ));
    let _agent = pod.start(&[]);
    wait_for(listen, "/readyz", 200);
    let body = wait_for(listen, "/readyz", 503);
    assert!(body.contains("longer than 2 s"), "{body}");
    wait_for(listen, "/livez", 200);
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
