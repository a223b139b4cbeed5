//! The SDK's keyring on disk, as its backend `test` (and `file`) writes it.
//!
//! A key is two files: `<name>.info` with the key, and `<address>.address` with the name of the
//! first. Both are encrypted with the keyring's password, which for the backend `test` is `test`.
//! `rly` keeps its keys in the same format.
//!
//! # Source
//!
//! cosmos-sdk v0.53.4, crypto/keyring/keyring.go (`writeRecord`); github.com/cosmos/keyring
//! v1.2.0, file.go; jose2go v1.6.0, `pbse2_hmac_aeskw.go`.

mod error;
mod jwe;
mod record;

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use prost::Message;
use zeroize::Zeroizing;

use self::record::Record;
pub use self::{
    error::KeyringError,
    jwe::{JweError, Password},
};
use super::{
    address::Address,
    keys::{PrivateKey, PublicKey},
};

/// The folder of the backend `test` in a node's home.
pub const TEST_DIR: &str = "keyring-test";

/// The mode of a keyring's folder.
pub const DIR_MODE: u32 = 0o700;

/// The mode of a keyring's files.
pub const FILE_MODE: u32 = 0o600;

const INFO: &str = ".info";
const ADDRESS: &str = ".address";

/// A folder of keys.
#[derive(Debug)]
pub struct Keyring {
    dir: PathBuf,
    password: Password,
}

/// What is known of a key without its private part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyInfo {
    /// Name of the key.
    pub name: String,
    /// Type of the public key, such as `/cosmos.crypto.secp256k1.PubKey`.
    pub type_url: String,
    /// The public key; none if it is not secp256k1.
    pub public_key: Option<PublicKey>,
    /// Whether the private key is in the keyring, not in a ledger or elsewhere.
    pub is_local: bool,
}

/// A file that is to be in the keyring's folder, with mode [`FILE_MODE`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Name of the file.
    pub file_name: String,
    /// What is in it, encrypted.
    pub contents: Vec<u8>,
}

impl KeyInfo {
    /// The account address; none if the key is not secp256k1.
    pub fn address(&self) -> Option<Address> {
        self.public_key.as_ref().map(PublicKey::address)
    }
}

impl Keyring {
    /// The keyring in `dir`, which need not exist yet.
    pub fn new(dir: impl Into<PathBuf>, password: Password) -> Self {
        Self { dir: dir.into(), password }
    }

    /// The keyring of the backend `test` in a node's home, or in the folder that `rly` has for
    /// a chain (`<rly home>/keys/<chain-id>`).
    pub fn test(home: &Path) -> Self {
        Self::new(home.join(TEST_DIR), Password::new("test"))
    }

    /// The folder.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// All keys, sorted by name; none if there is no folder.
    ///
    /// # Errors
    ///
    /// [`KeyringError`] if the folder or one of the keys cannot be read.
    pub fn list(&self) -> Result<Vec<KeyInfo>, KeyringError> {
        let files = match fs::read_dir(&self.dir) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            files => files.and_then(Iterator::collect::<Result<Vec<_>, _>>),
        };
        let files =
            files.map_err(|source| KeyringError::Read { path: self.dir.clone(), source })?;
        let mut keys = files
            .iter()
            .filter_map(|file| file.file_name().into_string().ok())
            .filter(|name| name.ends_with(INFO))
            .filter_map(|name| self.record(&name).transpose())
            .map(|record| record.map(|record| info(&record)))
            .collect::<Result<Vec<_>, _>>()?;
        keys.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(keys)
    }

    /// The key of that name, without its private part.
    ///
    /// # Errors
    ///
    /// [`KeyringError`] if it is there and cannot be read.
    pub fn find(&self, name: &str) -> Result<Option<KeyInfo>, KeyringError> {
        Ok(self.record(&info_file(name))?.as_ref().map(info))
    }

    /// The private key of that name; none also where the key is in a ledger, or not secp256k1.
    ///
    /// # Errors
    ///
    /// [`KeyringError`] if the key is there and cannot be read.
    pub fn private_key(&self, name: &str) -> Result<Option<PrivateKey>, KeyringError> {
        Ok(self.record(&info_file(name))?.and_then(|record| record.private_key()))
    }

    /// The name of the key with that address.
    ///
    /// # Errors
    ///
    /// [`KeyringError`] if the file of the address is there and cannot be read.
    pub fn name_of(&self, address: Address) -> Result<Option<String>, KeyringError> {
        let file = address_file(address);
        let Some(data) = self.data(&file)? else { return Ok(None) };
        let name = str::from_utf8(&data).ok().and_then(|text| text.strip_suffix(INFO));
        match name {
            Some(name) => Ok(Some(name.to_owned())),
            None => Err(self.contents(&file, "no name of a key")),
        }
    }

    /// The files of a key, in the order in which they must be written.
    ///
    /// Where only the file of the address is there, the SDK prints a warning and removes it; so it
    /// comes second.
    ///
    /// # Errors
    ///
    /// [`KeyringError::Name`] for a name that the SDK cannot find again, and
    /// [`KeyringError::Encrypt`] without random bytes.
    pub fn entries(&self, name: &str, key: &PrivateKey) -> Result<[Entry; 2], KeyringError> {
        if name.is_empty() || name.ends_with(INFO) || name.contains(char::is_control) {
            return Err(KeyringError::Name(name.to_owned()));
        }
        let encrypt = |file: String, item: Zeroizing<Vec<u8>>| {
            self.password
                .encrypt(&item)
                .map(|token| Entry { file_name: file, contents: token.into_bytes() })
                .map_err(|source| KeyringError::Encrypt { name: name.to_owned(), source })
        };
        let record = Record::local(name, key).to_bytes();
        let info_key = format!("{name}{INFO}");
        let address_key = address_file(key.public_key().address());
        let info = record::item(&info_key, &record);
        let address = record::item(&address_key, info_key.as_bytes());
        Ok([encrypt(info_file(name), info)?, encrypt(address_key, address)?])
    }

    /// Reads the record in a file; none if there is no file.
    fn record(&self, file: &str) -> Result<Option<Record>, KeyringError> {
        let Some(data) = self.data(file)? else { return Ok(None) };
        match Record::decode(&**data) {
            Ok(record) if record.public_key.is_some() => Ok(Some(record)),
            _ => Err(self.contents(file, "no record of a key (or one of an SDK before 0.46)")),
        }
    }

    /// Reads what is encrypted in a file; none if there is no file.
    fn data(&self, file: &str) -> Result<Option<Zeroizing<Vec<u8>>>, KeyringError> {
        let path = self.dir.join(file);
        let token = match fs::read_to_string(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            token => token.map_err(|source| KeyringError::Read { path: path.clone(), source })?,
        };
        let json = self
            .password
            .decrypt(&token)
            .map_err(|source| KeyringError::Decrypt { path, source })?;
        let data = record::item_data(&json);
        data.map(Some).ok_or_else(|| self.contents(file, "no item of a keyring"))
    }

    fn contents(&self, file: &str, found: &'static str) -> KeyringError {
        KeyringError::Contents { path: self.dir.join(file), found }
    }
}

/// Whether a keyring in `dir` has a key with that address, as far as the file names tell: nothing
/// is decrypted.
///
/// # Errors
///
/// [`KeyringError::Read`] if the folder is there and cannot be looked into.
pub fn has_address(dir: &Path, address: Address) -> Result<bool, KeyringError> {
    let path = dir.join(address_file(address));
    path.try_exists().map_err(|source| KeyringError::Read { path, source })
}

fn info(record: &Record) -> KeyInfo {
    KeyInfo {
        name: record.name.clone(),
        type_url: record.type_url().to_owned(),
        public_key: record.secp256k1(),
        is_local: record.is_local(),
    }
}

/// The file of a key: the name with `/` and `%` escaped, as github.com/mtibben/percent v0.2.1
/// does.
fn info_file(name: &str) -> String {
    format!("{}{INFO}", name.replace('%', "%25").replace('/', "%2F"))
}

fn address_file(address: Address) -> String {
    format!("{}{ADDRESS}", address.to_hex())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tempfile::TempDir;

    use super::*;
    use crate::cosmos::{
        hd::HdPath,
        testdata::{mnemonic, text},
    };

    fn key(index: u32) -> PrivateKey {
        PrivateKey::derive(&mnemonic().seed(), &HdPath::account(118, index).unwrap()).unwrap()
    }

    #[expect(clippy::disallowed_methods, reason = "a test's own file")]
    fn put(dir: &Path, name: &str, contents: impl AsRef<[u8]>) {
        fs::create_dir_all(dir).unwrap();
        fs::write(dir.join(name), contents).unwrap();
    }

    /// A keyring with these keys, all written by us.
    fn keyring(names: &[(&str, u32)]) -> (TempDir, Keyring) {
        let home = TempDir::new().unwrap();
        let keyring = Keyring::test(home.path());
        for (name, index) in names {
            for entry in keyring.entries(name, &key(*index)).unwrap() {
                put(keyring.dir(), &entry.file_name, entry.contents);
            }
        }
        (home, keyring)
    }

    /// A keyring that gwcd wrote.
    fn sample() -> (TempDir, Keyring) {
        let (home, keyring) = keyring(&[]);
        put(keyring.dir(), "validator.info", text("/keyring_sample/jwe"));
        put(
            keyring.dir(),
            &text("/keyring_sample/address_file"),
            text("/keyring_sample/address_jwe"),
        );
        (home, keyring)
    }

    #[test]
    fn what_gwcd_wrote_is_found() {
        let (_home, keyring) = sample();
        let address = key(0).public_key().address();
        let found = keyring.find("validator").unwrap().unwrap();
        assert_eq!(found.address(), Some(address));
        assert_eq!(keyring.private_key("validator").unwrap(), Some(key(0)));
        assert_eq!(keyring.name_of(address).unwrap().as_deref(), Some("validator"));
        assert_eq!(keyring.list().unwrap(), [found]);
        assert!(has_address(keyring.dir(), address).unwrap());
    }

    #[test]
    fn our_files_are_named_like_those_of_gwcd() {
        let (_home, keyring) = keyring(&[]);
        let [info, address] = keyring.entries("validator", &key(0)).unwrap();
        assert_eq!(info.file_name, text("/keyring_sample/file"));
        assert_eq!(address.file_name, text("/keyring_sample/address_file"));
    }

    #[test]
    fn what_is_not_there_is_none() {
        let (_home, keyring) = keyring(&[]);
        let address = key(0).public_key().address();
        assert_eq!(keyring.list().unwrap(), []);
        assert_eq!(keyring.find("validator").unwrap(), None);
        assert_eq!(keyring.private_key("validator").unwrap(), None);
        assert_eq!(keyring.name_of(address).unwrap(), None);
        assert!(!has_address(keyring.dir(), address).unwrap());
    }

    #[test]
    fn keys_are_listed_by_name_and_other_files_are_not() {
        let (_home, keyring) = keyring(&[("relayer", 1), ("creator", 2), ("a/b%c", 0)]);
        put(keyring.dir(), "keyhash", "$2a$10$");
        let names: Vec<_> = keyring.list().unwrap().into_iter().map(|key| key.name).collect();
        assert_eq!(names, ["a/b%c", "creator", "relayer"]);
        assert!(keyring.dir().join("a%2Fb%25c.info").exists());
        assert!(keyring.find("a/b%c").unwrap().is_some());
    }

    #[test]
    fn a_file_cut_off_is_an_error_that_names_it() {
        let (_home, keyring) = sample();
        put(keyring.dir(), "validator.info", &text("/keyring_sample/jwe")[..300]);
        let error = keyring.find("validator").unwrap_err();
        assert!(matches!(error, KeyringError::Decrypt { .. }));
        assert!(error.to_string().ends_with("keyring-test/validator.info`"), "{error}");
        assert!(keyring.list().is_err());
    }

    #[test]
    fn an_address_file_is_no_key() {
        let (_home, keyring) = sample();
        put(keyring.dir(), "other.info", text("/keyring_sample/address_jwe"));
        let error = keyring.find("other").unwrap_err();
        assert!(matches!(error, KeyringError::Contents { .. }));
    }

    #[test]
    fn another_password_is_an_error() {
        let (_home, keyring) = sample();
        let other = Keyring::new(keyring.dir(), Password::new("other"));
        let error = other.find("validator").unwrap_err();
        assert!(matches!(error, KeyringError::Decrypt { source: JweError::Password, .. }));
    }

    #[test]
    fn a_name_that_the_sdk_cannot_find_is_refused() {
        let (_home, keyring) = keyring(&[]);
        for name in ["", "a.info", "a\nb"] {
            let error = keyring.entries(name, &key(0)).unwrap_err();
            assert!(matches!(error, KeyringError::Name(_)), "{name:?}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]
        #[test]
        fn what_is_written_is_read_back(name in "[^\\pC]{1,40}", index in 0..1000_u32) {
            prop_assume!(!name.ends_with(INFO));
            let (_home, keyring) = keyring(&[(&name, index)]);
            let key = key(index);
            let fresh = Keyring::new(keyring.dir(), Password::new("test"));
            let found = fresh.find(&name).unwrap().unwrap();
            prop_assert_eq!(&found.name, &name);
            prop_assert_eq!(found.address(), Some(key.public_key().address()));
            prop_assert_eq!(fresh.name_of(key.public_key().address()).unwrap(), Some(name.clone()));
            prop_assert_eq!(fresh.private_key(&name).unwrap(), Some(key));
        }
    }
}
