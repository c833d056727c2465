//! What the feeds leave open: one that is silent, and a card that was announced and did not come.

use crate::freshness::is_silent;
use crate::testing::{Case, NOW, Server, moment, organ};
use domain::batch::BatchNumber;
use domain::feed::{FeedKind, Rhythm};
use domain::milestone::{FeedId, Rank, Step};
use domain::moment::Moment;
use domain::organ::OrganCode;
use domain::stage::Stage;
use serde_json::{Value, json};
use store::audit::Entry;
use store::feed::{self, NewFeed};
use store::manifest::{self, Declaration};
use store::record::{Report, Unknown, record};

fn entry(at: Moment) -> Entry {
    Entry { at, actor: "command:test".to_owned(), action: "test", detail: String::new() }
}

/// A production centre that should be heard every six hours, and was added a week ago.
async fn add_centre(server: &Server) -> FeedId {
    add_feed(server, "centre", organ(911), FeedKind::Production.stages()).await
}

async fn add_feed(server: &Server, name: &str, owner: OrganCode, stages: &[Stage]) -> FeedId {
    let centre = NewFeed {
        name: name.to_owned(),
        kind: FeedKind::Production,
        owner,
        stages: stages.to_vec(),
        rank: Rank::default(),
        rhythm: Some(Rhythm::Hours(6)),
        codes: None,
        secret: None,
    };
    feed::add(&server.app.store, entry(moment("2026-03-18 09:00")), centre).await.unwrap().unwrap()
}

async fn flags(server: &Server, case: &Case) -> Value {
    server.api("en", &case.by_name()).await.json()["flags"].clone()
}

fn signed(n: u16) -> Case {
    Case::of(n, "2026-03-16")
        .reached("2026-03-16 09:00", Stage::Accepted)
        .reached("2026-03-24 09:00", Stage::Signed)
}

#[tokio::test]
async fn only_the_applications_that_wait_for_a_silent_feed_say_that_news_is_late() {
    let server = Server::start().await;
    add_centre(&server).await;
    let ready = Case::of(2, "2026-03-02").reached("2026-03-24 09:00", Stage::ReadyForCollection);
    let under_review = Case::of(3, "2026-03-16").reached("2026-03-24 09:00", Stage::Accepted);
    server.record([&signed(1), &ready, &under_review]).await;
    assert_eq!(flags(&server, &signed(1)).await, json!(["data_delayed"]));
    assert_eq!(flags(&server, &ready).await, json!([]));
    assert_eq!(flags(&server, &under_review).await, json!([]));
    let said = server.page("en", &signed(1).by_name()).await.words();
    assert!(said.contains("Some offices have not sent their latest news."), "{said}");
}

/// Nobody but centres reports from now on.
async fn pause_county(server: &Server) {
    let store = &server.app.store;
    let county = feed::by_name(&store.read(), "county").await.unwrap().unwrap();
    assert!(feed::set_state(store, entry(moment(NOW)), county.id, feed::State::Paused).await.unwrap());
}

#[tokio::test]
async fn a_feed_is_waited_for_though_nobody_tells_the_stages_before_its_own() {
    let server = Server::start().await;
    server.record(&[signed(1)]).await;
    add_feed(&server, "centre", organ(911), &[Stage::Produced]).await;
    // The county tells what comes first.
    assert_eq!(flags(&server, &signed(1)).await, json!([]));
    let paused = Server::start().await;
    paused.record(&[signed(1)]).await;
    pause_county(&paused).await;
    add_feed(&paused, "centre", organ(911), &[Stage::Produced]).await;
    assert_eq!(flags(&paused, &signed(1)).await, json!(["data_delayed"]));
}

#[tokio::test]
async fn a_centre_elsewhere_is_waited_for_by_those_whose_card_it_holds() {
    let elsewhere = OrganCode::parse("530100911").unwrap();
    for (holder, expected) in [(elsewhere, json!(["data_delayed"])), (organ(911), json!([]))] {
        let server = Server::start().await;
        server.record(&[signed(1)]).await;
        let made = signed(1).reached("2026-03-24 12:00", Stage::InProduction);
        let reports = made.reports(server.app.store.keys()).into_iter().map(|report| match report.step {
            Step::Reached(Stage::InProduction) => Report { organ: holder, ..report },
            _ => report,
        });
        let (store, reports) = (&server.app.store, reports.collect::<Vec<_>>());
        let county = feed::by_name(&store.read(), "county").await.unwrap().unwrap().id;
        record(store, county, moment(NOW), &reports, entry(moment(NOW)), Unknown::Told).await.unwrap();
        pause_county(&server).await;
        add_feed(&server, "centre", elsewhere, &[Stage::Produced]).await;
        assert_eq!(flags(&server, &made).await, expected);
    }
}

#[tokio::test]
async fn a_feed_is_silent_once_its_rhythm_is_over_and_never_while_it_is_paused() {
    let server = Server::start().await;
    let id = add_centre(&server).await;
    let mut centre = feed::by_id(&server.app.store.read(), id).await.unwrap().unwrap();
    let silent = |feed: &feed::Feed, now: &str| is_silent(feed, moment(now), &server.app.holidays);
    assert!(!silent(&centre, "2026-03-18 15:00"));
    assert!(silent(&centre, "2026-03-18 15:01"));
    centre.last_heard = Some(moment("2026-03-25 08:00"));
    assert!(!silent(&centre, "2026-03-25 10:00"));
    centre.state = feed::State::Paused;
    assert!(!silent(&centre, "2026-03-30 10:00"));
}

#[tokio::test]
async fn a_card_that_its_batch_came_without_says_so_until_it_comes() {
    let server = Server::start().await;
    let made = |n| signed(n).reached("2026-03-20 09:00", Stage::InProduction);
    server.record([&made(1), &made(2)]).await;
    let feed = add_centre(&server).await;
    let declaration = Declaration {
        feed,
        batch: BatchNumber::parse("B-7").unwrap(),
        due: moment("2026-03-25 09:00"),
        receipts: vec![signed(1).opening.receipt, signed(2).opening.receipt],
        removed: Vec::new(),
        count: 2,
    };
    let store = &server.app.store;
    manifest::declare(store, entry(moment("2026-03-24 18:00")), declaration).await.unwrap().unwrap();
    assert_eq!(manifest::settle(store, "command:test", server.app.clock.now()).await.unwrap().flagged, 2);
    let flags = flags(&server, &signed(1)).await;
    assert!(flags.as_array().unwrap().contains(&json!("missing")), "{flags}");
    for (language, sentence) in [("zh", "送到的证件里没有您的"), ("en", "was not among what has come")]
    {
        let said = server.page(language, &signed(1).by_name()).await.words();
        assert!(said.contains(sentence), "{said}");
    }
}
