//! The encryption of the keyring's files: JWE, compact, with a key that a password gives.

use std::{
    collections::HashMap,
    fmt,
    sync::{Mutex, OnceLock, PoisonError},
};

use aes_gcm::{
    Aes256Gcm,
    aead::{Aead, KeyInit, Payload},
};
use aes_kw::KwAes128;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as BASE64};
use pbkdf2::pbkdf2_hmac;
use rustix::io::Errno;
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use thiserror::Error;
use zeroize::Zeroizing;

use crate::random;

/// How the key of a file is encrypted (RFC 7518, 4.8).
const ALG: &str = "PBES2-HS256+A128KW";

/// How the file is encrypted (RFC 7518, 5.3).
const ENC: &str = "A256GCM";

/// Rounds of PBKDF2 in what the SDK writes (jose2go v1.6.0, `pbse2_hmac_aeskw.go:51`).
const ITERATIONS: u32 = 8192;

/// The most rounds that are read, by us as by the SDK (jose2go v1.6.0, `pbse2_hmac_aeskw.go:15`).
const MAX_ITERATIONS: u32 = 1_300_000;

/// Bytes of the random salt that the SDK writes (jose2go v1.6.0, `pbse2_hmac_aeskw.go:54`).
const SALT_LENGTH: usize = 12;

/// A keyring's password.
///
/// It remembers the keys that it gave, and all that it encrypts has one salt: a derivation takes
/// milliseconds, and a node has two files for each of its keys. The keys of the files themselves
/// are drawn anew each time.
pub struct Password {
    text: Zeroizing<String>,
    salt: OnceLock<[u8; SALT_LENGTH]>,
    derived: Mutex<HashMap<(Vec<u8>, u32), DerivedKey>>,
}

/// A key that a password gave with a salt and a number of rounds.
type DerivedKey = Zeroizing<[u8; 16]>;

/// Why a file cannot be decrypted, or nothing be encrypted.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum JweError {
    /// It is not five parts of base64 of the right length, the first a JSON header.
    #[error("not a compact JWE: {0}")]
    Shape(&'static str),
    /// It is encrypted in another way than the SDK does.
    #[error("encrypted with `{alg}` and `{enc}`, not `PBES2-HS256+A128KW` and `A256GCM`")]
    Algorithm {
        /// The header `alg`.
        alg: String,
        /// The header `enc`.
        enc: String,
    },
    /// Reading it would take minutes.
    #[error("{0} rounds of PBKDF2 are above 1300000, the most that the SDK reads")]
    Iterations(u64),
    /// The password is not the one it was written with, or the file is damaged.
    #[error("the password does not fit")]
    Password,
    /// The password fits, the contents do not: the file is damaged.
    #[error("the contents are damaged")]
    Damaged,
    /// The operating system gave no random bytes.
    #[error("no random bytes")]
    Random(#[from] Errno),
}

#[derive(Deserialize, Serialize)]
struct Header {
    alg: String,
    enc: String,
    p2c: u64,
    p2s: String,
}

impl Password {
    /// Takes a password; that of the keyring backend `test` is `test`.
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: Zeroizing::new(text.into()), salt: OnceLock::new(), derived: Mutex::default() }
    }

    /// Encrypts `plaintext` with a new key, and that key with the password.
    pub(super) fn encrypt(&self, plaintext: &[u8]) -> Result<String, JweError> {
        let mut key = Zeroizing::new([0; 32]);
        random::fill(&mut *key)?;
        let mut nonce = [0; 12];
        random::fill(&mut nonce)?;

        let salt = self.salt()?;
        let header = Header {
            alg: ALG.to_owned(),
            enc: ENC.to_owned(),
            p2c: ITERATIONS.into(),
            p2s: BASE64.encode(salt),
        };
        let header = BASE64.encode(serde_json::to_vec(&header).expect("four plain fields"));

        let mut wrapped = [0; 40];
        KwAes128::new((&*self.derive(&salt, ITERATIONS)).into())
            .wrap_key(&*key, &mut wrapped)
            .expect("a key of 32 bytes becomes 40");
        let sealed = Aes256Gcm::new((&*key).into())
            .encrypt((&nonce).into(), Payload { msg: plaintext, aad: header.as_bytes() })
            .expect("AES-GCM takes 64 GiB");
        let (text, tag) = sealed.split_last_chunk::<16>().expect("the tag is at the end");

        let parts = [&wrapped[..], &nonce[..], text, &tag[..]].map(|part| BASE64.encode(part));
        Ok(format!("{header}.{}", parts.join(".")))
    }

    /// Decrypts what [`Password::encrypt`] or the SDK wrote.
    pub(super) fn decrypt(&self, token: &str) -> Result<Zeroizing<Vec<u8>>, JweError> {
        let parts: Vec<_> = token.trim_end().split('.').collect();
        let [header, wrapped, nonce, text, tag] =
            parts.try_into().map_err(|_| JweError::Shape("it has not five parts"))?;
        let (salt, iterations) = read_header(header)?;
        let wrapped: [u8; 40] = sized(wrapped, "the key has not 40 bytes")?;
        let nonce: [u8; 12] = sized(nonce, "the nonce has not 12 bytes")?;
        let tag: [u8; 16] = sized(tag, "the tag has not 16 bytes")?;
        let text = [base64(text)?.as_slice(), &tag].concat();

        let mut key = Zeroizing::new([0; 32]);
        KwAes128::new((&*self.derive(&salt, iterations)).into())
            .unwrap_key(&wrapped, &mut *key)
            .map_err(|_| JweError::Password)?;
        Aes256Gcm::new((&*key).into())
            .decrypt((&nonce).into(), Payload { msg: &text, aad: header.as_bytes() })
            .map(Zeroizing::new)
            .map_err(|_| JweError::Damaged)
    }

    /// The salt of what this password encrypts.
    fn salt(&self) -> Result<[u8; SALT_LENGTH], JweError> {
        let mut new = [0; SALT_LENGTH];
        random::fill(&mut new)?;
        Ok(*self.salt.get_or_init(|| new))
    }

    /// The key that the password gives with `salt`.
    fn derive(&self, salt: &[u8], iterations: u32) -> DerivedKey {
        let mut derived = self.derived.lock().unwrap_or_else(PoisonError::into_inner);
        let derive = || {
            let salted = [ALG.as_bytes(), &[0], salt].concat();
            let mut key = Zeroizing::new([0; 16]);
            pbkdf2_hmac::<Sha256>(self.text.as_bytes(), &salted, iterations, &mut *key);
            key
        };
        derived.entry((salt.to_owned(), iterations)).or_insert_with(derive).clone()
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(..)")
    }
}

/// The salt and the rounds that a header names.
fn read_header(part: &str) -> Result<(Vec<u8>, u32), JweError> {
    let header: Header = serde_json::from_slice(&base64(part)?)
        .map_err(|_| JweError::Shape("the header has not alg, enc, p2c and p2s"))?;
    if header.alg != ALG || header.enc != ENC {
        return Err(JweError::Algorithm { alg: header.alg, enc: header.enc });
    }
    match u32::try_from(header.p2c) {
        Ok(iterations) if iterations <= MAX_ITERATIONS => Ok((base64(&header.p2s)?, iterations)),
        _ => Err(JweError::Iterations(header.p2c)),
    }
}

fn base64(part: &str) -> Result<Vec<u8>, JweError> {
    BASE64.decode(part).map_err(|_| JweError::Shape("a part is not base64url"))
}

fn sized<const N: usize>(part: &str, otherwise: &'static str) -> Result<[u8; N], JweError> {
    base64(part)?.try_into().map_err(|_| JweError::Shape(otherwise))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::cosmos::testdata::{text, vector};

    fn sample() -> String {
        text("/keyring_sample/jwe")
    }

    fn with_header(header: &serde_json::Value) -> String {
        let sample = sample();
        let (_, rest) = sample.split_once('.').unwrap();
        format!("{}.{rest}", BASE64.encode(header.to_string()))
    }

    #[test]
    fn what_gwcd_wrote_is_read() {
        let payload = Password::new("test").decrypt(&sample()).unwrap();
        let payload: serde_json::Value = serde_json::from_slice(&payload).unwrap();
        assert_eq!(payload, vector("/keyring_sample/payload"));
    }

    #[test]
    fn another_password_does_not_fit() {
        let error = Password::new("tset").decrypt(&sample()).unwrap_err();
        assert!(matches!(error, JweError::Password));
    }

    #[test]
    fn a_changed_header_is_damage() {
        let mut header = vector("/keyring_sample/header");
        header["created"] = json!("now");
        let error = Password::new("test").decrypt(&with_header(&header)).unwrap_err();
        assert!(matches!(error, JweError::Damaged));
    }

    #[test]
    fn more_rounds_than_the_sdk_reads_are_refused() {
        let mut header = vector("/keyring_sample/header");
        for rounds in [1_300_001_u64, u64::MAX] {
            header["p2c"] = json!(rounds);
            let error = Password::new("test").decrypt(&with_header(&header)).unwrap_err();
            assert!(matches!(error, JweError::Iterations(found) if found == rounds));
        }
        header["p2c"] = json!(-1);
        let error = Password::new("test").decrypt(&with_header(&header)).unwrap_err();
        assert!(matches!(error, JweError::Shape(_)));
    }

    #[test]
    fn another_encryption_is_named() {
        let mut header = vector("/keyring_sample/header");
        header["enc"] = json!("A128CBC-HS256");
        let error = Password::new("test").decrypt(&with_header(&header)).unwrap_err();
        assert!(error.to_string().contains("`A128CBC-HS256`"), "{error}");
    }

    #[test]
    fn what_is_no_jwe_is_refused() {
        for token in ["", "a.b.c", "a.b.c.d.e.f", "!.!.!.!.!", "e30.e30.e30.e30.e30"] {
            let error = Password::new("test").decrypt(token).unwrap_err();
            assert!(matches!(error, JweError::Shape(_)), "{token}");
        }
    }

    #[test]
    fn debug_shows_no_password() {
        assert_eq!(format!("{:?}", Password::new("hunter2")), "Password(..)");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]
        #[test]
        fn what_is_encrypted_is_read_back(plaintext in prop::collection::vec(any::<u8>(), 0..200)) {
            let password = Password::new("test");
            let token = password.encrypt(&plaintext).unwrap();
            prop_assert_eq!(&*Password::new("test").decrypt(&token).unwrap(), &plaintext);
        }

        #[test]
        fn no_cut_off_file_is_read(at in any::<prop::sample::Index>()) {
            let sample = sample();
            prop_assert!(Password::new("test").decrypt(&sample[..at.index(sample.len())]).is_err());
        }
    }
}
