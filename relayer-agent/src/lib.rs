//! Container entrypoint of a relayer pod.
//!
//! A start is a reconciliation: what was written ([`config`]) becomes a topology, the chains say
//! what of it is there ([`chain_state`]), what is missing is made ([`link`], `register`), and
//! `rly start` is supervised ([`mod@run`]). The chains are the only memory.

mod accounts;
mod board;
mod chain;
pub mod chain_state;
pub mod cli;
pub mod config;
mod dry_run;
pub mod error;
mod health;
mod home;
mod lanes;
pub mod link;
mod program;
mod register;
pub mod rly;
pub mod run;
mod status;
pub mod wait;
mod watch;
mod world;

pub use program::run;
