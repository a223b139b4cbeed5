//! Hashes, passwords and AES.
//!
//! There are no certificates and no generated private keys: see the table of [`super::super`].

use aes::Aes256;
use aes::cipher::{BlockCipherDecrypt as _, BlockCipherEncrypt as _, KeyInit as _};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac as _};
use sha2::{Digest as _, Sha256, Sha512};

use super::super::bytes;
use super::super::func::{Args, Failure};
use super::super::num::uint_of_int;
use super::super::value::Value;
use super::encoding::base64_decode;
use super::random;

const BLOCK: usize = 16;

/// The cost of a bcrypt hash: `bcrypt.DefaultCost` of `golang.org/x/crypto`.
const BCRYPT_COST: u32 = 10;

fn hex(digest: &[u8]) -> Value {
    const DIGITS: &[u8] = b"0123456789abcdef";
    let nibbles = digest.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    Value::from(nibbles.map(|nibble| bytes::at(DIGITS, nibble.into())).collect::<Vec<u8>>())
}

/// `sha1sum`.
pub fn sha1sum(args: &Args) -> Value {
    hex(&sha1::Sha1::digest(args.str(0)))
}

/// `sha256sum`.
pub fn sha256sum(args: &Args) -> Value {
    hex(&Sha256::digest(args.str(0)))
}

/// `sha512sum`.
pub fn sha512sum(args: &Args) -> Value {
    hex(&Sha512::digest(args.str(0)))
}

/// `adler32sum`.
pub fn adler32sum(args: &Args) -> Value {
    let (mut a, mut b) = (1_u32, 0_u32);
    for &byte in args.str(0) {
        a = (a + u32::from(byte)) % 65_521;
        b = (b + a) % 65_521;
    }
    (b << 16 | a).to_string().into()
}

/// `bcrypt`.
pub fn bcrypt(args: &Args) -> Value {
    bcrypt_hash(args.str(0)).into()
}

/// `htpasswd`.
pub fn htpasswd(args: &Args) -> Value {
    let user = bytes::lossy(args.str(0)).into_owned();
    if user.contains(':') {
        return format!("invalid username: {user}").into();
    }
    format!("{user}:{}", bcrypt_hash(args.str(1))).into()
}

fn bcrypt_hash(password: &[u8]) -> String {
    match bcrypt::hash_with_result(password, BCRYPT_COST) {
        Ok(parts) => parts.format_for_version(bcrypt::Version::TwoA),
        Err(error) => format!("failed to encrypt string with bcrypt: {error}"),
    }
}

/// `encryptAES`: CBC with a random initial vector; the key is the password cut to 32 bytes.
pub fn encrypt_aes(args: &Args) -> Result<Value, Failure> {
    let mut text = args.str(1).to_vec();
    if text.is_empty() {
        return Ok("".into());
    }
    let padding = BLOCK - text.len() % BLOCK;
    text.resize(text.len() + padding, u8::try_from(padding).unwrap_or(0));
    let cipher = cipher(args.str(0))?;
    let mut previous = random::fill::<BLOCK>()?;
    let mut out = previous.to_vec();
    for chunk in text.chunks_exact(BLOCK) {
        let mut block = aes::Block::default();
        for ((slot, byte), mask) in block.iter_mut().zip(chunk).zip(previous) {
            *slot = byte ^ mask;
        }
        cipher.encrypt_block(&mut block);
        previous = block.into();
        out.extend_from_slice(&previous);
    }
    Ok(STANDARD.encode(out).into())
}

/// `decryptAES`.
pub fn decrypt_aes(args: &Args) -> Result<Value, Failure> {
    if args.str(1).is_empty() {
        return Ok("".into());
    }
    let text = base64_decode(args.str(1))?;
    if text.len() < BLOCK {
        return Err(format!(
            "runtime error: slice bounds out of range [:{BLOCK}] with capacity {}",
            text.len()
        )
        .into());
    }
    if !text.len().is_multiple_of(BLOCK) {
        return Err("crypto/cipher: input not full blocks".into());
    }
    let cipher = cipher(args.str(0))?;
    let mut out = Vec::with_capacity(text.len());
    for (mask, chunk) in text.chunks_exact(BLOCK).zip(bytes::from(&text, BLOCK).chunks_exact(BLOCK))
    {
        let mut block = aes::Block::default();
        block.copy_from_slice(chunk);
        cipher.decrypt_block(&mut block);
        out.extend(block.iter().zip(mask).map(|(byte, mask)| byte ^ mask));
    }
    let padding = out.last().map_or(usize::MAX, |&padding| usize::from(padding));
    let length =
        out.len().checked_sub(padding).ok_or("runtime error: slice bounds out of range")?;
    out.truncate(length);
    Ok(Value::from(out))
}

fn cipher(password: &[u8]) -> Result<Aes256, Failure> {
    let mut key = [0; 32];
    for (slot, byte) in key.iter_mut().zip(password) {
        *slot = *byte;
    }
    Aes256::new_from_slice(&key).map_err(|_| Failure::from("crypto/aes: invalid key size"))
}

/// The forms of passwords by type, `|` between them; the first byte of the seed chooses one.
const PASSWORDS: [(&str, &str); 6] = [
    ("maximum", "anoxxxxxxxxxxxxxxxxx|axxxxxxxxxxxxxxxxxno"),
    (
        "long",
        "CvcvnoCvcvCvcv|CvcvCvcvnoCvcv|CvcvCvcvCvcvno|CvccnoCvcvCvcv|CvccCvcvnoCvcv|\
         CvccCvcvCvcvno|CvcvnoCvccCvcv|CvcvCvccnoCvcv|CvcvCvccCvcvno|CvcvnoCvcvCvcc|\
         CvcvCvcvnoCvcc|CvcvCvcvCvccno|CvccnoCvccCvcv|CvccCvccnoCvcv|CvccCvccCvcvno|\
         CvcvnoCvccCvcc|CvcvCvccnoCvcc|CvcvCvccCvccno|CvccnoCvcvCvcc|CvccCvcvnoCvcc|\
         CvccCvcvCvccno",
    ),
    ("medium", "CvcnoCvc|CvcCvcno"),
    ("short", "Cvcn"),
    ("basic", "aaanaaan|aannaaan|aaannaaa"),
    ("pin", "nnnn"),
];

fn alphabet(class: u8) -> &'static [u8] {
    match class {
        b'V' => b"AEIOU",
        b'C' => b"BCDFGHJKLMNPQRSTVWXYZ",
        b'v' => b"aeiou",
        b'c' => b"bcdfghjklmnpqrstvwxyz",
        b'a' => b"AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz",
        b'n' => b"0123456789",
        b'o' => b"@&%?,=[]_:-+*$#!'^~;()/.",
        _ => b"AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz0123456789!@#$%^&*()",
    }
}

/// `derivePassword`: the Master Password algorithm.
pub fn derive_password(args: &Args) -> Value {
    const SCOPE: &[u8] = b"com.lyndir.masterpassword";
    let length = |text: &[u8]| u32::try_from(text.len()).unwrap_or(u32::MAX).to_be_bytes();
    let kind = bytes::lossy(args.str(1)).into_owned();
    let Some((_, forms)) = PASSWORDS.iter().find(|(name, _)| *name == kind) else {
        return format!("cannot find password template {kind}").into();
    };
    let (password, user, site) = (args.str(2), args.str(3), args.str(4));
    let salt = [SCOPE, &length(user), user].concat();
    let mut key = [0; 64];
    let derived =
        scrypt::Params::new(15, 8, 2).map_err(|error| error.to_string()).and_then(|params| {
            scrypt::scrypt(password, &salt, &params, &mut key).map_err(|error| error.to_string())
        });
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&key) else { return Value::Nil };
    if let Err(error) = derived {
        return format!("failed to derive password: {error}").into();
    }
    let counter = uint_of_int(args.int(0)).to_be_bytes();
    let message = [SCOPE, &length(site), site, bytes::from(&counter, 4)].concat();
    mac.update(&message);
    let seed = mac.finalize().into_bytes();
    let choose = |index: usize, count: usize| usize::from(bytes::at(&seed, index)) % count.max(1);
    let forms: Vec<&str> = forms.split('|').collect();
    let form = forms.get(choose(0, forms.len())).copied().unwrap_or_default();
    let characters = form.bytes().enumerate().map(|(index, class)| {
        let alphabet = alphabet(class);
        char::from(bytes::at(alphabet, choose(index + 1, alphabet.len())))
    });
    characters.collect::<String>().into()
}

/// The functions that make keys and certificates.
pub fn no_certificates(_: &Args) -> Result<Value, Failure> {
    Err("not supported: templates of a command line make no keys and no certificates".into())
}
