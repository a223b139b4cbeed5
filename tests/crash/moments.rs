//! Killed at random moments.

use std::{
    process::Stdio,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant, SystemTime},
};

use chainpod_tests::{agent::Pod, chain::flaw, wait};

/// How many runs go on at the same time; a kill must be able to come while another run writes.
const WORKERS: usize = 2;

/// A sequence of numbers that a seed decides (an LCG with the constants of Knuth's MMIX).
struct Random(u64);

impl Random {
    fn below(&mut self, most: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % most
    }
}

/// How long an init takes that is not killed, with as many at work as will be.
fn whole_run(make: fn() -> Pod) -> Duration {
    let runs = (0..WORKERS).map(|_| {
        wait::spawn(move || {
            let pod = make();
            let began = Instant::now();
            pod.init();
            began.elapsed()
        })
    });
    let runs: Vec<_> = runs.collect();
    runs.into_iter().map(|run| run.join().unwrap()).max().unwrap()
}

/// Kills one init after `moment`, runs it again, and says what the home lacks.
fn killed_after(make: fn() -> Pod, moment: Duration) -> Result<(), String> {
    let pod = make();
    let mut agent = pod.command(&["init"]).stderr(Stdio::null()).spawn().unwrap();
    wait::pause(moment);
    agent.kill().unwrap();
    agent.wait().unwrap();
    let output = pod.output(&["init"]);
    let said = String::from_utf8_lossy(&output.stderr);
    match (output.status.success(), flaw("gwc", &pod.home())) {
        (true, None) => Ok(()),
        (_, flaw) => Err(format!("killed after {moment:?}: {flaw:?}\n{said}")),
    }
}

/// Kills `kills` inits at moments that the seed decides; all must be made good.
fn survives(make: fn() -> Pod, kills: usize) {
    let seed = SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs();
    let random = Arc::new(Mutex::new(Random(seed)));
    let micros = u64::try_from(whole_run(make).as_micros()).unwrap();
    let (next, failures) = (Arc::new(AtomicUsize::new(0)), Arc::new(Mutex::new(Vec::new())));
    let workers = (0..WORKERS).map(|_| {
        let (random, next, failures) = (random.clone(), next.clone(), failures.clone());
        wait::spawn(move || {
            while next.fetch_add(1, Ordering::Relaxed) < kills {
                let moment = Duration::from_micros(random.lock().unwrap().below(micros));
                if let Err(failure) = killed_after(make, moment) {
                    failures.lock().unwrap().push(failure);
                }
            }
        })
    });
    workers.collect::<Vec<_>>().into_iter().for_each(|worker| worker.join().unwrap());
    let failures = failures.lock().unwrap();
    println!("survived {} of {kills} (seed {seed})", kills - failures.len());
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn an_init_that_is_killed_at_200_random_moments_is_always_made_good() {
    survives(Pod::default, 200);
}

#[test]
fn the_cli_engine_survives_too() {
    survives(|| Pod::default().config("init: {engine: cli}"), 20);
}

#[test]
fn completing_a_half_made_home_survives_too() {
    survives(
        || {
            let pod = Pod::default();
            let words = ["init", "gwc", "--chain-id", "gwc"];
            chainpod_tests::chain::run("gwc", &pod.home(), &words, "");
            pod
        },
        40,
    );
}
