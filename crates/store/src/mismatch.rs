//! Inquiries whose facts fitted nothing, counted against the person they were about, at all servers together.
//!
//! Numbers that nobody has are counted like those that somebody has: nothing here tells which there are.

use crate::engine::{Row, Value};
use crate::error::{Result, StoreError};
use crate::keys::Subject;
use crate::upkeep::AT_ONCE;
use crate::{Read, Store};
use domain::mismatch::{A_MONTH, Since, Way};
use domain::moment::Moment;

const PAGE: &str = "SELECT subject, way FROM mismatch WHERE at1 > $1 AND (subject, way) > ($2, $3)
    ORDER BY subject, way LIMIT 10000";
const OF_SUBJECT: &str = "SELECT way, at1, at2, at3, at4, at5, at6, at7, at8, at9, at10 FROM mismatch
    WHERE subject = $1 ORDER BY way";
/// Takes the moment in as the newest of ten. Where the budget is spent ($4 and $5 say since when) it stays as it is, at
/// the same cost. Told twice because a connection broke it counts twice: never in favour of whoever guesses.
const COUNT: &str = "INSERT INTO mismatch
        (subject, way, counted, at1, at2, at3, at4, at5, at6, at7, at8, at9, at10)
    VALUES ($1, $2, 1, $3, 0, 0, 0, 0, 0, 0, 0, 0, 0)
    ON CONFLICT (subject, way) DO UPDATE SET
        counted = CASE WHEN mismatch.at5 > $4 OR mismatch.at10 > $5 THEN 0 ELSE 1 END,
        at1 = CASE WHEN mismatch.at5 > $4 OR mismatch.at10 > $5 THEN mismatch.at1 ELSE excluded.at1 END,
        at2 = CASE WHEN mismatch.at5 > $4 OR mismatch.at10 > $5 THEN mismatch.at2 ELSE mismatch.at1 END,
        at3 = CASE WHEN mismatch.at5 > $4 OR mismatch.at10 > $5 THEN mismatch.at3 ELSE mismatch.at2 END,
        at4 = CASE WHEN mismatch.at5 > $4 OR mismatch.at10 > $5 THEN mismatch.at4 ELSE mismatch.at3 END,
        at5 = CASE WHEN mismatch.at5 > $4 OR mismatch.at10 > $5 THEN mismatch.at5 ELSE mismatch.at4 END,
        at6 = CASE WHEN mismatch.at5 > $4 OR mismatch.at10 > $5 THEN mismatch.at6 ELSE mismatch.at5 END,
        at7 = CASE WHEN mismatch.at5 > $4 OR mismatch.at10 > $5 THEN mismatch.at7 ELSE mismatch.at6 END,
        at8 = CASE WHEN mismatch.at5 > $4 OR mismatch.at10 > $5 THEN mismatch.at8 ELSE mismatch.at7 END,
        at9 = CASE WHEN mismatch.at5 > $4 OR mismatch.at10 > $5 THEN mismatch.at9 ELSE mismatch.at8 END,
        at10 = CASE WHEN mismatch.at5 > $4 OR mismatch.at10 > $5 THEN mismatch.at10 ELSE mismatch.at9 END
    RETURNING counted";
/// What was counted before it could be known whether it fits, and does. The tenth that made room was over.
const TAKE_BACK: &str =
    "UPDATE mismatch SET at1 = at2, at2 = at3, at3 = at4, at4 = at5, at5 = at6, at6 = at7,
        at7 = at8, at8 = at9, at9 = at10, at10 = 0
    WHERE subject = $1 AND way = $2 AND at1 = $3 RETURNING counted";
/// Who was asked about in the meantime stays.
const FORGET: &str = "DELETE FROM mismatch WHERE (subject, way) IN
    (SELECT subject, way FROM mismatch WHERE at1 < $1 ORDER BY at1 LIMIT $2) AND at1 < $1 RETURNING counted";

/// Whether one more mismatch was within the budget of a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Budget {
    /// It was, and counts.
    Within,
    /// The budget is spent; the moment was not taken in.
    Beyond,
}

/// On whom facts were tried in vain within thirty days, after one of them; none at the end.
///
/// # Errors
/// Fails when the database does or a row is corrupt.
pub async fn page(
    read: &Read<'_>,
    now: Moment,
    after: Option<(Subject, Way)>,
) -> Result<Vec<(Subject, Way)>> {
    let (subject, way) = match &after {
        None => (&[][..], 0),
        Some((subject, way)) => (&subject.0[..], way.code()),
    };
    let values =
        [Value::Int(Since::before(now).month.millis()), Value::Blob(subject), Value::Int(way.into())];
    let rows = read.rows(PAGE, &values, |row| {
        let way = Way::from_code(row.narrow(1, "way")?).ok_or(StoreError::Corrupt("way"))?;
        Ok((Subject(row.array(0)?), way))
    });
    rows.await
}

/// When facts about a person were tried in vain, newest first, on each way.
///
/// # Errors
/// Fails when the database does or a row is corrupt.
pub async fn of_subject(read: &Read<'_>, subject: Subject) -> Result<Vec<(Way, Vec<Moment>)>> {
    let tried = |row: &Row<'_>| {
        let way = Way::from_code(row.narrow(0, "way")?).ok_or(StoreError::Corrupt("way"))?;
        let moments = (1..=A_MONTH).map(|place| row.int(place)).collect::<Result<Vec<_>>>()?;
        let moments = moments.into_iter().filter(|at| *at > 0).map(Moment::from_millis);
        Ok((way, moments.collect()))
    };
    read.rows(OF_SUBJECT, &[Value::Blob(&subject.0)], tried).await
}

/// Counts a mismatch, if the budget is not spent; durable when this returns.
///
/// # Errors
/// Fails when the database does.
pub async fn count(store: &Store, subject: Subject, way: Way, now: Moment) -> Result<Budget> {
    let since = Since::before(now);
    let values = [
        Value::Blob(&subject.0),
        Value::Int(way.code().into()),
        Value::Int(now.millis()),
        Value::Int(since.day.millis()),
        Value::Int(since.month.millis()),
    ];
    let counted = store.counted(COUNT, &values, |row| row.int(0)).await?;
    Ok(if counted == [1] { Budget::Within } else { Budget::Beyond })
}

/// Takes back what was counted at this moment before it was known that it fits.
///
/// # Errors
/// Fails when the database does; then it stays counted.
pub async fn take_back(store: &Store, subject: Subject, way: Way, at: Moment) -> Result<()> {
    let values = [Value::Blob(&subject.0), Value::Int(way.code().into()), Value::Int(at.millis())];
    store.counted(TAKE_BACK, &values, |row| row.int(0)).await.map(drop)
}

/// Forgets a few people about whom nobody asked in vain for thirty days; gives how many.
///
/// # Errors
/// Fails when the database does.
pub async fn forget(store: &Store, now: Moment) -> Result<usize> {
    let values = [Value::Int(Since::before(now).month.millis()), Value::Int(AT_ONCE.into())];
    Ok(store.aside(FORGET, &values, |row| row.int(0)).await?.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Fresh, at};

    const ONE: Subject = Subject([1; 16]);
    const OTHER: Subject = Subject([2; 16]);

    #[tokio::test]
    async fn what_was_tried_on_a_person_is_told_newest_first() {
        let fresh = Fresh::new().await;
        for hour in [9, 11] {
            count(&fresh.store, ONE, Way::Name, at(5, hour)).await.unwrap();
        }
        count(&fresh.store, OTHER, Way::Receipt, at(5, 10)).await.unwrap();
        let told = of_subject(&fresh.store.read(), ONE).await.unwrap();
        assert_eq!(told, [(Way::Name, vec![at(5, 11), at(5, 9)])]);
    }

    #[tokio::test]
    async fn five_in_a_day_are_counted_and_no_more_on_each_way() {
        let fresh = Fresh::new().await;
        let now = at(5, 9);
        for _ in 0..5 {
            assert_eq!(count(&fresh.store, ONE, Way::Name, now).await.unwrap(), Budget::Within);
        }
        for _ in 0..3 {
            assert_eq!(count(&fresh.store, ONE, Way::Name, now).await.unwrap(), Budget::Beyond);
        }
        // The way of whoever has the receipt, and everybody else's, stay open.
        assert_eq!(count(&fresh.store, ONE, Way::Receipt, now).await.unwrap(), Budget::Within);
        assert_eq!(count(&fresh.store, OTHER, Way::Name, now).await.unwrap(), Budget::Within);
        let tried = page(&fresh.store.read(), now, None).await.unwrap();
        assert_eq!(tried, [(ONE, Way::Name), (ONE, Way::Receipt), (OTHER, Way::Name)]);
        assert_eq!(page(&fresh.store.read(), now, Some(tried[1])).await.unwrap(), tried[2..]);
        assert!(page(&fresh.store.read(), now, Some(tried[2])).await.unwrap().is_empty());
        // A day later there are five more, and that is all for thirty days.
        for day in [6, 7] {
            let within = if day == 6 { 5 } else { 0 };
            for turn in 0..6 {
                let expected = if turn < within { Budget::Within } else { Budget::Beyond };
                assert_eq!(count(&fresh.store, ONE, Way::Name, at(day, 10)).await.unwrap(), expected);
            }
        }
    }

    /// The rule of the domain and the statement say the same, however mismatches are spread.
    #[tokio::test]
    async fn the_statement_counts_as_the_rule_says() {
        let fresh = Fresh::new().await;
        let (mut now, mut chance, mut latest) = (at(1, 9).millis(), 7_u64, Vec::<Moment>::new());
        let mut beyond = 0;
        for _ in 0..300 {
            chance = chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            // Mostly minutes apart, sometimes days.
            let most: i64 = if chance >> 61 == 0 { 8 * 24 * 60 } else { 200 };
            now += 60_000 * (i64::try_from(chance >> 33).unwrap() % most);
            let at = Moment::from_millis(now);
            let is_spent = Since::before(at).is_spent(&latest);
            let counted = count(&fresh.store, ONE, Way::Name, at).await.unwrap();
            assert_eq!(counted == Budget::Beyond, is_spent, "at {at:?} after {latest:?}");
            if is_spent { beyond += 1 } else { latest.insert(0, at) }
        }
        assert!(beyond > 20 && latest.len() > 20, "{beyond} beyond, {} within", latest.len());
    }

    #[tokio::test]
    async fn what_fitted_is_taken_back() {
        let fresh = Fresh::new().await;
        for hour in 1..=9 {
            count(&fresh.store, ONE, Way::Name, at(5, hour)).await.unwrap();
            if hour > 4 {
                take_back(&fresh.store, ONE, Way::Name, at(5, hour)).await.unwrap();
                // Told twice it is taken back once.
                take_back(&fresh.store, ONE, Way::Name, at(5, hour)).await.unwrap();
            }
        }
        assert_eq!(count(&fresh.store, ONE, Way::Name, at(5, 10)).await.unwrap(), Budget::Within);
        assert_eq!(count(&fresh.store, ONE, Way::Name, at(5, 11)).await.unwrap(), Budget::Beyond);
    }

    #[tokio::test]
    async fn many_at_the_same_moment_are_counted_one_after_the_other() {
        let fresh = Fresh::new().await;
        let counts = (0..40).map(|_| count(&fresh.store, ONE, Way::Name, at(5, 9)));
        let counted = futures_util::future::try_join_all(counts).await.unwrap();
        assert_eq!(counted.iter().filter(|counted| **counted == Budget::Within).count(), 5);
    }

    #[tokio::test]
    async fn who_was_asked_about_long_ago_is_forgotten() {
        let fresh = Fresh::new().await;
        count(&fresh.store, ONE, Way::Name, at(1, 9)).await.unwrap();
        count(&fresh.store, OTHER, Way::Name, at(20, 9)).await.unwrap();
        let later = Moment::from_millis(at(1, 10).millis() + 30 * 24 * 60 * 60 * 1000);
        let tried = async || page(&fresh.store.read(), later, None).await.unwrap();
        assert_eq!(tried().await, [(OTHER, Way::Name)]);
        assert_eq!(forget(&fresh.store, later).await.unwrap(), 1);
        assert_eq!(forget(&fresh.store, later).await.unwrap(), 0);
        assert_eq!(tried().await, [(OTHER, Way::Name)]);
    }
}
