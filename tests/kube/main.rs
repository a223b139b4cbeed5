//! `agent` and the Kubernetes API: a real kube-apiserver with a real etcd, real RBAC, real conflicts.

mod access;
mod api;
mod generate;
mod mnemonics;
mod node;
mod nodes;
mod proxy;
mod service;
