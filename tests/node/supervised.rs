//! The node's life under the agent.

use std::{
    fs,
    net::SocketAddr,
    os::unix::fs::PermissionsExt as _,
    time::{Duration, Instant},
};

use chainpod_tests::{
    agent::{Pod, Running, write},
    bin,
    chain::{self, json},
    http, wait,
};
use nix::sys::signal::Signal;

/// How long a node may take to make blocks.
const LIMIT: Duration = Duration::from_mins(1);

/// A pod whose node listens on a loopback address of its own; its RPC.
fn pod(last: u8) -> (Pod, SocketAddr) {
    let ip = format!("127.0.3.{last}");
    let pod = Pod::default().config(&format!(
        "init:
  blockTime: 500ms
  config.toml: {{rpc.laddr: 'tcp://{ip}:26657', rpc.pprof_laddr: '', p2p.laddr: 'tcp://{ip}:26656'}}
  app.toml: {{api.address: 'tcp://{ip}:1317', grpc.address: '{ip}:9090'}}
"
    ));
    (pod, format!("{ip}:26657").parse().unwrap())
}

fn wait_for_height(rpc: SocketAddr, wanted: u64) -> u64 {
    wait::until("a block", LIMIT, || http::height(rpc).filter(|height| *height >= wanted))
}

/// The process id of the agent's only child.
fn node_of(agent: &Running) -> nix::unistd::Pid {
    wait::until("the node", LIMIT, || {
        let children = format!("/proc/{0}/task/{0}/children", agent.pid());
        let text = fs::read_to_string(children).ok()?;
        text.split_whitespace().next()?.parse().ok().map(nix::unistd::Pid::from_raw)
    })
}

#[test]
fn an_empty_volume_becomes_a_node_that_makes_blocks_and_goes_on_after_a_stop() {
    let (pod, rpc) = pod(1);
    let mut agent = pod.start(&[]);
    let height = wait_for_height(rpc, 2);
    agent.signal(Signal::SIGTERM);
    assert_eq!(agent.code(), 0, "the node's own code: {}", agent.said());
    let key = json(&pod.home().join("config/priv_validator_key.json"));

    let mut agent = pod.start(&["run"]);
    assert!(wait_for_height(rpc, height + 1) > height);
    assert_eq!(json(&pod.home().join("config/priv_validator_key.json")), key);
    agent.signal(Signal::SIGTERM);
    assert_eq!(agent.code(), 0);
}

#[test]
fn a_half_made_home_becomes_a_node_that_makes_blocks() {
    let (pod, rpc) = pod(2);
    chain::run("gwc", &pod.home(), &["init", "gwc", "--chain-id", "gwc"], "");
    let mut failed = std::process::Command::new(bin("gwcd"));
    failed.args(["start", "--minimum-gas-prices=0uatom", "--home"]).arg(pod.home());
    assert!(!failed.output().unwrap().status.success());
    let _agent = pod.start(&[]);
    wait_for_height(rpc, 2);
}

#[test]
fn a_second_node_joins_with_the_genesis_of_the_first() {
    let (first, rpc) = pod(6);
    let _first = first.start(&[]);
    wait_for_height(rpc, 3);
    let id = http::get(rpc, "/status").unwrap();
    let id: serde_json::Value = serde_json::from_str(&id).unwrap();
    let id = id["result"]["node_info"]["id"].as_str().unwrap().to_owned();
    let second = Pod::default().config(&format!(
        "init:
  genesisFrom: {{url: 'http://{rpc}/genesis'}}
  moniker: second
  config.toml: {{rpc.laddr: 'tcp://127.0.3.7:26657', rpc.pprof_laddr: '', p2p.laddr: 'tcp://127.0.3.7:26656',
    p2p.persistent_peers: '{id}@127.0.3.6:26656', p2p.allow_duplicate_ip: true, p2p.addr_book_strict: false}}
  app.toml: {{api.address: 'tcp://127.0.3.7:1317', grpc.address: '127.0.3.7:9090'}}
"
    ));
    let _second = second.start(&[]);
    wait_for_height("127.0.3.7:26657".parse().unwrap(), 3);
}

#[test]
fn in_production_a_killed_node_ends_the_agent() {
    let (pod, rpc) = pod(3);
    let mut agent = pod.start(&[]);
    wait_for_height(rpc, 1);
    nix::sys::signal::kill(node_of(&agent), Signal::SIGKILL).unwrap();
    assert_eq!(agent.code(), 128 + 9);
}

#[test]
fn in_development_a_killed_node_comes_back_on_its_chain() {
    let (pod, rpc) = pod(4);
    let pod = pod.env("DEV_MODE", "true");
    let mut agent = pod.start(&[]);
    let height = wait_for_height(rpc, 2);
    let node = node_of(&agent);
    nix::sys::signal::kill(node, Signal::SIGKILL).unwrap();
    wait::until("another node", LIMIT, || Some(node_of(&agent)).filter(|other| *other != node));
    assert!(wait_for_height(rpc, height + 1) > height);
    agent.signal(Signal::SIGTERM);
    assert_eq!(agent.code(), 0);
}

#[test]
fn in_development_a_new_binary_restarts_the_node_once() {
    let (pod, rpc) = pod(5);
    let binary = pod.dir().join("gwcd");
    fs::copy(bin("gwcd"), &binary).unwrap();
    let pod = pod.env("DEV_MODE", "true").env("CHAIN_BINARY", binary.to_string_lossy());
    let agent = pod.start(&[]);
    let height = wait_for_height(rpc, 2);
    let node = node_of(&agent);
    let new = pod.dir().join("new");
    fs::copy(bin("gwcd"), &new).unwrap();
    fs::rename(&new, &binary).unwrap();
    let second =
        wait::until("another node", LIMIT, || Some(node_of(&agent)).filter(|other| *other != node));
    assert!(wait_for_height(rpc, height + 2) > height);
    assert_eq!(node_of(&agent), second, "it was restarted once");
}

#[test]
fn a_start_with_nothing_to_do_is_quick_and_quiet() {
    let pod = Pod::default().config("init: {}\nnodeTemplate: {command: [sh, -c, 'exit 7']}");
    pod.init();
    let began = Instant::now();
    let output = pod.output(&["run"]);
    let took = began.elapsed();
    assert_eq!(output.status.code(), Some(7));
    assert!(took < Duration::from_secs(2), "{took:?}; `make bench` measures it");
    assert!(String::from_utf8(output.stderr).unwrap().lines().count() < 10);
}

#[test]
fn a_node_that_is_missing_or_not_executable_says_so_as_shells_do() {
    let code = |program: &str| {
        let pod = Pod::default();
        write(&pod.dir().join("text"), "x");
        fs::set_permissions(pod.dir().join("text"), fs::Permissions::from_mode(0o644)).unwrap();
        let program = program.replace("DIR", &pod.dir().to_string_lossy());
        let pod = pod.config(&format!("nodeTemplate: {{command: ['{program}']}}"));
        pod.output(&["run"]).status.code()
    };
    assert_eq!(code("/no/such/node"), Some(127));
    assert_eq!(code("DIR/text"), Some(126));
}
