//! The build information that Go puts into every program.

use std::{fs::File, io, path::Path};

use object::{
    Endianness,
    elf::FileHeader64,
    read::{
        ReadCache,
        elf::{FileHeader, SectionHeader},
    },
};
use thiserror::Error;

use super::{SDK_MODULE, SdkVersion};

/// The section of an ELF file that has the build information.
const SECTION: &[u8] = b".go.buildinfo";

/// What the section begins with.
const MAGIC: &[u8] = b"\xff Go buildinf:";

/// The length of what comes before the texts.
const HEADER_LENGTH: usize = 32;

/// The flag of texts that stand in the section itself, as they do since Go 1.18.
const INLINE: u8 = 2;

/// The length of the marks before and behind the list of modules.
const MARK_LENGTH: usize = 16;

/// The most that is read of a section; a program of 400 modules has 40 kB.
const MAX_SECTION: u64 = 16 << 20;

/// What a Go program tells of its making.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuildInfo {
    /// The version of Go, such as `go1.26.8`.
    pub go_version: String,
    /// All modules, that of the program first.
    pub modules: Vec<Module>,
}

/// A Go module of a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Module {
    /// Its path, such as `github.com/cosmos/cosmos-sdk`.
    pub path: String,
    /// Its version, such as `v0.53.4`; `(devel)` for the program's own.
    pub version: String,
    /// What was taken in its place.
    pub replacement: Option<Box<Module>>,
}

/// Why a file tells nothing of its making.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum BuildInfoError {
    /// The file cannot be read.
    #[error("cannot read the program `{path}`")]
    Read {
        /// The program.
        path: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The file is a script, or a program of another system.
    #[error("`{path}` is not a 64-bit ELF program")]
    NotElf {
        /// The program.
        path: String,
    },
    /// The program is not of Go 1.18 or later, or was packed.
    #[error("`{path}` has no build information of Go 1.18 or later")]
    NotGo {
        /// The program.
        path: String,
    },
}

impl BuildInfo {
    /// Reads the build information of a program, and of the file no more than that needs.
    ///
    /// # Errors
    ///
    /// [`BuildInfoError`]: then only `version --long` can tell.
    ///
    /// # Source
    ///
    /// `readRawBuildInfo`, go 1.26, debug/buildinfo/buildinfo.go:115.
    pub fn read(program: &Path) -> Result<Self, BuildInfoError> {
        let path = || program.display().to_string();
        let file =
            File::open(program).map_err(|source| BuildInfoError::Read { path: path(), source })?;
        let cache = ReadCache::new(file);
        let section = section(&cache).map_err(|_| BuildInfoError::NotElf { path: path() })?;
        section.and_then(parse).ok_or_else(|| BuildInfoError::NotGo { path: path() })
    }

    /// The module that the program calls by that path.
    pub fn module(&self, path: &str) -> Option<&Module> {
        self.modules.iter().find(|module| module.path == path)
    }

    /// The version of the Cosmos SDK: that of a fork if one stands in for it, or that which the
    /// fork claims to be where its own cannot be read, as that of a local folder.
    pub fn sdk_version(&self) -> Option<SdkVersion> {
        let module = self.module(SDK_MODULE)?;
        let replacement = module.replacement.as_ref();
        replacement
            .and_then(|replacement| replacement.version.parse().ok())
            .or_else(|| module.version.parse().ok())
    }
}

/// The section with the build information; none in a program of another language.
fn section(cache: &ReadCache<File>) -> object::read::Result<Option<&[u8]>> {
    let header = FileHeader64::<Endianness>::parse(cache)?;
    let endian = header.endian()?;
    let sections = header.sections(endian, cache)?;
    match sections.section_by_name(endian, SECTION) {
        Some((_, section)) if section.sh_size(endian) <= MAX_SECTION => {
            section.data(endian, cache).map(Some)
        }
        _ => Ok(None),
    }
}

/// Reads the section: a header, then two texts with their lengths before them.
fn parse(section: &[u8]) -> Option<BuildInfo> {
    let (header, texts) = section.split_at_checked(HEADER_LENGTH)?;
    let [.., flags] = header.first_chunk::<16>()?;
    if !header.starts_with(MAGIC) || flags & INLINE == 0 {
        return None;
    }
    let (go_version, rest) = text(texts)?;
    let (modules, _) = text(rest)?;
    let modules = modules.get(MARK_LENGTH..modules.len().checked_sub(MARK_LENGTH)?)?;
    Some(BuildInfo {
        go_version: str::from_utf8(go_version).ok()?.to_owned(),
        modules: parse_modules(str::from_utf8(modules).ok()?),
    })
}

/// A text and what is behind it.
fn text(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    // The length is a base-128 number, as in protobuf.
    let mut rest = bytes;
    let length = prost::decode_length_delimiter(&mut rest).ok()?;
    rest.split_at_checked(length)
}

/// Reads lines of a kind, a path, a version and a sum, with tabs between.
///
/// # Source
///
/// `ParseBuildInfo`, go 1.26, runtime/debug/mod.go.
fn parse_modules(lines: &str) -> Vec<Module> {
    let mut modules: Vec<Module> = Vec::new();
    for line in lines.lines() {
        let mut columns = line.split('\t');
        let (Some(kind), Some(path), Some(version)) =
            (columns.next(), columns.next(), columns.next())
        else {
            continue;
        };
        let module =
            Module { path: path.to_owned(), version: version.to_owned(), replacement: None };
        match kind {
            "mod" | "dep" => modules.push(module),
            "=>" => {
                if let Some(last) = modules.last_mut() {
                    last.replacement = Some(Box::new(module));
                }
            }
            _ => {}
        }
    }
    modules
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use proptest::prelude::*;
    use tempfile::NamedTempFile;

    use super::*;

    /// What Go writes around the list of modules (cmd/go/internal/modload/build.go).
    const MARK: &[u8; 16] = b"\x30\x77\xaf\x0c\x92\x74\x08\x02\x41\xe1\xc1\x07\xe6\xd6\x18\xe6";

    fn section_of(go_version: &str, modules: &str) -> Vec<u8> {
        let modules = [MARK.as_slice(), modules.as_bytes(), MARK].concat();
        let mut section = MAGIC.to_vec();
        section.extend([8, INLINE]);
        section.resize(HEADER_LENGTH, 0);
        for text in [go_version.as_bytes(), &modules] {
            prost::encode_length_delimiter(text.len(), &mut section).unwrap();
            section.extend(text);
        }
        section
    }

    /// An ELF file with nothing but this section.
    fn elf(name: &[u8], contents: &[u8]) -> NamedTempFile {
        const HEADER: u64 = 64;
        let names = [b"\0", name, b"\0.names\0"].concat();
        let (names_at, contents_at) = (HEADER, HEADER + names.len() as u64);
        let table_at = contents_at + contents.len() as u64;
        let mut file = b"\x7fELF\x02\x01\x01".to_vec();
        file.resize(16, 0);
        file.extend([2, 0, 62, 0, 1, 0, 0, 0]);
        file.extend([0; 16]); // entry point, program headers
        file.extend(table_at.to_le_bytes());
        file.extend([0, 0, 0, 0, 64, 0, 56, 0, 0, 0, 64, 0, 3, 0, 2, 0]);
        file.extend(&names);
        file.extend(contents);
        let second = u32::try_from(name.len() + 2).unwrap();
        let sections =
            [(0, 0, 0, 0), (1, 1, contents_at, contents.len()), (second, 3, names_at, names.len())];
        for (name, kind, at, length) in sections {
            file.extend(u32::to_le_bytes(name));
            file.extend(u32::to_le_bytes(kind));
            file.extend([0; 16]); // flags, address
            file.extend(at.to_le_bytes());
            file.extend((length as u64).to_le_bytes());
            file.extend([0; 24]);
        }
        let mut temp = NamedTempFile::new().unwrap();
        temp.write_all(&file).unwrap();
        temp
    }

    const MODULES: &str = "path\tgwc/cmd/gwcd\nmod\tgwc\t(devel)\t\n\
        dep\tcosmossdk.io/api\tv0.9.2\th1:x\n\
        dep\tgithub.com/cosmos/cosmos-sdk\tv0.53.4\th1:y\nbuild\tCGO_ENABLED=0\n";

    fn sdk_version(modules: &str) -> Option<SdkVersion> {
        parse(&section_of("go1.26.8", modules)).unwrap().sdk_version()
    }

    #[test]
    fn the_modules_of_a_program_are_read() {
        let program = elf(SECTION, &section_of("go1.26.8", MODULES));
        let info = BuildInfo::read(program.path()).unwrap();
        assert_eq!(info.go_version, "go1.26.8");
        assert_eq!(info.module("cosmossdk.io/api").unwrap().version, "v0.9.2");
        assert_eq!(info.sdk_version(), Some("v0.53.4".parse().unwrap()));
    }

    #[test]
    fn a_fork_stands_in_for_the_sdk() {
        let fork =
            "github.com/cosmos/cosmos-sdk\tv0.53.4\n=>\tgithub.com/x/sdk\tv0.50.14-x\th1:z\n";
        let version = sdk_version(&format!("dep\t{fork}"));
        assert_eq!(version, Some("v0.50.14".parse().unwrap()));
        let folder = "github.com/cosmos/cosmos-sdk\tv0.53.4\n=>\t../sdk\t(devel)\t\n";
        assert_eq!(sdk_version(&format!("dep\t{folder}")), Some("v0.53.4".parse().unwrap()));
    }

    #[test]
    fn a_program_without_the_sdk_has_no_version_of_it() {
        assert_eq!(sdk_version("mod\tother\tv1.0.0\t\n"), None);
    }

    #[test]
    fn a_script_is_not_elf() {
        let mut script = NamedTempFile::new().unwrap();
        script.write_all(b"#!/bin/sh\nexec gwcd.real \"$@\"\n").unwrap();
        let error = BuildInfo::read(script.path()).unwrap_err();
        assert!(matches!(error, BuildInfoError::NotElf { .. }), "{error}");
    }

    #[test]
    fn a_program_of_another_language_is_not_go() {
        let program = elf(b".rodata", b"nothing");
        let error = BuildInfo::read(program.path()).unwrap_err();
        assert!(matches!(error, BuildInfoError::NotGo { .. }), "{error}");
    }

    #[test]
    fn a_missing_program_is_named() {
        let error = BuildInfo::read(Path::new("/nowhere/gwcd")).unwrap_err();
        assert_eq!(error.to_string(), "cannot read the program `/nowhere/gwcd`");
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = parse(&bytes);
            let _ = parse(&[&section_of("go1.26.8", MODULES)[..16], &bytes].concat());
        }

        #[test]
        fn a_section_cut_off_tells_nothing(at in any::<prop::sample::Index>()) {
            let section = section_of("go1.26.8", MODULES);
            prop_assert_eq!(parse(&section[..at.index(section.len())]), None);
        }
    }
}
