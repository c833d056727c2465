//! Facts that fit nothing are counted against the person they were tried on, whoever tries and from wherever.

use super::ordinary;
use crate::testing::{Answered, Case, Facts, Server, receipt_of};
use domain::Date;
use store::inquiry_log::Outcome;

/// The right name and a day that is wrong.
fn guess(day: u8) -> Facts {
    ordinary().by_name().with("applied_on", &format!("2026-02-{day:02}"))
}

async fn status(server: &Server, facts: &Facts) -> u16 {
    server.api("en", facts).await.status.as_u16()
}

/// As often as it may be tried in a day, and once more.
async fn guessed(server: &Server) {
    for day in 1..=6 {
        assert_eq!(status(server, &guess(day)).await, 404);
    }
}

/// How many inquiries had an outcome.
async fn outcomes(server: &Server, outcome: Outcome) -> usize {
    server.inquiries().await.iter().filter(|entry| entry.outcome == outcome).count()
}

#[tokio::test]
async fn after_five_wrong_facts_the_right_ones_by_name_get_the_same_answer_and_the_receipt_is_answered() {
    let server = Server::start().await;
    server.record([&ordinary()]).await;
    guessed(&server).await;
    assert_eq!(status(&server, &ordinary().by_name()).await, 404);
    assert_eq!(server.page("zh", &ordinary().by_name()).await.page(), "no-match");
    // Whoever holds the receipt is answered, as often as he asks.
    for _ in 0..7 {
        assert_eq!(status(&server, &ordinary().by_receipt()).await, 200);
    }
    assert_eq!(outcomes(&server, Outcome::NoMatch).await, 5);
    assert_eq!(outcomes(&server, Outcome::Limited).await, 3);
    let metrics = server.get("/metrics").await.body;
    assert!(metrics.contains("outcome=\"limited\"} 2"), "{metrics}");
}

#[tokio::test]
async fn a_budget_outlives_a_restart_and_comes_back_after_a_day_and_after_thirty() {
    let server = Server::start().await;
    server.record([&ordinary()]).await;
    guessed(&server).await;
    let server = server.restarted("2026-03-26 09:59").await;
    assert_eq!(status(&server, &ordinary().by_name()).await, 404);
    let server = server.restarted("2026-03-26 10:01").await;
    assert_eq!(status(&server, &ordinary().by_name()).await, 200);
    guessed(&server).await;
    // Ten are all in thirty days.
    let server = server.restarted("2026-03-28 10:00").await;
    assert_eq!(status(&server, &ordinary().by_name()).await, 404);
    let server = server.restarted("2026-04-24 10:01").await;
    assert_eq!(status(&server, &ordinary().by_name()).await, 200);
}

#[tokio::test]
async fn from_the_third_wrong_try_on_the_holder_is_told_and_nobody_else() {
    let server = Server::start().await;
    server.record([&ordinary()]).await;
    let told = async |facts: &Facts| server.api("en", facts).await.json()["tried_in_vain"].clone();
    for day in 1..=2 {
        assert_eq!(status(&server, &guess(day)).await, 404);
    }
    assert!(told(&ordinary().by_receipt()).await.is_null(), "twice is a slip");
    assert_eq!(status(&server, &guess(3)).await, 404);
    assert_eq!(told(&ordinary().by_receipt()).await, 3);
    assert!(told(&ordinary().by_name()).await.is_null(), "who guesses is told nothing");
    let page = server.page("zh", &ordinary().by_receipt()).await;
    assert_eq!(page.fact("tried_in_vain"), "3");
    assert!(page.words().contains("3次填错信息"), "{}", page.words());
    assert!(!server.page("zh", &ordinary().by_name()).await.body.contains("tried_in_vain"));
    // After a month it is forgotten.
    let server = server.restarted("2026-04-24 10:01").await;
    assert!(server.api("en", &ordinary().by_receipt()).await.json()["tried_in_vain"].is_null());
}

#[tokio::test]
async fn the_way_of_the_receipt_has_a_budget_of_its_own() {
    let server = Server::start().await;
    server.record([&ordinary()]).await;
    for sequence in 2..=7 {
        let receipt = receipt_of("2026-03-02".parse::<Date>().unwrap(), sequence);
        let facts = ordinary().by_receipt().with("receipt_number", receipt.as_str());
        assert_eq!(status(&server, &facts).await, 404);
    }
    assert_eq!(status(&server, &ordinary().by_receipt()).await, 404);
    assert_eq!(status(&server, &ordinary().by_name()).await, 200);
}

#[tokio::test]
async fn whoever_mistypes_now_and_then_and_is_right_in_the_end_is_answered() {
    let server = Server::start().await;
    server.record([&ordinary()]).await;
    for day in 1..=4 {
        assert_eq!(status(&server, &guess(day)).await, 404);
        for _ in 0..3 {
            assert_eq!(status(&server, &ordinary().by_name()).await, 200, "after {day}");
        }
    }
}

#[tokio::test]
async fn asked_all_at_once_no_more_is_compared_than_one_after_the_other() {
    let server = std::sync::Arc::new(Server::start().await);
    server.record([&ordinary()]).await;
    let asked: Vec<_> = (0..60)
        .map(|turn| {
            let server = std::sync::Arc::clone(&server);
            tokio::spawn(async move { status(&server, &guess(turn % 28 + 1)).await })
        })
        .collect();
    for asked in asked {
        assert_eq!(asked.await.unwrap(), 404);
    }
    assert_eq!(outcomes(&server, Outcome::NoMatch).await, 5);
    assert_eq!(outcomes(&server, Outcome::Limited).await, 55);
}

#[tokio::test]
async fn limited_wrong_and_unknown_get_the_same_bytes() {
    let server = Server::start().await;
    server.record([&ordinary()]).await;
    let unknown = Case::of(9, "2026-03-02").by_name();
    let seen = |answered: Answered| {
        let id = answered.header("x-request-id").to_owned();
        (answered.head().replace(&id, ""), answered.body.replace(&id, ""))
    };
    let wrong = seen(server.api("zh", &guess(1)).await);
    assert_eq!(seen(server.api("zh", &unknown).await), wrong);
    for day in 2..=5 {
        server.api("zh", &guess(day)).await;
        server.api("zh", &unknown).await;
    }
    for facts in [ordinary().by_name(), guess(6), unknown] {
        assert_eq!(seen(server.api("zh", &facts).await), wrong);
    }
    // An unknown number is counted like a known one: nothing is learnt from when it ends.
    assert_eq!(outcomes(&server, Outcome::Limited).await, 3);
}

#[tokio::test]
async fn whoever_hangs_up_is_counted_all_the_same() {
    let server = Server::start().await;
    server.record([&ordinary()]).await;
    for turn in 0..200 {
        // Before it is answered, amid whatever is done for it.
        let soon = std::time::Duration::from_millis(1 + turn % 12);
        let day = u8::try_from(turn % 28).unwrap() + 1;
        assert!(tokio::time::timeout(soon, status(&server, &guess(day))).await.is_err());
        if outcomes(&server, Outcome::Limited).await > 0 {
            break;
        }
    }
    assert_eq!(status(&server, &ordinary().by_name()).await, 404);
    assert_eq!(outcomes(&server, Outcome::NoMatch).await, 5);
}

#[tokio::test]
async fn where_the_database_takes_no_count_one_guess_is_compared_and_no_more() {
    let server = Server::start().await;
    server.record([&ordinary()]).await;
    server.folder.database().hide("mismatch");
    for day in 1..=6 {
        assert!(status(&server, &guess(day)).await >= 500);
    }
    // Who is right and asks now is not answered either: nobody can tell how often it was tried.
    assert!(status(&server, &ordinary().by_name()).await >= 500);
    assert_eq!(outcomes(&server, Outcome::NoMatch).await, 1);
    server.folder.database().show("mismatch");
    assert_eq!(status(&server, &ordinary().by_name()).await, 200);
}

#[tokio::test]
async fn what_fits_nothing_is_answered_as_late_whatever_was_found() {
    let server = Server::start().await;
    server.record([&ordinary()]).await;
    for facts in [guess(1), Case::of(9, "2026-03-02").by_name()] {
        for turn in 0..7 {
            let begun = std::time::Instant::now();
            assert_eq!(status(&server, &facts).await, 404);
            assert!(begun.elapsed() >= crate::features::inquiry::service::EVEN, "in turn {turn}");
        }
    }
}

#[tokio::test]
async fn a_source_that_asks_in_vain_too_often_waits_whoever_it_asks_about() {
    use axum::body::Body;
    use axum::http::{Request, header};
    let server = Server::start_with(|config| config.limits.mismatches_per_hour = 4).await;
    server.record([&ordinary()]).await;
    let ask = async |peer: &str, facts: &Facts| {
        let request = Request::post("/api/v1/inquiries").header(header::CONTENT_TYPE, "application/json");
        server.send_from(peer, request.body(Body::from(facts.json().to_string())).unwrap()).await
    };
    for person in 2..=6 {
        // By receipt, so that no work is asked for meanwhile.
        let facts = Case::of(person, "2026-03-02").by_receipt();
        assert_eq!(ask("192.0.2.1:1", &facts).await.status, 404);
    }
    let refused = ask("192.0.2.1:1", &ordinary().by_name()).await;
    assert_eq!(refused.status, 429);
    let wait: u64 = refused.header("retry-after").parse().unwrap();
    assert!((3_500..=3_600).contains(&wait), "{wait}");
    assert_eq!(ask("192.0.2.2:1", &ordinary().by_name()).await.status, 200);
    // Whoever has a receipt does not wait for others who share the address.
    assert_eq!(ask("192.0.2.1:1", &ordinary().by_receipt()).await.status, 200);
}

/// What only a database server can show.
mod on_postgres {
    use super::*;
    use crate::app::App;
    use crate::clock::Clock;
    use crate::testing::{Folder, NOW, moment};

    #[tokio::test]
    async fn servers_on_one_database_count_together() {
        let here = Server::start().await;
        here.record([&ordinary()]).await;
        let app = App::open(&here.config, None, Clock::Frozen(moment(NOW))).await.unwrap();
        let there = Server::around(app, here.config.clone(), Folder::embedded());
        // Each hears of the other within a second or two; here at once.
        let told = |from: &Server, to: &Server| {
            for (kind, key, count) in from.app.ledger.take() {
                to.app.charge(&crate::ledger::Due { kind, key, count, over: None });
            }
        };
        assert_eq!(status(&here, &guess(7)).await, 404);
        told(&here, &there);
        for day in 1..=3 {
            assert_eq!(status(&here, &guess(day)).await, 404);
            assert_eq!(status(&there, &guess(day + 3)).await, 404);
        }
        assert_eq!(status(&here, &ordinary().by_name()).await, 404);
        assert_eq!(status(&there, &ordinary().by_name()).await, 404);
        assert_eq!(status(&there, &ordinary().by_receipt()).await, 200);
        assert_eq!(outcomes(&here, Outcome::NoMatch).await, 5);
    }
}

mod long {
    use super::*;
    use axum::body::Body;
    use axum::http::{Request, header};
    use std::collections::HashMap;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::time::{Duration, Instant};

    /// People whose numbers and names have leaked.
    const KNOWN: u16 = 400;
    const SOURCES: u32 = 1_000;
    const GUESSES: u32 = 100_000;
    /// Guesses that are under way at a time.
    const AT_ONCE: u32 = 100;

    fn of(person: u16) -> Case {
        Case::of(person, "2026-03-02").reached("2026-03-02 09:10", domain::stage::Stage::Accepted)
    }

    async fn ask_from(server: &Server, source: u32, facts: &Facts) -> u16 {
        let [_, high, low, _] = (source << 8).to_be_bytes();
        let request = Request::post("/api/v1/inquiries").header(header::CONTENT_TYPE, "application/json");
        let request = request.body(Body::from(facts.json().to_string())).unwrap();
        server.send_one_of_many(&format!("198.51.{high}.{low}:1"), request).await
    }

    /// Guesses days of known people from many addresses; gives how often it was let in.
    async fn attack(server: &Arc<Server>) -> usize {
        let mut let_in = 0;
        for turn in 0..GUESSES / AT_ONCE {
            let guesses: Vec<_> = (0..AT_ONCE)
                .map(|place| {
                    let (server, number) = (Arc::clone(server), turn * AT_ONCE + place);
                    tokio::spawn(async move {
                        let (round, person) = (number / u32::from(KNOWN), number % u32::from(KNOWN));
                        // Day after day, and long after the budget is spent the right one again and again.
                        let day = match round {
                            0..31 => format!("2026-01-{:02}", round + 1),
                            31..59 => format!("2026-02-{:02}", round - 30),
                            _ => "2026-03-02".to_owned(),
                        };
                        let person = u16::try_from(person + 1).unwrap();
                        let facts = of(person).by_name().with("applied_on", &day);
                        ask_from(&server, number % SOURCES, &facts).await
                    })
                })
                .collect();
            for guess in guesses {
                let status = guess.await.unwrap();
                assert!([403, 404, 429].contains(&status), "{status}");
                let_in += usize::from(status == 404);
            }
        }
        let_in
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_hundred_thousand_guesses_from_a_thousand_addresses_are_answered_within_the_budget() {
        // Whoever attacks does all the work that he is asked for, and is stopped by the budgets of people alone.
        let server = Server::start_with(|config| {
            config.limits.mismatches_per_hour = u32::MAX;
            config.limits.mismatches_per_minute_of_all = u32::MAX;
        });
        let server = Arc::new(server.await);
        let cases: Vec<_> = (1..=KNOWN).map(of).collect();
        server.record(&cases).await;
        let done = Arc::new(AtomicBool::new(false));
        let honest = {
            let (server, done) = (Arc::clone(&server), Arc::clone(&done));
            tokio::spawn(async move {
                let mut took = Vec::new();
                for person in (1..=KNOWN).cycle() {
                    let begun = Instant::now();
                    // Each of them from his own address.
                    let source = SOURCES + u32::from(person);
                    assert_eq!(ask_from(&server, source, &of(person).by_receipt()).await, 200);
                    took.push(begun.elapsed());
                    if done.load(Ordering::Relaxed) {
                        break;
                    }
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
                took.sort_unstable();
                took
            })
        };
        let let_in = attack(&server).await;
        done.store(true, Ordering::Relaxed);
        let took = honest.await.unwrap();
        let p99 = took[(took.len() - 1) * 99 / 100];
        assert!(p99 <= Duration::from_millis(200), "whoever is honest waited {p99:?}");
        // Of each person so many guesses were compared, and no more.
        let mut compared = HashMap::new();
        for entry in server.inquiries().await {
            if entry.outcome == Outcome::NoMatch {
                *compared.entry(entry.subject).or_insert(0) += 1;
            }
        }
        assert_eq!(compared.len(), usize::from(KNOWN));
        assert!(compared.values().all(|count| *count <= 5), "{compared:?}");
        assert!(let_in > 5 * usize::from(KNOWN), "the attack was let in {let_in} times, and tried nothing");
        // What the alert rules watch has moved.
        let limited = server.get("/metrics").await.body;
        let limited = limited.lines().find(|line| line.contains("api") && line.contains("limited")).unwrap();
        assert!(!limited.ends_with(" 0"), "{limited}");
    }
}
