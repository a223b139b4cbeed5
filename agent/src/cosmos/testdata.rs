//! Golden values that the real programs wrote; `testdata/README.md` says which and how.

use serde_json::Value;

use crate::cosmos::mnemonic::Mnemonic;

/// The public test mnemonic of BIP-39, whose keys are in `vectors.json`.
pub const MNEMONIC: &str = "abandon abandon abandon abandon abandon abandon \
                            abandon abandon abandon abandon abandon about";

/// What `vectors.json` has at a JSON pointer.
pub fn vector(pointer: &str) -> Value {
    let all: Value = serde_json::from_str(include_str!("testdata/vectors.json")).unwrap();
    all.pointer(pointer).unwrap_or_else(|| panic!("no `{pointer}` in vectors.json")).clone()
}

/// The text that `vectors.json` has at a JSON pointer.
pub fn text(pointer: &str) -> String {
    vector(pointer).as_str().unwrap().to_owned()
}

/// The parsed [`MNEMONIC`].
pub fn mnemonic() -> Mnemonic {
    Mnemonic::parse(MNEMONIC).unwrap()
}
