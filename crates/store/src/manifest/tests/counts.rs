//! What counts as arrived, and who may see whose it is.

use super::*;
use crate::held::{self, Decided, Filter, HeldId};
use domain::milestone::Step;

/// Told by the county: a card of the batch reached a stage.
fn came(fresh: &Fresh, n: u16, stage: Stage, day: i8) -> Report {
    Report { receipt: receipt(n, 7), batch: Some(batch()), ..fresh.reached(stage, day) }
}

async fn arrived(fresh: &Fresh) -> u64 {
    compared(fresh).await.arrived
}

#[tokio::test]
async fn only_what_counts_and_says_that_the_card_is_on_its_way_out_is_an_arrival() {
    let fresh = in_production(1).await;
    declared(&fresh, 1, 25).await;
    let told = fresh.record(vec![came(&fresh, 1, Stage::Produced, 19)]).await;
    assert_eq!((told, arrived(&fresh).await), (vec![Outcome::Recorded], 0));
    // What is held may never have happened, and what is told again was told without a batch.
    let backwards = came(&fresh, 1, Stage::Collected, 20);
    fresh.record(vec![Report { batch: None, ..backwards.clone() }]).await;
    let told = fresh.record(vec![backwards, came(&fresh, 1, Stage::InDistribution, 21)]).await;
    assert!(matches!(told[..], [Outcome::Repeated, Outcome::Held(_)]), "{told:?}");
    assert_eq!(arrived(&fresh).await, 0);
}

#[tokio::test]
async fn an_arrival_goes_when_its_event_is_withdrawn_and_the_card_is_missing_again() {
    let fresh = in_production(1).await;
    declared(&fresh, 1, 25).await;
    let came = came(&fresh, 1, Stage::InDistribution, 20);
    let again = Report { event: fresh.store.keys().event(b"again"), ..came.clone() };
    fresh.record(vec![came.clone(), again.clone()]).await;
    assert_eq!((arrived(&fresh).await, settled(&fresh, 26).await), (1, 0));
    let withdraws = |event| fresh.report(&format!("not {event}"), Step::Withdraws(event), at(21, 9));
    fresh.record(vec![withdraws(came.event)]).await;
    assert_eq!(arrived(&fresh).await, 1);
    fresh.record(vec![withdraws(again.event)]).await;
    assert_eq!((arrived(&fresh).await, settled(&fresh, 26).await), (0, 1));
    assert!(missing(&fresh, 1).await);
    // Withdrawn before it is told, it has not arrived either.
    let late = fresh.store.keys().event(b"late");
    fresh.record(vec![withdraws(late), Report { event: late, ..came }]).await;
    assert_eq!(arrived(&fresh).await, 0);
}

#[tokio::test]
async fn a_card_that_a_person_at_the_desk_takes_back_has_not_arrived() {
    let fresh = in_production(1).await;
    declared(&fresh, 1, 25).await;
    fresh.record(vec![came(&fresh, 1, Stage::InDistribution, 20)]).await;
    assert_eq!(arrived(&fresh).await, 1);
    let better = fresh.another_feed("better", FeedKind::HandingOut, 10).await;
    fresh.record_by(better, vec![fresh.reached(Stage::Collected, 15)], Unknown::Told).await;
    let (read, all) = (fresh.store.read(), Filter::default());
    let items = held::list(&read, &all, HeldId(0), 9).await.unwrap();
    assert_eq!((items.len(), arrived(&fresh).await), (1, 1));
    let (id, why) = (items[0].id, "another card was meant".to_owned());
    let decided = held::discard(&fresh.store, id, why, "command:held".to_owned(), at(31, 9)).await;
    assert_eq!((decided.unwrap(), arrived(&fresh).await), (Decided::Done, 0));
}

#[tokio::test]
async fn of_a_batch_without_a_list_as_many_arrived_as_were_counted() {
    let fresh = in_production(4).await;
    let feed = sender(&fresh).await;
    let (due, removed) = (at(25, 18), Vec::new());
    let counted = |count| Declaration {
        feed,
        batch: batch(),
        due,
        count,
        receipts: Vec::new(),
        removed: removed.clone(),
    };
    assert_eq!(announce(&fresh, counted(3)).await, Ok(()));
    arrive(&fresh, 1).await;
    arrive(&fresh, 2).await;
    let compared = compared(&fresh).await;
    assert_eq!((compared.declared, compared.listed, compared.unlisted), (3, 0, 3));
    assert_eq!((compared.arrived, compared.extra.len()), (2, 0));
    assert_eq!(announce(&fresh, counted(1)).await, Ok(()));
    let fewer = super::compared(&fresh).await;
    assert_eq!((fewer.arrived, numbers(&fewer.extra).len()), (1, 1));
    // With a list, only what is beyond it may be of those that were not listed.
    let listed = Declaration { receipts: vec![receipt(3, 7)], ..counted(2) };
    assert_eq!(announce(&fresh, listed).await, Ok(()));
    let listed = super::compared(&fresh).await;
    assert_eq!((listed.listed, listed.unlisted, listed.arrived, listed.extra.len()), (1, 1, 1, 1));
}

#[tokio::test]
async fn a_card_that_was_listed_by_mistake_is_taken_off() {
    let fresh = in_production(2).await;
    declared(&fresh, 2, 25).await;
    assert_eq!(settled(&fresh, 26).await, 2);
    let (feed, removed) = (sender(&fresh).await, vec![receipt(2, 7)]);
    let due = at(25, 18);
    let off = Declaration { feed, batch: batch(), due, count: 1, receipts: Vec::new(), removed };
    assert_eq!(announce(&fresh, off).await, Ok(()));
    assert_eq!(numbers(&compared(&fresh).await.missing), [receipt(1, 7).as_str()]);
    assert_eq!((settled(&fresh, 26).await, missing(&fresh, 2).await), (1, false));
}

#[tokio::test]
async fn a_sender_sees_the_numbers_of_cards_that_it_told_of_and_no_others() {
    let fresh = in_production(3).await;
    let feed = sender(&fresh).await;
    let made = Report { receipt: receipt(2, 7), ..fresh.reached(Stage::Produced, 19) };
    fresh.record_by(feed, vec![made], Unknown::Told).await;
    declared(&fresh, 1, 25).await;
    arrive(&fresh, 2).await;
    arrive(&fresh, 3).await;
    let (store, number) = (&fresh.store, batch());
    let seen = compare(&store.read(), store.keys(), feed, &number, Sight::Sender).await.unwrap().unwrap();
    let mut seen: Vec<_> = seen.extra.into_iter().map(|card| card.number).collect();
    seen.sort_unstable();
    assert_eq!(seen, [None, Some(receipt(2, 7).as_str().to_owned())]);
    assert_eq!(numbers(&compared(&fresh).await.extra).len(), 2);
}
