//! The two sets of algorithms: the one that the world uses, and the one that the Cryptography Law asks of such systems
//! (GB/T 32905 SM3, GB/T 32907 SM4, GB/T 32918 SM2). Which one a database has is chosen when its keys are made.

use super::HASH_LENGTH;
use crate::error::{Result, StoreError};
use aes_gcm::aead::consts::{U12, U16};
use aes_gcm::aead::{Aead as _, KeyInit as _, Nonce as Chance, Payload};
use aes_gcm::{AesGcm, Key};
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use aws_lc_rs::{hmac, rand};
use serde::{Deserialize, Serialize};
use sm2::dsa::signature::Signer as _;
use sm3::Sm3;
use sm4::Sm4;
use zeroize::Zeroizing;

/// SM4 in Galois/Counter mode, as AES has it.
type Sm4Gcm = AesGcm<Sm4, U12, U16>;
/// HMAC over SM3.
type HmacSm3 = ::hmac::Hmac<Sm3>;
/// By which name a signer of SM2 is meant where nobody names one (GB/T 35276).
pub(crate) const SIGNER: &str = "1234567812345678";

/// A set of algorithms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Suite {
    /// HMAC-SHA-256, AES-256-GCM, Ed25519.
    International,
    /// HMAC-SM3, SM4-GCM, SM2.
    Guomi,
}

/// What a key is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Purpose {
    /// Hashes what identifies. Everything is found by it: it is never replaced.
    Hash,
    /// Seals what is personal.
    Seal,
    /// Signs what the log of all looks and changes came to.
    Sign,
}

impl Purpose {
    /// Its word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Hash => "hash",
            Self::Seal => "seal",
            Self::Sign => "sign",
        }
    }
}

impl Suite {
    /// Every one.
    pub const ALL: [Self; 2] = [Self::International, Self::Guomi];

    /// Its word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::International => "international",
            Self::Guomi => "guomi",
        }
    }

    /// The suite of a word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|suite| suite.as_str() == word)
    }

    /// Bytes of a key for such a purpose.
    pub(super) const fn length(self, purpose: Purpose) -> usize {
        match (self, purpose) {
            (Self::Guomi, Purpose::Seal) => 16,
            _ => 32,
        }
    }

    /// A new key.
    pub(super) fn fresh(self, purpose: Purpose) -> Result<Zeroizing<Vec<u8>>> {
        let mut key = Zeroizing::new(vec![0; self.length(purpose)]);
        loop {
            rand::fill(&mut key).map_err(|_| StoreError::Unsealed)?;
            // Of 2³² numbers about one is none that signs.
            if purpose != Purpose::Sign || Signer::new(self, &key).is_some() {
                return Ok(key);
            }
        }
    }
}

/// Hashes under a key.
pub(super) enum Hasher {
    Sha256(Box<hmac::Key>),
    Sm3(Box<HmacSm3>),
}

impl Hasher {
    pub(super) fn new(suite: Suite, key: &[u8]) -> Option<Self> {
        Some(match suite {
            Suite::International => Self::Sha256(Box::new(hmac::Key::new(hmac::HMAC_SHA256, key))),
            Suite::Guomi => Self::Sm3(Box::new(::hmac::KeyInit::new_from_slice(key).ok()?)),
        })
    }

    /// The first half of the hash of the purpose and the parts, zero bytes between them.
    pub(super) fn hash(&self, purpose: &str, parts: &[&[u8]]) -> [u8; HASH_LENGTH] {
        match self {
            Self::Sha256(key) => {
                let mut context = hmac::Context::with_key(key);
                each(purpose, parts, |bytes| context.update(bytes));
                half(context.sign().as_ref())
            }
            Self::Sm3(key) => {
                use ::hmac::Mac as _;
                let mut context = HmacSm3::clone(key);
                each(purpose, parts, |bytes| context.update(bytes));
                half(&context.finalize().into_bytes())
            }
        }
    }
}

fn each(purpose: &str, parts: &[&[u8]], mut update: impl FnMut(&[u8])) {
    update(purpose.as_bytes());
    for part in parts {
        update(&[0]);
        update(part);
    }
}

fn half(whole: &[u8]) -> [u8; HASH_LENGTH] {
    let mut hash = [0; HASH_LENGTH];
    hash.iter_mut().zip(whole).for_each(|(to, from)| *to = *from);
    hash
}

/// Seals under a key: a random nonce of 12 bytes, the text, a tag of 16.
pub(super) enum Sealer {
    Aes(LessSafeKey),
    Sm4(Box<Sm4Gcm>),
}

impl Sealer {
    pub(super) fn new(suite: Suite, key: &[u8]) -> Option<Self> {
        Some(match suite {
            Suite::International => Self::Aes(LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key).ok()?)),
            Suite::Guomi => Self::Sm4(Box::new(Sm4Gcm::new(&Key::<Sm4Gcm>::try_from(key).ok()?))),
        })
    }

    /// Puts the sealed bytes behind what is there.
    pub(super) fn seal(&self, bound_to: &[u8], plain: &[u8], sealed: &mut Vec<u8>) -> Result<()> {
        let mut nonce = [0_u8; NONCE_LEN];
        rand::fill(&mut nonce).map_err(|_| StoreError::Unsealed)?;
        sealed.extend_from_slice(&nonce);
        let mut text = match self {
            Self::Aes(key) => {
                let mut text = plain.to_vec();
                let nonce = Nonce::assume_unique_for_key(nonce);
                key.seal_in_place_append_tag(nonce, Aad::from(bound_to), &mut text)
                    .map_err(|_| StoreError::Unsealed)?;
                text
            }
            Self::Sm4(key) => {
                let payload = Payload { msg: plain, aad: bound_to };
                key.encrypt(&Chance::<Sm4Gcm>::from(nonce), payload).map_err(|_| StoreError::Unsealed)?
            }
        };
        sealed.append(&mut text);
        Ok(())
    }

    /// Opens what `seal` put there.
    pub(super) fn open(&self, bound_to: &[u8], sealed: &[u8]) -> Result<Vec<u8>> {
        let (nonce, text) = sealed.split_first_chunk::<NONCE_LEN>().ok_or(StoreError::Unsealed)?;
        match self {
            Self::Aes(key) => {
                let mut text = text.to_vec();
                let nonce = Nonce::assume_unique_for_key(*nonce);
                let plain = key.open_in_place(nonce, Aad::from(bound_to), &mut text);
                let length = plain.map_err(|_| StoreError::Unsealed)?.len();
                text.truncate(length);
                Ok(text)
            }
            Self::Sm4(key) => key
                .decrypt(&Chance::<Sm4Gcm>::from(*nonce), Payload { msg: text, aad: bound_to })
                .map_err(|_| StoreError::Unsealed),
        }
    }
}

/// Signs with a key.
pub(super) enum Signer {
    Ed25519(Box<Ed25519KeyPair>),
    Sm2(Box<sm2::dsa::SigningKey>),
}

impl Signer {
    pub(super) fn new(suite: Suite, key: &[u8]) -> Option<Self> {
        Some(match suite {
            Suite::International => Self::Ed25519(Box::new(Ed25519KeyPair::from_seed_unchecked(key).ok()?)),
            Suite::Guomi => Self::Sm2(Box::new(sm2::dsa::SigningKey::from_slice(SIGNER, key).ok()?)),
        })
    }

    pub(super) const fn suite(&self) -> Suite {
        match self {
            Self::Ed25519(_) => Suite::International,
            Self::Sm2(_) => Suite::Guomi,
        }
    }

    /// The signature of a message: 64 bytes.
    pub(super) fn sign(&self, message: &[u8]) -> Result<Vec<u8>> {
        Ok(match self {
            Self::Ed25519(key) => key.sign(message).as_ref().to_vec(),
            Self::Sm2(key) => key.try_sign(message).map_err(|_| StoreError::Unsealed)?.to_vec(),
        })
    }

    /// The key with which signatures are verified: 32 bytes of Ed25519, 65 of SM2.
    pub(super) fn public(&self) -> Vec<u8> {
        match self {
            Self::Ed25519(key) => key.public_key().as_ref().to_vec(),
            Self::Sm2(key) => key.verifying_key().to_sec1_bytes().into_vec(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What tests of the algorithms themselves give: GB/T 32905 A.1 and GB/T 32907 A.1 by their crates' own; here the ways
    /// in which they are put together.
    #[test]
    fn each_suite_hashes_seals_and_signs_and_knows_nothing_of_the_other() {
        for suite in Suite::ALL {
            let key = |purpose| suite.fresh(purpose).unwrap();
            let (one, other) = (key(Purpose::Hash), key(Purpose::Hash));
            let hash = |key: &[u8]| Hasher::new(suite, key).unwrap().hash("purpose", &[b"part", b"part"]);
            assert_eq!(hash(&one), hash(&one));
            assert_ne!(hash(&one), hash(&other));

            let sealer = Sealer::new(suite, &key(Purpose::Seal)).unwrap();
            let mut sealed = Vec::new();
            sealer.seal(b"place", b"plain", &mut sealed).unwrap();
            assert_eq!(sealed.len(), 12 + 5 + 16);
            assert_eq!(sealer.open(b"place", &sealed).unwrap(), b"plain");
            assert!(sealer.open(b"another", &sealed).is_err());
            let stranger = Sealer::new(suite, &key(Purpose::Seal)).unwrap();
            assert!(stranger.open(b"place", &sealed).is_err());

            let signer = Signer::new(suite, &key(Purpose::Sign)).unwrap();
            assert_eq!(signer.sign(b"message").unwrap().len(), 64);
        }
        assert!(
            Sealer::new(Suite::Guomi, &[0; 32]).is_none()
                && Sealer::new(Suite::International, &[0; 16]).is_none()
        );
    }

    /// RFC 8998, appendix A.1: SM4-GCM with associated data.
    #[test]
    fn sealing_with_sm4_is_the_sm4_gcm_that_others_have() {
        let key = hex::decode("0123456789abcdeffedcba9876543210").unwrap();
        let nonce = hex::decode("00001234567800000000abcd").unwrap();
        let bound_to = hex::decode("feedfacedeadbeeffeedfacedeadbeefabaddad2").unwrap();
        let plain =
            [[0xaa; 8], [0xbb; 8], [0xcc; 8], [0xdd; 8], [0xee; 8], [0xff; 8], [0xee; 8], [0xaa; 8]].concat();
        let told = hex::decode(
            "17f399f08c67d5ee19d0dc9969c4bb7d5fd46fd3756489069157b282bb200735\
             d82710ca5c22f0ccfa7cbf93d496ac15a56834cbcf98c397b4024a2691233b8d83de3541e4c2b58177e065a9bf7b62ec",
        )
        .unwrap();
        let sealer = Sealer::new(Suite::Guomi, &key).unwrap();
        assert_eq!(sealer.open(&bound_to, &[nonce, told].concat()).unwrap(), plain);
    }
}
