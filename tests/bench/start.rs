//! How long a start with nothing to do takes.

use crate::{
    fixture::Fixture,
    peers::{Peer, node},
    report::{Line, Target},
    run::Run,
    series::{Result, interleave},
};

const ROUNDS: usize = 30;

/// Measures from the start of a supervisor to the node's first line.
pub fn measure(fixture: &Fixture) -> Result<Vec<Line>> {
    let words = node(&[]);
    let mut peers = vec![fixture.agent_with("agent", ""), fixture.agent_with_home()?, Peer::none()];
    peers.extend(Peer::inits());
    peers.extend(Peer::supervisors(fixture.dir(), &words)?);
    peers.push(Peer::script(fixture.dir(), &words));
    let names: Vec<_> = peers.iter().map(|peer| peer.name).collect();
    let series = interleave(&names, ROUNDS, |place| {
        let (run, up) = Run::up(peers[place].command(&words))?;
        Ok([(up.at - run.began) * 1e3])
    })?;
    let [[plain], [home], [none], others @ ..] = series.as_slice() else { return Ok(Vec::new()) };
    let measure = "start to the node's line, no init section";
    let mut lines = vec![
        Line::beside("start to the node's line, home is whole", "ms", home, none)
            .target(Target::Beyond(20.0)),
        Line::beside(measure, "ms", plain, none).target(Target::Beyond(3.0)),
    ];
    lines.extend(others.iter().map(|[other]| Line::beside(measure, "ms", plain, other)));
    Ok(lines)
}
