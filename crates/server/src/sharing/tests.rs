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
    use tokio::time::sleep;

    /// Another server on the same database.
    async fn beside(server: &Server) -> Arc<App> {
        App::open(&server.config, None, Clock::Frozen(moment(NOW))).await.unwrap()
    }

    fn asks(app: &App) -> bool {
        app.limit.admit("192.0.2.1".parse().unwrap(), &HeaderMap::new()).is_ok()
    }

    #[tokio::test]
    async fn two_servers_together_admit_no_more_than_one_and_a_second() {
        let here = Server::start_with(|config| config.limits.inquiries_per_minute = 20).await;
        let there = beside(&here).await;
        let both = [Arc::clone(&here.app), there];
        let sharing =
            [Sharing::start(&both[0], &here.config).await, Sharing::start(&both[1], &here.config).await];
        // Each has been heard before the source asks again.
        sleep(EVERY * 2).await;
        assert!((0..15).all(|_| asks(&both[0])));
        sleep(EVERY * 2).await;
        let more = (0..15).filter(|_| asks(&both[1])).count();
        assert!((5..=8).contains(&more), "{more} instead of 5, and what came back in three seconds");
        for sharing in sharing {
            sharing.stop().await;
        }
        let leases = here.folder.database().rows_of("lease");
        assert_eq!(leases, 0, "who stops leaves no lease behind");
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
        let mut serving = Claim::new(here.app.run.serving(), here.app.run, here.app.times);
        serving.step(&here.app.store).await.unwrap();
        here.folder.database().hide("spent");
        assert!(asks(&here.app) && teller.once(false).await.is_err());
        assert!(asks(&here.app) && teller.once(false).await.is_err());
        here.folder.database().show("spent");
        teller.once(false).await.unwrap();
        let told = spent::all(&here.app.store.read(), moment(NOW)).await.unwrap();
        assert_eq!(told.iter().flat_map(|row| &row.spendings).map(|each| each.count).sum::<u32>(), 2);
    }
}
