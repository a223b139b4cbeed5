//! The looks at a Substrate node, on a real one: Gossamer, on a development chain of its own.

use std::{
    fs,
    net::{SocketAddr, TcpStream},
    process::{Child, Command, Stdio},
};

use chainpod_tests::{
    agent::{LIMIT, Pod, Running},
    bin,
    supervised::state,
    wait,
};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tempfile::TempDir;

use crate::support::{free, get, node_of, pod, status, wait_for};

/// The validator's key in its network, and the name that it has there by that.
const KEY: &str = "0000000000000000000000000000000000000000000000000000000000000001";
const PEER: &str = "12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp";

/// Two blocks. What two nodes of this kind tell each other comes late now and then: a test waits for
/// what is so sooner or later.
const BLOCK_LIMIT: &str = "12s";

/// What every node is told: its chain, a folder, a port, and to ask nobody who it is.
fn args(port: u16) -> [(&'static str, String); 5] {
    [
        ("chain", bin("substrate/dev.json").display().to_string()),
        ("base-path", "data".to_owned()),
        ("port", port.to_string()),
        ("listen-addr", format!("/ip4/127.0.0.1/tcp/{port}")),
        ("public-ip", "127.0.0.1".to_owned()),
    ]
}

/// Stops a process: when a signal is sent, its threads go on until they are next at it.
fn stop(pid: Pid) {
    kill(pid, Signal::SIGSTOP).unwrap();
    wait::until("its threads to stop", LIMIT, || {
        let threads = fs::read_dir(format!("/proc/{pid}/task")).unwrap().flatten();
        let mut pids = threads.filter_map(|thread| thread.file_name().to_str()?.parse().ok());
        pids.all(|pid| state(Pid::from_raw(pid)) == Some('T')).then_some(())
    });
}

/// The chain's only validator. It makes a block every six seconds, and finalizes it soon after.
struct Validator {
    _dir: TempDir,
    child: Child,
    port: u16,
}

impl Validator {
    fn start() -> Self {
        let (dir, port) = (tempfile::tempdir().unwrap(), free().port());
        let mut command = Command::new(bin("substrate/gossamer"));
        command.args(["--role", "authority", "--key", "alice", "--grandpa-interval", "500ms"]);
        command.args(["--node-key", KEY, "--no-telemetry", "--no-mdns"]);
        for (key, value) in args(port) {
            command.arg(format!("--{key}")).arg(value);
        }
        command.current_dir(dir.path()).stdout(Stdio::null()).stderr(Stdio::null());
        let validator = Self { _dir: dir, child: command.spawn().unwrap(), port };
        wait::until("the validator", LIMIT, || TcpStream::connect(("127.0.0.1", port)).ok());
        validator
    }

    fn address(&self) -> String {
        format!("/ip4/127.0.0.1/tcp/{}/p2p/{PEER}", self.port)
    }

    fn stop(&self) {
        stop(Pid::from_raw(i32::try_from(self.child.id()).unwrap()));
    }
}

impl Drop for Validator {
    fn drop(&mut self) {
        let _ = self.child.kill(); // it may have ended
        let _ = self.child.wait(); // as above
    }
}

/// A node that takes the blocks of others, as the agent's child.
struct Node {
    _pod: Pod,
    agent: Running,
    health: SocketAddr,
    rpc: String,
}

impl Node {
    fn start(more: &str) -> Self {
        let (health, socket) = (free(), free());
        let rpc = format!("ws://{socket}");
        let args = args(free().port()).map(|(key, value)| format!("    {key}: '{value}'\n"));
        let yaml = format!(
            "metrics: {{listen: '{health}'}}
probe: {{kind: substrate, rpc: '{rpc}', interval: 500ms, timeout: 1s, startPeriod: 0s, blockLimit: {BLOCK_LIMIT}}}
nodeTemplate:
  command: ['{}', --babe-authority=false, --grandpa-authority=false, --rpc-external, --ws-external]
  args:
    no-telemetry: null
    no-mdns: null
    ws-port: {}
    rpc-port: {}
{}{more}",
            bin("substrate/gossamer").display(),
            socket.port(),
            free().port(),
            args.concat()
        );
        let pod = pod(&yaml);
        let agent = pod.start(&[]);
        Self { _pod: pod, agent, health, rpc }
    }

    /// The body of a path that has this status code, sooner or later.
    fn wait_for(&self, path: &str, code: u16) -> String {
        wait_for(self.health, path, code)
    }

    /// The status codes of what node-liveness-probe answers.
    fn codes(&self) -> [u16; 3] {
        ["/healthz", "/healthz_block", "/readiness"].map(|path| get(self.health, path).0)
    }

    fn wait_for_codes(&self, codes: [u16; 3]) {
        wait::until(&format!("{codes:?}"), LIMIT, || (self.codes() == codes).then_some(()));
    }

    fn wait_for_height(&self, height: u64) {
        wait::until("a height", LIMIT, || {
            status(self.health)["height"].as_u64().filter(|found| *found >= height)
        });
    }

    /// The exit code of a look from the command line.
    fn probe(&self) -> Option<i32> {
        Pod::default().output(&["probe", "substrate", &self.rpc]).status.code()
    }

    fn pid(&self) -> Pid {
        Pid::from_raw(node_of(&self.agent))
    }

    /// Ends it by a SIGTERM to the agent.
    fn end(mut self) {
        self.agent.signal(Signal::SIGTERM);
        self.agent.expect_line("signal interrupt, shutting down");
        assert_eq!(self.agent.code(), 0);
    }
}

#[test]
fn a_substrate_node_is_ready_with_a_peer_and_healthy_while_blocks_come() {
    let validator = Validator::start();
    let node = Node::start(&format!("    bootnodes: {}\n", validator.address()));
    assert_eq!(node.codes(), [503; 3]);
    node.wait_for_height(3); // which takes longer than the limit
    node.wait_for_codes([200; 3]);
    assert_eq!((get(node.health, "/readyz").0, node.probe()), (200, Some(0)));
    validator.stop();
    node.wait_for_codes([200, 503, 200]);
    let body = node.wait_for("/readyz", 503);
    assert!(body.contains("block has been"), "{body}");
    assert_eq!((get(node.health, "/livez").0, node.probe()), (200, Some(0)));
    drop(validator);
    assert_eq!(node.wait_for("/readiness?timeout=20", 503), "it has no peers\n");
    node.end();
}

#[test]
fn a_substrate_node_that_hangs_is_told_within_the_timeout() {
    let node = Node::start("");
    node.wait_for_codes([200, 200, 503]);
    assert_eq!(node.wait_for("/readiness?timeout=20", 503), "it has no peers\n");
    assert_eq!(node.probe(), Some(1));
    stop(node.pid());
    for path in ["/healthz", "/healthz_block", "/readiness"] {
        let answer = get(node.health, &format!("{path}?timeout=0.2"));
        assert_eq!(answer, (503, "no answer within 0.2 s\n".to_owned()), "{path}");
    }
    assert_eq!(get(node.health, "/healthz").1, "no answer within 1 s\n");
    node.wait_for("/livez", 503);
    kill(node.pid(), Signal::SIGCONT).unwrap();
    node.wait_for_codes([200, 200, 503]);
    node.end();
}
