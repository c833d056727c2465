//! What every door of the server shares: the store, the record of inquiries, the facts and the clock.

use crate::clock::Clock;
use crate::config::{Config, Retention};
use crate::feed_budget::FeedBudget;
use crate::freshness::Freshness;
use crate::histories::Histories;
use crate::ledger::{Due, Kind, Ledger};
use crate::map_link::MapLink;
use crate::meters::Meters;
use crate::offices::Offices;
use crate::passkeys::Passkeys;
use crate::source::SourceLimit;
use crate::stand_ins::StandIns;
use crate::tried::Tried;
use crate::turns::Turns;
use crate::work::Works;
use domain::calendar::Holidays;
use domain::clock::Thresholds;
use domain::mismatch::Way;
use domain::number::Demonstration;
use domain::receipt::ReceiptFormat;
use domain::region::Regions;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;
use store::application::Application;
use store::audit::Entry;
use store::inquiry_log::InquiryLog;
use store::keys::{Keys, Subject};
use store::lease::{Run, Times};
use store::setting::Purpose;
use store::{Store, dead_letter, held};

/// The folder of the inquiries' record within the data folder.
pub use store::inquiry_log::FOLDER as INQUIRIES_FOLDER;

/// Why the server cannot start or a command cannot run; each is told in full to the operator.
pub type Failed = Box<dyn std::error::Error + Send + Sync>;

/// The first of this kind among an error and its causes.
pub(crate) fn cause<'e, E: std::error::Error + 'static>(
    error: &'e (dyn std::error::Error + 'static),
) -> Option<&'e E> {
    std::iter::successors(Some(error), |error| error.source()).find_map(|error| error.downcast_ref())
}

/// What the doors share.
pub struct App {
    /// The database.
    pub store: Store,
    /// The durable record of inquiries.
    pub inquiries: InquiryLog,
    /// The offices that answers name.
    pub offices: Offices,
    /// How long cards took.
    pub histories: Histories,
    /// The newest thing that the feeds have told of.
    pub freshness: Freshness,
    /// Whose applications unknown numbers are compared with.
    pub stand_ins: StandIns,
    /// Names of regions.
    pub regions: Regions,
    /// Public holidays and make-up working days.
    pub holidays: Holidays,
    /// The time.
    pub clock: Clock,
    /// How many inquiries a source may make.
    pub limit: SourceLimit,
    /// Whose turn it is to ask about a person.
    pub(crate) turns: Turns,
    /// On whom facts were tried in vain.
    pub(crate) tried: Tried,
    /// What suspicious sources do before they are answered.
    pub(crate) works: Works,
    /// What makes passkeys of staff and knows them again.
    pub(crate) passkeys: Passkeys,
    /// The host name under which staff's pages alone answer.
    pub(crate) staff_host: Option<String>,
    /// What each feed may send.
    pub feeds: FeedBudget,
    /// What was spent of both and is not told to other servers yet.
    pub(crate) ledger: Arc<Ledger>,
    /// This run among the servers of the database.
    pub(crate) run: Run,
    /// When a lease lapses.
    pub(crate) times: Times,
    /// Whether the server is about to stop: it answers, and asks for no more.
    pub(crate) leaves: AtomicBool,
    /// The files that say which element of a feed's XML is which cell, by the feed's name.
    pub xml_mappings: BTreeMap<String, PathBuf>,
    /// What the operator measures.
    pub meters: Meters,
    /// How long records are kept.
    pub(crate) retention: Retention,
    /// When flags are raised.
    pub thresholds: Thresholds,
    /// How receipt numbers look here.
    pub receipts: ReceiptFormat,
    /// Where an office is shown on a map.
    pub(crate) map_link: MapLink,
    /// What an unknown number is compared with while there is no application.
    pub decoy: Application,
}

impl App {
    /// Opens everything a server needs.
    ///
    /// # Errors
    /// Whatever is missing, unreadable or refused, in words for the operator.
    pub async fn open(config: &Config, wanted: Option<Purpose>, clock: Clock) -> Result<Arc<Self>, Failed> {
        let store = open_store(config, wanted).await?;
        settle_limits(&store, config, clock).await?;
        let decoy = Application::decoy(store.keys())?;
        let (keys, ledger) = (store.shared_keys(), Arc::new(Ledger::new(store.is_shared())));
        Ok(Arc::new(Self {
            inquiries: InquiryLog::open(&store)?,
            offices: Offices::default(),
            histories: Histories::default(),
            freshness: Freshness::default(),
            stand_ins: StandIns::default(),
            regions: Regions::built_in()?,
            holidays: Holidays::built_in()?,
            clock,
            limit: SourceLimit::new(config, Arc::clone(&keys), Arc::clone(&ledger)),
            turns: Turns::new(),
            tried: Tried::of(&store.read(), clock.now()).await?,
            works: Works::new(Arc::clone(&keys)),
            passkeys: Passkeys::new(config)?,
            staff_host: config.staff.host.clone(),
            feeds: FeedBudget::new(config, keys, Arc::clone(&ledger)),
            ledger,
            run: Run::new()?,
            times: Times::of(Duration::from_secs(config.limits.lease_seconds.max(1))),
            leaves: AtomicBool::new(false),
            xml_mappings: config.xml_mappings.clone(),
            meters: Meters::new()?,
            retention: config.retention,
            thresholds: Thresholds::default(),
            receipts: config.receipt_format()?,
            map_link: MapLink::parse(&config.map_link)?,
            decoy,
            store,
        }))
    }

    /// Counts what was spent at other servers.
    pub(crate) fn charge(&self, due: &Due) {
        match due.kind {
            Kind::Inquiries | Kind::Mismatches | Kind::MismatchesOfAll => self.limit.charge(due),
            Kind::TriedByName => self.tried.add((Subject(due.key), Way::Name)),
            Kind::TriedByReceipt => self.tried.add((Subject(due.key), Way::Receipt)),
            _ => self.feeds.charge(due),
        }
    }

    /// Whether the invented people of region 119900 are accepted.
    #[must_use]
    pub fn demonstration(&self) -> Demonstration {
        demonstration(&self.store)
    }
}

/// Whether a database accepts the invented people of region 119900.
#[must_use]
pub fn demonstration(store: &Store) -> Demonstration {
    match store.purpose() {
        Purpose::Demonstration => Demonstration::Accepted,
        Purpose::Service => Demonstration::Refused,
    }
}

/// Commands that record beside the server go by what the server settled.
async fn settle_limits(store: &Store, config: &Config, clock: Clock) -> Result<(), Failed> {
    let entry = |action, most: u32| {
        let actor = "server:configuration".to_owned();
        Entry { at: clock.now(), actor, action, detail: format!("{most} per feed") }
    };
    let most = config.limits.waiting_per_feed;
    held::set_most(store, entry("set_waiting", most), most).await?;
    let most = config.limits.dead_letters_per_feed;
    Ok(dead_letter::set_most(store, entry("set_dead_letters", most), most).await?)
}

/// Opens the store with the keys the configuration names.
///
/// # Errors
/// Whatever is missing, unreadable or refused, in words for the operator.
pub async fn open_store(config: &Config, wanted: Option<Purpose>) -> Result<Store, Failed> {
    let keys = Keys::load(&config.key_file())?;
    let fresh = if config.demonstration { Purpose::Demonstration } else { Purpose::Service };
    Ok(Store::open(&config.data, &config.database()?, keys, wanted, fresh).await?)
}
