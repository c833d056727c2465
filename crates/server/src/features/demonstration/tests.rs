//! The demonstration: invented, plausible, and true to its labels.

use super::cli::{Recipe, Sample, prepare};
use super::fill::{Maker, samples};
use crate::app::App;
use crate::clock::Clock;
use crate::config::Config;
use crate::testing::{Answered, Facts, Folder, NOW, Server, moment};
use domain::milestone::Milestone;
use domain::moment::Moment;
use domain::progress::Progress;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use store::application::{self, Application, ApplicationId};
use store::setting::Purpose;
use store::{Read, milestone};

/// Moments of every sort: a working day, a night, a weekend, the end of a long holiday.
const MOMENTS: [&str; 5] =
    [NOW, "2026-03-25 03:00", "2026-03-22 12:00", "2026-02-23 20:00", "2025-10-08 09:00"];

fn recipe(applications: u64, now: &str) -> Recipe {
    Recipe { applications, seed: 1, now: moment(now) }
}

fn config(folder: &Path) -> Config {
    Config { demonstration: true, ..Config::load(None, Some(folder)).unwrap() }
}

async fn filled(folder: &Path, recipe: Recipe) -> (Arc<App>, Vec<Sample>) {
    prepare(&config(folder), Clock::Frozen(recipe.now), recipe).await.unwrap()
}

async fn all(read: &Read<'_>) -> Vec<(Application, Vec<Milestone>)> {
    let mut all = Vec::new();
    for application in application::page(read, ApplicationId(0), u16::MAX).await.unwrap() {
        let milestones = milestone::of(read, &application).await.unwrap();
        all.push((application, milestones));
    }
    all
}

#[tokio::test]
async fn the_same_seed_at_the_same_moment_makes_the_same() {
    let folders = [Folder::new(), Folder::new()];
    let mut told = Vec::new();
    for folder in &folders {
        let first_keys = folders[0].path().join("keys.toml");
        if first_keys.exists() {
            std::fs::copy(first_keys, folder.path().join("keys.toml")).unwrap();
        }
        let (app, samples) = filled(folder.path(), recipe(150, NOW)).await;
        let mut cases = Vec::new();
        for (application, mut milestones) in all(&app.store.read()).await {
            milestones.sort_by_key(|milestone| milestone.event);
            let person = application.person(app.store.keys()).unwrap();
            let names =
                (person.name.as_str().to_owned(), person.guardian.map(|name| name.as_str().to_owned()));
            let organs = (application.accepting, application.signing, application.handing_out);
            let facts =
                (application.kind, application.reason, application.delivery, application.promised_days);
            cases.push((
                person.number,
                person.receipt,
                names,
                application.applied_on,
                organs,
                facts,
                milestones,
            ));
        }
        told.push((cases, serde_json::to_string(&samples).unwrap()));
    }
    assert_eq!(told[0].0.len(), 150);
    assert_eq!(told[0], told[1]);
    let other = Server::start().await;
    let seeds = [1, 2].map(|seed| samples(&other.app, Recipe { seed, ..recipe(150, NOW) }).unwrap());
    assert_ne!(seeds[0][0].citizen_number, seeds[1][0].citizen_number);
}

#[tokio::test]
async fn two_thousand_applications_show_every_stage_and_kind() {
    let server = Server::start().await;
    for now in MOMENTS {
        let mut maker = Maker::new(&server.app, recipe(2_000, now)).unwrap();
        let (mut stages, mut kinds, mut people) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        for index in 0..2_000 {
            let made = maker.make(index).unwrap();
            stages.insert(replayed(&made.reports, moment(now)).stage);
            kinds.insert(made.opening.kind);
            people.insert(made.opening.number.as_str().to_owned());
        }
        let missing: Vec<_> =
            domain::stage::Stage::ALL.into_iter().filter(|stage| !stages.contains(stage)).collect();
        assert_eq!(missing, [], "{now}");
        assert_eq!(kinds.len(), domain::kind::Kind::ALL.len(), "{now}");
        assert_eq!(people.len(), 2_000);
    }
}

fn replayed(reports: &[store::record::Report], learned: Moment) -> Progress {
    let milestones = reports.iter().map(|report| Milestone {
        step: report.step,
        organ: report.organ,
        happened: report.happened,
        learned,
        feed: domain::milestone::FeedId(1),
        rank: domain::milestone::Rank::default(),
        event: report.event,
        cause: report.cause,
    });
    Progress::replay(&milestones.collect::<Vec<_>>()).unwrap()
}

#[tokio::test]
async fn everything_happens_on_working_days_and_never_after_now() {
    let server = Server::start().await;
    let holidays = &server.app.holidays;
    for now in MOMENTS {
        let mut maker = Maker::new(&server.app, recipe(1_000, now)).unwrap();
        for index in 0..1_000 {
            let made = maker.make(index).unwrap();
            let story = made.story;
            assert!(holidays.is_working_day(made.opening.applied_on), "{story:?} at {now}");
            assert!(made.opening.applied_on <= moment(now).date());
            assert_eq!(made.reports[0].happened.date(), made.opening.applied_on, "{story:?} at {now}");
            for report in &made.reports {
                assert!(report.happened <= moment(now), "{story:?} at {now}");
                assert!(holidays.is_working_day(report.happened.date()), "{story:?} at {now}");
            }
            assert!(replayed(&made.reports, moment(now)).held.is_empty(), "{story:?} at {now}");
            assert!(made.reports.is_sorted_by_key(|report| report.happened), "{story:?} at {now}");
        }
    }
}

#[tokio::test]
async fn every_stored_progress_is_the_fold_of_its_milestones() {
    let folder = Folder::new();
    let (app, _) = filled(folder.path(), recipe(500, NOW)).await;
    let all = all(&app.store.read()).await;
    assert_eq!(all.len(), 500);
    for (application, milestones) in all {
        assert_eq!(application.progress, Progress::replay(&milestones));
        assert!(application.progress.is_some());
    }
}

/// Asks for a sample as somebody would who types it.
async fn asked(server: &Server, sample: &Sample, fact: &'static str) -> Answered {
    let value = if fact == "name" { &sample.name } else { &sample.receipt_number };
    let facts = Facts::of(&sample.citizen_number, &sample.applied_on.to_string()).with(fact, value);
    server.api("en", &facts).await
}

async fn fit_their_labels(server: &Server, samples: &[Sample]) {
    let labels: Vec<_> = samples.iter().map(|sample| sample.label.as_str()).collect();
    assert_eq!(labels, ["overdue", "ready", "in_production", "correction", "no_match"]);
    for (fact, level) in [("name", "basic"), ("receipt_number", "full")] {
        let mut answers = Vec::new();
        for sample in samples {
            answers.push(asked(server, sample, fact).await);
        }
        let [overdue, ready, in_production, correction, no_match] = answers.try_into().ok().unwrap();
        assert_eq!(overdue.json()["flags"], serde_json::json!(["overdue"]));
        assert_eq!(ready.json()["stage"], "ready_for_collection");
        assert_eq!(in_production.json()["stage"], "in_production");
        assert_eq!(correction.json()["stage"], "correction_required");
        assert_eq!(no_match.status, 404);
        assert_eq!(overdue.json()["level"], level);
    }
}

#[tokio::test]
async fn the_samples_are_what_their_labels_say() {
    for now in MOMENTS {
        let folder = Folder::new();
        let (app, samples) = filled(folder.path(), recipe(60, now)).await;
        let server = Server::around(app, config(folder.path()), folder);
        fit_their_labels(&server, &samples).await;
    }
}

#[tokio::test]
async fn four_applications_are_enough_for_five_samples() {
    let folder = Folder::new();
    let (app, samples) = filled(folder.path(), recipe(4, NOW)).await;
    let server = Server::around(app, config(folder.path()), folder);
    fit_their_labels(&server, &samples).await;
}

#[tokio::test]
async fn a_kept_folder_is_kept_as_it_is() {
    let folder = Folder::new();
    let (app, first) = filled(folder.path(), recipe(20, NOW)).await;
    drop(app);
    let again = Recipe { seed: 2, ..recipe(50, "2026-03-27 09:00") };
    let (app, second) = filled(folder.path(), again).await;
    assert_eq!(serde_json::to_string(&first).unwrap(), serde_json::to_string(&second).unwrap());
    assert_eq!(application::count(&app.store.read()).await.unwrap(), 20);
}

#[tokio::test]
async fn a_folder_whose_filling_was_broken_off_is_refused_in_words() {
    let folder = Folder::new();
    drop(filled(folder.path(), recipe(20, NOW)).await);
    std::fs::remove_file(folder.path().join("samples.json")).unwrap();
    let refused = prepare(&config(folder.path()), Clock::Frozen(moment(NOW)), recipe(20, NOW)).await;
    let words = refused.err().unwrap().to_string();
    assert!(words.contains("broken off") && words.contains(&folder.path().display().to_string()), "{words}");
}

#[tokio::test]
async fn a_database_of_real_data_is_refused() {
    let folder = Folder::new();
    let service = Config { demonstration: false, ..config(folder.path()) };
    store::fresh::init_keys(&service.key_file());
    drop(App::open(&service, None, Clock::Frozen(moment(NOW))).await.unwrap());
    let refused = prepare(&config(folder.path()), Clock::Frozen(moment(NOW)), recipe(4, NOW)).await;
    assert!(refused.err().unwrap().to_string().contains("holds service data"));
    let app = App::open(&service, None, Clock::Frozen(moment(NOW))).await.unwrap();
    assert_eq!(app.store.purpose(), Purpose::Service);
    assert!(!application::any(&app.store.read()).await.unwrap());
}

#[tokio::test]
async fn a_database_whose_keys_lie_elsewhere_gets_no_new_ones() {
    let (folder, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let key_file = Some(elsewhere.path().join("keys.toml"));
    let service = Config { demonstration: false, key_file, ..config(folder.path()) };
    store::fresh::init_keys(&service.key_file());
    drop(App::open(&service, None, Clock::Frozen(moment(NOW))).await.unwrap());
    assert!(prepare(&config(folder.path()), Clock::Frozen(moment(NOW)), recipe(4, NOW)).await.is_err());
    assert!(!folder.path().join("keys.toml").exists());
}
