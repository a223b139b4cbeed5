//! Images, examples and manifests on a real Kubernetes, which `tests/cluster/up` starts on this
//! machine once per run. It ends with this process, however that ends.
//!
//! The tests run two at a time at most on two cores; those of the installed chart take turns.

mod chart;
mod images;
mod kubebot;
mod network;
mod node;
mod pod;
mod ways;
