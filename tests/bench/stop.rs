//! How soon the node hears of a SIGTERM, and its supervisor is gone.

use nix::sys::signal::Signal;

use crate::{
    fixture::Fixture,
    peers::{Peer, node},
    report::{Line, Target},
    run::Run,
    series::{Result, interleave},
};

const ROUNDS: usize = 40;

/// Measures both.
pub fn measure(fixture: &Fixture) -> Result<Vec<Line>> {
    let words = node(&[]);
    let mut peers = vec![fixture.agent_with("agent", ""), Peer::none()];
    peers.extend(Peer::inits());
    // Horust's thread that started the node ends at the signal: our node, which may not outlive the
    // bench, is killed with it before Horust passes the signal on.
    let supervisors = Peer::supervisors(fixture.dir(), &words)?;
    peers.extend(supervisors.into_iter().filter(|peer| peer.name != "horust"));
    peers.push(Peer::script(fixture.dir(), &words));
    let names: Vec<_> = peers.iter().map(|peer| peer.name).collect();
    let series = interleave(&names, ROUNDS, |place| {
        let (mut run, _) = Run::up(peers[place].command(&words))?;
        // The supervisor sleeps when the signal comes, as in a pod.
        chainpod_tests::wait::pause(std::time::Duration::from_millis(20));
        let sent = run.signal(Signal::SIGTERM)?;
        let heard = run.expect("term")?.at;
        Ok([(heard - sent) * 1e3, (run.end()? - sent) * 1e3])
    })?;
    let [ours, others @ ..] = series.as_slice() else { return Ok(Vec::new()) };
    let mut lines = Vec::new();
    for (kind, measure) in
        ["SIGTERM to the node's handler", "SIGTERM to the end of all"].into_iter().enumerate()
    {
        let line = |other| Line::beside(measure, "ms", &ours[kind], other);
        let mut of: Vec<_> = others.iter().map(|other| line(&other[kind])).collect();
        if let (0, Some(first)) = (kind, of.first_mut()) {
            first.target = Some(Target::AtMost(0.3));
        }
        lines.extend(of);
    }
    Ok(lines)
}
