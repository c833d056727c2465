//! Milestones: the truth behind every application's progress. Rows are added, never changed.

use crate::application::{Address, Application, ApplicationId};
use crate::engine::{Row, Value};
use crate::error::{Result, StoreError};
use crate::keys::Subject;
use crate::{Read, Write};
use domain::milestone::{EventKey, FeedId, Milestone, Rank, Step};
use domain::moment::Moment;
use domain::organ::OrganCode;
use domain::stage::Cause;

const OF_APPLICATION: &str = "SELECT feed, event, step, organ, cause, happened_at, learned_at, rank
    FROM milestone WHERE application = $1 AND subject = $2";
/// The feed's own event id tells one event from every other.
const INSERT: &str =
    "INSERT INTO milestone (subject, application, feed, event, step, organ, cause, happened_at,
    learned_at, rank) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";

/// The milestones of an application, in no order.
///
/// # Errors
/// Fails when the database does or a row is corrupt.
pub async fn of(read: &Read<'_>, application: &Application) -> Result<Vec<Milestone>> {
    let values = [Value::Int(application.id.0), Value::Blob(&application.subject.0)];
    read.rows(OF_APPLICATION, &values, milestone).await
}

/// The same, inside a change.
pub(crate) async fn of_changing(
    write: &mut Write<'_>,
    application: ApplicationId,
    subject: Subject,
) -> Result<Vec<Milestone>> {
    let values = [Value::Int(application.0), Value::Blob(&subject.0)];
    write.rows(OF_APPLICATION, &values, milestone).await
}

/// The same of many applications, in their order.
pub(crate) async fn of_each(write: &mut Write<'_>, applications: &[Address]) -> Result<Vec<Vec<Milestone>>> {
    let values: Vec<_> =
        applications.iter().map(|(subject, id)| [Value::Int(id.0), Value::Blob(&subject.0)]).collect();
    write.rows_each(OF_APPLICATION, &values, milestone).await
}

/// Adds milestones that their applications do not have yet.
pub(crate) async fn insert(write: &mut Write<'_>, added: &[(Address, Milestone)]) -> Result<()> {
    let steps: Vec<_> = added.iter().map(|(_, milestone)| milestone.step.word()).collect();
    let rows: Vec<_> =
        added.iter().zip(&steps).map(|((address, milestone), step)| row(address, milestone, step)).collect();
    write.execute_each(INSERT, &rows).await
}

fn row<'m>((subject, application): &'m Address, milestone: &'m Milestone, step: &'m str) -> [Value<'m>; 10] {
    [
        Value::Blob(&subject.0),
        Value::Int(application.0),
        Value::Int(milestone.feed.0.into()),
        Value::Blob(&milestone.event.0),
        Value::Text(step),
        Value::Int(milestone.organ.get().into()),
        milestone.cause.map(Cause::as_str).into(),
        Value::Int(milestone.happened.millis()),
        Value::Int(milestone.learned.millis()),
        Value::Int(milestone.rank.0.into()),
    ]
}

fn milestone(row: &Row<'_>) -> Result<Milestone> {
    let cause = |word| Cause::parse(word).ok_or(StoreError::Corrupt("cause"));
    Ok(Milestone {
        feed: FeedId(row.narrow(0, "feed")?),
        event: EventKey(row.array(1)?),
        step: Step::parse(row.text(2)?, EventKey::parse).ok_or(StoreError::Corrupt("step"))?,
        organ: OrganCode::from_u32(row.narrow(3, "organ")?).ok_or(StoreError::Corrupt("organ"))?,
        cause: row.optional_text(4)?.map(cause).transpose()?,
        happened: Moment::from_millis(row.int(5)?),
        learned: Moment::from_millis(row.int(6)?),
        rank: Rank(row.narrow(7, "rank")?),
    })
}
