//! `jindu log`: verifies the log from a folder or a server, and compares it with the database.

use crate::app::{Failed, open_store};
use crate::config::Config;
use crate::progress::{self, Lines};
use base64::prelude::{BASE64_STANDARD, Engine as _};
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::Duration;
use store::keys::Keys;
use store::log::{self, CHECKPOINT, Checkpoint, Files, Finding, Proof, Verifier, verify};

/// How long a server may take for one file.
const PATIENCE: Duration = Duration::from_secs(30);
/// The largest file of a log: a bundle of 256 leaves.
const LARGEST: u64 = 256 * 34;
const NO_KEY: &str = "--key is no verifier key; it looks like name+12345678+AbC…";

/// Where the files are.
pub enum Place {
    /// In a folder, by their names.
    Folder(PathBuf),
    /// On a server, and afterwards in a folder too, if one is named.
    Server(String, Option<PathBuf>),
}

/// What is to be verified.
pub struct Verifying {
    /// The files.
    pub place: Place,
    /// The verifier keys, the present one and those before; without any that of the key file.
    pub keys: Vec<String>,
    /// A checkpoint that was kept earlier.
    pub from: Option<PathBuf>,
    /// Whether the database is compared too.
    pub compare: bool,
}

/// What was found.
pub struct Said {
    /// In words.
    pub text: String,
    /// What came of it.
    pub verdict: Verdict,
}

/// What came of a verification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing is wrong.
    Well,
    /// Something is not what it should be.
    Wrong,
    /// Something could not be read, so that nobody knows.
    Unknown,
}

/// The verifier key of the log.
///
/// # Errors
/// Refuses what the key file refuses.
pub fn key(config: &Config) -> Result<String, Failed> {
    Ok(log::verifier(&Keys::load(&config.key_file())?).to_string())
}

/// Verifies; `line` writes a line where there is no terminal.
///
/// # Errors
/// Says what cannot be read; what is found to be wrong is no error.
pub async fn run(
    config: impl FnOnce() -> Result<Config, Failed>,
    verifying: &Verifying,
    line: impl FnMut(String) + Send,
) -> Result<Said, Failed> {
    let needs_config = verifying.compare || verifying.keys.is_empty();
    let config = needs_config.then(config).transpose()?;
    let named = verifying.keys.iter().map(|key| Verifier::parse(key).ok_or(NO_KEY));
    let mut verifiers = named.collect::<Result<Vec<_>, _>>()?;
    if let (true, Some(config)) = (verifiers.is_empty(), &config) {
        let ours = Keys::load(&config.key_file());
        let ours = ours.map_err(|error| format!("name the verifier key with --key; {error}"))?;
        verifiers.push(log::verifier(&ours));
    }
    let files = verifying.place.files()?;
    // What was kept the last time is what the log has to go on from.
    let from = verifying.from.clone().or_else(|| verifying.place.checkpoint());
    let from =
        from.as_ref().map(|path| fs::read(path).map_err(|error| format!("{}: {error}", path.display())));
    let from = from.transpose()?;
    let bar = progress::things(0, "leaves");
    let mut lines = Lines::beside(&bar, line);
    let mut heard = |doing: &'static str, done: u64, all: u64| {
        bar.set_message(doing);
        bar.set_length(all);
        bar.set_position(done);
        lines.tell(doing, "leaves");
    };
    let verified =
        verify(files.as_ref(), &verifiers, from.as_deref(), |done, all| heard("verifying", done, all));
    if let Some(why) = verified.unread {
        bar.finish_and_clear();
        let text = format!("The log cannot be verified, for it cannot be read: {why}");
        return Ok(Said { text, verdict: Verdict::Unknown });
    }
    let mut findings = verified.findings;
    let mut is_compared = false;
    if let (true, true, Some(checkpoint), Some(config)) =
        (findings.is_empty(), verifying.compare, &verified.checkpoint, &config)
    {
        let store = open_store(config, None).await?;
        let compared =
            log::compare(&store, files.as_ref(), checkpoint, |done, all| heard("comparing", done, all));
        findings = compared.await?;
        findings.extend(log::beyond(&store).await?);
        is_compared = true;
    }
    bar.finish_and_clear();
    if findings.is_empty() {
        verifying.place.keep(&verified.note)?;
    }
    Ok(said(verified.checkpoint.as_ref(), &findings, (from.is_some(), is_compared, verifying.place.keeps())))
}

fn said(
    checkpoint: Option<&Checkpoint>,
    findings: &[Finding],
    (from, compared, kept): (bool, bool, bool),
) -> Said {
    let Some(checkpoint) = checkpoint.filter(|_| findings.is_empty()) else {
        let mut text = "The log is not what it should be:".to_owned();
        for finding in findings {
            text.push_str("\n  ");
            text.push_str(finding);
        }
        return Said { text, verdict: Verdict::Wrong };
    };
    let Checkpoint { origin, size, .. } = checkpoint;
    let mut text = format!("The log {origin} has {size} leaves, and all of it is what was signed.");
    if from {
        text.push_str("\nIt goes on from the checkpoint that was kept.");
    }
    if compared {
        text.push_str("\nEvery leaf stands for one look or one change in the database.");
    }
    text.push_str(match kept {
        true => "\nIts checkpoint is kept: the next time the log has to go on from there.",
        false => {
            "\nKeep its checkpoint (--keep FOLDER), so that the next time the log has to go on from there."
        }
    });
    Said { text, verdict: Verdict::Well }
}

/// A look and its proof, as the interface for programs gives them.
#[derive(serde::Deserialize)]
struct Shown {
    looks: Vec<ShownLook>,
    checkpoint: Option<String>,
}

#[derive(serde::Deserialize)]
struct ShownLook {
    at: String,
    channel: String,
    shown: String,
    leaf: u64,
    proof: Option<ShownProof>,
}

#[derive(serde::Deserialize)]
struct ShownProof {
    blind: String,
    entry: String,
    value: String,
    hashes: Vec<String>,
}

impl ShownLook {
    /// Whether what is shown is what the entry says.
    fn is(&self, proof: &Proof) -> bool {
        proof.look().is_some_and(|entry| {
            entry.at.to_rfc3339() == self.at
                && entry.channel.as_str() == self.channel
                && entry.outcome.as_str() == self.shown
        })
    }
}

impl ShownProof {
    fn proof(&self) -> Option<Proof> {
        let bytes = |text: &String| BASE64_STANDARD.decode(text).ok();
        let hash = |text: &String| bytes(text)?.try_into().ok();
        Some(Proof {
            blind: bytes(&self.blind)?.try_into().ok()?,
            entry: bytes(&self.entry)?,
            leaf: hash(&self.value)?,
            hashes: self.hashes.iter().map(hash).collect::<Option<_>>()?,
        })
    }
}

/// Checks the proofs of looks that somebody was shown; `text` is the JSON of them.
///
/// # Errors
/// Says what cannot be read; a proof that does not hold is no error.
pub fn check(text: &str, keys: &[String]) -> Result<Said, Failed> {
    let verifiers: Option<Vec<_>> = keys.iter().map(|key| Verifier::parse(key)).collect();
    let verifiers = verifiers.ok_or(NO_KEY)?;
    let shown: Shown =
        serde_json::from_str(text).map_err(|error| format!("this is no list of looks: {error}"))?;
    let note = shown.checkpoint.ok_or("there is no checkpoint in it; ask again in a minute")?;
    let checkpoint =
        Checkpoint::read(note.as_bytes(), &verifiers).map_err(|why| format!("checkpoint: {why}"))?;
    let proven = |look: &ShownLook| {
        let proof = look.proof.as_ref().map(|proof| proof.proof());
        let holds = |proof: Proof| look.is(&proof) && proof.holds(look.leaf, &checkpoint);
        match proof {
            Some(proof) => Some(proof.is_some_and(holds)),
            // What the checkpoint covers has a proof.
            None => (look.leaf < checkpoint.size).then_some(false),
        }
    };
    let outcomes: Vec<(u64, Option<bool>)> =
        shown.looks.iter().map(|look| (look.leaf, proven(look))).collect();
    let leaves: std::collections::BTreeSet<u64> = outcomes.iter().map(|(leaf, _)| *leaf).collect();
    if leaves.len() < outcomes.len() {
        let text = "A look is listed twice.".to_owned();
        return Ok(Said { text, verdict: Verdict::Wrong });
    }
    let wrong: Vec<String> = outcomes
        .iter()
        .filter(|(_, holds)| *holds == Some(false))
        .map(|(leaf, _)| leaf.to_string())
        .collect();
    let (held, open) = (
        outcomes.iter().filter(|(_, holds)| *holds == Some(true)).count(),
        outcomes.iter().filter(|(_, holds)| holds.is_none()).count(),
    );
    let origin = &checkpoint.origin;
    Ok(if wrong.is_empty() {
        Said {
            text: format!(
                "{held} looks are in the log {origin}, with their time, their door and what was shown; {open} wait for its next checkpoint. Whether others were left out is not proven by this."
            ),
            verdict: Verdict::Well,
        }
    } else {
        Said {
            text: format!("These looks are not in the log {origin}: {}", wrong.join(", ")),
            verdict: Verdict::Wrong,
        }
    })
}

impl Place {
    /// The checkpoint that was kept when the log was verified the last time.
    fn checkpoint(&self) -> Option<PathBuf> {
        match self {
            Self::Server(_, Some(kept)) => Some(kept.join(CHECKPOINT)).filter(|path| path.exists()),
            _ => None,
        }
    }

    /// Whether the checkpoint is there the next time.
    const fn keeps(&self) -> bool {
        !matches!(self, Self::Server(_, None))
    }

    /// Keeps the checkpoint of a log that is well.
    fn keep(&self, note: &[u8]) -> Result<(), Failed> {
        if let Self::Server(_, Some(kept)) = self {
            put(&kept.join(CHECKPOINT), note)?;
        }
        Ok(())
    }

    fn files(&self) -> Result<Box<dyn Files>, Failed> {
        Ok(match self {
            Self::Folder(folder) if folder.is_dir() => Box::new(Folder(folder.clone())),
            Self::Folder(folder) => return Err(format!("{} is no folder", folder.display()).into()),
            Self::Server(address, kept) => Box::new(Server::new(address, kept.clone())),
        })
    }
}

/// Files in a folder. Names come from us and lead nowhere else.
struct Folder(PathBuf);

impl Files for Folder {
    fn read(&self, name: &str) -> Result<Option<Vec<u8>>, String> {
        match fs::read(self.0.join(name)) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.to_string()),
        }
    }
}

/// Files of a server.
struct Server {
    agent: ureq::Agent,
    address: String,
    kept: Option<PathBuf>,
}

impl Server {
    fn new(address: &str, kept: Option<PathBuf>) -> Self {
        let agent = crate::asking::agent(PATIENCE);
        let address = if address.contains("://") { address.to_owned() } else { format!("http://{address}") };
        Self { agent, address: format!("{}/log", address.trim_end_matches('/')), kept }
    }
}

impl Files for Server {
    fn read(&self, name: &str) -> Result<Option<Vec<u8>>, String> {
        let kept = self.kept.as_ref().map(|folder| folder.join(name));
        let reply =
            self.agent.get(format!("{}/{name}", self.address)).call().map_err(|error| error.to_string())?;
        match reply.status().as_u16() {
            // What was kept earlier is no answer: the server is asked for all of it each time.
            200 => {}
            404 => return Ok(None),
            status => return Err(format!("the server answered with {status}")),
        }
        let mut bytes = Vec::new();
        let read = reply.into_body().into_reader().take(LARGEST + 1).read_to_end(&mut bytes);
        read.map_err(|error| error.to_string())?;
        // What is wrong with it is told; the checkpoint is kept when nothing is.
        if let Some(path) = kept.filter(|_| name != CHECKPOINT) {
            put(&path, &bytes)?;
        }
        Ok(Some(bytes))
    }
}

/// Puts a file there whole.
fn put(path: &Path, bytes: &[u8]) -> Result<(), String> {
    let folder = path.parent().unwrap_or(path);
    let beside = path.with_extension("new");
    let put = fs::create_dir_all(folder)
        .and_then(|()| fs::write(&beside, bytes))
        .and_then(|()| fs::rename(&beside, path));
    put.map_err(|error| format!("{}: {error}", path.display()))
}
