//! What is spent at one server is spent at all of them.

use super::*;
use crate::testing::Server;

#[tokio::test]
async fn a_server_that_is_alone_writes_nothing() {
    let server = Server::start_in(crate::testing::Folder::embedded(), |_| ()).await;
    let sharing = Sharing::start(&server.app, &server.config).await;
    assert!(server.app.limit.admit("192.0.2.1".parse().unwrap(), &axum::http::HeaderMap::new()).is_ok());
    sharing.stop().await;
    let written = ["spent", "lease"].map(|table| server.folder.database().rows_of(table));
    assert_eq!(written, [0, 0]);
}

/// What only a database server can show.
mod on_postgres {
    use super::*;
    use crate::clock::Clock;
    use crate::testing::{NOW, moment};
    use axum::http::HeaderMap;
    use store::lease::Claim;

    /// Another server on the same database.
    async fn beside(server: &Server) -> Arc<App> {
        App::open(&server.config, None, Clock::Frozen(moment(NOW))).await.unwrap()
    }

    /// Says that it serves.
    async fn serves(app: &App) -> Claim {
        let mut claim = Claim::new(app.run.serving(), app.run, app.times);
        claim.step(&app.store).await.unwrap();
        claim
    }

    fn asks(app: &App) -> bool {
        app.limit.admit("192.0.2.1".parse().unwrap(), &HeaderMap::new()).is_ok()
    }

    #[tokio::test]
    async fn two_servers_together_admit_no_more_than_one_and_a_second() {
        let here = Server::start_with(|config| config.limits.inquiries_per_minute = 20).await;
        let there = beside(&here).await;
        let mut tellers = [&here.app, &there].map(|app| Teller::new(Arc::clone(app)));
        for teller in &mut tellers {
            serves(&teller.app).await;
        }
        assert!((0..15).all(|_| asks(&here.app)));
        for teller in &mut tellers {
            teller.once(false).await.unwrap();
        }
        let more = (0..15).filter(|_| asks(&there)).count();
        assert!((5..=8).contains(&more), "{more} instead of 5, and what came back meanwhile");
    }

    #[tokio::test]
    async fn a_server_that_starts_again_has_not_forgotten_what_was_spent() {
        let here = Server::start_with(|config| config.limits.inquiries_per_minute = 20).await;
        let sharing = Sharing::start(&here.app, &here.config).await;
        assert!((0..20).all(|_| asks(&here.app)) && !asks(&here.app));
        sharing.stop().await;
        let again = beside(&here).await;
        assert!(asks(&again), "the control: a server that knows nothing of it");
        Sharing::start(&again, &here.config).await.stop().await;
        assert!((0..3).filter(|_| asks(&again)).count() < 3);
    }

    #[tokio::test]
    async fn the_last_words_of_a_server_that_stops_are_heard_once() {
        let here = Server::start_with(|config| config.limits.inquiries_per_minute = 40).await;
        let there = beside(&here).await;
        let mut teller = Teller::new(Arc::clone(&here.app));
        let sharing = Sharing::start(&there, &here.config).await;
        while teller.heard.is_empty() {
            teller.once(false).await.unwrap();
        }
        assert!((0..20).all(|_| asks(&there)));
        sharing.stop().await;
        assert_eq!(here.folder.database().rows_of("lease"), 0, "who stops leaves no lease behind");
        teller.once(false).await.unwrap();
        teller.once(false).await.unwrap();
        let told = spent::all(&here.app.store.read(), moment(NOW)).await.unwrap();
        let last = told.iter().map(|row| row.number).max().unwrap();
        assert_eq!(teller.heard[&there.run].number, last, "its lease is gone, and it is heard to the end");
        // A server that was only taken for gone.
        let back = serves(&there).await;
        teller.once(true).await.unwrap();
        let left = (0..40).filter(|_| asks(&here.app)).count();
        assert!((20..=24).contains(&left), "{left} instead of 20, and what came back meanwhile");
        back.give_back(&there.store).await.unwrap();
        teller.once(false).await.unwrap();
        let now = moment(NOW).millis();
        for (hours, known) in [(24, 1), (26, 0)] {
            teller.tidy(Moment::from_millis(now + hours * 3_600_000)).await.unwrap();
            assert_eq!(teller.heard.len(), known, "after {hours} hours");
        }
    }

    #[tokio::test]
    async fn no_address_stands_in_the_database() {
        let here = Server::start().await;
        let sharing = Sharing::start(&here.app, &here.config).await;
        assert!(asks(&here.app));
        sharing.stop().await;
        let frames = here.folder.database().told_spent();
        assert_eq!((frames.len(), frames[0].len()), (1, 42));
        assert!(!frames[0].contains("c0000201"), "{frames:?}");
    }

    #[tokio::test]
    async fn a_database_that_does_not_answer_is_told_later() {
        let here = Server::start().await;
        let mut teller = Teller::new(Arc::clone(&here.app));
        serves(&here.app).await;
        here.folder.database().hide("spent");
        assert!(asks(&here.app) && teller.once(false).await.is_err());
        assert!(asks(&here.app) && teller.once(false).await.is_err());
        here.folder.database().show("spent");
        teller.once(false).await.unwrap();
        let told = spent::all(&here.app.store.read(), moment(NOW)).await.unwrap();
        assert_eq!(told.iter().flat_map(|row| &row.spendings).map(|each| each.count).sum::<u32>(), 2);
    }
}
