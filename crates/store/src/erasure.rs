//! What is erased: the applications of a person who asks for it, and those that are over for long.
//!
//! The looks at them and the changes stay in the log: they name nobody, and nobody who has no keys knows whom they were
//! about. Backups keep what they hold until they are deleted themselves.

#[cfg(test)]
mod tests;

use crate::application::{self, Application, ApplicationId};
use crate::audit::Entry;
use crate::engine::Value;
use crate::error::Result;
use crate::keys::Subject;
use crate::{Read, Store, Work};
use domain::moment::Moment;

/// What goes with an application, by its subject and number.
const BY_ADDRESS: [&str; 3] = [
    "DELETE FROM milestone WHERE subject = $1 AND application = $2",
    "DELETE FROM outbox WHERE subject = $1 AND application = $2",
    "DELETE FROM application WHERE subject = $1 AND id = $2",
];
/// What goes with it, by its receipt.
const BY_RECEIPT: [&str; 4] = [
    "DELETE FROM receipt_case WHERE receipt = $1",
    "DELETE FROM held WHERE receipt = $1",
    "DELETE FROM manifest_line WHERE receipt = $1",
    "DELETE FROM arrival WHERE receipt = $1",
];
const MISMATCHES: &str = "DELETE FROM mismatch WHERE subject = $1";
/// What is left of a person, and of a receipt.
const LEFT: [&str; 4] = [
    "SELECT count(*) FROM application WHERE subject = $1",
    "SELECT count(*) FROM milestone WHERE subject = $1",
    "SELECT count(*) FROM outbox WHERE subject = $1",
    "SELECT count(*) FROM mismatch WHERE subject = $1",
];
const LEFT_OF_RECEIPT: [&str; 4] = [
    "SELECT count(*) FROM receipt_case WHERE receipt = $1",
    "SELECT count(*) FROM held WHERE receipt = $1",
    "SELECT count(*) FROM manifest_line WHERE receipt = $1",
    "SELECT count(*) FROM arrival WHERE receipt = $1",
];

/// Applications that are looked at at once.
const PAGE: u16 = 500;
/// Applications that are erased in one change.
const AT_ONCE: usize = 50;

/// What was erased.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Erased {
    /// Applications.
    pub applications: usize,
    /// All rows.
    pub rows: usize,
    /// Rows of theirs that were found afterwards; there should be none.
    pub left: u64,
}

/// Erases the applications of a person, and proves that nothing of them is left.
///
/// # Errors
/// Fails when the database does; then nothing is erased.
pub async fn of_subject(store: &Store, entry: Entry, subject: Subject) -> Result<Erased> {
    let mut all = Erased::default();
    loop {
        // Some at a time, as they are found.
        let applications = application::of_subject(&store.read(), subject).await?;
        let erased = these(store, entry.clone(), &applications, Some(subject)).await?;
        all.applications += erased.applications;
        all.rows += erased.rows;
        all.left = left(&store.read(), subject, &applications).await?;
        if applications.is_empty() || all.left == 0 {
            return Ok(all);
        }
    }
}

/// Erases applications that came to their end before a moment, some at a time; gives how many. `goes_on` is asked in
/// between.
///
/// # Errors
/// Fails when the database does; what was erased stays so.
pub async fn over_since(
    store: &Store,
    entry: Entry,
    before: Moment,
    goes_on: impl Fn() -> bool,
) -> Result<usize> {
    let (mut after, mut all) = (ApplicationId(0), 0);
    while goes_on() {
        let page = application::page(&store.read(), after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = last.id;
        let over: Vec<Application> =
            page.into_iter().filter(|application| is_over(application, before)).collect();
        // A few at a time: whoever records waits for it.
        for few in over.chunks(AT_ONCE) {
            let entry = Entry { detail: format!("{} applications", few.len()), ..entry.clone() };
            all += these(store, entry, few, None).await?.applications;
        }
    }
    Ok(all)
}

/// Whether nothing more can happen with it, and nothing has since a moment.
fn is_over(application: &Application, before: Moment) -> bool {
    application.progress.as_ref().is_some_and(|progress| progress.stage.is_final() && progress.since < before)
}

async fn these(
    store: &Store,
    entry: Entry,
    applications: &[Application],
    whose: Option<Subject>,
) -> Result<Erased> {
    let all: Vec<_> = applications
        .iter()
        .map(|application| (application.subject, application.id, application.receipt))
        .collect();
    let many = all.len();
    let erase = store.write(entry, move |write| -> Work<'_, usize> {
        Box::pin(async move {
            let mut rows = 0;
            for (subject, id, receipt) in all {
                for sql in BY_RECEIPT {
                    rows += write.execute(sql, &[Value::Blob(&receipt.0)]).await?;
                }
                for sql in BY_ADDRESS {
                    rows += write.execute(sql, &[Value::Blob(&subject.0), Value::Int(id.0)]).await?;
                }
            }
            if let Some(subject) = whose {
                rows += write.execute(MISMATCHES, &[Value::Blob(&subject.0)]).await?;
            }
            Ok(rows)
        })
    });
    Ok(Erased { applications: many, rows: erase.await?, left: 0 })
}

/// How many rows are left of a person and of the receipts of these applications.
async fn left(read: &Read<'_>, subject: Subject, applications: &[Application]) -> Result<u64> {
    let mut left = 0;
    for sql in LEFT {
        left += counted(read, sql, &subject.0).await?;
    }
    for application in applications {
        for sql in LEFT_OF_RECEIPT {
            left += counted(read, sql, &application.receipt.0).await?;
        }
    }
    Ok(left)
}

async fn counted(read: &Read<'_>, sql: &str, key: &[u8]) -> Result<u64> {
    let rows = read.rows(sql, &[Value::Blob(key)], |row| row.int(0)).await?;
    Ok(rows.into_iter().map(i64::unsigned_abs).sum())
}
