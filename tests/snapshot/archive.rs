//! Archives, made by the real programs.

use std::{
    collections::BTreeMap,
    fs,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink},
    path::{Path, PathBuf},
    process::Command,
};

use tempfile::TempDir;

/// The kinds of archives, by the ends of their names, and what makes one of the folder `.` into `$1`.
pub const KINDS: [(&str, &str); 6] = [
    ("tar", "tar -cf \"$1\" db keystore"),
    ("tar.gz", "tar -czf \"$1\" db keystore"),
    ("tgz", "tar -czf \"$1\" ./db ./keystore"),
    ("tar.zst", "tar --zstd -cf \"$1\" db keystore"),
    ("tar.lz4", "tar -I lz4 -cf \"$1\" db keystore"),
    ("7z", "7zz a -snl -bso0 -bsp0 \"$1\" db keystore"),
];

/// Bytes that do not compress, the same for the same seed (xorshift64).
pub fn noise(length: usize, seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    };
    (0..length.div_ceil(8)).flat_map(|_| next()).take(length).collect()
}

/// Writes a file, and the folders above it.
#[expect(clippy::disallowed_methods, reason = "a fixture need not survive a crash")]
pub fn put(path: &Path, bytes: &[u8]) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

/// A chain's folder with some megabytes of database in it.
pub fn chain() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    let db = dir.path().join("db/full");
    for number in 0..12_u64 {
        let length = 300_000 + usize::try_from(number).unwrap() * 7919;
        put(&db.join(format!("{number:06}.sst")), &noise(length, number + 1));
        put(&db.join(format!("{number:06}.log")), "a line of the log\n".repeat(9000).as_bytes());
    }
    put(&db.join("CURRENT"), b"MANIFEST-000001\n");
    put(&db.join("empty"), b"");
    put(
        &db.join(
            "a name with spaces, ümläuts, and of more than a hundred bytes, which the header \
                  of a tar file has no room for; so others carry it",
        )
        .with_extension("x"),
        b"x",
    );
    put(&dir.path().join("keystore/key"), b"a key");
    fs::create_dir(db.join("lost")).unwrap();
    symlink("CURRENT", db.join("link")).unwrap();
    symlink("../full/CURRENT", db.join("lost/link")).unwrap();
    fs::set_permissions(db.join("empty"), fs::Permissions::from_mode(0o600)).unwrap();
    fs::set_permissions(db.join("lost"), fs::Permissions::from_mode(0o750)).unwrap();
    dir
}

/// Runs a script in a folder, with words, and insists on success.
pub fn sh(dir: &Path, script: &str, words: &[&Path]) {
    let mut command = Command::new("sh");
    command.args(["-euc", script, "sh"]).args(words).current_dir(dir);
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{script}: {said} (run `make prepare`)");
}

/// What is below a folder: kind, permissions, and content of each file, by path.
pub fn listing(dir: &Path) -> BTreeMap<PathBuf, String> {
    let mut files = BTreeMap::new();
    list(dir, dir, &mut files);
    files
}

fn list(root: &Path, dir: &Path, files: &mut BTreeMap<PathBuf, String>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let metadata = fs::symlink_metadata(&path).unwrap();
        let what = if metadata.is_symlink() {
            format!("-> {}", fs::read_link(&path).unwrap().display())
        } else if metadata.is_dir() {
            list(root, &path, files);
            format!("folder {:o}", metadata.mode() & 0o7777)
        } else {
            let mut hasher = DefaultHasher::new();
            fs::read(&path).unwrap().hash(&mut hasher);
            let (mode, hash) = (metadata.mode() & 0o7777, hasher.finish());
            format!("file {mode:o} {} {} {hash:x}", metadata.mtime(), metadata.len())
        };
        files.insert(path.strip_prefix(root).unwrap().to_owned(), what);
    }
}

/// The SHA-256 of a file, as its program writes it.
pub fn sha256(path: &Path) -> String {
    let output = Command::new("sha256sum").arg(path).output().unwrap();
    String::from_utf8(output.stdout).unwrap()[..64].to_owned()
}
