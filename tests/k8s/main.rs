//! What stands in `k8s/` and `docker/`, without a cluster: it renders, it is what it was, and every
//! flag, variable, port, path and metric in it is one that the binaries know.
//!
//! `UPDATE=1 cargo test -p chainpod-tests --test k8s` writes the golden files and the README's table.

mod agents;
mod examples;
mod golden;
mod known;
mod kustomize;
mod pods;
mod readme;
mod schema;
mod scripts;
mod tools;
