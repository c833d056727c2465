//! Work that only one server may do has one server at a time.

use super::*;
use crate::testing::{Folder, Server};
use std::sync::atomic::{AtomicU32, Ordering};

#[tokio::test]
async fn a_server_that_is_alone_works_without_a_lease() {
    let server = Server::start_in(Folder::embedded(), |_| ()).await;
    let (_stopper, stop) = Stopper::new();
    let worked = AtomicU32::new(0);
    under(&server.app, "care".to_owned(), stop, |_| async {
        worked.fetch_add(1, Ordering::Relaxed);
    })
    .await;
    assert_eq!(worked.into_inner(), 1);
    assert_eq!(server.folder.database().rows_of("lease"), 0);
}

/// What only a database server can show.
mod on_postgres {
    use super::*;
    use crate::clock::Clock;
    use crate::testing::{NOW, moment};
    use std::time::Duration;
    use store::lease::Times;
    use tokio::time::sleep;

    const LAPSE: Duration = Duration::from_millis(1_000);

    /// A server of several on a database, whose leases lapse soon.
    async fn one_of(server: &Server) -> Arc<App> {
        let mut app = App::open(&server.config, None, Clock::Frozen(moment(NOW))).await.unwrap();
        Arc::get_mut(&mut app).unwrap().times = Times::of(LAPSE);
        app
    }

    /// Work that goes on until it is told to stop, and knows who does it.
    #[derive(Default)]
    struct Work {
        at: AtomicU32,
        begun: [AtomicU32; 2],
        twice: AtomicU32,
    }

    /// Takes the worker out, however it ends.
    struct Working<'w>(&'w Work);

    impl Drop for Working<'_> {
        fn drop(&mut self) {
            self.0.at.fetch_sub(1, Ordering::SeqCst);
        }
    }

    impl Work {
        async fn run(&self, who: usize, mut stop: Stop) {
            if self.at.fetch_add(1, Ordering::SeqCst) != 0 {
                self.twice.fetch_add(1, Ordering::SeqCst);
            }
            let _working = Working(self);
            self.begun[who].fetch_add(1, Ordering::SeqCst);
            stop.told().await;
        }

        async fn until_begun(&self, who: usize, times: u32) -> Duration {
            let since = Instant::now();
            while self.begun[who].load(Ordering::SeqCst) < times {
                assert!(since.elapsed() < Duration::from_secs(30), "{who} never began");
                sleep(Duration::from_millis(5)).await;
            }
            since.elapsed()
        }
    }

    fn start(app: &Arc<App>, work: &Arc<Work>, who: usize) -> (Stopper, JoinHandle<()>) {
        let (stopper, stop) = Stopper::new();
        let (app, work) = (Arc::clone(app), Arc::clone(work));
        let task = tokio::spawn(async move {
            under(&app, "care".to_owned(), stop, |stop| work.run(who, stop)).await;
        });
        (stopper, task)
    }

    #[tokio::test]
    async fn a_server_that_stops_hands_over_at_once_and_one_that_dies_after_a_while() {
        let server = Server::start().await;
        let (one, other, work) = (one_of(&server).await, one_of(&server).await, Arc::default());
        let (first, first_task) = start(&one, &work, 0);
        work.until_begun(0, 1).await;
        let (second, second_task) = start(&other, &work, 1);
        sleep(LAPSE * 3).await;
        assert_eq!(work.begun[1].load(Ordering::SeqCst), 0, "a holder that beats keeps it");
        first.tell();
        first_task.await.unwrap();
        assert!(work.until_begun(1, 1).await < LAPSE / 2);
        // The second dies: nothing of it runs any more, and its lease is not given back.
        second_task.abort();
        assert!(second_task.await.unwrap_err().is_cancelled());
        drop((second, other));
        let (third, third_task) = start(&one, &work, 0);
        work.until_begun(0, 2).await;
        third.tell();
        third_task.await.unwrap();
        assert_eq!(work.twice.load(Ordering::SeqCst), 0);
    }

    #[tokio::test]
    async fn work_whose_lease_is_lost_is_dropped_and_begun_again_when_it_is_back() {
        let server = Server::start().await;
        let (app, work) = (one_of(&server).await, Arc::<Work>::default());
        let (stopper, task) = start(&app, &work, 0);
        work.until_begun(0, 1).await;
        server.folder.database().take_leases();
        let since = Instant::now();
        while work.at.load(Ordering::SeqCst) != 0 {
            assert!(since.elapsed() < LAPSE, "it goes on without its lease");
            sleep(Duration::from_millis(5)).await;
        }
        work.until_begun(0, 2).await;
        assert!(since.elapsed() >= LAPSE, "whoever has it now was not heard for the whole time");
        stopper.tell();
        task.await.unwrap();
    }

    #[tokio::test]
    async fn a_holder_that_cannot_renew_stops_before_another_may_begin() {
        let server = Server::start().await;
        let (mut one, other) = (one_of(&server).await, one_of(&server).await);
        let work = Arc::<Work>::default();
        // Its last beat is the one with which it takes the lease.
        Arc::get_mut(&mut one).unwrap().times.beat = LAPSE;
        let since = Instant::now();
        let (first, first_task) = start(&one, &work, 0);
        work.until_begun(0, 1).await;
        let (second, second_task) = start(&other, &work, 1);
        sleep(LAPSE / 5).await;
        server.folder.database().hide("lease");
        while work.at.load(Ordering::SeqCst) != 0 {
            assert!(since.elapsed() < LAPSE, "it goes on though it could not renew");
            sleep(Duration::from_millis(5)).await;
        }
        first.tell();
        first_task.await.unwrap();
        server.folder.database().show("lease");
        work.until_begun(1, 1).await;
        assert!(since.elapsed() >= LAPSE, "the other began {:?} after the last beat", since.elapsed());
        second.tell();
        second_task.await.unwrap();
        assert_eq!(work.twice.load(Ordering::SeqCst), 0);
    }
}
