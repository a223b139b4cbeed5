//! Whether all parts of an ELF file are there.

use std::{fs::File, io::Read as _};

use object::{
    elf::{ELFCLASS64, ELFMAG, FileHeader32, FileHeader64},
    endian::Endianness,
    read::{
        ReadCache, ReadRef as _,
        elf::{FileHeader, ProgramHeader as _, SectionHeader as _},
    },
};

/// Whether the headers, the segments and the sections of an ELF file are within it: with Go's linker
/// they are its end, with others the table of sections is. True for a file of another kind.
///
/// # Source
///
/// System V ABI, chapter 4: <https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.eheader.html>.
pub(super) fn is_whole(mut file: File) -> bool {
    let mut ident = [0; 5];
    match file.read(&mut ident) {
        Ok(1..) if ident.first() == ELFMAG.first() => {
            let cache = ReadCache::new(file);
            if ident.ends_with(&[ELFCLASS64.0]) {
                is_all_there::<FileHeader64<Endianness>>(&cache)
            } else {
                is_all_there::<FileHeader32<Endianness>>(&cache)
            }
        }
        _ => true,
    }
}

fn is_all_there<H: FileHeader<Endian = Endianness>>(file: &ReadCache<File>) -> bool {
    let end = || {
        let header = H::parse(file).ok()?;
        let endian = header.endian().ok()?;
        let sections = header.section_headers(endian, file).ok()?.iter();
        let sections = sections.filter_map(|section| section.file_range(endian));
        let segments = header.program_headers(endian, file).ok()?.iter();
        let segments = segments.map(|segment| segment.file_range(endian));
        sections.chain(segments).map(|(offset, size)| offset.saturating_add(size)).max()
    };
    let length = file.len().unwrap_or_default();
    end().is_some_and(|end| end <= length)
}

#[cfg(test)]
mod tests {
    use std::{fs, io::Write as _};

    use super::*;

    /// Says whether the first `length` bytes of a file are whole.
    fn cut(bytes: &[u8], length: usize) -> bool {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(&bytes[..length]).unwrap();
        is_whole(file.reopen().unwrap())
    }

    #[test]
    fn a_program_that_lacks_its_end_is_not_whole() {
        let bytes = fs::read("/bin/sh").unwrap();
        assert!(cut(&bytes, bytes.len()));
        for length in [1, 4, 5, 63, 64, 200, 4096, bytes.len() / 2, bytes.len() - 1] {
            assert!(!cut(&bytes, length), "{length} of {}", bytes.len());
        }
    }

    #[test]
    fn what_is_no_elf_file_is_whole() {
        assert!(cut(b"#!/bin/sh\n", 10));
        assert!(cut(b"x", 1));
        assert!(cut("é".as_bytes(), 2));
    }
}
