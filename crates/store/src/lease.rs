//! Who does what only one server may do at a time.
//!
//! No clock is compared with another machine's. Who holds a lease raises its beat; who has seen the same beat for long
//! enough, by its own clock, takes the lease over. Who cannot raise the beat gives up some time before that.

#[cfg(test)]
mod tests;

use crate::Store;
use crate::engine::Value;
use crate::error::{Result, StoreError};
use std::collections::HashMap;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

const LOOK: &str = "SELECT holder, beat FROM lease WHERE name = $1";
/// Nobody has it, the holder is still the one that was silent, or it is ours: said twice it comes to the same.
const TAKE: &str = "INSERT INTO lease (name, holder, beat) VALUES ($1, $2, $3)
    ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, beat = excluded.beat
    WHERE lease.holder = excluded.holder OR (lease.holder = $4 AND lease.beat = $5)
    RETURNING beat";
const BEAT: &str = "UPDATE lease SET beat = beat + 1 WHERE name = $1 AND holder = $2 RETURNING beat";
const GIVE_BACK: &str = "DELETE FROM lease WHERE name = $1 AND holder = $2 RETURNING beat";
const SERVERS: &str = "SELECT name, holder, beat FROM lease WHERE name >= 'serve:' AND name < 'serve;'";
const BURY: &str = "DELETE FROM lease WHERE name = $1 AND beat = $2 RETURNING beat";

/// One run of one server: 16 random bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Run(pub [u8; 16]);

impl Run {
    /// A new one.
    ///
    /// # Errors
    /// The system gave no random bytes.
    pub fn new() -> Result<Self> {
        let mut run = [0; 16];
        aws_lc_rs::rand::fill(&mut run).map_err(|_| StoreError::Unsealed)?;
        Ok(Self(run))
    }

    /// The lease that says that this run serves.
    #[must_use]
    pub fn serving(self) -> String {
        format!("serve:{}", hex::encode(self.0))
    }
}

/// The times of a lease, the same on all servers of a database.
#[derive(Clone, Copy, Debug)]
pub struct Times {
    /// How often a holder raises its beat.
    pub beat: Duration,
    /// How often the others look whether it was given back.
    pub look: Duration,
    /// How long after its last beat a holder counts itself as one.
    pub stop: Duration,
    /// How long the others must have seen the same beat to take over; the rest of the time is for stopping.
    pub lapse: Duration,
}

impl Times {
    /// The times that belong to a lapse.
    #[must_use]
    pub fn of(lapse: Duration) -> Self {
        Self { beat: lapse / 4, look: lapse / 20, stop: lapse * 3 / 4, lapse }
    }
}

impl Default for Times {
    /// The times of the service: a lease whose holder is gone is taken over after 20 seconds.
    fn default() -> Self {
        Self::of(Duration::from_secs(20))
    }
}

/// A lease that one server wants or has.
pub struct Claim {
    name: String,
    run: Run,
    times: Times,
    /// Who else was seen to hold it, with which beat, since when.
    other: Option<(Vec<u8>, i64, Instant)>,
    until: Option<Instant>,
}

impl Claim {
    /// A claim that is not made yet.
    #[must_use]
    pub fn new(name: String, run: Run, times: Times) -> Self {
        Self { name, run, times, other: None, until: None }
    }

    /// What it is about.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether the lease is held now.
    #[must_use]
    pub fn is_held(&self) -> bool {
        self.until.is_some_and(|until| Instant::now() < until)
    }

    /// When to go on with [`step`](Self::step).
    #[must_use]
    pub fn next(&self) -> Instant {
        let now = Instant::now();
        match self.until.filter(|until| now < *until) {
            // A beat that failed is tried again soon.
            Some(until) => (until - self.times.stop + self.times.beat).max(now + self.times.look).min(until),
            None => now + self.times.look,
        }
    }

    /// Raises the beat of a lease that is held; takes one that nobody holds any more. Takes no longer than it is held.
    ///
    /// # Errors
    /// Fails when the database does; what is held stays so until its time is over.
    pub async fn step(&mut self, store: &Store) -> Result<()> {
        let Some(until) = self.until.filter(|until| Instant::now() < *until) else {
            self.until = None;
            return self.take(store).await;
        };
        let begun = Instant::now();
        let values = [Value::Text(&self.name), Value::Blob(&self.run.0)];
        let raised = timeout_at(until, store.aside(BEAT, &values, |row| row.int(0))).await;
        let raised = raised.map_err(|_| StoreError::TooSlow)??;
        self.until = raised.first().map(|_| begun + self.times.stop);
        Ok(())
    }

    async fn take(&mut self, store: &Store) -> Result<()> {
        let begun = Instant::now();
        let read = store.read();
        let name = [Value::Text(&self.name)];
        let found = read.rows(LOOK, &name, |row| Ok((row.blob(0)?.to_vec(), row.int(1)?)));
        let found = found.await?.into_iter().next();
        let now = Instant::now();
        let (holder, beat) = match found {
            Some((holder, beat)) if holder != self.run.0 => {
                let known = self.other.take().filter(|(who, at, _)| (who, *at) == (&holder, beat));
                let since = known.map_or(now, |(_, _, since)| since);
                let has_lapsed = now.duration_since(since) >= self.times.lapse;
                self.other = Some((holder.clone(), beat, since));
                if !has_lapsed {
                    return Ok(());
                }
                (holder, beat)
            }
            found => found.unwrap_or_default(),
        };
        let values = [
            Value::Text(&self.name),
            Value::Blob(&self.run.0),
            Value::Int(beat.saturating_add(1)),
            Value::Blob(&holder),
            Value::Int(beat),
        ];
        let taken = store.aside(TAKE, &values, |row| row.int(0)).await?;
        self.until = taken.first().map(|_| begun + self.times.stop);
        Ok(())
    }

    /// Gives the lease back, so that another has it at once.
    ///
    /// # Errors
    /// Fails when the database does; the others then wait until it lapses.
    pub async fn give_back(mut self, store: &Store) -> Result<()> {
        if self.until.take().is_none() {
            return Ok(());
        }
        let values = [Value::Text(&self.name), Value::Blob(&self.run.0)];
        store.aside(GIVE_BACK, &values, |row| row.int(0)).await.map(drop)
    }
}

/// The servers of a database, as one process sees their beats.
#[derive(Default)]
pub struct Servers(HashMap<String, (i64, Instant)>);

impl Servers {
    /// Those that serve. One whose beat has stood still for the lapse is none any more.
    ///
    /// # Errors
    /// Fails when the database does.
    pub async fn look(&mut self, store: &Store, times: Times) -> Result<Vec<Run>> {
        let read = store.read();
        let rows = read.rows(SERVERS, &[], |row| {
            // What names no run is no server's, and keeps nobody from hearing the others.
            let run = row.array(1).map(Run).ok();
            Ok((row.text(0)?.to_owned(), run, row.int(2)?))
        });
        let (rows, now, mut serving) = (rows.await?, Instant::now(), Vec::new());
        self.0.retain(|name, _| rows.iter().any(|(known, _, _)| known == name));
        for (name, run, beat) in rows {
            let known = self.0.entry(name).or_insert((beat, now));
            if known.0 != beat {
                *known = (beat, now);
            }
            if now.duration_since(known.1) < times.lapse {
                serving.extend(run);
            }
        }
        Ok(serving)
    }

    /// Takes out those that were not heard for three times the lapse.
    ///
    /// # Errors
    /// Fails when the database does.
    pub async fn bury(&self, store: &Store, times: Times) -> Result<()> {
        let now = Instant::now();
        for (name, (beat, since)) in &self.0 {
            if now.duration_since(*since) >= times.lapse * 3 {
                let values = [Value::Text(name), Value::Int(*beat)];
                store.aside(BURY, &values, |row| row.int(0)).await?;
            }
        }
        Ok(())
    }
}
