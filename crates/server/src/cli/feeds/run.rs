//! Runs what was typed about feeds, held reports and batches.
#![expect(clippy::print_stderr, reason = "commands speak on the terminal")]

use super::{AddFeed, Batch, Decision, Feed, FeedSetting, Held, Import, OneFeed, SetFeed, Watch};
use crate::app::{Failed, open_store};
use crate::cli::Place;
use crate::cli::run::{configured, on_runtime, start_log};
use crate::cli::say;
use crate::clock::Clock;
use crate::config::{Config, DropFolder};
use crate::features::feeds::cli::{
    self as feeds, Asked, add, batches, change, held, held_days, held_list, letters, list, set,
};
use crate::features::operations::cli::told_to_stop;
use serde::Serialize;
use std::path::PathBuf;
use std::process::ExitCode;
use store::Store;
use store::feed::{Former, State};

/// How much later than others the processor is given to imports: about a tenth of a busy one.
const LATER: i32 = 10;

/// `jindu feed …`
pub(in crate::cli) fn feed(does: Feed) -> Result<ExitCode, Failed> {
    match does {
        Feed::Add(adding) => on_runtime(add_feed(adding)),
        Feed::List { json, place } => on_runtime(async move {
            let (_, store) = opened(&place).await?;
            let feeds = list::list(&store, Clock::System.now()).await?;
            tell(json, &feeds, |feeds| list::in_words(feeds))
        }),
        Feed::Pause(which) => on_runtime(set_state(which, State::Paused)),
        Feed::Resume(which) => on_runtime(set_state(which, State::Active)),
        Feed::Remove(which) => on_runtime(set_state(which, State::Removed)),
        Feed::Set(setting) => on_runtime(set_feed(setting)),
        Feed::Rotate { which, now, secret_file } => on_runtime(rotate(which, now, secret_file)),
        Feed::Codes { which, file, built_in } => on_runtime(codes(which, file, built_in)),
        Feed::Import(asked) => {
            give_way();
            on_runtime(import(asked))
        }
        Feed::Watch(watch) => {
            give_way();
            on_runtime(watch_folder(watch))
        }
        Feed::Consume(consume) => on_runtime(async move {
            let (setting, place) = consume.setting();
            let config = configured(&place)?;
            start_log(&config)?;
            feeds::run::consume(&config, Clock::System, &setting, told_to_stop()?).await?;
            Ok(ExitCode::SUCCESS)
        }),
    }
}

/// Files give way to whoever answers people on the same machine. Called before there are threads: they inherit it.
fn give_way() {
    if let Err(error) = rustix::process::nice(LATER) {
        tracing::debug!(%error, "files are imported as urgently as people are answered");
    }
}

/// `jindu held …`
pub(in crate::cli) fn held(does: Held) -> Result<ExitCode, Failed> {
    let now = Clock::System.now();
    match does {
        Held::List { feed, reason, since, settled, after, limit, json, place } => on_runtime(async move {
            let (_, store) = opened(&place).await?;
            let wanted = held_list::Wanted { feed, reason, since, settled, after, limit: limit.into() };
            let (listed, more) = held_list::list(&store, &wanted).await?;
            tell(json, &listed, |listed| held_list::in_words(listed, more))
        }),
        Held::Show { number, json, place } => on_runtime(async move {
            let (number, (_, store)) = (held::Number::parse(&number)?, opened(&place).await?);
            tell(json, &held::show(&store, now, number).await?, held::explained)
        }),
        Held::Release(Decision { number, why, place }) => on_runtime(async move {
            let (number, (config, store)) = (held::Number::parse(&number)?, opened(&place).await?);
            let why = held::reason(why)?;
            let moved = match number {
                held::Number::Report(id) => held::release(&store, now, id, why).await?,
                held::Number::Letter(id) => {
                    letters::release(&store, &config.receipt_format()?, now, id, &why).await?;
                    String::new()
                }
            };
            done(&format!("Released: {number}{moved}"))
        }),
        Held::Discard(Decision { number, why, place }) => on_runtime(async move {
            let (number, (_, store)) = (held::Number::parse(&number)?, opened(&place).await?);
            let why = held::reason(why)?;
            let moved = match number {
                held::Number::Report(id) => held::discard(&store, now, id, why).await?,
                held::Number::Letter(id) => {
                    letters::discard(&store, now, id, &why).await?;
                    String::new()
                }
            };
            done(&format!("Discarded: {number}{moved}"))
        }),
        Held::Days { days, place } => on_runtime(async move {
            let (_, store) = opened(&place).await?;
            done(&held_days::days(&store, now, days).await?)
        }),
        Held::Correct { decision: Decision { number, why, place }, step, happened, organ, receipt } => {
            let typed = held::Corrected { step, happened, organ, receipt };
            on_runtime(async move {
                let (number, (config, store)) = (held::Number::parse(&number)?, opened(&place).await?);
                let held::Number::Report(id) = number else {
                    return Err(
                        "a message that could not be read is released or discarded, not corrected".into()
                    );
                };
                let receipts = config.receipt_format()?;
                let moved = held::correct(&store, &receipts, now, id, &typed, held::reason(why)?).await?;
                done(&format!("Corrected: {number}{moved}"))
            })
        }
    }
}

/// `jindu batch …`
pub(in crate::cli) fn batch(does: Batch) -> Result<ExitCode, Failed> {
    let now = Clock::System.now();
    match does {
        Batch::Declare { file, feed, place } => on_runtime(async move {
            let (config, store) = opened(&place).await?;
            let receipts = config.receipt_format()?;
            let declared = batches::declare(&store, &receipts, now, &feed, &file).await?;
            done(&format!("Declared: {declared}"))
        }),
        Batch::Compare { number, feed, json, place } => on_runtime(async move {
            let (_, store) = opened(&place).await?;
            tell(json, &batches::compare(&store, now, &number, feed.as_deref()).await?, batches::in_words)
        }),
        Batch::Settle { place } => on_runtime(async move {
            let (_, store) = opened(&place).await?;
            done(&batches::settle(&store, now).await?)
        }),
    }
}

async fn add_feed(typed: AddFeed) -> Result<ExitCode, Failed> {
    let AddFeed { name, organ, kind, stages, rank, rhythm, codes, secret_file, place } = typed;
    let adding = add::Adding { name, organ, kind, stages, rank, rhythm, codes };
    let (_, store) = opened(&place).await?;
    let keep = secret_file.as_deref().map(add::secret_file).transpose()?;
    let secret = add::add(&store, Clock::System.now(), &adding).await;
    hand_over(secret, keep, secret_file)
}

async fn set_feed(typed: SetFeed) -> Result<ExitCode, Failed> {
    let SetFeed { which, to: FeedSetting { organ, stages, rhythm, no_rhythm, rank } } = typed;
    let setting = set::Setting { organ, stages, rhythm, no_rhythm, rank };
    let (_, store) = opened(&which.place).await?;
    let changed = set::set(&store, Clock::System.now(), &which.name, &setting).await?;
    say::text(set::in_words(&which.name, &changed))?;
    Ok(ExitCode::SUCCESS)
}

async fn rotate(which: OneFeed, now: bool, secret_file: Option<PathBuf>) -> Result<ExitCode, Failed> {
    let (_, store) = opened(&which.place).await?;
    let former = if now { Former::EndNow } else { Former::StandADay };
    let keep = secret_file.as_deref().map(add::secret_file).transpose()?;
    let rotated = add::rotate(&store, Clock::System.now(), &which.name, former).await;
    let (secret, accepted) =
        rotated.map_or_else(|failed| (Err(failed), None), |(secret, accepted)| (Ok(secret), Some(accepted)));
    let handed_over = hand_over(secret, keep, secret_file)?;
    accepted.iter().try_for_each(say::line)?;
    Ok(handed_over)
}

/// Gives the secret to whoever asked for it, once. A file that was reserved for none is taken away.
fn hand_over(
    secret: Result<String, Failed>,
    keep: Option<impl FnOnce(&str) -> Result<(), Failed>>,
    file: Option<PathBuf>,
) -> Result<ExitCode, Failed> {
    match (secret, keep, file) {
        (Ok(secret), Some(keep), Some(file)) => {
            keep(&secret)?;
            done(&format!("Secret: {}", file.display()))
        }
        (Ok(secret), ..) => {
            // It is shown once: who hung up has to know that it was not heard.
            say::once(&secret)?;
            done(
                "This is the signing secret. It is shown once; give it to the feed's sender and to nobody else.",
            )
        }
        (Err(failed), _, file) => {
            // It is empty and ours; what is left of it harms nobody.
            drop(file.map(std::fs::remove_file));
            Err(failed)
        }
    }
}

async fn set_state(which: OneFeed, state: State) -> Result<ExitCode, Failed> {
    let (_, store) = opened(&which.place).await?;
    change::set_state(&store, Clock::System.now(), &which.name, state).await?;
    let name = &which.name;
    match state {
        State::Removed => done(&format!(
            "Feed {name}: removed. This cannot be undone; another time `jindu feed pause` does it for a while"
        )),
        _ => done(&format!("Feed {name}: {}", state.as_str())),
    }
}

async fn codes(which: OneFeed, file: Option<PathBuf>, built_in: bool) -> Result<ExitCode, Failed> {
    let (_, store) = opened(&which.place).await?;
    if file.is_none() && !built_in {
        say::text(change::codes(&store, &which.name).await?)?;
        return Ok(ExitCode::SUCCESS);
    }
    let version = change::set_codes(&store, Clock::System.now(), &which.name, file.as_deref()).await?;
    done(&format!("Codes of {}: version {version}", which.name))
}

async fn import(typed: Import) -> Result<ExitCode, Failed> {
    let Import { file, feed, format, mapping, sheet, dry_run, report, place } = typed;
    let config = configured(&place)?;
    start_log(&config)?;
    let asked = Asked { format, mapping, sheet, dry_run, report };
    let imported = feeds::import(&config, Clock::System, &file, &feed, &asked).await?;
    say::line(serde_json::to_string(&imported.tally)?)?;
    imported.rejected.iter().for_each(|reason| eprintln!("{reason}"));
    say::line(format_args!("Report: {}", imported.report.display()))?;
    Ok(if imported.tally.is_all_rejected() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

async fn watch_folder(typed: Watch) -> Result<ExitCode, Failed> {
    let Watch { folder, feed, mapping, still_seconds, place } = typed;
    let config = configured(&place)?;
    start_log(&config)?;
    let setting = DropFolder { feed, folder, mapping, still_seconds };
    feeds::run::watch(&config, Clock::System, &setting, told_to_stop()?).await?;
    Ok(ExitCode::SUCCESS)
}

/// The configuration, and the database that it names.
async fn opened(place: &Place) -> Result<(Config, Store), Failed> {
    let config = configured(place)?;
    start_log(&config)?;
    let store = open_store(&config, None).await?;
    Ok((config, store))
}

/// Says something in words, or as JSON.
fn tell<T: Serialize + ?Sized>(
    json: bool,
    what: &T,
    in_words: impl FnOnce(&T) -> String,
) -> Result<ExitCode, Failed> {
    if json {
        say::line(serde_json::to_string_pretty(what)?)?;
    } else {
        say::text(in_words(what))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn done(what: &str) -> Result<ExitCode, Failed> {
    say::line(what)?;
    Ok(ExitCode::SUCCESS)
}
