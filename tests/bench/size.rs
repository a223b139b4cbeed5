//! What the agent costs while it does nothing: bytes on disk and in memory, wake-ups.

use std::{fs, path::Path, time::Duration};

use chainpod_tests::wait;
use nix::unistd::Pid;

use crate::{
    fixture::Fixture,
    peers::{Peer, node},
    report::{Line, Target},
    run::Run,
    series::{Better, Result, Series, interleave},
};

const ROUNDS: usize = 3;

/// How long wake-ups are counted.
const IDLE: Duration = Duration::from_secs(2);

/// Measures files, memory and wake-ups.
pub fn measure(fixture: &Fixture) -> Result<Vec<Line>> {
    let mut lines = binaries(&fixture.agent)?;
    let words = node(&[]);
    let new = fixture.home("memory");
    let init = fixture.agent_with("agent, init", &fixture.init_section(&new, "native"));
    let mut peers = vec![fixture.agent_with("agent", ""), fixture.agent_with_home()?, init];
    peers.push(fixture.agent_with("http", "metrics: {listen: '127.0.0.1:0'}\n"));
    peers.extend(Peer::inits());
    peers.extend(Peer::supervisors(fixture.dir(), &words)?);
    peers.push(Peer::script(fixture.dir(), &words));
    lines.extend(memory(&peers, &words, &new)?);
    lines.extend(wake_ups(&peers, &words)?);
    Ok(lines)
}

fn binaries(agent: &Path) -> Result<Vec<Line>> {
    let size = |name: &str| -> Result<Series> {
        let path = agent.with_file_name(name);
        let missing = |error| format!("{}: {error}; run `make bin`", path.display());
        let bytes = fs::metadata(&path).map_err(missing)?.len();
        let megabytes = f64::from(u32::try_from(bytes)?) / 1e6;
        Ok(Series::new(name, Better::Less, vec![megabytes]))
    };
    Ok(vec![
        Line::alone("size of `agent`", "MB", size("agent")?).target(Target::AtMost(10.0)),
        Line::alone("size of `relayer-agent`", "MB", size("relayer-agent")?)
            .target(Target::AtMost(10.0)),
    ])
}

fn memory(peers: &[Peer], words: &[String], new: &Path) -> Result<Vec<Line>> {
    let names: Vec<_> = peers.iter().map(|peer| peer.name).collect();
    let series = interleave(&names, ROUNDS, |place| {
        if new.exists() {
            fs::remove_dir_all(new)?;
        }
        let (run, _) = Run::up(peers[place].command(words))?;
        wait::pause(Duration::from_millis(300));
        let text = fs::read_to_string(format!("/proc/{}/smaps_rollup", run.pid()))?;
        let megabytes = |key: &str| number(&text, key) / 1e3;
        Ok([megabytes("Pss:"), megabytes("Private_Dirty:"), megabytes("Rss:")])
    })?;
    let [plain, home, new, http, others @ ..] = series.as_slice() else { return Ok(Vec::new()) };
    let mut lines = Vec::new();
    let measures = [
        ("memory (PSS), no init section", 0, plain),
        ("memory (PSS), home was whole", 0, home),
        ("memory (PSS), home was made", 0, new),
        ("memory (PSS), HTTP server on", 0, http),
        ("memory (private dirty), home was made", 1, new),
        ("memory (RSS), home was made", 2, new),
    ];
    for (measure, kind, ours) in measures {
        let line = |other: &[Series; 3]| Line::beside(measure, "MB", &ours[kind], &other[kind]);
        let mut of = others.iter().map(line).collect::<Vec<_>>();
        if let (0, Some(first)) = (kind, of.first_mut()) {
            first.target = Some(Target::AtMost(6.0));
        }
        lines.extend(of);
    }
    Ok(lines)
}

/// The number after a key, in a file such as `/proc/<pid>/status`.
fn number(text: &str, key: &str) -> f64 {
    let line = text.lines().find_map(|line| line.strip_prefix(key)).unwrap_or_default();
    line.split_whitespace().next().and_then(|word| word.parse().ok()).unwrap_or(f64::NAN)
}

fn wake_ups(peers: &[Peer], words: &[String]) -> Result<Vec<Line>> {
    let mut runs = Vec::new();
    for peer in peers {
        runs.push((peer.name, Run::up(peer.command(words))?.0));
    }
    wait::pause(Duration::from_millis(500));
    let count = |run: &Run| switches(run.pid());
    let before = runs.iter().map(|(_, run)| count(run)).collect::<Result<Vec<_>>>()?;
    wait::pause(IDLE);
    let mut series = Vec::new();
    for ((name, run), before) in runs.iter().zip(before) {
        series.push(Series::new(*name, Better::Less, vec![count(run)? - before]));
    }
    let [plain, home, _, _, others @ ..] = series.as_slice() else { return Ok(Vec::new()) };
    let measure = "wake-ups in 2 s of sleep";
    let first = Line::beside(measure, "", plain, home).target(Target::AtMost(0.0));
    let others = others.iter().map(|other| Line::beside(measure, "", plain, other));
    Ok([first].into_iter().chain(others).collect())
}

/// How often all threads of a process have gone to sleep.
fn switches(pid: Pid) -> Result<f64> {
    let mut sum = 0.0;
    for thread in fs::read_dir(format!("/proc/{pid}/task"))? {
        let status = fs::read_to_string(thread?.path().join("status"))?;
        sum += number(&status, "voluntary_ctxt_switches:");
    }
    Ok(sum)
}
