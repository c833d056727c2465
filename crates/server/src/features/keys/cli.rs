//! `jindu keys`: what the terminal shows while keys are replaced, and what is said at the end.

use super::service::{self, Retired, Rotated};
use crate::app::Failed;
use crate::config::Config;
use crate::progress::{self, Lines};
use domain::moment::Moment;
use std::fmt::Write as _;
use store::keys::{Keys, Purpose, Suite, Wrapping};
use store::sealed::Anew;

/// Makes a key file.
///
/// # Errors
/// Says what is refused or has failed.
pub fn init(config: &Config, suite: Suite, wrapping: &Wrapping) -> Result<String, Failed> {
    let file = config.key_file();
    Keys::make(&file, suite, wrapping)?;
    Ok(format!("Keys: {} ({})", file.display(), suite.as_str()))
}

/// Lists the keys, and how many values each sealed if that is asked.
///
/// # Errors
/// Says what is refused or has failed.
pub async fn list(config: &Config, with_values: bool) -> Result<String, Failed> {
    let listing = Keys::list(&config.key_file())?;
    let counted = if with_values { service::counted(config).await? } else { Default::default() };
    let mut text = format!("Suite: {}\nWrapped by: {}\n", listing.suite.as_str(), listing.wrapping);
    for key in listing.keys {
        // Writing into a String does not fail.
        let _ = write!(text, "  {:3}  {:4}  {:8}", key.id, key.purpose.as_str(), key.state.as_str());
        if with_values && key.purpose == Purpose::Seal {
            let _ = write!(text, "  {} values", counted.get(&key.id).copied().unwrap_or_default());
        }
        text.push('\n');
    }
    Ok(text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n"))
}

/// Replaces a key; `line` writes a line where there is no terminal.
///
/// # Errors
/// Says what is refused or has failed.
pub async fn rotate(
    config: &Config,
    (purpose, everywhere): (Purpose, bool),
    prepare_only: bool,
    now: Moment,
    line: impl FnMut(String) + Send,
) -> Result<String, Failed> {
    if prepare_only {
        return said(service::prepare(config, purpose, now).await?);
    }
    let bar = progress::things(0, "values");
    let mut lines = Lines::beside(&bar, line);
    let rotated = service::rotate(config, (purpose, everywhere), now, |all, done| {
        bar.set_length(all.max(done));
        bar.set_position(done);
        lines.tell("sealing anew", "values");
    });
    let rotated = rotated.await;
    bar.finish_and_clear();
    said(rotated?)
}

fn said(rotated: Rotated) -> Result<String, Failed> {
    Ok(match rotated {
        Rotated::Asks => {
            return Err("other servers may use this database: run `jindu keys rotate --prepare`, copy the key file to each, and \
                 run this again; where there are no others, say so with --everywhere"
                .into());
        }
        Rotated::Prepared(id) => format!(
            "Key {id} is prepared: it opens, and is not used yet.\nNext: copy the key file to every server, then run \
             `jindu keys rotate`."
        ),
        Rotated::Signs(id) => format!(
            "Key {id} signs from now on.\nNext: publish the new verifier key (`jindu log key`) beside the former one, and \
             copy the key file to every server."
        ),
        Rotated::Sealed(id, Anew { sealed, unopened: 0 }, old) => format!(
            "Key {id} seals from now on; {sealed} values were sealed anew.\nNext: keep a copy of the key file apart from \
             the backups. Backups made until now open with the former key only: keep that too.{}",
            old.iter()
                .map(|id| format!(" `jindu keys retire {id}` takes key {id} out of the file."))
                .collect::<String>()
        ),
        Rotated::Sealed(id, Anew { sealed, unopened }, _) => format!(
            "Key {id} seals from now on; {sealed} values were sealed anew, and {unopened} do not open: somebody changed \
             them, or their key is gone. They stay as they are."
        ),
    })
}

/// Puts the keys under another wrapping key.
///
/// # Errors
/// Says what is refused or has failed.
pub fn rewrap(config: &Config, wrapping: &Wrapping) -> Result<String, Failed> {
    let file = config.key_file();
    Keys::rewrap(&file, wrapping)?;
    Ok(format!("The keys in {} are wrapped by {}.", file.display(), Keys::list(&file)?.wrapping))
}

/// Makes a key file of this version of one of the version before.
///
/// # Errors
/// Says what is refused or has failed.
pub fn upgrade(config: &Config) -> Result<String, Failed> {
    let file = config.key_file();
    Keys::upgrade(&file, &Wrapping::Here)?;
    Ok(format!("Keys: {} is of this version now. Keep a copy of it in a safe place.", file.display()))
}

/// Takes an old key out.
///
/// # Errors
/// Says what is refused or has failed.
pub async fn retire(config: &Config, id: u8, everywhere: bool, now: Moment) -> Result<String, Failed> {
    let keys = Keys::list(&config.key_file())?.keys;
    let what_for = if keys.iter().any(|key| (key.id, key.purpose) == (id, Purpose::Sign)) {
        "checkpoints that it signed are verified with its verifier key, so keep that published beside the new one"
    } else {
        "backups made before open with it"
    };
    match service::retire(config, id, everywhere, now).await? {
        Retired::Gone(with) => Ok(format!(
            "Key {id} is gone. The file that holds it still is {}: {what_for}. Move the file to where the copies of the key \
             file lie.",
            with.display()
        )),
        Retired::Asks => Err(
            "other servers may use this database: see that the key file of each has the key as old, and say \
             so with --everywhere"
                .into(),
        ),
    }
}
