//! `agent run` around any node: what kubebot does, and what it does wrong.

#![expect(clippy::unwrap_used, reason = "a test panics when its fixture fails")]

mod command;
mod health;
mod logging;
mod output;
mod pings;
mod probes;
mod reload;
mod substrate;
mod support;
