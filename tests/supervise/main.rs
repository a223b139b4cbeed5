//! The supervision, from outside: as PID 1 of a pid namespace, and as a child like any other.

#![expect(clippy::unwrap_used, reason = "a test panics when its fixture fails")]

mod binary;
mod clean;
mod ends;
mod group;
mod init;
mod orphans;
mod output;
mod restart;
mod signals;
mod stop;
mod terminal;

use chainpod_tests::supervised::Pod;

/// Prints `up`, and ends with 0 at SIGTERM.
const NODE: &str = "trap 'exit 0' TERM; echo up; while :; do sleep 0.01; done";

/// Prints `up`, and does not listen to SIGTERM.
const DEAF: &str = "trap '' TERM; echo up; while :; do sleep 0.01; done";

fn pod() -> Pod {
    Pod::new(env!("CARGO_BIN_EXE_pod-run"))
}

/// The stand-in that names its signals.
fn stub(mode: &str) -> [&str; 2] {
    [env!("CARGO_BIN_EXE_stub-node"), mode]
}
