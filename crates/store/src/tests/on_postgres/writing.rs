//! The writer on a server: what it says of a change is true, also when connections break.

use super::relay::{Cut, Relay};
use super::*;
use crate::engine::Value;
use tokio::net::TcpListener;

/// A store that reaches its database through a relay.
async fn relayed() -> (Store, Relay, Proven) {
    let folder = Proven::new();
    crate::fresh::init_keys(&key_file(folder.path()));
    let address = address(folder.database());
    let (before, name) = address.rsplit_once('/').unwrap();
    let (before, server) = before.rsplit_once('@').unwrap();
    let relay = Relay::before(server.to_owned()).await;
    let server = format!("{before}@127.0.0.1:{}/{name}", relay.port);
    let database = Database::Server(Server::parse(&server, None, None).unwrap());
    let keys = loaded(folder.path());
    let store = Store::open(folder.path(), &database, keys, None, Purpose::Demonstration).await.unwrap();
    (store, relay, folder)
}

/// How many feeds and how many changes there are.
fn kept(folder: &Proven) -> (i64, i64) {
    let database = folder.database();
    (database.int("SELECT count(*) FROM feed"), database.int("SELECT count(*) FROM audit"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_whose_answer_was_lost_is_found_again() {
    let (store, relay, folder) = relayed().await;
    relay.cut(Cut::AfterCommit);
    name_feed(&store, "post".into(), || Ok(())).await.unwrap();
    assert!(relay.has_cut());
    assert_eq!(kept(&folder), (1, 1));
    name_feed(&store, "centre".into(), || Ok(())).await.unwrap();
    assert_eq!(kept(&folder), (2, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_that_never_came_to_the_server_is_no_change() {
    let (store, relay, folder) = relayed().await;
    relay.cut(Cut::BeforeCommit);
    let lost = name_feed(&store, "post".into(), || Ok(())).await;
    assert!(matches!(lost, Err(StoreError::Begin(_))), "{lost:?}");
    assert!(relay.has_cut());
    assert_eq!(kept(&folder), (0, 0));
    name_feed(&store, "post".into(), || Ok(())).await.unwrap();
    assert_eq!(kept(&folder), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_that_is_still_on_its_way_is_waited_for() {
    let (store, relay, folder) = relayed().await;
    relay.cut(Cut::AndCommitLate);
    name_feed(&store, "post".into(), || Ok(())).await.unwrap();
    assert!(relay.has_cut());
    assert_eq!(kept(&folder), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn all_that_shared_a_lost_answer_are_told_that_they_are_kept() {
    let (store, relay, folder) = relayed().await;
    let store = Arc::new(store);
    let bar = folder.database().bar();
    let tasks: Vec<_> = (0..20)
        .map(|n| {
            let store = Arc::clone(&store);
            tokio::spawn(async move { name_feed(&store, format!("feed-{n}"), || Ok(())).await })
        })
        .collect();
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    relay.cut(Cut::AfterCommit);
    drop(bar);
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    assert!(relay.has_cut());
    assert_eq!(kept(&folder), (20, 20));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_takes_the_call_and_says_nothing_is_passed_over() {
    let folder = Proven::new();
    crate::fresh::init_keys(&key_file(folder.path()));
    let address = address(folder.database());
    let (user, hosts) = address.rsplit_once('@').unwrap();
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap().into_std().unwrap();
    let server = format!("{user}@{},{hosts}", silent.local_addr().unwrap());
    let database = Database::Server(Server::parse(&server, None, None).unwrap());
    let keys = loaded(folder.path());
    let store = Store::open(folder.path(), &database, keys, None, Purpose::Demonstration).await.unwrap();
    name_feed(&store, "post".into(), || Ok(())).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_that_the_server_ends_are_made_anew() {
    let fresh = Fresh::new().await;
    address(fresh.behind());
    fresh.record(vec![fresh.accepted()]).await;
    for n in 0..3 {
        let ended = fresh.behind().rows(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE datname = current_database() AND pid <> pg_backend_pid()",
        );
        assert!(ended.len() >= 2, "{ended:?}");
        assert_eq!(fresh.every_application().await.len(), 1);
        name_feed(&fresh.store, format!("feed-{n}"), || Ok(())).await.unwrap();
    }
    assert_eq!(fresh.count("feed"), 4);
}

/// A change whose statement fails, and which says that all is well.
async fn careless(store: &Store) -> Result<()> {
    store
        .write(entry("careless"), |write| -> Work<'_, ()> {
            Box::pin(async move {
                let refused = write.execute("INSERT INTO feed (name) VALUES ($1)", &[Value::Null]).await;
                assert!(refused.is_err());
                Ok(())
            })
        })
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_whose_statement_failed_is_never_acknowledged() {
    let Fresh { store, folder, .. } = Fresh::new().await;
    let store = Arc::new(store);
    address(folder.database());
    let before = kept(&folder);
    assert!(matches!(careless(&store).await, Err(StoreError::Abandoned)));
    assert_eq!(kept(&folder), before);
    // Nor in company, which it leaves alone.
    let bar = folder.database().bar();
    let tasks: Vec<_> = (0..20)
        .map(|n| {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                match n % 2 {
                    0 => name_feed(&store, format!("feed-{n}"), || Ok(())).await.is_ok(),
                    _ => matches!(careless(&store).await, Err(StoreError::Abandoned)),
                }
            })
        })
        .collect();
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    drop(bar);
    for task in tasks {
        assert!(task.await.unwrap());
    }
    assert_eq!(kept(&folder), (before.0 + 10, before.1 + 10));
}

/// Reads a number and writes the next one.
async fn count_on(store: &Store) -> Result<()> {
    store
        .write(entry("count"), |write| -> Work<'_, ()> {
            Box::pin(async move {
                let sql = "SELECT added_at FROM feed WHERE name = 'county'";
                let number = write.rows(sql, &[], |row| row.int(0)).await?[0];
                let sql = "UPDATE feed SET added_at = $1 WHERE name = 'county'";
                write.execute(sql, &[Value::Int(number + 1)]).await.map(drop)
            })
        })
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_that_write_at_the_same_time_lose_nothing() {
    let fresh = Fresh::new().await;
    address(fresh.behind());
    let folder = fresh.folder;
    let stores = [Arc::new(fresh.store), Arc::new(folder.open().await)];
    let number = || folder.database().int("SELECT added_at FROM feed WHERE name = 'county'");
    let before = number();
    let tasks: Vec<_> = (0..100)
        .map(|n| {
            let store = Arc::clone(&stores[n % 2]);
            tokio::spawn(async move { count_on(&store).await })
        })
        .collect();
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    assert_eq!(number() - before, 100);
}
