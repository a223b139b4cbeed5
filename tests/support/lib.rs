//! Builders and waits for the end-to-end suites.

pub mod agent;
pub mod chain;
pub mod http;
pub mod mount;
pub mod network;
pub mod nginx;
pub mod relayer;
pub mod supervised;
pub mod wait;

use std::path::{Path, PathBuf};

/// The test mnemonic of BIP-39, which every golden value belongs to.
pub const MNEMONIC: &str = "abandon abandon abandon abandon abandon abandon abandon abandon \
                            abandon abandon abandon about";

/// The root of the repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ has a parent").to_owned()
}

/// A program that `make bin` has built.
pub fn bin(name: &str) -> PathBuf {
    let path = root().join("bin").join(name);
    assert!(path.exists(), "`{}` is not there; run `make bin`", path.display());
    path
}
