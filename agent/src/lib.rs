//! Container entrypoint of a chain pod.
//!
//! A start is a reconciliation: what was written (`config`) becomes a plan (`init`), the plan
//! is converged with the node's home, and the node is supervised ([`pod`]) to its end.

pub mod config;
pub mod cosmos;
pub mod files;
pub mod pod;
pub mod template;
