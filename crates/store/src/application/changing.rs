//! What recording reads and writes of applications, of many at once.

use super::{Address, ApplicationId, BY_RECEIPT, NEWEST, Sealed, address, day, organ, progress};
use crate::Write;
use crate::engine::Value;
use crate::error::{Result, StoreError};
use crate::keys::{Receipt, Subject};
use domain::Date;
use domain::kind::Kind;
use domain::organ::OrganCode;
use domain::progress::Progress;

const KNOWN: &str = "SELECT id, subject, applied_on, kind, accepting, progress, missing
    FROM application WHERE subject = $1 AND id = $2";
const INSERT: &str =
    "INSERT INTO application (subject, receipt, applied_on, kind, reason, delivery, accepting,
    signing, handing_out, promised_days, person, progress, id)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
const NAME: &str = "INSERT INTO receipt_case (receipt, subject, application) VALUES ($1, $2, $3)";
const SET_PROGRESS: &str = "UPDATE application SET progress = $1 WHERE id = $2 AND subject = $3";

/// What recording needs of a stored application.
pub(crate) struct Known {
    pub(crate) id: ApplicationId,
    pub(crate) subject: Subject,
    pub(crate) applied_on: Date,
    pub(crate) kind: Kind,
    pub(crate) accepting: OrganCode,
    pub(crate) progress: Option<Progress>,
    pub(crate) missing: bool,
}

/// An application as the records beside it name it.
pub(crate) struct Case {
    pub(crate) id: ApplicationId,
    pub(crate) subject: Subject,
    pub(crate) receipt: Receipt,
    pub(crate) accepting: OrganCode,
    pub(crate) kind: Kind,
}

impl Known {
    pub(crate) fn case(&self, receipt: Receipt) -> Case {
        let Self { id, subject, accepting, kind, .. } = *self;
        Case { id, subject, receipt, accepting, kind }
    }
}

/// Where the applications of receipts are found, in their order.
pub(crate) async fn found(write: &mut Write<'_>, receipts: &[Receipt]) -> Result<Vec<Option<Address>>> {
    let values: Vec<_> = receipts.iter().map(|receipt| [Value::Blob(&receipt.0)]).collect();
    let found = write.rows_each(BY_RECEIPT, &values, address).await?;
    Ok(found.into_iter().map(|found| found.into_iter().next()).collect())
}

/// What recording needs of applications, in their order.
pub(crate) async fn known(write: &mut Write<'_>, addresses: &[Address]) -> Result<Vec<Known>> {
    let values: Vec<_> =
        addresses.iter().map(|(subject, id)| [Value::Blob(&subject.0), Value::Int(id.0)]).collect();
    let found = write.rows_each(KNOWN, &values, |row| {
        Ok(Known {
            id: ApplicationId(row.int(0)?),
            subject: Subject(row.array(1)?),
            applied_on: day(row.text(2)?)?,
            kind: Kind::parse(row.text(3)?).ok_or(StoreError::Corrupt("kind"))?,
            accepting: organ(row, 4)?,
            progress: progress(row, 5)?,
            missing: row.int(6)? != 0,
        })
    });
    let one = |found: Vec<Known>| found.into_iter().next().ok_or(StoreError::Corrupt("application"));
    found.await?.into_iter().map(one).collect()
}

/// What recording needs of the application of a receipt.
pub(crate) async fn known_by(write: &mut Write<'_>, receipt: Receipt) -> Result<Option<Known>> {
    let found: Vec<_> = found(write, &[receipt]).await?.into_iter().flatten().collect();
    Ok(known(write, &found).await?.into_iter().next())
}

/// The number that the next application gets: whoever writes is alone.
pub(crate) async fn next(write: &mut Write<'_>) -> Result<ApplicationId> {
    let newest = write.rows(NEWEST, &[], |row| row.optional_int(0)).await?;
    Ok(ApplicationId(newest.into_iter().flatten().next().unwrap_or(0) + 1))
}

/// An application on its way into the database.
pub(crate) struct New {
    pub(crate) id: ApplicationId,
    pub(crate) sealed: Box<Sealed>,
    pub(crate) progress: Packed,
}

/// The packed fold of milestones, if they come to anything.
pub(crate) type Packed = Option<Vec<u8>>;

/// Opens applications: the rows, and the names by which reports find them.
pub(crate) async fn insert(write: &mut Write<'_>, opened: &[New]) -> Result<()> {
    let days: Vec<_> = opened.iter().map(|new| new.sealed.opening.applied_on.to_string()).collect();
    let rows: Vec<_> = opened.iter().zip(&days).map(|(new, applied_on)| row(new, applied_on)).collect();
    write.execute_each(INSERT, &rows).await?;
    let names = opened.iter().map(|New { id, sealed, .. }| {
        [Value::Blob(&sealed.receipt.0), Value::Blob(&sealed.subject.0), Value::Int(id.0)]
    });
    let names: Vec<_> = names.collect();
    write.execute_each(NAME, &names).await
}

fn row<'n>(New { id, sealed, progress }: &'n New, applied_on: &'n str) -> [Value<'n>; 13] {
    let opening = &sealed.opening;
    [
        Value::Blob(&sealed.subject.0),
        Value::Blob(&sealed.receipt.0),
        Value::Text(applied_on),
        Value::Text(opening.kind.as_str()),
        Value::Text(opening.reason.as_str()),
        Value::Text(opening.delivery.as_str()),
        Value::Int(opening.accepting.get().into()),
        Value::Int(opening.signing.get().into()),
        Value::Int(opening.handing_out.get().into()),
        Value::Int(opening.promised_days.into()),
        Value::Blob(&sealed.person),
        progress.as_deref().map_or(Value::Null, Value::Blob),
        Value::Int(id.0),
    ]
}

pub(crate) async fn set_progress(write: &mut Write<'_>, folded: &[(Address, Packed)]) -> Result<()> {
    let rows = folded.iter().map(|((subject, id), packed)| {
        [packed.as_deref().map_or(Value::Null, Value::Blob), Value::Int(id.0), Value::Blob(&subject.0)]
    });
    let rows: Vec<_> = rows.collect();
    write.execute_each(SET_PROGRESS, &rows).await
}
