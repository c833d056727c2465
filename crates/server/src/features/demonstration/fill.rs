//! Fills a database with a demonstration, batch by batch, through the recording path of every feed.

use super::offices::{Organs, county_offices, offices};
use super::people;
use super::stories::{Story, Telling, station};
use super::working::WorkingDays;
use crate::app::{App, Failed};
use domain::Date;
use domain::card::age_on;
use domain::kind::{Delivery, Reason};
use domain::milestone::FeedId;
use domain::moment::Moment;
use domain::receipt::ReceiptNumber;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use store::application::Opening;
use store::audit::Entry;
use store::record::{Report, Unknown, record};
use store::{Work, feed, office};

/// Applications in one transaction.
const BATCH: u64 = 5_000;
const ACTOR: &str = "command:demo";

/// An inquiry that somebody can type.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Sample {
    /// What it shows: `overdue`, `ready`, `in_production`, `correction`, `no_match`.
    pub label: String,
    /// The citizen number.
    pub citizen_number: String,
    /// The application date.
    pub applied_on: Date,
    /// The name.
    pub name: String,
    /// The receipt number.
    pub receipt_number: String,
}

/// What to make: the same seed at the same moment makes the same people and cases.
#[derive(Clone, Copy, Debug)]
pub struct Recipe {
    /// How many applications.
    pub applications: u64,
    /// Which people and ways.
    pub seed: u64,
    /// The moment up to which everything has happened.
    pub now: Moment,
}

/// The maker of applications, one after the other.
pub(super) struct Maker<'a> {
    app: &'a App,
    recipe: Recipe,
    organs: Organs,
    /// The daily counters of the stations.
    issued: HashMap<(u32, Date), u32>,
}

/// One application with its milestones.
pub(super) struct Made {
    pub(super) story: Story,
    pub(super) opening: Opening,
    pub(super) reports: Vec<Report>,
}

impl<'a> Maker<'a> {
    pub(super) fn new(app: &'a App, recipe: Recipe) -> Option<Self> {
        Some(Self { app, recipe, organs: Organs::new()?, issued: HashMap::new() })
    }

    /// The application of an index.
    pub(super) fn make(&mut self, index: u64) -> Option<Made> {
        let Recipe { seed, now, .. } = self.recipe;
        // Each index has its own chance, so that one case never changes another.
        let mut rng = StdRng::seed_from_u64(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ index);
        let story = Story::of(index);
        let working = WorkingDays { holidays: &self.app.holidays, today: now.date() };
        let applied_on = working.first(story, &mut rng);
        let opening = self.opening(index, story, applied_on, &mut rng)?;
        let telling = Telling {
            story,
            organs: self.organs,
            station: opening.accepting,
            signing: opening.signing,
            day: applied_on,
            now,
            working,
            told: Vec::with_capacity(12),
            rng: &mut rng,
        };
        let keys = self.app.store.keys();
        let reports = telling.tell().into_iter().enumerate().map(|(step, told)| Report {
            receipt: opening.receipt.clone(),
            step: told.step,
            organ: told.organ,
            happened: told.happened,
            cause: told.cause,
            event: keys.event(format!("demonstration-{seed}-{index}-{step}").as_bytes()),
            batch: None,
            opening: (step == 0).then(|| opening.clone()),
        });
        Some(Made { story, reports: reports.collect(), opening })
    }

    fn opening(&mut self, index: u64, story: Story, applied_on: Date, rng: &mut StdRng) -> Option<Opening> {
        let number = people::number(index.wrapping_add(self.recipe.seed.wrapping_mul(1_000_003)))?;
        let accepting = station(index)?;
        let issued = self.issued.entry((accepting.get(), applied_on)).or_default();
        *issued += 1;
        let minor = age_on(number.birth_date(), applied_on) < 16;
        let reason = reason(minor, rng);
        Some(Opening {
            name: people::name(rng)?,
            guardian: if minor { Some(people::name(rng)?) } else { None },
            receipt: ReceiptNumber::from_parts(&self.app.receipts, accepting, applied_on, *issued)?,
            applied_on,
            kind: reason.kind(),
            reason,
            delivery: if story.by_mail() { Delivery::Mail } else { Delivery::Counter },
            accepting,
            signing: if rng.random_ratio(1, 10) { self.organs.elsewhere } else { self.organs.signing },
            handing_out: accepting,
            promised_days: if rng.random_ratio(4, 5) { 20 } else { 0 },
            number,
        })
    }
}

fn reason(minor: bool, rng: &mut StdRng) -> Reason {
    if minor && rng.random_ratio(2, 3) {
        return Reason::First;
    }
    match rng.random_range(0..100) {
        0..45 => Reason::Expired,
        45..55 => Reason::Damaged,
        55..62 => Reason::NameChanged,
        62..66 => Reason::NewGeneration,
        66..90 => Reason::Lost,
        90..95 => Reason::OrganError,
        _ => Reason::First,
    }
}

/// Records offices and applications; `progress` hears how many are done, `each` sees every opening.
pub(super) async fn fill(
    app: &App,
    recipe: Recipe,
    progress: impl Fn(u64),
    mut each: impl FnMut(&Made),
) -> Result<(), Failed> {
    let entry = |action, detail| Entry { at: recipe.now, actor: ACTOR.to_owned(), action, detail };
    let store = &app.store;
    let offices = [offices(), county_offices(&app.regions)].concat();
    let put = entry("put_offices", format!("{} offices", offices.len()));
    office::put_all(store, put, offices, |_| ()).await?;
    let now = recipe.now;
    let named =
        store.write(entry("name_feed", "demonstration".to_owned()), move |write| -> Work<'_, FeedId> {
            Box::pin(async move { feed::named(write, "demonstration", now).await })
        });
    let feed = named.await?;
    let mut maker = Maker::new(app, recipe).ok_or("the demonstration's organs do not exist")?;
    let mut done = 0;
    while done < recipe.applications {
        let until = recipe.applications.min(done + BATCH);
        let mut reports = Vec::new();
        for index in done..until {
            let made = maker.make(index).ok_or("the receipt format has no place for region and date")?;
            each(&made);
            reports.extend(made.reports);
        }
        let entry = entry("record", format!("{} reports", reports.len()));
        record(store, feed, now, &reports, entry, Unknown::Told).await?;
        done = until;
        progress(done);
    }
    Ok(())
}

/// The five ready-to-type inquiries: the first case of each story, and a person of no case.
pub(super) fn samples(app: &App, recipe: Recipe) -> Option<Vec<Sample>> {
    const SHOWN: [(Story, &str); 4] = [
        (Story::Overdue, "overdue"),
        (Story::Ready, "ready"),
        (Story::InProduction, "in_production"),
        (Story::Correction, "correction"),
    ];
    let mut maker = Maker::new(app, recipe)?;
    let mut samples = Vec::new();
    for index in 0..recipe.applications.min(SHOWN.len() as u64) {
        let made = maker.make(index)?;
        let (_, label) = SHOWN.iter().find(|(story, _)| *story == made.story)?;
        samples.push(sample(label, &made.opening));
    }
    let nobody = maker.make(recipe.applications)?.opening;
    samples.push(sample("no_match", &nobody));
    Some(samples)
}

fn sample(label: &str, opening: &Opening) -> Sample {
    Sample {
        label: label.to_owned(),
        citizen_number: opening.number.as_str().to_owned(),
        applied_on: opening.applied_on,
        name: opening.name.as_str().to_owned(),
        receipt_number: opening.receipt.as_str().to_owned(),
    }
}
