//! Pictures of the form and of an answer, on a phone and on a desktop, for the documents.

use crate::process::{self, command};
use crate::{places, setup, test};

/// Builds the release, starts its demonstration and takes the pictures into `docs/images`.
pub(crate) fn run() -> Result<(), String> {
    setup::run()?;
    test::build_release()?;
    let mut pictures = command("node", ["screenshots.mjs"]);
    pictures.current_dir(places::browser_tests()).env("BINARY_UNDER_TEST", places::binary());
    process::run(&mut pictures)
}
