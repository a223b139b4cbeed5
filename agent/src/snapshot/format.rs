//! What an archive is, by its first bytes: its name may say nothing (`…/latest`), or lie.

use std::io::{self, BufRead, Read};

use flate2::bufread::MultiGzDecoder;
use lz4_flex::frame::FrameDecoder;

use super::SnapshotError;

/// How many bytes tell what an archive is: the header of a tar file.
pub const HEAD: usize = 512;

/// The longest window that zstd may use, as a power of two: what `--long=31` of its program makes.
const MAX_WINDOW_LOG: u32 = 31;

/// What an archive is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A tar file, as it is or compressed. It is unpacked while it arrives.
    Tar(Compression),
    /// A 7z file. Its table of contents is at its end, so it is downloaded first.
    SevenZ,
}

/// How a tar file is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    /// Not at all.
    None,
    /// gzip, one member or many.
    Gzip,
    /// Zstandard, one frame or many.
    Zstd,
    /// LZ4 frames, one or many.
    Lz4,
}

impl Format {
    /// Tells by the first bytes, [`HEAD`] of them if there are as many.
    ///
    /// # Errors
    ///
    /// [`SnapshotError::Format`] for anything else.
    ///
    /// # Source
    ///
    /// RFC 1952, RFC 8878 (also its skippable frames, with which pzstd begins), `lz4_Frame_format.md`,
    /// `7zFormat.txt`, and POSIX ustar; a tar file of before that is known by its checksum.
    pub fn of(name: &str, head: &[u8]) -> Result<Self, SnapshotError> {
        let unknown = |found| Err(SnapshotError::Format { name: name.to_owned(), found });
        match head {
            [] => unknown("empty"),
            [0x1f, 0x8b, ..] => Ok(Self::Tar(Compression::Gzip)),
            [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => {
                Ok(Self::Tar(Compression::Zstd))
            }
            [0x04, 0x22, 0x4d, 0x18, ..] => Ok(Self::Tar(Compression::Lz4)),
            [b'7', b'z', 0xbc, 0xaf, 0x27, 0x1c, ..] => Ok(Self::SevenZ),
            _ if is_tar(head) => Ok(Self::Tar(Compression::None)),
            [0xfd, b'7', b'z', b'X', b'Z', ..] => unknown("compressed with xz"),
            [b'B', b'Z', b'h', ..] => unknown("compressed with bzip2"),
            [b'P', b'K', 3, 4, ..] => unknown("a zip file"),
            [b'<', ..] => unknown("a page of HTML or XML"),
            _ => unknown("something else"),
        }
    }
}

/// Whether these are the header of a tar file, by its checksum; or two blocks of zeros, its end.
fn is_tar(head: &[u8]) -> bool {
    let Ok(block) = <[u8; HEAD]>::try_from(head) else { return false };
    let header = tar::Header::from_byte_slice(&block);
    let sum = |bytes: Option<&[u8]>| -> u32 {
        bytes.unwrap_or_default().iter().map(|byte| u32::from(*byte)).sum()
    };
    let wanted = sum(block.get(..148)) + 8 * u32::from(b' ') + sum(block.get(156..));
    block.iter().all(|byte| *byte == 0) || header.cksum().is_ok_and(|found| found == wanted)
}

impl Compression {
    /// How much there is when it is not compressed any more, if the first bytes say it.
    ///
    /// # Source
    ///
    /// RFC 8878, section 3.1.1.1.4; `lz4_Frame_format.md`, "Content Size".
    pub fn content_size(self, head: &[u8]) -> Option<u64> {
        const HAS_SIZE: u8 = 1 << 3;
        match self {
            Self::Zstd => zstd::zstd_safe::get_frame_content_size(head).ok().flatten(),
            Self::Lz4 if head.get(4)? & HAS_SIZE != 0 => {
                head.get(6..14)?.try_into().ok().map(u64::from_le_bytes)
            }
            _ => None,
        }
    }

    /// Reads what is compressed.
    ///
    /// # Errors
    ///
    /// Those of the decoder: a window that is too large.
    pub fn decoder(
        self,
        reader: impl BufRead + Send + 'static,
    ) -> io::Result<Box<dyn Read + Send>> {
        Ok(match self {
            Self::None => Box::new(reader),
            Self::Gzip => Box::new(MultiGzDecoder::new(reader)),
            Self::Zstd => {
                let mut decoder = zstd::Decoder::with_buffer(reader)?;
                decoder.window_log_max(MAX_WINDOW_LOG)?;
                Box::new(decoder)
            }
            Self::Lz4 => Box::new(Lz4 { frame: Frame::Between(EndSeen::new(reader)) }),
        })
    }
}

/// Says whether a reader has been read to its end.
#[derive(Debug)]
pub struct EndSeen<R> {
    reader: R,
    seen: bool,
}

impl<R> EndSeen<R> {
    /// Begins to watch a reader.
    pub fn new(reader: R) -> Self {
        Self { reader, seen: false }
    }

    /// Whether its end has been seen.
    pub fn seen(&self) -> bool {
        self.seen
    }
}

impl<R: Read> Read for EndSeen<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(buf)?;
        self.seen |= read == 0 && !buf.is_empty();
        Ok(read)
    }
}

impl<R: BufRead> EndSeen<R> {
    /// What comes next, without taking it; nothing at the end.
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.reader.fill_buf()
    }
}

/// Reads all frames, and knows the end of the last one from the end of the file.
///
/// The decoder says "end" for both, and does not take a second frame with other blocks than the first
/// (`lz4_flex` 0.14, src/frame/decompress.rs, `read_block`); so each frame gets one of its own.
struct Lz4<R: BufRead> {
    frame: Frame<R>,
}

enum Frame<R: BufRead> {
    In(Box<FrameDecoder<EndSeen<R>>>),
    /// After a frame, or before the first.
    Between(EndSeen<R>),
    Failed,
}

impl<R: BufRead> Read for Lz4<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        loop {
            match std::mem::replace(&mut self.frame, Frame::Failed) {
                Frame::In(mut decoder) => {
                    let read = decoder.read(buf)?;
                    if read > 0 || buf.is_empty() {
                        self.frame = Frame::In(decoder);
                        return Ok(read);
                    }
                    if decoder.get_ref().seen() {
                        return Err(io::ErrorKind::UnexpectedEof.into());
                    }
                    self.frame = Frame::Between(decoder.into_inner());
                }
                Frame::Between(mut reader) => {
                    if reader.fill_buf()?.is_empty() {
                        self.frame = Frame::Between(reader);
                        return Ok(0);
                    }
                    self.frame = Frame::In(Box::new(FrameDecoder::new(reader)));
                }
                Frame::Failed => return Err(io::ErrorKind::InvalidData.into()),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn lz4(frames: &[&[u8]]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for frame in frames {
            let mut encoder = lz4_flex::frame::FrameEncoder::new(&mut bytes);
            encoder.write_all(frame).unwrap();
            encoder.finish().unwrap();
        }
        bytes
    }

    fn read(bytes: Vec<u8>) -> io::Result<Vec<u8>> {
        let mut plain = Vec::new();
        Compression::Lz4.decoder(io::Cursor::new(bytes))?.read_to_end(&mut plain)?;
        Ok(plain)
    }

    #[test]
    fn all_frames_of_lz4_are_read() {
        let long = vec![7; 300_000];
        let plain = [b"one".as_slice(), &long].concat();
        assert_eq!(read(lz4(&[b"one", &long])).unwrap(), plain);
        assert_eq!(read(lz4(&[b"one", b"", &long])).unwrap(), plain);
    }

    #[test]
    fn lz4_that_is_cut_off_is_an_error_wherever_it_is_cut() {
        let whole = lz4(&[b"one", b"two"]);
        let frame = whole.len() / 2;
        for length in (1..whole.len()).filter(|length| *length != frame) {
            assert!(read(whole[..length].to_vec()).is_err(), "{length} of {}", whole.len());
        }
    }

    #[test]
    fn what_is_no_archive_is_named() {
        let of = |head: &[u8]| Format::of("x", head).unwrap_err().to_string();
        assert!(of(b"").contains("`x` is empty"));
        assert!(of(b"<html>").contains("a page of HTML"));
        assert!(of(&[1; HEAD]).contains("something else"));
        assert_eq!(Format::of("x", &[0; HEAD]).unwrap(), Format::Tar(Compression::None));
    }
}
