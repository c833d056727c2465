//! A fresh store for tests: a temporary folder, its own keys, invented people of region 119900. When a test lets it
//! go, what is stored of every application is proven.

mod proof;

use crate::application::{Application, Opening, of_subject};
use crate::audit::Entry;
use crate::feed::NewFeed;
use crate::fresh::FreshDatabase;
use crate::record::{Outcome, Report, Unknown, record};
use crate::{Store, Work, application, feed};
use domain::Date;
use domain::feed::FeedKind;
use domain::kind::{Delivery, Reason};
use domain::milestone::{FeedId, Rank, Step};
use domain::moment::Moment;
use domain::name::Name;
use domain::number::CitizenNumber;
use domain::organ::OrganCode;
use domain::receipt::{ReceiptFormat, ReceiptNumber};
use domain::region::RegionCode;
use domain::stage::Stage;
pub(crate) use proof::Proven;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// A store in a folder that is gone afterwards.
pub(crate) struct Fresh {
    pub(crate) store: Store,
    pub(crate) feed: FeedId,
    pub(crate) folder: Proven,
}

pub(crate) fn key_file(folder: &Path) -> PathBuf {
    folder.join("keys.toml")
}

/// The moment of a day of January 2026.
pub(crate) fn at(day: i8, hour: i8) -> Moment {
    Moment::at(Date::constant(2026, 1, day), hour, 0)
}

pub(crate) fn entry(detail: &str) -> Entry {
    Entry { at: at(31, 9), actor: "feed:county".to_owned(), action: "record", detail: detail.to_owned() }
}

pub(crate) fn organ(station: u16) -> OrganCode {
    OrganCode::new(RegionCode::DEMONSTRATION, station).unwrap()
}

/// The application of the n-th person, taken in at a station.
pub(crate) fn opening(n: u16, station: u16) -> Opening {
    let applied_on = Date::constant(2026, 1, 4);
    let born = Date::constant(1980, 1 + (n / 999 % 12) as i8, 1);
    Opening {
        number: CitizenNumber::from_parts(RegionCode::DEMONSTRATION, born, n % 999 + 1).unwrap(),
        name: Name::parse("王小明").unwrap(),
        guardian: None,
        receipt: receipt(n, station),
        applied_on,
        kind: Reason::Expired.kind(),
        reason: Reason::Expired,
        delivery: Delivery::Counter,
        accepting: organ(station),
        signing: organ(station),
        handing_out: organ(station),
        promised_days: 20,
    }
}

pub(crate) fn receipt(n: u16, station: u16) -> ReceiptNumber {
    let format = ReceiptFormat::standard();
    ReceiptNumber::from_parts(&format, organ(station), Date::constant(2026, 1, 4), n.into()).unwrap()
}

impl Fresh {
    pub(crate) async fn new() -> Self {
        Self::of(Proven::new()).await
    }

    /// On the embedded engine, whatever the environment says.
    pub(crate) async fn embedded() -> Self {
        Self::of(Proven::embedded()).await
    }

    /// Another database with the keys of one.
    pub(crate) async fn with_keys_of(other: &Self) -> Self {
        let folder = Proven::new();
        std::fs::copy(key_file(other.folder.path()), key_file(folder.path())).unwrap();
        Self::of(folder).await
    }

    async fn of(folder: Proven) -> Self {
        if !key_file(folder.path()).exists() {
            crate::fresh::init_keys(&key_file(folder.path()));
        }
        let store = folder.open().await;
        let feed = store
            .write(entry("county"), |write| -> Work<'_, FeedId> {
                Box::pin(async move { feed::named(write, "county", at(1, 0)).await })
            })
            .await
            .unwrap();
        Self { store, feed, folder }
    }

    /// A report of the first person's application; its event is named.
    pub(crate) fn report(&self, event: &str, step: Step, happened: Moment) -> Report {
        Report {
            receipt: receipt(1, 7),
            step,
            organ: organ(7),
            happened,
            cause: None,
            event: self.store.keys().event(event.as_bytes()),
            batch: None,
            opening: None,
        }
    }

    pub(crate) fn reached(&self, stage: Stage, day: i8) -> Report {
        self.report(&format!("{stage}-{day}"), Step::Reached(stage), at(day, 9))
    }

    /// What opens the first person's application, on the fifth.
    pub(crate) fn accepted(&self) -> Report {
        Report { opening: Some(opening(1, 7)), ..self.reached(Stage::Accepted, 5) }
    }

    /// What opens the n-th person's application.
    pub(crate) fn accepted_of(&self, n: u16) -> Report {
        Report { receipt: receipt(n, 7), opening: Some(opening(n, 7)), ..self.accepted() }
    }

    pub(crate) async fn record(&self, reports: Vec<Report>) -> Vec<Outcome> {
        self.record_by(self.feed, reports, Unknown::Told).await
    }

    /// Records, and proves that what is stored of the applications is what their milestones say.
    pub(crate) async fn record_by(
        &self,
        feed: FeedId,
        reports: Vec<Report>,
        unknown: Unknown,
    ) -> Vec<Outcome> {
        let receipts: BTreeSet<_> =
            reports.iter().map(|report| self.store.keys().receipt(&report.receipt)).collect();
        let told = record(&self.store, feed, at(31, 9), &reports, entry("reports"), unknown).await.unwrap();
        for receipt in receipts {
            if let Some(application) = application::of_receipt(&self.store.read(), receipt).await.unwrap() {
                self.prove(&application).await;
            }
        }
        told
    }

    /// A feed of some kind and precedence.
    pub(crate) async fn another_feed(&self, name: &str, kind: FeedKind, rank: u8) -> FeedId {
        self.feed_with(name, kind, rank, None).await
    }

    /// The same, with what it signs with.
    pub(crate) async fn feed_with(
        &self,
        name: &str,
        kind: FeedKind,
        rank: u8,
        secret: Option<Vec<u8>>,
    ) -> FeedId {
        let new = NewFeed {
            name: name.to_owned(),
            kind,
            owner: organ(1),
            stages: kind.stages().to_vec(),
            rank: Rank(rank),
            rhythm: None,
            codes: None,
            secret,
        };
        feed::add(&self.store, entry(name), new).await.unwrap().unwrap()
    }

    /// What is stored of an application is what its milestones say.
    pub(crate) async fn prove(&self, application: &Application) {
        proof::prove(&self.store, application).await;
    }

    /// The same for every application, before the test ends; at its end it is proven anyway.
    pub(crate) async fn prove_all(&self) {
        proof::prove_all(&self.store).await;
    }

    /// The n-th person's newest application.
    pub(crate) async fn application(&self, n: u16, station: u16) -> Option<Application> {
        let subject = self.store.keys().subject(&opening(n, station).number);
        of_subject(&self.store.read(), subject).await.unwrap().into_iter().next()
    }

    pub(crate) async fn every_application(&self) -> Vec<Application> {
        proof::every_application(&self.store).await
    }

    /// The database, past all of our code.
    pub(crate) fn behind(&self) -> &FreshDatabase {
        self.folder.database()
    }

    /// The file of a store on the embedded engine.
    pub(crate) fn file(&self) -> rusqlite::Connection {
        self.behind().file()
    }

    /// A change past all of our code, and the moment after which readers must have seen it. What is stored is then
    /// proven no more.
    pub(crate) fn change_behind(&self, sql: &str) {
        self.folder.is_changed_behind();
        self.behind().execute(sql);
        std::thread::sleep(2 * crate::engine::sqlite::GLANCE);
    }

    pub(crate) fn count(&self, table: &str) -> i64 {
        self.behind().int(&format!("SELECT count(*) FROM {table}"))
    }
}
