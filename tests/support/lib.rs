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

/// A file that `make bin` has built, or the target that its folder is named after.
pub fn bin(name: &str) -> PathBuf {
    let path = root().join("bin").join(name);
    let target = name.split_once('/').map_or("bin", |(folder, _)| folder);
    assert!(path.exists(), "`{}` is not there; run `make {target}`", path.display());
    path
}
