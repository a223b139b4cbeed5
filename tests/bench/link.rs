//! How long a hub and its spokes take to be linked: by relayer-agent, and as the shell did it, on
//! the same real chains with the same `rly`.

mod memory;

use std::{
    fs::{self, File},
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use chainpod_tests::{
    bin,
    network::{Network, Terms},
    relayer::{self, Relayer},
    root, wait,
};
use nix::{
    sys::signal::{Signal, killpg},
    unistd::Pid,
};
use serde_json::Value;

use crate::{
    report::{Line, Target},
    series::{Better, Result, Series},
};

/// The height at which the linking may begin; the default of relayer-agent, and the shell's.
const HEIGHT: u64 = 5;

/// The most hub blocks that a network may take at the node's default block time.
const BLOCKS: f64 = 18.0;

/// How often heights and memory are looked at.
const EVERY: Duration = Duration::from_millis(250);

/// A network that is linked.
#[derive(Clone, Copy, Debug)]
struct Case {
    spokes: u8,
    /// The setting; the node's default of 5 s if it is none.
    block_time: Option<&'static str>,
    /// How long the shell may take, if it is measured here.
    shell: Option<Duration>,
}

const CASES: [Case; 6] = [
    Case { spokes: 3, block_time: None, shell: Some(Duration::from_secs(150)) },
    Case { spokes: 8, block_time: None, shell: Some(Duration::from_mins(4)) },
    Case { spokes: 16, block_time: None, shell: None },
    Case { spokes: 3, block_time: Some("1s"), shell: Some(Duration::from_secs(90)) },
    Case { spokes: 8, block_time: Some("1s"), shell: Some(Duration::from_mins(2)) },
    Case { spokes: 16, block_time: Some("1s"), shell: None },
];

/// What linking a network took.
#[derive(Clone, Copy, Debug)]
struct Took {
    seconds: f64,
    blocks: f64,
    linked: f64,
    retries: f64,
    transactions: f64,
    megabytes: f64,
}

/// What is measured, in which unit, and the value.
type Measure = (&'static str, &'static str, f64);

impl Took {
    fn measures(&self) -> [Measure; 6] {
        [
            ("hub blocks", "", self.blocks),
            ("time", "s", self.seconds),
            ("paths linked", "", self.linked),
            ("commands tried again", "", self.retries),
            ("transactions", "", self.transactions),
            ("peak memory (PSS), `rly` included", "MB", self.megabytes),
        ]
    }
}

/// Something that links, while it runs; all that it started is killed with it.
#[derive(Debug)]
struct Linker {
    child: Child,
    log: PathBuf,
    /// Below which its programs work.
    dir: PathBuf,
}

/// Measures the networks whose name contains `only`, one after the other: they would disturb each
/// other.
pub fn measure(only: &str) -> Result<Vec<Line>> {
    let mut lines = Vec::new();
    let mut seconds = Vec::new();
    for case in CASES.into_iter().filter(|case| case.name().contains(only)) {
        let name = case.name();
        eprintln!("    {name} …");
        let (ours, shell) = case.measure()?;
        eprintln!("    {name}: {ours:?}, the shell: {shell:?}");
        lines.extend(case.lines(&ours, shell.as_ref()));
        if case.block_time.is_some() {
            seconds.push((case.spokes, ours.seconds));
        }
    }
    let of = |spokes: u8| seconds.iter().find(|(n, _)| *n == spokes).map(|(_, seconds)| *seconds);
    if let (Some(few), Some(many)) = (of(3), of(16)) {
        let line = Line::beside(
            "link 16 spokes, 1 s blocks, beside 3 spokes",
            "s",
            &series("16 spokes", many),
            &series("3 spokes", few),
        );
        lines.push(line.target(Target::Times(2.0)));
    }
    Ok(lines)
}

fn series(name: &str, value: f64) -> Series {
    Series::new(name, Better::Less, vec![value])
}

impl Case {
    fn name(self) -> String {
        format!("link {} spokes, {} blocks", self.spokes, self.block_time.unwrap_or("5s"))
    }

    fn measure(self) -> Result<(Took, Option<Took>)> {
        // The lanes have funds in the hub's genesis, as in a chart.
        let lanes = u32::from(self.spokes);
        let terms = Terms { block_time: self.block_time, lanes, ..Terms::default() };
        let datastores: Vec<_> = (0..self.spokes - 1).map(|n| format!("fdsc-{n}")).collect();
        let names = ["gwc", "mdsc"].into_iter().chain(datastores.iter().map(String::as_str));
        let network = Network::with(terms, &names.collect::<Vec<_>>());
        wait::until("proofs on all chains", Duration::from_mins(2), || {
            let is_high = |chain: &chainpod_tests::network::Chain| chain.height() >= Some(HEIGHT);
            network.chains.iter().all(is_high).then_some(())
        });
        let relayer = Relayer::new(&network).with("limits: {height: 5}");
        let log = network.dir().join("ours.log");
        let ours = took(&network, &log, relayer.command(&["link"]), Duration::from_mins(4))?;
        network.assert_one_of_each();
        let Some(limit) = self.shell else { return Ok((ours, None)) };
        let log = network.dir().join("shell.log");
        let shell = took(&network, &log, shell(&network), limit)?;
        Ok((ours, Some(shell)))
    }

    fn lines(self, ours: &Took, shell: Option<&Took>) -> Vec<Line> {
        let mut shell = shell.map(Took::measures).into_iter().flatten();
        let line = |(measure, unit, value): Measure| {
            let name = format!("{}: {measure}", self.name());
            let ours = series("relayer-agent", value);
            let line = match shell.next() {
                Some((_, _, value)) => Line::beside(name, unit, &ours, &series("shell", value)),
                None => Line::alone(name, unit, ours),
            };
            let is_bound = measure == "hub blocks" && self.block_time.is_none();
            if is_bound { line.target(Target::AtMost(BLOCKS)) } else { line }
        };
        ours.measures().into_iter().map(line).collect()
    }
}

/// The shell's way, on the same chains.
fn shell(network: &Network) -> Command {
    let mut command = Command::new(root().join("tests/bench/link/shell.sh"));
    let hub = network.chains.first().expect("there is a hub");
    command.arg(bin("rly")).arg(network.dir().join("shell"));
    command.arg(network.dir().join(&hub.name).join("mnemonic"));
    command.args(network.chains.iter().map(|c| format!("{}=http://{}:26657", c.name, c.ip)));
    command
}

/// Runs something to its end, or to the limit, and measures it.
fn took(network: &Network, log: &Path, mut command: Command, limit: Duration) -> Result<Took> {
    let hub = network.chains.first().ok_or("there is no hub")?;
    let height = || wait::until("the hub", Duration::from_secs(30), || hub.height());
    let before = network.transactions();
    let file = File::create(log)?;
    command.stdin(Stdio::null()).stdout(file.try_clone()?).stderr(file).process_group(0);
    let (first, began) = (height(), Instant::now());
    let (log, dir) = (log.to_owned(), network.dir().to_owned());
    let mut run = Linker { child: command.spawn()?, log, dir };
    let mut megabytes: f64 = 0.0;
    while run.child.try_wait()?.is_none() && began.elapsed() < limit {
        megabytes = megabytes.max(memory::tree(run.pid()));
        wait::pause(EVERY);
    }
    let (seconds, last) = (began.elapsed().as_secs_f64(), height());
    let (linked, retries) = run.result();
    drop(run);
    let count = |n: u64| u32::try_from(n).map(f64::from);
    Ok(Took {
        seconds,
        blocks: count(last - first)?,
        linked: count(linked)?,
        retries: count(retries)?,
        transactions: count(network.transactions() - before)?,
        megabytes,
    })
}

impl Linker {
    fn pid(&self) -> Pid {
        Pid::from_raw(i32::try_from(self.child.id()).expect("a process id"))
    }

    /// How many paths are linked, and how many commands were tried again.
    fn result(&self) -> (u64, u64) {
        let (mut linked, mut retries) = (0, 0);
        for line in fs::read_to_string(&self.log).unwrap_or_default().lines() {
            let event: Value = serde_json::from_str(line).unwrap_or_default();
            let message = event.get("message").and_then(Value::as_str);
            let done = message == Some("the path is linked") || line.starts_with("linked ");
            linked += u64::from(done);
            retries += u64::from(line.starts_with("retry "));
            retries += event.get("attempts").and_then(Value::as_u64).filter(|_| done).unwrap_or(0);
        }
        (linked, retries)
    }
}

impl Drop for Linker {
    fn drop(&mut self) {
        let _ = killpg(self.pid(), Signal::SIGKILL); // it may have ended
        let _ = self.child.wait(); // as above
        // Those of relayer-agent have process groups of their own.
        relayer::kill_below(&self.dir);
    }
}
