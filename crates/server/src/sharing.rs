//! Servers on one database tell each other once a second what was spent, and that they are there.
//!
//! Nobody waits for it: each server goes by what it counted itself and what it has heard. Where the database does not
//! answer, a server goes on with its own counts and tells what it spent later.

#[cfg(test)]
mod tests;

use crate::app::App;
use crate::config::Config;
use crate::leases::Lease;
use crate::ledger::{Key, Kind, just_spent, spending, still_spent};
use crate::stop::{Stop, Stopper};
use domain::moment::Moment;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use store::lease::{Run, Servers};
use store::spent::{self, ENTRIES, Spent};
use tokio::task::JoinHandle;

/// How often servers tell each other.
const EVERY: Duration = Duration::from_secs(1);
/// Entries that are kept for telling later; what is beyond counts here alone.
const MOST_LEFT: usize = 200_000;
/// After so many times what is over is deleted, and servers that are gone are forgotten.
const TIDIED_AFTER: u32 = 60;

/// The telling, until it is stopped. A server that is alone on its database tells nobody.
pub struct Sharing(Option<(Stopper, JoinHandle<()>, Lease)>);

impl Sharing {
    /// Learns what was spent lately, by this server's former runs too, and begins to tell.
    pub async fn start(app: &Arc<App>, config: &Config) -> Self {
        if !app.store.is_shared() {
            return Self(None);
        }
        let mut teller = Teller::new(Arc::clone(app));
        if let Err(failed) = teller.learn(config).await {
            tracing::warn!("what was spent before is not known: {failed}");
        }
        let serving = Lease::want(app, app.run.serving());
        let (stopper, stop) = Stopper::new();
        Self(Some((stopper, tokio::spawn(teller.go_on(stop)), serving)))
    }

    /// Tells what is left to be told, and ends.
    pub async fn stop(self) {
        let Some((stopper, teller, serving)) = self.0 else { return };
        stopper.tell();
        if let Err(failed) = teller.await {
            tracing::error!("servers were no longer told what is spent: {failed}");
        }
        serving.give_back().await;
    }
}

/// What one server has told and heard.
struct Teller {
    app: Arc<App>,
    /// The number of its next row.
    number: i64,
    /// What is noted and not told yet.
    left: HashMap<(Kind, Key), u32>,
    servers: Servers,
    /// The others that tell or have told.
    heard: HashMap<Run, Heard>,
}

/// One that was heard.
struct Heard {
    /// Up to which of its rows.
    number: i64,
    /// Since when it serves no more and all that it told is heard.
    gone: Option<Moment>,
}

impl Heard {
    const fn up_to(number: i64) -> Self {
        Self { number, gone: None }
    }
}

impl Teller {
    fn new(app: Arc<App>) -> Self {
        Self { app, number: 0, left: HashMap::new(), servers: Servers::default(), heard: HashMap::new() }
    }

    /// Counts what is still spent of what was spent lately.
    async fn learn(&mut self, config: &Config) -> store::Result<()> {
        let now = self.app.clock.now();
        let rows = spent::all(&self.app.store.read(), now).await?;
        for row in &rows {
            let heard = self.heard.entry(row.run).or_insert(Heard::up_to(row.number));
            heard.number = row.number.max(heard.number);
        }
        still_spent(config, &rows, now).iter().for_each(|due| self.app.charge(due));
        Ok(())
    }

    async fn go_on(mut self, mut stop: Stop) {
        let (mut fails, mut times) = (false, 0_u32);
        let mut ends = false;
        while !ends {
            stop.or_after(EVERY).await;
            // Once more after the end, for what was spent since.
            ends = stop.is_told();
            times = times.wrapping_add(1);
            let done = self.once(times.is_multiple_of(TIDIED_AFTER)).await;
            match &done {
                Err(failed) if !fails => {
                    tracing::warn!("this server goes by its own counts, for others are not heard: {failed}");
                }
                Ok(()) if fails => tracing::info!("what others spend is heard again"),
                _ => {}
            }
            fails = done.is_err();
        }
    }

    /// Tells, hears, and now and then tidies.
    async fn once(&mut self, tidies: bool) -> store::Result<()> {
        let now = self.app.clock.now();
        self.tell(now).await?;
        self.hear(now).await?;
        if tidies {
            self.tidy(now).await?;
        }
        Ok(())
    }

    async fn tidy(&mut self, now: Moment) -> store::Result<()> {
        spent::forget(&self.app.store, now).await?;
        self.servers.bury(&self.app.store, self.app.times).await?;
        // Who comes back is not heard a second time, as long as what it told matters.
        self.heard.retain(|_, heard| {
            let ago = heard.gone.map_or(0, |gone| now.millis().saturating_sub(gone.millis()));
            Duration::from_millis(ago.max(0).unsigned_abs()) < Kind::Guesses.matters()
        });
        Ok(())
    }

    /// Tells what was spent. What matters for long stands in rows of its own.
    async fn tell(&mut self, now: Moment) -> store::Result<()> {
        for (kind, key, count) in self.app.ledger.take() {
            if self.left.len() >= MOST_LEFT {
                break;
            }
            let all = self.left.entry((kind, key)).or_default();
            *all = all.saturating_add(count);
        }
        for matters in [Kind::Inquiries, Kind::Mismatches, Kind::Guesses].map(Kind::matters) {
            let own = |(kind, _): &(Kind, Key)| kind.matters() == matters;
            let mut told: Vec<(Kind, Key)> = self.left.keys().filter(|key| own(key)).copied().collect();
            while !told.is_empty() {
                let part = told.split_off(told.len().saturating_sub(ENTRIES));
                self.tell_part(&part, matters, now).await?;
            }
        }
        Ok(())
    }

    async fn tell_part(&mut self, part: &[(Kind, Key)], matters: Duration, now: Moment) -> store::Result<()> {
        let known = part.iter().filter_map(|whose| self.left.get_key_value(whose));
        let spendings = known.map(|(&(kind, key), &count)| spending((kind, key, count))).collect();
        let until = i64::try_from(matters.as_millis()).unwrap_or(i64::MAX).saturating_add(now.millis());
        let row = Spent { run: self.app.run, number: self.number, at: now, spendings };
        let kept = spent::keep(&self.app.store, &row, Moment::from_millis(until)).await;
        // Where nobody knows whether the row is there, its number is not used again: it may be counted twice.
        self.number += 1;
        kept?;
        for whose in part {
            self.left.remove(whose);
        }
        Ok(())
    }

    /// Hears what the others have told since the last time.
    async fn hear(&mut self, now: Moment) -> store::Result<()> {
        let serving = self.servers.look(&self.app.store, self.app.times).await?;
        for run in serving.iter().filter(|run| **run != self.app.run) {
            self.heard.entry(*run).or_insert(Heard::up_to(-1)).gone = None;
        }
        // Who stops tells a last time before it gives its lease back, and is heard to the end.
        for (run, heard) in self.heard.iter_mut().filter(|(_, heard)| heard.gone.is_none()) {
            let rows = spent::after(&self.app.store.read(), *run, heard.number).await?;
            just_spent(&rows, now).iter().for_each(|due| self.app.charge(due));
            match rows.last() {
                Some(row) => heard.number = row.number,
                None if !serving.contains(run) => heard.gone = Some(now),
                None => {}
            }
        }
        Ok(())
    }
}
