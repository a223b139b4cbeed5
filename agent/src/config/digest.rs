//! Digests as `sha256sum` writes them.

use thiserror::Error;

/// Why a text is not a digest.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("must be 64 hexadecimal digits")]
pub struct DigestError;

/// Reads a SHA-256, and writes it in lower case.
///
/// # Errors
///
/// [`DigestError`] for anything but 64 hexadecimal digits.
pub fn parse(text: &str) -> Result<String, DigestError> {
    let digest = text.to_ascii_lowercase();
    if digest.len() == 64 && digest.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Ok(digest);
    }
    Err(DigestError)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_has_64_digits() {
        assert_eq!(parse(&"aB".repeat(32)), Ok("ab".repeat(32)));
        for wrong in [String::new(), "a".repeat(63), "a".repeat(65), "g".repeat(64)] {
            assert_eq!(parse(&wrong), Err(DigestError), "{wrong}");
        }
    }
}
