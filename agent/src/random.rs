//! Random bytes from the kernel.
//!
//! The system call itself: in a static binary other ways end at `/dev/urandom`, which an image
//! FROM scratch need not have.

use rustix::{
    io::Errno,
    rand::{GetRandomFlags, getrandom},
};

/// Fills a buffer with random bytes fit for keys.
///
/// # Errors
///
/// [`Errno`] of the system call: `ENOSYS` before Linux 3.17.
///
/// # Source
///
/// getrandom(2): a call may be cut short by a signal.
pub(crate) fn fill(mut buffer: &mut [u8]) -> Result<(), Errno> {
    while !buffer.is_empty() {
        match getrandom(&mut *buffer, GetRandomFlags::empty()) {
            Ok(filled) => buffer = buffer.get_mut(filled..).unwrap_or_default(),
            Err(Errno::INTR) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_buffers_are_filled_with_other_bytes() {
        let (mut one, mut other) = ([0; 700], [0; 700]);
        fill(&mut one).unwrap();
        fill(&mut other).unwrap();
        assert_ne!(one, other);
        assert!(one.chunks(100).all(|chunk| chunk.iter().any(|byte| *byte != 0)));
    }
}
