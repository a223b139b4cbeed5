//! Container entrypoint of a chain pod.
fn main() {}
