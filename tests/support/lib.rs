//! Builders and waits for the end-to-end suites.

pub mod supervised;
pub mod wait;
