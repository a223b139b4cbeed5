//! How fast the node's output gets out.

use std::io::Read as _;

use crate::{
    fixture::Fixture,
    peers::{Peer, node},
    report::{Line, Target},
    run::Run,
    series::{Better, Result, Series, interleave},
    stub,
};

const ROUNDS: usize = 21;

/// How much the node writes.
const MEGABYTES: f64 = 268.435_456;
const BYTES: &str = "268435456";

/// A keyword that no line has: every line is searched to its end.
const WATCHED: &str =
    "watchlog: {enabled: true, keyword: Prepared block, lastThreshold: 60m}\nnodeStderr: stderr\n";

/// Measures how much of the node's output can be read, in a second.
pub fn measure(fixture: &Fixture) -> Result<Vec<Line>> {
    let words = node(&[BYTES]);
    let mut peers = vec![fixture.agent_for("flood", "", &words), Peer::none()];
    peers.extend(Peer::inits().into_iter().take(1));
    let untouched = rates(&peers, &words, "node's output, inherited", Target::Level(0.9))?;
    let peers = [fixture.agent_for("watched", WATCHED, &words), Peer::relay(&words)];
    let watched = rates(&peers, &words, "node's output, watched", Target::AtLeast(900.0))?;
    Ok(untouched.into_iter().chain(watched).collect())
}

/// Measures ours, the first, beside all others.
fn rates(peers: &[Peer], words: &[String], measure: &str, target: Target) -> Result<Vec<Line>> {
    let names: Vec<_> = peers.iter().map(|peer| peer.name).collect();
    let mut rates = vec![Vec::new(); peers.len()];
    interleave(&names, ROUNDS, |place| {
        let mut run = Run::start(peers[place].command(words))?;
        rates[place].push(MEGABYTES / read(&mut run)?);
        Ok([0.0])
    })?;
    let series = names.iter().zip(rates);
    let series: Vec<_> =
        series.map(|(name, rates)| Series::new(*name, Better::More, rates)).collect();
    let [ours, none, others @ ..] = series.as_slice() else { return Ok(Vec::new()) };
    let first = Line::beside(measure, "MB/s", ours, none).target(target);
    let others = others.iter().map(|other| Line::beside(measure, "MB/s", ours, other));
    Ok([first].into_iter().chain(others).collect())
}

/// Reads all, and returns how long it took from the first byte on, in seconds.
fn read(run: &mut Run) -> Result<f64> {
    let mut buffer = vec![0; 1 << 16];
    let mut sum = run.output().read(&mut buffer)?;
    let began = stub::now();
    loop {
        match run.output().read(&mut buffer)? {
            0 if sum.to_string() == BYTES => return Ok(stub::now() - began),
            0 => return Err(format!("{sum} bytes came of {BYTES}").into()),
            count => sum += count,
        }
    }
}
