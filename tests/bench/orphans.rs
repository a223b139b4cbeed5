//! How soon orphans that end at one moment are collected.

use std::time::Duration;

use chainpod_tests::{
    supervised::{Pod, Running},
    wait,
};

use crate::{
    fixture::Fixture,
    peers::Peer,
    report::{Line, Target},
    series::{Result, interleave},
    stub,
};

const ROUNDS: usize = 5;

/// Makes orphans, which end when its standard input does.
const SCRIPT: &str = "dir=$(mktemp -d); mkfifo $dir/gate; exec 3<>$dir/gate 4<$dir/gate; rm -r $dir
i=0; while [ $i -lt 1000 ]; do (exec 3>&-; read x <&4 &); i=$((i+1)); done
echo up; read x; exec 3>&-; exec sleep 1000";

/// Measures supervisors that are PID 1 of a namespace, as in a pod.
pub fn measure(fixture: &Fixture) -> Result<Vec<Line>> {
    let node = ["/bin/sh", "-c", SCRIPT].map(str::to_owned);
    let mut peers = vec![fixture.agent_for("orphans", "", &node)];
    peers.extend(Peer::inits());
    let names: Vec<_> = peers.iter().map(|peer| peer.name).collect();
    let series = interleave(&names, ROUNDS, |place| {
        let (reader, writer) = std::io::pipe()?;
        let pod = start(&peers[place], &node).stdin(reader).start();
        pod.out.expect("up");
        if pod.children().len() != 1001 {
            return Err("the orphans are not left to PID 1".into());
        }
        let began = stub::now();
        drop(writer);
        wait_for_order(&pod)?;
        Ok([(stub::now() - began) * 1e3])
    })?;
    let [[ours], others @ ..] = series.as_slice() else { return Ok(Vec::new()) };
    let line = |[other]: &[_; 1]| {
        let line = Line::beside("1000 orphans end and are reaped", "ms", ours, other);
        if other.name == "tini" { line.target(Target::Times(1.1)) } else { line }
    };
    Ok(others.iter().map(line).collect())
}

fn start(peer: &Peer, node: &[String]) -> Pod {
    let (program, words) = peer.words().split_first().expect("a peer has a program");
    let words = words.iter().filter(|word| *word != "--" && *word != "-s");
    let pod = words.fold(Pod::new(program), Pod::arg);
    if peer.takes_command() { pod.node(node.to_vec()) } else { pod }
}

/// Waits until the node is the only child.
fn wait_for_order(pod: &Running) -> Result<()> {
    for _ in 0..30_000 {
        if pod.children().len() == 1 {
            return Ok(());
        }
        wait::pause(Duration::from_millis(1));
    }
    Err("the orphans are not reaped".into())
}
