//! The keys in the key file are wrapped with one key more. Where that one lies decides who can use the file: in the file
//! itself, in a file apart from it, or on a token that it never leaves.

use super::suite::{Purpose, Sealer, Suite};
use super::token::{self, Token};
use super::{file, refused};
use crate::error::{Result, StoreError};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// A key, wiped when it is let go.
pub(super) type Unwrapped = Zeroizing<Vec<u8>>;

/// Where the wrapping key shall lie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wrapping {
    /// In the key file: whoever has that has all.
    Here,
    /// In a file apart from it, such as on a stick or given by the service manager.
    Apart(PathBuf),
    /// On a token.
    On(Token),
}

/// How the key file says it.
#[derive(Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "lowercase", deny_unknown_fields)]
pub(super) enum Said {
    /// With the key itself, in hexadecimal.
    Here { key: String },
    /// With the path of the file that holds it.
    File { path: PathBuf },
    /// With what finds it.
    Token(Token),
}

/// What wraps and unwraps.
pub(super) enum Wrapper {
    Local(Sealer),
    Token(token::Opened),
}

impl Wrapping {
    /// Makes a wrapping key there, or takes the one that is there already; gives what the key file says of it.
    pub(super) fn make(&self, suite: Suite) -> Result<Said> {
        let fresh = || Ok::<_, StoreError>(hex::encode(suite.fresh(Purpose::Seal)?));
        Ok(match self {
            Self::Here => Said::Here { key: fresh()? },
            Self::Apart(path) => {
                if !path.exists() {
                    file::put(path, &format!("{}\n", fresh()?), file::Put::New)?;
                }
                Said::File { path: std::path::absolute(path).map_err(crate::error::at(path))? }
            }
            Self::On(token) => {
                let token = token.absolute()?;
                token.open_or_make()?;
                Said::Token(token)
            }
        })
    }
}

impl Said {
    /// In a word, for whoever lists keys.
    pub(super) fn word(&self) -> String {
        match self {
            Self::Here { .. } => "the key file itself".to_owned(),
            Self::File { path } => path.display().to_string(),
            Self::Token(token) => {
                format!("{:?} on the token {:?} ({})", token.object, token.token, token.module().display())
            }
        }
    }

    /// Fetches the wrapping key.
    pub(super) fn wrapper(&self, suite: Suite, file: &Path) -> Result<Wrapper> {
        let local = |text: &str, path: &Path| {
            let key = Zeroizing::new(hex::decode(text.trim()).unwrap_or_default());
            let sealer = Sealer::new(suite, &key);
            sealer.map(Wrapper::Local).ok_or_else(|| refused(path, "what is in it is no wrapping key"))
        };
        match self {
            Self::Here { key } => local(key, file),
            Self::File { path } => {
                let missing =
                    "it holds the key that the key file is wrapped with, and does not exist; put it back";
                local(&file::private_text(path, missing)?, path)
            }
            Self::Token(token) => token.open().map(Wrapper::Token),
        }
    }
}

impl Wrapper {
    pub(super) fn wrap(&self, bound_to: &[u8], key: &[u8]) -> Result<Vec<u8>> {
        match self {
            Self::Local(sealer) => {
                let mut wrapped = Vec::new();
                sealer.seal(bound_to, key, &mut wrapped)?;
                Ok(wrapped)
            }
            Self::Token(token) => token.wrap(bound_to, key),
        }
    }

    pub(super) fn unwrap(&self, bound_to: &[u8], wrapped: &[u8]) -> Result<Unwrapped> {
        match self {
            Self::Local(sealer) => sealer.open(bound_to, wrapped).map(Zeroizing::new),
            Self::Token(token) => token.unwrap(bound_to, wrapped),
        }
    }
}
