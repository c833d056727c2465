//! Dead letters in the held queue: read again once the reason is gone, or set aside.

use super::held::{ACTOR, Number};
use crate::app::Failed;
use crate::clock::Clock;
use crate::features::feeds::intake::Intake;
use crate::features::feeds::stream::Letter;
use domain::milestone::FeedId;
use domain::moment::Moment;
use domain::receipt::ReceiptFormat;
use store::audit::Entry;
use store::dead_letter::{self, Closed, Kept};
use store::record::Unknown;
use store::{Store, feed};

/// Rows of one look into the database.
const PAGE: u32 = 500;

/// What could be done about a message that could not be taken for this reason.
pub(super) fn suggestion(why: &str) -> &'static str {
    match why {
        "malformed" | "media_type" | "too_many_events" => {
            "It reads the same however often it is read: discard it, and have it sent again as it should be."
        }
        _ => {
            "Take the reason away, such as a code that the feed's table lacks (`jindu feed codes`), and release it: the \
             message is read again. Or discard it."
        }
    }
}

/// Letters that wait, of a feed or of all, oldest first: so many behind a number.
pub(super) async fn some(
    store: &Store,
    feed: Option<FeedId>,
    mut after: i64,
    limit: usize,
    is_wanted: impl Fn(&Kept) -> bool,
) -> Result<Vec<Kept>, Failed> {
    let mut found = Vec::new();
    while found.len() < limit {
        let page = match feed {
            Some(feed) => dead_letter::of_feed(&store.read(), feed, after, PAGE).await?,
            None => dead_letter::list(&store.read(), after, PAGE).await?,
        };
        let Some(last) = page.last() else { break };
        after = last.id;
        found.extend(page.into_iter().filter(&is_wanted));
    }
    found.truncate(limit);
    Ok(found)
}

/// Reads a letter again as if it came now; closes it when all of it is taken.
///
/// # Errors
/// Says why it cannot be taken still; then it stays.
pub async fn release(
    store: &Store,
    receipts: &ReceiptFormat,
    now: Moment,
    id: i64,
    why: &str,
) -> Result<(), Failed> {
    let missing = || format!("nothing in the held queue has the number {}", Number::Letter(id));
    let kept = dead_letter::one(&store.read(), id).await?.ok_or_else(missing)?;
    let content = dead_letter::content(&store.read(), store.keys(), id).await?.ok_or_else(missing)?;
    let mut taken = Letter::unpack(&content).ok_or("the message does not open any more")?.read();
    let feed = feed::by_id(&store.read(), kept.feed).await?.ok_or_else(missing)?;
    let intake = Intake::of(store, receipts, feed, Clock::Frozen(now))?;
    let fates = intake.take(&taken.items, Unknown::Kept).await?;
    taken.note(&fates);
    if let Some(still) = taken.why {
        return Err(format!("it cannot be taken still: {still}. {}", suggestion(&still)).into());
    }
    close(store, now, id, Closed::Released, why).await
}

/// Sets a letter aside and forgets what it held.
///
/// # Errors
/// Names a number that nothing has.
pub async fn discard(store: &Store, now: Moment, id: i64, why: &str) -> Result<(), Failed> {
    close(store, now, id, Closed::Discarded, why).await
}

async fn close(store: &Store, now: Moment, id: i64, closed: Closed, why: &str) -> Result<(), Failed> {
    let number = Number::Letter(id);
    let detail = format!("{number}: {}, {why}", closed.as_str());
    let entry = Entry { at: now, actor: ACTOR.to_owned(), action: "close_dead_letter", detail };
    match dead_letter::close(store, entry, id, closed).await? {
        true => Ok(()),
        false => Err(format!("nothing in the held queue has the number {number}").into()),
    }
}
