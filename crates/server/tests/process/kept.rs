//! What a database holds after a story: compared whole, so that nothing can be lost or be there twice.

use crate::intrude::{GARBAGE, overwrite};
use crate::stream::County;
use crate::telling::{Line, csv, lines, organ};
use domain::milestone::Step;
use domain::moment::Moment;
use domain::organ::OrganCode;
use domain::progress::Progress;
use domain::stage::Stage;
use server::config::Config;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use store::application::{self, ApplicationId};
use store::inquiry_log::{InquiryEntry, recorded};
use store::keys::Keys;
use store::setting::Purpose;
use store::{Store, history, milestone};

/// What the database holds of one application, but for when we learned of it.
#[derive(PartialEq)]
pub(crate) struct Known {
    number: String,
    progress: Progress,
    milestones: Vec<(Moment, Step, OrganCode, [u8; 16])>,
}

#[derive(PartialEq)]
pub(crate) struct Kept {
    pub(crate) applications: BTreeMap<String, Known>,
    histories: Vec<(Stage, u16, u32)>,
}

impl Kept {
    pub(crate) fn milestones(&self) -> usize {
        self.applications.values().map(|known| known.milestones.len()).sum()
    }

    /// How many of these lines are not there, or there twice.
    pub(crate) fn lacks(&self, lines: &[&Line]) -> usize {
        let is_there = |line: &Line| {
            let step = Step::Reached(line.stage);
            let known = self.applications.get(&line.receipt);
            let same = known.into_iter().flat_map(|known| &known.milestones);
            same.filter(|(happened, is, ..)| *is == step && *happened == line.happened).count() == 1
        };
        lines.iter().filter(|line| !is_there(line)).count()
    }

    /// Everything that the database of a folder holds.
    pub(crate) fn of(data: &Path) -> Self {
        looked_into(data, async |store| {
            let (mut applications, mut after) = (BTreeMap::new(), ApplicationId(0));
            loop {
                let page = application::page(&store.read(), after, 1_000).await.unwrap();
                let Some(last) = page.last() else { break };
                after = last.id;
                for application in page {
                    let person = application.person(store.keys()).unwrap();
                    let milestones = milestone::of(&store.read(), &application).await.unwrap();
                    assert_eq!(application.progress, Progress::replay(&milestones));
                    let progress = application.progress.unwrap();
                    let told = milestones.iter().map(|is| (is.happened, is.step, is.organ, is.event.0));
                    let mut milestones: Vec<_> = told.collect();
                    milestones.sort_unstable();
                    let progress = Progress { heard: progress.since, ..progress };
                    let known = Known { number: person.number, progress, milestones };
                    assert!(
                        applications.insert(person.receipt, known).is_none(),
                        "an application is there twice"
                    );
                }
            }
            let took = history::of(&store.read(), organ(), domain::kind::Kind::Renewal).await.unwrap();
            Self {
                applications,
                histories: took.iter().map(|took| (took.stage, took.days, took.cards)).collect(),
            }
        })
    }
}

#[test]
fn a_test_that_leaves_a_fold_its_milestones_do_not_say_fails_at_its_end() {
    let let_go = |damage: fn(&Path)| {
        let (county, lines) = (County::new(), lines(2));
        let file = county.data().join("milestones.csv");
        std::fs::write(&file, csv(lines[..3].iter().enumerate(), "")).unwrap();
        county.ask(&["feed", "import", &file.display().to_string(), "--feed", "county"]);
        damage(&county.data());
        catch_unwind(AssertUnwindSafe(|| drop(county))).is_ok()
    };
    assert!(let_go(|_| ()));
    assert!(!let_go(|data| {
        let other = overwrite(data, "progress", 2, GARBAGE);
        overwrite(data, "progress", 2, &other);
        overwrite(data, "progress", 1, &other);
    }));
}

/// Looks into the database of a folder.
pub(crate) fn looked_into<T>(data: &Path, look: impl AsyncFnOnce(Store) -> T) -> T {
    let keys = Keys::load(&data.join("keys.toml")).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let database = Config::load(None, Some(data)).unwrap().database().unwrap();
        look(Store::open(data, &database, keys, None, Purpose::Demonstration).await.unwrap()).await
    })
}

/// Every inquiry that was recorded; fewer where the record is damaged.
pub(crate) fn inquiries(data: &Path) -> Vec<InquiryEntry> {
    looked_into(data, async |store| recorded(&store).await.unwrap_or_default())
}
