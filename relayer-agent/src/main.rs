//! Container entrypoint of a relayer pod.
fn main() {}
