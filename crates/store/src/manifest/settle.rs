//! The flag of a card that is missing: set when a batch past its day lacks it, taken away when it came.
//!
//! Whoever guesses receipt numbers can list them, so a list alone flags nobody. The card has to be on its way, and the
//! sender has to have told that it made or sent it, or to answer for the region where it was applied for.

use crate::application::{Address, ApplicationId};
use crate::engine::{Row, Value};
use crate::error::{Result, StoreError};
use crate::keys::{Receipt, Subject};
use crate::packed::unpack;
use crate::{Store, Work, Write, upkeep};
use domain::moment::Moment;
use domain::organ::OrganCode;
use domain::stage::Stage;
use std::collections::HashSet;

/// The cards that batches past their day ($1) lack: all of them, batch by batch, or one that is looked for. A term in
/// place of a column keeps a planner from looking up the batch of each open card.
macro_rules! lacking {
    (all) => {
        lacking!("manifest_line.feed = +manifest.feed AND manifest_line.batch = manifest.batch || ''")
    };
    (one) => {
        lacking!("manifest_line.feed = manifest.feed AND manifest_line.batch = manifest.batch")
    };
    ($on:literal) => {
        concat!(
            "(SELECT manifest_line.feed, manifest_line.receipt FROM manifest JOIN manifest_line ON ",
            $on,
            " WHERE due_at < $1 AND arrived_at IS NULL) AS lacking"
        )
    };
}

/// Their applications, with what makes it plausible.
pub(super) const LACKING: &str = concat!(
    "SELECT application.id, missing, progress, accepting, owner,
        CAST(CASE WHEN EXISTS (SELECT 1 FROM milestone WHERE milestone.subject = application.subject
            AND milestone.application = application.id AND milestone.feed = lacking.feed AND step IN
                ('in_production', 'quality_check', 'produced', 'in_distribution', 'mailed'))
            THEN 1 ELSE 0 END AS BIGINT),
        application.subject
    FROM ",
    lacking!(all),
    " JOIN receipt_case ON receipt_case.receipt = lacking.receipt
    JOIN application ON application.subject = receipt_case.subject AND application.id = receipt_case.application
    JOIN feed ON feed.id = lacking.feed"
);
const FLAGGED: &str = "SELECT id, subject FROM application WHERE missing = 1";
/// A card that arrives meanwhile is not flagged.
pub(super) const SET_MISSING: &str = concat!(
    "UPDATE application SET missing = 1 WHERE missing = 0 AND EXISTS (SELECT 1 FROM ",
    lacking!(one),
    " WHERE lacking.receipt = application.receipt) AND subject = $2 AND id = $3"
);
const CLEAR_MISSING: &str =
    "UPDATE application SET missing = 0 WHERE subject = $1 AND id = $2 AND missing = 1";
/// Cleared unless another batch that is past due still lacks the card.
pub(super) const FOUND: &str = concat!(
    "UPDATE application SET missing = 0 WHERE NOT EXISTS (SELECT 1 FROM ",
    lacking!(one),
    " WHERE lacking.receipt = $2) AND subject = $3 AND id = $4"
);

/// For how many applications the flag changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Settled {
    /// Their card is missing now.
    pub flagged: usize,
    /// Their card came, or is nobody's to miss any more.
    pub cleared: usize,
}

/// Flags the applications whose cards are missing in a batch past due, and takes the flag from those whose card
/// is missing no longer. Says how many flags changed; writes nothing where none did.
///
/// # Errors
/// Fails when the database does or a row is corrupt.
pub async fn settle(store: &Store, actor: &str, now: Moment) -> Result<Settled> {
    let (read, mut unreadable) = (store.read(), 0);
    let day = [Value::Int(now.millis())];
    let lacking = read.rows(LACKING, &day, |row| {
        Ok(plausible(row).unwrap_or_else(|_| {
            unreadable += 1;
            None
        }))
    });
    let lacking = lacking.await?;
    if unreadable > 0 {
        tracing::error!(
            unreadable,
            "cards may be missing, but what is stored of their applications does not read"
        );
    }
    let missing: HashSet<ApplicationId> = lacking.iter().flatten().map(|((_, id), _)| *id).collect();
    let flagged = read.rows(FLAGGED, &[], |row| address(row, 0, 1)).await?;
    let clear = flagged.into_iter().filter(|(_, id)| !missing.contains(id)).map(|address| (address, false));
    let set = lacking.into_iter().flatten().filter(|(_, is)| !is).map(|(address, _)| (address, true));
    let changes: Vec<(Address, bool)> = set.chain(clear).collect();
    let mut settled = Settled::default();
    for few in changes.chunks(upkeep::AT_ONCE.into()) {
        let Settled { flagged, cleared } = change(store, actor, now, few.to_vec()).await?;
        settled.flagged += flagged;
        settled.cleared += cleared;
    }
    Ok(settled)
}

/// Sets and clears flags in one transaction.
async fn change(store: &Store, actor: &str, now: Moment, changes: Vec<(Address, bool)>) -> Result<Settled> {
    let entry = upkeep::entry(now, actor, "flag_missing", "batches past their day");
    store
        .write(entry, move |write| -> Work<'_, Settled> {
            Box::pin(async move {
                let mut settled = Settled::default();
                for ((subject, id), is_missing) in changes {
                    let (subject, id) = (Value::Blob(&subject.0), Value::Int(id.0));
                    if is_missing {
                        let values = [Value::Int(now.millis()), subject, id];
                        settled.flagged += write.execute(SET_MISSING, &values).await?;
                    } else {
                        settled.cleared += write.execute(CLEAR_MISSING, &[subject, id]).await?;
                    }
                }
                Ok(settled)
            })
        })
        .await
}

/// The application, and whether it is flagged; none where its card cannot be the sender's to miss.
fn plausible(row: &Row<'_>) -> Result<Option<(Address, bool)>> {
    let organ = |column| -> Result<OrganCode> {
        OrganCode::from_u32(row.narrow(column, "organ")?).ok_or(StoreError::Corrupt("organ"))
    };
    let on_its_way =
        row.optional_blob(2)?.and_then(unpack).is_some_and(|progress| is_on_its_way(progress.stage));
    let is_its_own = row.int(5)? == 1 || organ(4)?.region().covers(organ(3)?.region());
    Ok((on_its_way && is_its_own).then_some((address(row, 0, 6)?, row.int(1)? == 1)))
}

fn address(row: &Row<'_>, id: usize, subject: usize) -> Result<Address> {
    Ok((Subject(row.array(subject)?), ApplicationId(row.int(id)?)))
}

/// In production or after it, and not yet where it is handed out.
const fn is_on_its_way(stage: Stage) -> bool {
    matches!(
        stage,
        Stage::InProduction | Stage::QualityCheck | Stage::Produced | Stage::InDistribution | Stage::Mailed
    )
}

/// Takes the flag from an application whose card was told to have arrived.
pub(crate) async fn found(
    write: &mut Write<'_>,
    (subject, id): Address,
    receipt: Receipt,
    now: Moment,
) -> Result<()> {
    let values =
        [Value::Int(now.millis()), Value::Blob(&receipt.0), Value::Blob(&subject.0), Value::Int(id.0)];
    write.execute(FOUND, &values).await.map(drop)
}
