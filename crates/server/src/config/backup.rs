//! For whom backups are sealed.

use age::x25519::Recipient;

/// Reads recipients of age.
///
/// # Errors
/// Names the first word that is none.
pub fn recipients(words: &[String]) -> Result<Vec<Recipient>, String> {
    words.iter().map(|word| recipient(word)).collect()
}

fn recipient(word: &str) -> Result<Recipient, String> {
    if word.to_ascii_uppercase().contains("SECRET-KEY") {
        // It is not said again: it opens every backup.
        return Err(
            "a secret identity stands where its recipient belongs; write what begins with age1".to_owned()
        );
    }
    word.parse()
        .map_err(|_| format!("recipient {word:?} does not read; write age1…, as age-keygen prints it"))
}
