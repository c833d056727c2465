//! A backup's envelope: packed by zstd, then sealed by age for whoever holds one of the identities.

use crate::app::Failed;
use age::stream::{StreamReader, StreamWriter};
use age::x25519::Recipient;
use age::{DecryptError, Decryptor, Encryptor, Identity, IdentityFile};
use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Write};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

/// How much zstd tries: personal columns are sealed and do not get smaller, the rest does at once.
const LEVEL: i32 = 3;

/// What is written to.
pub(super) type Sealed = zstd::Encoder<'static, StreamWriter<BufWriter<File>>>;

/// Begins an envelope for these recipients.
///
/// # Errors
/// Fails when the file does.
pub(super) fn sealed(file: File, recipients: &[Recipient]) -> Result<Sealed, Failed> {
    let recipients = recipients.iter().map(|recipient| recipient as &dyn age::Recipient);
    let sealing = Encryptor::with_recipients(recipients)?;
    Ok(zstd::Encoder::new(sealing.wrap_output(BufWriter::new(file))?, LEVEL)?)
}

/// Ends it: all of it is with the file then.
///
/// # Errors
/// Fails when the file does.
pub(super) fn closed(sealed: Sealed) -> std::io::Result<()> {
    sealed.finish()?.finish()?.flush()
}

/// The identities of a file.
///
/// # Errors
/// Refuses a file that others can read, and one that holds none.
pub(super) fn identities(path: &Path) -> Result<Vec<Box<dyn Identity + Send + Sync>>, Failed> {
    let at = |error| format!("{} cannot be used: {error}", path.display());
    let file = File::open(path).map_err(at)?;
    if file.metadata().map_err(at)?.permissions().mode() & 0o077 != 0 {
        return Err(format!("others may read {0}; run `chmod 600 {0}`", path.display()).into());
    }
    let none = || format!("{} holds no identity; one is a line AGE-SECRET-KEY-1…", path.display());
    let identities = IdentityFile::from_buffer(BufReader::new(file)).map_err(|_| none())?;
    let identities = identities.into_identities().map_err(|_| none())?;
    if identities.is_empty() { Err(none().into()) } else { Ok(identities) }
}

/// A file that is an envelope of age, not opened yet.
pub(super) struct Envelope<R>(Decryptor<BufReader<R>>);

impl<R: Read> Envelope<R> {
    /// Reads its head.
    ///
    /// # Errors
    /// Refuses what is no file of age.
    pub(super) fn of(input: R, path: &Path) -> Result<Self, Failed> {
        let none = |_| format!("{} is no file of age, or its head is damaged", path.display());
        Ok(Self(Decryptor::new_buffered(BufReader::new(input)).map_err(none)?))
    }

    /// Opens it with one of these identities.
    ///
    /// # Errors
    /// Fails when none of them fits.
    pub(super) fn open(
        self,
        identities: &[Box<dyn Identity + Send + Sync>],
    ) -> Result<zstd::Decoder<'static, BufReader<StreamReader<BufReader<R>>>>, Failed> {
        let identities = identities.iter().map(|identity| identity.as_ref() as &dyn Identity);
        let opened = self.0.decrypt(identities).map_err(|error| match error {
            DecryptError::NoMatchingKeys => {
                "the identity does not open this backup: it was made for other recipients; use another identity"
                    .to_owned()
            }
            error => format!("the backup does not open: {error}"),
        })?;
        Ok(zstd::Decoder::new(opened)?)
    }
}
