//! What a PID 1 in a pod needs, whatever it runs.
//!
//! The order of a start: [`signals::Signals::install`] before anything else, then the runtime,
//! then [`reaper::Reaper::start`] before the first child, then the steps of a plan
//! ([`plan::converge`]) and at last [`supervise::run`], which returns how the node ended.

pub mod backoff;
pub mod binary;
pub mod child;
mod descriptor;
pub mod end;
pub mod exec;
pub mod http;
pub mod lock;
pub mod log;
pub mod page;
pub mod pings;
pub mod plan;
pub mod probe;
pub mod reaper;
pub mod relay;
pub mod retry;
pub mod shell;
pub mod signal;
pub mod signals;
mod spawn;
pub mod supervise;
mod trail;
pub mod watched;
