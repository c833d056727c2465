//! Turns `locales/<language>/<feature>.toml` into one method of `Language` per message.

use std::path::{Path, PathBuf};
use std::{env, fs};

#[path = "build/catalogue.rs"]
mod catalogue;
#[path = "build/code.rs"]
mod code;
#[path = "build/placeholder.rs"]
mod placeholder;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let locales = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("../../locales").canonicalize()?;
    println!("cargo:rerun-if-changed={}", locales.display());
    for language in catalogue::LANGUAGES {
        println!("cargo:rerun-if-changed={}", locales.join(language.folder).display());
        for file in catalogue::files(&locales, &language)? {
            println!("cargo:rerun-if-changed={}", file.display());
        }
    }
    match catalogue::read(&locales) {
        Ok(messages) => {
            let out = PathBuf::from(env::var("OUT_DIR")?).join("messages.rs");
            Ok(fs::write(out, code::methods(&messages))?)
        }
        Err(mistakes) => {
            for mistake in &mistakes {
                println!("cargo::error={mistake}");
            }
            Err(format!("{} mistakes in locales/", mistakes.len()).into())
        }
    }
}
