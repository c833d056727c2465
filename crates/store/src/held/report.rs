//! A report that waits for its application, sealed: what happened, and whose application it says it is.

use super::Why;
use super::queue::Event;
use crate::error::{Result, StoreError};
use crate::keys::{HASH_LENGTH, Keys, Place, Receipt, Subject};
use crate::record::{Claim, MOST_OWNERS};
use crate::sealed::Column;
use domain::Date;
use domain::milestone::{EventKey, FeedId, Milestone, Rank, Step};
use domain::moment::Moment;
use domain::organ::OrganCode;
use domain::stage::Cause;
use std::collections::{BTreeMap, BTreeSet};

/// A report of an application that nobody has opened.
pub(crate) struct Report<'a> {
    pub(crate) receipt: Receipt,
    pub(crate) number: &'a str,
    pub(crate) milestone: &'a Milestone,
    pub(crate) claim: Option<Claim>,
}

/// How reports that wait are sealed anew.
pub(crate) const SEALED: Column = Column {
    table: "held",
    column: "report",
    page: "SELECT id, report, receipt, feed, event FROM held
        WHERE id >= $1 AND report IS NOT NULL ORDER BY id LIMIT $2",
    replace: "UPDATE held SET report = $1 WHERE report = $2 AND id = $3",
    by_hash: false,
    name: |row| {
        let event = EventKey(row.array(4)?);
        Ok(row_name((Receipt(row.array(2)?), FeedId(row.narrow(3, "feed")?), event)))
    },
};

/// What a sealed report says.
pub(super) struct Opened {
    pub(super) number: String,
    pub(super) milestone: Milestone,
    /// Whose application it says it is, where it says so.
    pub(super) claim: Option<Claim>,
}

impl Report<'_> {
    pub(super) fn sealed(&self, keys: &Keys) -> Result<Vec<u8>> {
        let Milestone { step, organ, happened, learned, feed, rank, event, cause } = self.milestone;
        let mut plain = [
            self.number,
            &step.word(),
            &organ.to_string(),
            &happened.millis().to_string(),
            &learned.millis().to_string(),
            &rank.0.to_string(),
            cause.map_or("", Cause::as_str),
        ]
        .join("\n");
        if let Some((subject, applied_on)) = &self.claim {
            plain.push_str(&format!("\n{}\n{applied_on}", hex::encode(subject.0)));
        }
        keys.seal(&place(&row_name((self.receipt, *feed, *event))), plain.as_bytes())
    }
}

/// What a sealed report says; whose application it is stands at its end, or nowhere.
pub(super) fn opened(keys: &Keys, event: Event, sealed: &[u8]) -> Result<Opened> {
    let plain = keys.open(&place(&row_name(event)), sealed)?;
    let text = String::from_utf8(plain).map_err(|_| CORRUPT)?;
    let mut lines = text.split('\n');
    let mut line = || lines.next().ok_or(CORRUPT);
    let moment = |line: &str| line.parse().map(Moment::from_millis).map_err(|_| CORRUPT);
    let number = line()?.to_owned();
    let milestone = Milestone {
        step: Step::parse(line()?, EventKey::parse).ok_or(CORRUPT)?,
        organ: OrganCode::parse(line()?).ok_or(CORRUPT)?,
        happened: moment(line()?)?,
        learned: moment(line()?)?,
        rank: Rank(line()?.parse().map_err(|_| CORRUPT)?),
        cause: match line()? {
            "" => None,
            cause => Some(Cause::parse(cause).ok_or(CORRUPT)?),
        },
        feed: event.1,
        event: event.2,
    };
    let claim = match (lines.next(), lines.next()) {
        (Some(subject), Some(applied_on)) => Some(claim(subject, applied_on)?),
        _ => None,
    };
    Ok(Opened { number, milestone, claim })
}

/// A row that waits: its number, its name, and its sealed report.
pub(super) type Stayed = (i64, Event, Vec<u8>);

/// Parts what speaks of the application of this owner from what a person has to look at, and why. Of a feed that named
/// more than [`MOST_OWNERS`] none is compared: it guesses. What does not open is told in the log.
pub(super) fn parted<'s>(
    keys: &Keys,
    rows: impl IntoIterator<Item = &'s Stayed>,
    owner: Claim,
) -> (Vec<Milestone>, Vec<(i64, Why)>) {
    let mut claims: BTreeMap<FeedId, BTreeSet<([u8; HASH_LENGTH], Date)>> = BTreeMap::new();
    let mut readable = Vec::new();
    let (mut fitting, mut apart) = (Vec::new(), Vec::new());
    for (id, event, sealed) in rows {
        match opened(keys, *event, sealed) {
            Ok(opened) => {
                let claim = opened.claim.map(|(subject, applied_on)| (subject.0, applied_on));
                claims.entry(event.1).or_default().extend(claim);
                readable.push((*id, opened));
            }
            Err(error) => {
                tracing::error!(%error, "a report that waited for its application does not open");
                apart.push((*id, Why::UnreadableReport));
            }
        }
    }
    for (id, opened) in readable {
        let is_guess = opened.claim.is_some()
            && claims.get(&opened.milestone.feed).is_some_and(|claims| claims.len() > MOST_OWNERS);
        match opened.fits(owner) && !is_guess {
            true => fitting.push(opened.milestone),
            false => apart.push((id, Why::OtherApplication)),
        }
    }
    (fitting, apart)
}

impl Opened {
    /// Whether it speaks of the application of this owner; one that names nobody speaks of whoever has the receipt.
    pub(super) fn fits(&self, owner: Claim) -> bool {
        self.claim.is_none_or(|claim| claim == owner)
    }
}

const CORRUPT: StoreError = StoreError::Corrupt("report");

fn claim(subject: &str, applied_on: &str) -> Result<Claim> {
    let mut hash = [0; HASH_LENGTH];
    hex::decode_to_slice(subject, &mut hash).map_err(|_| CORRUPT)?;
    Ok((Subject(hash), applied_on.parse().map_err(|_| CORRUPT)?))
}

fn place(row: &[u8]) -> Place<'_> {
    SEALED.place(row)
}

/// A row's unchangeable name: receipt, feed and event.
fn row_name((receipt, feed, event): Event) -> Vec<u8> {
    [&receipt.0[..], &feed.0.to_be_bytes(), &event.0].concat()
}
