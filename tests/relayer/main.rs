//! `relayer-agent` on real chains with the real `rly`.

mod changes;
mod crash;
mod errors;
mod health;
mod kinds;
mod link;
