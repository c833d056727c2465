//! Milestones: the truth behind every application's progress. Rows are added, never changed.

use crate::application::{Application, ApplicationId};
use crate::engine::{Row, Value};
use crate::error::{Result, StoreError};
use crate::keys::Subject;
use crate::{Read, Write};
use domain::milestone::{EventKey, FeedId, Milestone, Step};
use domain::moment::Moment;
use domain::organ::OrganCode;
use domain::stage::{Cause, Ground, Pause, Stage};

const OF_APPLICATION: &str = "SELECT feed, event, step, organ, cause, happened_at, learned_at
    FROM milestone WHERE application = $1 AND subject = $2";
/// The feed's own event id makes repetition harmless.
const INSERT: &str =
    "INSERT INTO milestone (subject, application, feed, event, step, organ, cause, happened_at,
    learned_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING";

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

/// Adds a milestone; false where the feed has reported this event before.
pub(crate) async fn insert(
    write: &mut Write<'_>,
    application: ApplicationId,
    subject: Subject,
    milestone: &Milestone,
) -> Result<bool> {
    let step = step_word(&milestone.step);
    let values = [
        Value::Blob(&subject.0),
        Value::Int(application.0),
        Value::Int(milestone.feed.0.into()),
        Value::Blob(&milestone.event.0),
        Value::Text(&step),
        Value::Int(milestone.organ.get().into()),
        milestone.cause.map(Cause::as_str).into(),
        Value::Int(milestone.happened.millis()),
        Value::Int(milestone.learned.millis()),
    ];
    Ok(write.execute(INSERT, &values).await? == 1)
}

/// A stage's own word, or what happened to the clock, or which event was wrong.
fn step_word(step: &Step) -> std::borrow::Cow<'static, str> {
    match step {
        Step::Reached(stage) => stage.as_str().into(),
        Step::Paused(why) => format!("paused:{}", why.as_str()).into(),
        Step::Resumed => "resumed".into(),
        Step::Extended(ground) => format!("extended:{}", ground.as_str()).into(),
        Step::Withdraws(event) => format!("withdraws:{}", hex::encode(event.0)).into(),
    }
}

fn parse_step(word: &str) -> Option<Step> {
    match word.split_once(':') {
        None if word == "resumed" => Some(Step::Resumed),
        None => Stage::parse(word).map(Step::Reached),
        Some(("paused", why)) => Pause::parse(why).map(Step::Paused),
        Some(("extended", ground)) => Ground::parse(ground).map(Step::Extended),
        Some(("withdraws", event)) => {
            let mut key = [0; 16];
            hex::decode_to_slice(event, &mut key).ok()?;
            Some(Step::Withdraws(EventKey(key)))
        }
        Some(_) => None,
    }
}

fn milestone(row: &Row<'_>) -> Result<Milestone> {
    let cause = |word| Cause::parse(word).ok_or(StoreError::Corrupt("cause"));
    Ok(Milestone {
        feed: FeedId(row.narrow(0, "feed")?),
        event: EventKey(row.array(1)?),
        step: parse_step(row.text(2)?).ok_or(StoreError::Corrupt("step"))?,
        organ: OrganCode::from_u32(row.narrow(3, "organ")?).ok_or(StoreError::Corrupt("organ"))?,
        cause: row.optional_text(4)?.map(cause).transpose()?,
        happened: Moment::from_millis(row.int(5)?),
        learned: Moment::from_millis(row.int(6)?),
    })
}
