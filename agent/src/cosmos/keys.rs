//! The secp256k1 keys of accounts.

use std::fmt;

use bip32::{ChildNumber, XPrv};
use k256::{
    CompressedPoint,
    ecdsa::{Signature, SigningKey, VerifyingKey, signature::Signer},
};
use ripemd::Ripemd160;
use sha2::{Digest, Sha256};
use thiserror::Error;
use zeroize::Zeroizing;

use super::{address::Address, hd::HdPath, mnemonic::Seed};

/// A private key; wiped from memory when dropped, and never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct PrivateKey(SigningKey);

/// A public key, 33 bytes, compressed.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct PublicKey([u8; 33]);

/// Why bytes or a path give no key.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyError {
    /// They are not a number of the curve's order.
    #[error("not a secp256k1 private key of 32 bytes")]
    Private,
    /// They are not a point of the curve.
    #[error("not a compressed secp256k1 public key of 33 bytes")]
    Public,
    /// One key in 2^127 cannot be derived.
    #[error("the path leads to no key")]
    NoSuchKey,
}

impl PrivateKey {
    /// Derives the key at the end of `path`.
    ///
    /// # Errors
    ///
    /// [`KeyError::NoSuchKey`], once in 2^127 paths.
    ///
    /// # Source
    ///
    /// BIP-32; `DerivePrivateKeyForPath`, cosmos-sdk v0.53.4, crypto/hd/hdpath.go:168.
    pub fn derive(seed: &Seed, path: &HdPath) -> Result<Self, KeyError> {
        let root = XPrv::new(seed.as_bytes()).map_err(|_| KeyError::NoSuchKey)?;
        let key = path
            .indices()
            .try_fold(root, |key, index| key.derive_child(ChildNumber(index)))
            .map_err(|_| KeyError::NoSuchKey)?;
        Ok(Self(key.private_key().clone()))
    }

    /// Takes the 32 bytes of a key.
    ///
    /// # Errors
    ///
    /// [`KeyError::Private`] if they are not between 1 and the order of the curve.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, KeyError> {
        // `from_slice` would fill up shorter ones with zeros.
        let bytes: &[u8; 32] = bytes.try_into().map_err(|_| KeyError::Private)?;
        SigningKey::from_bytes(bytes.into()).map(Self).map_err(|_| KeyError::Private)
    }

    /// The 32 bytes of the key, big-endian.
    pub fn to_bytes(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.0.to_bytes().into())
    }

    /// The public key of this key.
    pub fn public_key(&self) -> PublicKey {
        PublicKey(CompressedPoint::from(self.0.verifying_key()).into())
    }

    /// Signs the SHA-256 of `message` as the SDK does: ECDSA with the nonce of RFC 6979 and the
    /// low S, as r and s one after the other. The same message has the same signature.
    ///
    /// # Source
    ///
    /// cosmos-sdk v0.53.4, `crypto/keys/secp256k1/secp256k1_nocgo.go:16`.
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        let signature: Signature = self.0.sign(message);
        signature.to_bytes().into()
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PrivateKey(..)")
    }
}

impl PublicKey {
    /// Takes the 33 bytes of a compressed point.
    ///
    /// # Errors
    ///
    /// [`KeyError::Public`] if they are not on the curve.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, KeyError> {
        let compressed: [u8; 33] = bytes.try_into().map_err(|_| KeyError::Public)?;
        VerifyingKey::from_sec1_bytes(bytes).map_err(|_| KeyError::Public)?;
        Ok(Self(compressed))
    }

    /// The 33 bytes of the compressed point.
    pub fn as_bytes(&self) -> &[u8; 33] {
        &self.0
    }

    /// The account address of the key, RIPEMD-160 of the SHA-256 of its 33 bytes.
    ///
    /// # Source
    ///
    /// cosmos-sdk v0.53.4, crypto/keys/secp256k1/secp256k1.go:155.
    pub fn address(&self) -> Address {
        Address::new(Ripemd160::digest(Sha256::digest(self.0)).into())
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({:x})", base16ct::HexDisplay(&self.0))
    }
}

#[cfg(test)]
mod tests {
    use k256::ecdsa::signature::Verifier;
    use proptest::prelude::*;

    use super::*;
    use crate::cosmos::testdata::{mnemonic, text};

    fn key(index: u32) -> PrivateKey {
        PrivateKey::derive(&mnemonic().seed(), &HdPath::account(118, index).unwrap()).unwrap()
    }

    #[test]
    fn the_keys_are_the_golden_ones() {
        for index in 0..3 {
            let key = key(index);
            let golden = |field: &str| text(&format!("/keys/{index}/{field}"));
            assert_eq!(base16ct::lower::encode_string(&*key.to_bytes()), golden("priv"));
            assert_eq!(base16ct::lower::encode_string(key.public_key().as_bytes()), golden("pub"));
            assert_eq!(key.public_key().address().to_hex(), golden("addr_hex"));
            assert_eq!(HdPath::account(118, index).unwrap().to_string(), golden("path"));
        }
    }

    #[test]
    fn the_signature_is_the_golden_one() {
        use base64::{Engine, prelude::BASE64_STANDARD};

        let document = base16ct::lower::decode_vec(text("/gentx/signdoc_hex")).unwrap();
        let signature = BASE64_STANDARD.encode(key(0).sign(&document));
        assert_eq!(signature, text("/gentx/signature_b64"));
    }

    #[test]
    fn bytes_that_are_no_key_are_refused() {
        assert_eq!(PrivateKey::from_bytes(&[0; 32]), Err(KeyError::Private));
        assert_eq!(PrivateKey::from_bytes(&[0xff; 32]), Err(KeyError::Private));
        assert_eq!(PrivateKey::from_bytes(&[1; 31]), Err(KeyError::Private));
        assert_eq!(PublicKey::from_bytes(&[0xff; 33]), Err(KeyError::Public));
        assert_eq!(PublicKey::from_bytes(&[]), Err(KeyError::Public));
    }

    #[test]
    fn debug_shows_no_secret() {
        assert_eq!(format!("{:?}", key(0)), "PrivateKey(..)");
    }

    proptest! {
        #[test]
        fn a_signature_holds_and_has_the_low_s(
            secret in prop::array::uniform32(1..=0xfe_u8),
            message in prop::collection::vec(any::<u8>(), 0..64),
        ) {
            let key = PrivateKey::from_bytes(&secret).unwrap();
            let signature = Signature::from_slice(&key.sign(&message)).unwrap();
            let public = VerifyingKey::from_sec1_bytes(key.public_key().as_bytes()).unwrap();
            prop_assert!(public.verify(&message, &signature).is_ok());
            prop_assert_eq!(signature.normalize_s(), signature);
        }

        #[test]
        fn a_key_is_what_its_bytes_say(secret in prop::array::uniform32(1..=0xfe_u8)) {
            let key = PrivateKey::from_bytes(&secret).unwrap();
            prop_assert_eq!(*key.to_bytes(), secret);
            prop_assert_eq!(PublicKey::from_bytes(key.public_key().as_bytes()), Ok(key.public_key()));
        }
    }
}
