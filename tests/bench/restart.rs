//! How soon a node that was killed runs again.

use std::time::Duration;

use chainpod_tests::wait;
use nix::sys::signal::{Signal, kill};

use crate::{
    fixture::Fixture,
    peers::{Peer, node},
    report::{Line, Target},
    run::{Mark, Run},
    series::{Better, Result, Series},
    stub,
};

const ROUNDS: usize = 30;

/// What is configured, in milliseconds; the jitter adds or takes a tenth.
const DELAY: f64 = 1.0;

/// Measures from SIGKILL to the new node's first line, a wait of a millisecond in between.
pub fn measure(fixture: &Fixture) -> Result<Vec<Line>> {
    let words = node(&[]);
    let policy = "supervise: {restart: always, delay: 1ms, maxDelay: 1ms}\n";
    let peers = [fixture.agent_with("restart", policy), Peer::script_loop(fixture.dir(), &words)];
    let mut runs = Vec::new();
    for peer in &peers {
        runs.push(Run::up(peer.command(&words))?);
    }
    let mut values = vec![Vec::new(); runs.len()];
    for _ in 0..ROUNDS {
        for ((run, mark), values) in runs.iter_mut().zip(&mut values) {
            wait::pause(Duration::from_millis(20));
            values.push(again(run, mark)?);
        }
    }
    let [ours, script] = values.as_slice() else { return Ok(Vec::new()) };
    let ours = Series::new("agent", Better::Less, ours.clone());
    let script = Series::new("script, `sleep 0.001`", Better::Less, script.clone());
    let measure = "SIGKILL of the node to its next line, 1 ms configured";
    let line = Line::beside(measure, "ms", &ours, &script);
    Ok(vec![line.target(Target::AtMost(DELAY + 3.0))])
}

/// Kills the node, and waits for the next one.
fn again(run: &mut Run, mark: &mut Mark) -> Result<f64> {
    let killed = stub::now();
    kill(mark.node, Signal::SIGKILL)?;
    *mark = run.expect("up")?;
    Ok((mark.at - killed) * 1e3)
}
