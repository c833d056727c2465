//! What a command says on its output. A reader that has read enough (`| head`) is no failure of the command.

use std::fmt::Display;
use std::io::{ErrorKind, Write as _};

/// Says a line on the standard output.
///
/// # Errors
/// Fails when the output does, for another reason than that nobody reads any more.
pub(super) fn line(line: impl Display) -> std::io::Result<()> {
    heard(writeln!(std::io::stdout().lock(), "{line}"))
}

/// Says what is said once: that nobody reads it is a failure.
///
/// # Errors
/// Fails when the output does.
pub(super) fn once(line: impl Display) -> std::io::Result<()> {
    writeln!(std::io::stdout().lock(), "{line}")
}

/// Says beside the output how far something has come, or why it has failed.
pub(super) fn beside(line: impl Display) {
    // Where nobody hears it there is nobody to tell.
    drop(writeln!(std::io::stderr().lock(), "{line}"));
}

/// Says a text that ends its lines itself.
///
/// # Errors
/// As [`line`].
pub(super) fn text(text: impl Display) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    heard(write!(out, "{text}").and_then(|()| out.flush()))
}

pub(super) fn heard(said: std::io::Result<()>) -> std::io::Result<()> {
    match said {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        said => said,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_has_read_enough_is_no_failure_and_a_full_disk_is() {
        assert!(heard(Ok(())).is_ok());
        assert!(heard(Err(ErrorKind::BrokenPipe.into())).is_ok());
        assert!(heard(Err(ErrorKind::StorageFull.into())).is_err());
    }
}
