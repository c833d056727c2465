//! What the server looks after by itself: operators see how much waits of whom, and nothing is kept without end.

use super::super::ways::Stopper;
use super::*;
use crate::testing::intrude::behind;
use crate::testing::{Case, NOW, Server, moment, organ};
use domain::feed::{FeedKind, Rhythm};
use domain::milestone::{FeedId, Rank};
use domain::stage::Stage;
use store::Work;
use store::audit::Entry;
use store::dead_letter::{Closed, DeadLetter};
use store::record::{Outcome, Report, Unknown, record};

const DAY: i64 = 24 * 60 * 60 * 1000;

fn entry() -> Entry {
    Entry { at: moment(NOW), actor: "test".to_owned(), action: "test", detail: String::new() }
}

/// So many days after the server's stories begin.
fn later(days: i64) -> Moment {
    Moment::from_millis(moment(NOW).millis() + days * DAY)
}

async fn county(server: &Server) -> FeedId {
    // Nobody's case makes the feed.
    server.record(&[]).await;
    feed::by_name(&server.app.store.read(), "county").await.unwrap().unwrap().id
}

fn case(n: u16) -> Case {
    Case::of(n, "2026-03-02")
        .reached("2026-03-02 09:00", Stage::Accepted)
        .reached("2026-03-09 09:00", Stage::Signed)
}

/// Reports of a case that nobody opens.
fn unopened(server: &Server, case: &Case) -> Vec<Report> {
    let reports = case.reports(server.app.store.keys()).into_iter();
    reports.map(|report| Report { opening: None, ..report }).collect()
}

async fn tell(server: &Server, feed: FeedId, reports: Vec<Report>) -> Vec<Outcome> {
    record(&server.app.store, feed, moment(NOW), &reports, entry(), Unknown::Kept).await.unwrap()
}

async fn letter(server: &Server, feed: FeedId, origin: &str) {
    let letter = DeadLetter { origin: origin.to_owned(), why: "malformed".to_owned(), content: vec![1] };
    dead_letter::keep(&server.app.store, feed, entry(), vec![letter]).await.unwrap();
}

async fn shown(server: &Server, now: Moment) -> String {
    measure(&server.app, now, &mut BTreeMap::new(), true).await.unwrap();
    server.app.meters.render()
}

#[tokio::test]
async fn operators_see_how_much_waits_of_each_feed_and_how_long_a_letter_does() {
    let server = Server::start().await;
    let feed = county(&server).await;
    let reports = unopened(&server, &case(1));
    let count = reports.len();
    assert_eq!(tell(&server, feed, reports).await, vec![Outcome::Waiting; count]);
    letter(&server, feed, "M 1").await;
    letter(&server, feed, "M 2").await;
    let said = shown(&server, later(2)).await;
    let queue = |state: &str, items: usize| {
        format!("jindu_held_reports{{feed=\"county\",state=\"{state}\"}} {items}\n")
    };
    for line in [queue("waiting", count), queue("held", 0), queue("dead_letter", 2)] {
        assert!(said.contains(&line), "{line}{said}");
    }
    assert!(said.contains("jindu_dead_letter_oldest_seconds{feed=\"county\"} 172800\n"), "{said}");
    for id in [1, 2] {
        assert!(dead_letter::close(&server.app.store, entry(), id, Closed::Discarded).await.unwrap());
    }
    // A feed that was paused is no reason not to look.
    assert!(feed::set_state(&server.app.store, entry(), feed, State::Paused).await.unwrap());
    let said = shown(&server, later(2)).await;
    for line in [queue("waiting", count), queue("dead_letter", 0)] {
        assert!(said.contains(&line), "{line}{said}");
    }
    assert!(said.contains("jindu_dead_letter_oldest_seconds{feed=\"county\"} 0\n"), "{said}");
}

async fn settled(server: &Server) -> Vec<Option<held::Closed>> {
    let all = held::Filter { closed: true, ..held::Filter::default() };
    let items = held::list(&server.app.store.read(), &all, held::HeldId(0), 100).await.unwrap();
    items.into_iter().map(|item| item.closed.map(|(how, _)| how)).collect()
}

#[tokio::test]
async fn what_was_kept_long_enough_is_forgotten_by_the_server_itself() {
    let server = Server::start().await;
    let (store, feed) = (&server.app.store, county(&server).await);
    tell(&server, feed, unopened(&server, &case(1))).await;
    server.record(&[case(2)]).await;
    letter(&server, feed, "M 1").await;
    assert!(dead_letter::close(store, entry(), 1, Closed::Discarded).await.unwrap());
    let (_stopper, stop) = Stopper::new();
    let care = async |days| settle(&server.app, later(days), &stop).await;
    care(6).await;
    assert_eq!(settled(&server).await, [None; 2]);
    care(30).await;
    assert_eq!(settled(&server).await, [Some(held::Closed::Expired); 2]);
    care(119).await;
    assert_eq!(settled(&server).await.len(), 2);
    care(120).await;
    assert_eq!(settled(&server).await, []);
    // Of all else that was to be forgotten, nothing is left.
    let left = [
        dead_letter::forget(store, ACTOR, later(1000)).await.unwrap(),
        outbox::prune(store, ACTOR, later(1000)).await.unwrap(),
    ];
    assert_eq!(left, [0, 0]);
}

#[tokio::test]
async fn what_waited_for_a_paused_feed_is_recorded_by_the_server_once_it_is_resumed() {
    let server = Server::start().await;
    let (store, feed) = (&server.app.store, county(&server).await);
    tell(&server, feed, unopened(&server, &case(1))).await;
    assert!(feed::set_state(store, entry(), feed, State::Paused).await.unwrap());
    let office = store.write(entry(), |write| -> Work<'_, FeedId> {
        Box::pin(async move { feed::named(write, "office", moment(NOW)).await })
    });
    let mut opens = case(1).reports(store.keys());
    opens.truncate(1);
    tell(&server, office.await.unwrap(), opens).await;
    let (_stopper, stop) = Stopper::new();
    catch_up(&server.app, later(0), &stop).await.unwrap();
    assert_eq!(settled(&server).await, [None; 2]);
    assert!(feed::set_state(store, entry(), feed, State::Active).await.unwrap());
    catch_up(&server.app, later(0), &stop).await.unwrap();
    assert_eq!(settled(&server).await, [Some(held::Closed::Recorded); 2]);
}

#[tokio::test]
async fn what_fails_keeps_nothing_else_up() {
    let server = Server::start().await;
    let (store, feed) = (&server.app.store, county(&server).await);
    letter(&server, feed, "M 1").await;
    assert!(dead_letter::close(store, entry(), 1, Closed::Discarded).await.unwrap());
    tell(&server, feed, unopened(&server, &case(1))).await;
    // Neither batches nor the reports that wait can be looked at.
    behind(&server.config.data).hide("manifest");
    behind(&server.config.data).hide("held");
    let (_stopper, stop) = Stopper::new();
    settle(&server.app, later(120), &stop).await;
    assert_eq!(dead_letter::forget(store, ACTOR, later(120)).await.unwrap(), 0);
    behind(&server.config.data).show("held");
    behind(&server.config.data).show("manifest");
    settle(&server.app, later(120), &stop).await;
    assert_eq!(settled(&server).await, [Some(held::Closed::Expired); 2]);
}

#[tokio::test]
async fn that_a_feed_falls_silent_is_logged_and_so_is_that_it_is_heard_again() {
    crate::testing::log::listen();
    let server = Server::start().await;
    let hush = feed::NewFeed {
        name: "hush".to_owned(),
        kind: FeedKind::Production,
        owner: organ(911),
        stages: FeedKind::Production.stages().to_vec(),
        rank: Rank::default(),
        rhythm: Some(Rhythm::Hours(6)),
        codes: None,
        secret: None,
    };
    let id = feed::add(&server.app.store, entry(), hush).await.unwrap().unwrap();
    let is_logged = |words: &str| crate::testing::log::heard(&format!("{words} feed=\"hush\""));
    let (silent, again) = ("not heard within its rhythm", "that was silent is heard again");
    let mut shown = BTreeMap::new();
    let mut look = async |days| measure(&server.app, later(days), &mut shown, true).await.unwrap();
    look(0).await;
    assert!(!is_logged(silent));
    look(2).await;
    assert!(is_logged(silent) && !is_logged(again));
    record(&server.app.store, id, later(3), &[], entry(), Unknown::Kept).await.unwrap();
    look(3).await;
    assert!(is_logged(again));
}
