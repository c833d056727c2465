//! Applications: who asked for which card, by hash and sealed, with the packed fold of their milestones.

mod changing;

pub(crate) use changing::{Case, Known, New, Packed, found, insert, known, known_by, next, set_progress};

use crate::audit::Entry;
use crate::engine::{Row, Value};
use crate::error::{Result, StoreError};
use crate::keys::{HASH_LENGTH, Keys, Place, Receipt, Subject};
use crate::sealed::Column;
use crate::{Read, Store, Work, packed};
use domain::Date;
use domain::kind::{Delivery, Kind, Reason};
use domain::name::Name;
use domain::number::CitizenNumber;
use domain::organ::OrganCode;
use domain::progress::Progress;
use domain::receipt::ReceiptNumber;
use domain::region::RegionCode;

/// One person's applications at the most: more than a lifetime of cards.
const OF_SUBJECT: &str =
    "SELECT id, subject, receipt, applied_on, kind, reason, delivery, accepting, signing,
    handing_out, promised_days, person, progress, missing, counter_only
    FROM application WHERE subject = $1 ORDER BY id DESC LIMIT 32";
/// Applications go by their subject; which one a receipt number names stands apart.
const BY_RECEIPT: &str = "SELECT subject, application FROM receipt_case WHERE receipt = $1";
const ONE: &str = "SELECT id, subject, receipt, applied_on, kind, reason, delivery, accepting, signing,
    handing_out, promised_days, person, progress, missing, counter_only
    FROM application WHERE subject = $1 AND id = $2";
const PAGE: &str = "SELECT id, subject, receipt, applied_on, kind, reason, delivery, accepting, signing,
    handing_out, promised_days, person, progress, missing, counter_only FROM application WHERE id > $1 ORDER BY id LIMIT $2";
const CLOSE_ONLINE: &str =
    "UPDATE application SET counter_only = $1 WHERE subject = $2 AND counter_only <> $1";
const COUNT: &str = "SELECT count(*) FROM application";
const NEWEST: &str = "SELECT max(id) FROM application";
const ANY: &str = "SELECT id FROM application LIMIT 1";

/// How persons are sealed anew.
pub(crate) const SEALED: Column = Column {
    table: "application",
    column: "person",
    page: "SELECT id, person, subject, receipt FROM application WHERE id >= $1 ORDER BY id LIMIT $2",
    replace: "UPDATE application SET person = $1 WHERE person = $2 AND id = $3",
    by_hash: false,
    name: |row| Ok(row_name(Subject(row.array(2)?), Receipt(row.array(3)?)).to_vec()),
};

/// The number of an application within this database, in order of arrival.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ApplicationId(pub i64);

/// What an application is found by: whose it is, and its number.
pub(crate) type Address = (Subject, ApplicationId);

/// What opens an application: the facts of the application form.
#[derive(Clone, Debug)]
pub struct Opening {
    /// Whose card it is.
    pub number: CitizenNumber,
    /// The holder's name.
    pub name: Name,
    /// A minor's guardian.
    pub guardian: Option<Name>,
    /// The number on the receipt.
    pub receipt: ReceiptNumber,
    /// The day the form was submitted; the statutory clock starts here.
    pub applied_on: Date,
    /// First application, renewal, replacement, reissue.
    pub kind: Kind,
    /// Why.
    pub reason: Reason,
    /// How the card comes to its holder.
    pub delivery: Delivery,
    /// The organ that took the form.
    pub accepting: OrganCode,
    /// The county-level organ of the hukou place, which signs (Resident Identity Card Law, art. 8).
    pub signing: OrganCode,
    /// The organ that hands the card out.
    pub handing_out: OrganCode,
    /// The promised time in working days; 0 where none is promised.
    pub promised_days: u16,
}

/// An opening with its number hashed and its person sealed, ready to be written.
pub(crate) struct Sealed {
    pub(crate) subject: Subject,
    pub(crate) receipt: Receipt,
    person: Vec<u8>,
    pub(crate) opening: Opening,
}

impl Sealed {
    pub(crate) fn new(keys: &Keys, opening: Opening) -> Result<Self> {
        let subject = keys.subject(&opening.number);
        let receipt = keys.receipt(&opening.receipt);
        let plain = [
            opening.number.as_str(),
            opening.name.as_str(),
            opening.receipt.as_str(),
            opening.guardian.as_ref().map_or("", Name::as_str),
        ]
        .join("\n");
        let person = keys.seal(&place(&row_name(subject, receipt)), plain.as_bytes())?;
        Ok(Self { subject, receipt, person, opening })
    }

    pub(crate) fn case(&self, id: ApplicationId) -> Case {
        let Opening { accepting, kind, .. } = self.opening;
        Case { id, subject: self.subject, receipt: self.receipt, accepting, kind }
    }
}

/// A stored application.
#[derive(Clone)]
pub struct Application {
    /// Its number within this database.
    pub id: ApplicationId,
    /// Keyed hash of the citizen number.
    pub subject: Subject,
    /// Keyed hash of the receipt number.
    pub receipt: Receipt,
    /// The day the form was submitted.
    pub applied_on: Date,
    /// First application, renewal, replacement, reissue.
    pub kind: Kind,
    /// Why.
    pub reason: Reason,
    /// How the card comes to its holder.
    pub delivery: Delivery,
    /// The organ that took the form.
    pub accepting: OrganCode,
    /// The organ that signs.
    pub signing: OrganCode,
    /// The organ that hands the card out.
    pub handing_out: OrganCode,
    /// The promised time in working days; 0 where none is promised.
    pub promised_days: u16,
    /// Where it stands; none until a milestone says so.
    pub progress: Option<Progress>,
    /// Whether its card was announced in a batch that is past due, and did not arrive.
    pub missing: bool,
    /// Whether its holder wants no inquiry online.
    pub counter_only: bool,
    person: Vec<u8>,
}

/// The person of an application, opened.
pub struct Person {
    /// The citizen number.
    pub number: String,
    /// The holder's name.
    pub name: Name,
    /// The receipt number.
    pub receipt: String,
    /// A minor's guardian.
    pub guardian: Option<Name>,
}

impl Application {
    /// An application of nobody, which no inquiry fits: comparing with it costs what comparing costs.
    ///
    /// # Errors
    /// Fails when the system gives no random bytes.
    pub fn decoy(keys: &Keys) -> Result<Self> {
        let (subject, receipt) = (Subject([0; HASH_LENGTH]), Receipt([0; HASH_LENGTH]));
        let organ = OrganCode::new(RegionCode::DEMONSTRATION, 0).ok_or(StoreError::Corrupt("organ"))?;
        let plain = "119900190001010000\n无名氏\n0000000000000000000000\n";
        Ok(Self {
            id: ApplicationId(0),
            subject,
            receipt,
            applied_on: Date::MIN,
            kind: Kind::Renewal,
            reason: Reason::Expired,
            delivery: Delivery::Counter,
            accepting: organ,
            signing: organ,
            handing_out: organ,
            promised_days: 0,
            progress: None,
            missing: false,
            counter_only: false,
            person: keys.seal(&place(&row_name(subject, receipt)), plain.as_bytes())?,
        })
    }

    /// Opens the sealed person.
    ///
    /// # Errors
    /// Fails where the keys do not fit or the row was changed.
    pub fn person(&self, keys: &Keys) -> Result<Person> {
        let plain = keys.open(&place(&row_name(self.subject, self.receipt)), &self.person)?;
        let text = String::from_utf8(plain).map_err(|_| StoreError::Corrupt("person"))?;
        let mut lines = text.split('\n');
        let mut line = || lines.next().ok_or(StoreError::Corrupt("person"));
        let name = |text: &str| Name::parse(text).map_err(|_| StoreError::Corrupt("name"));
        Ok(Person {
            number: line()?.to_owned(),
            name: name(line()?)?,
            receipt: line()?.to_owned(),
            guardian: match line()? {
                "" => None,
                guardian => Some(name(guardian)?),
            },
        })
    }
}

/// The applications of one person, newest first. One statement; each row carries its whole progress.
///
/// # Errors
/// Fails when the database does or a row is corrupt.
pub async fn of_subject(read: &Read<'_>, subject: Subject) -> Result<Vec<Application>> {
    read.together(OF_SUBJECT, &subject.0, application).await
}

/// Closes the applications of a person to inquiries online, or opens them again; gives how many it was.
///
/// # Errors
/// Fails when the database does.
pub async fn close_online(store: &Store, entry: Entry, subject: Subject, closed: bool) -> Result<usize> {
    let close = store.write(entry, move |write| -> Work<'_, usize> {
        Box::pin(async move {
            let values = [Value::Int(closed.into()), Value::Blob(&subject.0)];
            write.execute(CLOSE_ONLINE, &values).await
        })
    });
    close.await
}

/// Applications in order of arrival after `after`, at most `limit`.
///
/// # Errors
/// Fails when the database does or a row is corrupt.
pub async fn page(read: &Read<'_>, after: ApplicationId, limit: u16) -> Result<Vec<Application>> {
    read.rows(PAGE, &[Value::Int(after.0), Value::Int(limit.into())], application).await
}

/// The number of the newest application; 0 where there is none.
///
/// # Errors
/// Fails when the database does.
pub async fn newest(read: &Read<'_>) -> Result<ApplicationId> {
    let newest = read.rows(NEWEST, &[], |row| row.optional_int(0)).await?;
    Ok(ApplicationId(newest.into_iter().flatten().next().unwrap_or(0)))
}

/// How many applications there are.
///
/// # Errors
/// Fails when the database does.
pub async fn count(read: &Read<'_>) -> Result<u64> {
    let counted = read.rows(COUNT, &[], |row| row.narrow(0, "count")).await?;
    Ok(counted.into_iter().next().unwrap_or(0))
}

/// Whether there is any application: the cheapest question that reaches the table.
///
/// # Errors
/// Fails when the database does.
pub async fn any(read: &Read<'_>) -> Result<bool> {
    Ok(!read.rows(ANY, &[], |row| row.int(0)).await?.is_empty())
}

/// The application of a receipt number.
///
/// # Errors
/// Fails when the database does or a row is corrupt.
pub async fn of_receipt(read: &Read<'_>, receipt: Receipt) -> Result<Option<Application>> {
    let found = read.rows(BY_RECEIPT, &[Value::Blob(&receipt.0)], address).await?;
    let Some((subject, id)) = found.into_iter().next() else { return Ok(None) };
    let found = read.rows(ONE, &[Value::Blob(&subject.0), Value::Int(id.0)], application).await?;
    found.into_iter().next().map(Some).ok_or(StoreError::Corrupt("application"))
}

fn place(row: &[u8; 32]) -> Place<'_> {
    SEALED.place(row)
}

/// A row's unchangeable name: subject and receipt.
fn row_name(subject: Subject, receipt: Receipt) -> [u8; 32] {
    let mut name = [0; 32];
    name.iter_mut().zip(subject.0.iter().chain(&receipt.0)).for_each(|(to, from)| *to = *from);
    name
}

fn address(row: &Row<'_>) -> Result<Address> {
    Ok((Subject(row.array(0)?), ApplicationId(row.int(1)?)))
}

fn organ(row: &Row<'_>, column: usize) -> Result<OrganCode> {
    OrganCode::from_u32(row.narrow(column, "organ")?).ok_or(StoreError::Corrupt("organ"))
}

fn day(text: &str) -> Result<Date> {
    text.parse().map_err(|_| StoreError::Corrupt("day"))
}

fn progress(row: &Row<'_>, column: usize) -> Result<Option<Progress>> {
    let unpacked = |packed| packed::unpack(packed).ok_or(StoreError::Corrupt("progress"));
    row.optional_blob(column)?.map(unpacked).transpose()
}

fn application(row: &Row<'_>) -> Result<Application> {
    Ok(Application {
        id: ApplicationId(row.int(0)?),
        subject: Subject(row.array(1)?),
        receipt: Receipt(row.array(2)?),
        applied_on: day(row.text(3)?)?,
        kind: Kind::parse(row.text(4)?).ok_or(StoreError::Corrupt("kind"))?,
        reason: Reason::parse(row.text(5)?).ok_or(StoreError::Corrupt("reason"))?,
        delivery: Delivery::parse(row.text(6)?).ok_or(StoreError::Corrupt("delivery"))?,
        accepting: organ(row, 7)?,
        signing: organ(row, 8)?,
        handing_out: organ(row, 9)?,
        promised_days: row.narrow(10, "promised time")?,
        person: row.blob(11)?.to_vec(),
        progress: progress(row, 12)?,
        missing: row.int(13)? != 0,
        counter_only: row.int(14)? != 0,
    })
}
