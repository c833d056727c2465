//! The files of the log are served by the names that others know, and what was done comes into it by itself.

use super::Keeping;
use super::keeping::once;
use crate::testing::{Case, Server};
use domain::stage::Stage;
use std::time::Duration;
use store::log::{self, Checkpoint, Files, Verifier, verify};

/// What a server serves, as files.
struct Served<'s>(&'s Server, tokio::runtime::Handle);

impl Files for Served<'_> {
    fn read(&self, name: &str) -> Result<Option<Vec<u8>>, String> {
        let address = format!("/log/{name}");
        let answered = tokio::task::block_in_place(|| self.1.block_on(self.0.get(&address)));
        match answered.status.as_u16() {
            200 => Ok(Some(answered.bytes)),
            404 => Ok(None),
            status => Err(format!("{status}")),
        }
    }
}

fn case(n: u16) -> Case {
    Case::of(n, "2026-03-02").reached("2026-03-02 09:00", Stage::Accepted)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_served_is_verified_by_its_files_alone() {
    let server = Server::start().await;
    assert_eq!(server.get("/log/checkpoint").await.status.as_u16(), 404, "nothing was signed yet");
    server.record((1..=20).map(case).collect::<Vec<_>>().iter()).await;
    for n in 1..=20 {
        server.api("en", &case(n).by_receipt()).await;
    }
    once(&server.app, true).await.unwrap();
    let key = server.get("/log/key").await.body;
    let verifier = Verifier::parse(&key).unwrap();
    let served = Served(&server, tokio::runtime::Handle::current());
    let verified = verify(&served, std::slice::from_ref(&verifier), None, |_, _| ());
    assert_eq!(verified.findings, Vec::<String>::new());
    let checkpoint = verified.checkpoint.unwrap();
    let Checkpoint { size, .. } = checkpoint;
    assert!(size > 20);
    assert!(log::compare(&server.app.store, &served, &checkpoint, |_, _| ()).await.unwrap().is_empty());
    let whole = server.get("/log/tile/0/000").await;
    assert_eq!(whole.status.as_u16(), 404, "a tile is not whole before it has 256 hashes");
    let part = server.get(&format!("/log/tile/entries/000.p/{size}")).await;
    assert!(
        part.head().contains("immutable") && part.head().contains("application/octet-stream"),
        "{}",
        part.head()
    );
    for wrong in
        ["/log/tile/", "/log/tile/0/0", "/log/tile/../key", "/log/tile/entries/000.p/256", "/log/nothing"]
    {
        assert_eq!(server.get(wrong).await.status.as_u16(), 404, "{wrong}");
    }
    let meters = server.get("/metrics").await.body;
    assert!(meters.contains(&format!("jindu_log_leaves {size}")), "{meters}");
}

#[tokio::test(flavor = "multi_thread")]
async fn looks_come_into_the_log_by_themselves_and_are_signed_at_the_end() {
    let server = Server::start().await;
    server.record([&case(1)]).await;
    let keeping = Keeping::start(&server.app);
    server.api("en", &case(1).by_name()).await;
    let subject = server.inquiries().await[0].subject;
    let read = server.app.store.read();
    let mut looks = Vec::new();
    for _ in 0..600 {
        looks = log::of_subject(&read, subject, 10).await.unwrap();
        if !looks.is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(looks.len(), 1);
    keeping.stop().await;
    assert!(!log::proven(&read, server.app.store.keys(), &looks).await.unwrap().unwrap().1.is_empty());
}
