//! A Cosmos chain from outside: mnemonic, keys, keyring, coin, address, transaction, genesis document.
//!
//! Everything here is a value or a file format: nothing runs a program, listens or waits. What
//! the node's own command line would write is written the same, byte for byte where it matters.

pub mod address;
pub mod chain_id;
pub mod coin;
pub mod decimal;
pub mod external_ip;
pub mod genesis;
pub mod gentx;
pub mod hd;
pub mod keyring;
pub mod keys;
pub mod mnemonic;
pub mod node_key;
pub mod proto;
pub mod rpc;
pub mod sdk_version;
pub mod tx;

mod go_json;
#[cfg(test)]
mod testdata;
