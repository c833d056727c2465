//! A wrapping key that never leaves its token: a hardware module, spoken to by PKCS #11 (OASIS, 2.40 and later).
//!
//! The token is asked when keys are read or made, and at no other time: it may be slow, and it may be pulled.

use super::wrapping::Unwrapped;
use crate::error::{Result, StoreError};
use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::{Error, RvError};
use cryptoki::mechanism::Mechanism;
use cryptoki::mechanism::aead::GcmParams;
use cryptoki::object::{Attribute, KeyType, ObjectClass, ObjectHandle};
use cryptoki::session::{Session, UserType};
use cryptoki::types::AuthPin;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// Bytes of a nonce, and bits of a tag.
const NONCE: usize = 12;
const TAG_BITS: u64 = 128;
/// Bytes of the key that is made on a token.
const KEY_LENGTH: u64 = 32;

/// Where the key lies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Token {
    /// The maker's library.
    pub module: PathBuf,
    /// The token's label.
    pub token: String,
    /// The label of the AES-256 key on it.
    pub object: String,
    /// The file that holds the PIN; for its owner alone.
    pub pin_file: PathBuf,
}

/// An open session, and the key in it.
pub(super) struct Opened {
    session: Session,
    key: ObjectHandle,
}

impl Token {
    /// The same, to be found from any folder.
    pub(super) fn absolute(&self) -> Result<Self> {
        let absolute = |path: &PathBuf| std::path::absolute(path).map_err(crate::error::at(path));
        Ok(Self { module: absolute(&self.module)?, pin_file: absolute(&self.pin_file)?, ..self.clone() })
    }

    /// Opens a session and finds the key.
    pub(super) fn open(&self) -> Result<Opened> {
        let session = self.session()?;
        let keys = session.find_objects(&self.wanted()).map_err(|error| self.failed(&error))?;
        match keys.as_slice() {
            [key] => Ok(Opened { key: *key, session }),
            [] => Err(self.refused("it holds no AES key of that label; `jindu keys init` makes one")),
            _ => Err(self.refused("it holds more than one AES key of that label")),
        }
    }

    /// The same, making the key where there is none. It can be used on the token alone and be read by nobody.
    pub(super) fn open_or_make(&self) -> Result<Opened> {
        let session = self.session()?;
        let wanted = self.wanted();
        if session.find_objects(&wanted).map_err(|error| self.failed(&error))?.is_empty() {
            let own = [
                Attribute::Token(true),
                Attribute::Private(true),
                Attribute::Sensitive(true),
                Attribute::Extractable(false),
                Attribute::Encrypt(true),
                Attribute::Decrypt(true),
                Attribute::ValueLen(KEY_LENGTH.into()),
            ];
            let made = session.generate_key(&Mechanism::AesKeyGen, &[wanted.to_vec(), own.to_vec()].concat());
            made.map_err(|error| self.failed(&error))?;
        }
        drop(session);
        self.open()
    }

    fn wanted(&self) -> [Attribute; 3] {
        [
            Attribute::Class(ObjectClass::SECRET_KEY),
            Attribute::KeyType(KeyType::AES),
            Attribute::Label(self.object.clone().into_bytes()),
        ]
    }

    fn session(&self) -> Result<Session> {
        let failed = |error: Error| self.failed(&error);
        let pkcs11 = Pkcs11::new(&self.module).map_err(failed)?;
        match pkcs11.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)) {
            Ok(()) | Err(Error::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => {}
            Err(error) => return Err(failed(error)),
        }
        let slots = pkcs11.get_slots_with_token().map_err(failed)?;
        let is_ours =
            |slot: &_| pkcs11.get_token_info(*slot).is_ok_and(|info| info.label().trim_end() == self.token);
        let slot =
            slots.into_iter().find(is_ours).ok_or_else(|| self.refused("there is no token of that label"))?;
        let session = pkcs11.open_rw_session(slot).map_err(failed)?;
        let pin = self.pin()?;
        match session.login(UserType::User, Some(&pin)) {
            Ok(()) | Err(Error::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => Ok(session),
            Err(error) => Err(failed(error)),
        }
    }

    fn pin(&self) -> Result<AuthPin> {
        let text = Zeroizing::new(super::file::private_text(
            &self.pin_file,
            "it holds the PIN of the token, and does not exist",
        )?);
        Ok(AuthPin::from(text.trim_end_matches(['\r', '\n']).to_owned()))
    }

    fn failed(&self, error: &Error) -> StoreError {
        self.refused(&error.to_string())
    }

    fn refused(&self, why: &str) -> StoreError {
        super::refused(&self.module, &format!("the token {:?} cannot be used: {why}", self.token))
    }

    /// The library's path, for messages.
    pub(super) fn module(&self) -> &Path {
        &self.module
    }
}

impl Opened {
    pub(super) fn wrap(&self, bound_to: &[u8], key: &[u8]) -> Result<Vec<u8>> {
        let mut nonce = [0; NONCE];
        aws_lc_rs::rand::fill(&mut nonce).map_err(|_| StoreError::Unsealed)?;
        let mut used = nonce;
        let params =
            GcmParams::new(&mut used, bound_to, TAG_BITS.into()).map_err(|_| StoreError::Unsealed)?;
        let text = self.session.encrypt(&Mechanism::AesGcm(params), self.key, key);
        Ok([nonce.to_vec(), text.map_err(|_| StoreError::Unsealed)?].concat())
    }

    pub(super) fn unwrap(&self, bound_to: &[u8], wrapped: &[u8]) -> Result<Unwrapped> {
        let (nonce, text) = wrapped.split_first_chunk::<NONCE>().ok_or(StoreError::Unsealed)?;
        let mut nonce = *nonce;
        let params =
            GcmParams::new(&mut nonce, bound_to, TAG_BITS.into()).map_err(|_| StoreError::Unsealed)?;
        let key = self.session.decrypt(&Mechanism::AesGcm(params), self.key, text);
        key.map(Zeroizing::new).map_err(|_| StoreError::Unsealed)
    }
}
