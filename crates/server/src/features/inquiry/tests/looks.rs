//! Whoever proves a case sees every look at it; a case that is closed is closed to everybody.

use super::ordinary;
use crate::testing::{Answered, Facts, Server};
use base64::prelude::{BASE64_STANDARD, Engine as _};
use serde_json::Value;
use store::application::close_online;
use store::audit::Entry;
use store::log::{self, Checkpoint, Proof, Verifier};

const LOOKS: &str = "/api/v1/inquiries/looks";
const CLOSE: &str = "/api/v1/inquiries/counter-only";

/// A server with one case.
async fn with_case() -> Server {
    let server = Server::start().await;
    server.record([&ordinary()]).await;
    server
}

/// What was done so far is in the log, and signed.
async fn kept(server: &Server) {
    while log::take_in(&server.app.store).await.unwrap().entries > 0 {}
    log::sign(&server.app.store).await.unwrap();
}

async fn asked(server: &Server, address: &str, facts: &Facts) -> Answered {
    server.post_json(&format!("{address}?lang=en"), &facts.json()).await
}

/// The status, and which problem it is.
async fn problem(server: &Server, address: &str, facts: &Facts) -> (u16, String) {
    let answered = asked(server, address, facts).await;
    (answered.status.as_u16(), answered.json()["type"].as_str().unwrap_or_default().to_owned())
}

fn proof_of(look: &Value) -> Proof {
    let bytes = |text: &Value| BASE64_STANDARD.decode(text.as_str().unwrap()).unwrap();
    let hash = |text: &Value| <[u8; 32]>::try_from(bytes(text)).unwrap();
    let proof = &look["proof"];
    Proof {
        blind: bytes(&proof["blind"]).try_into().unwrap(),
        entry: bytes(&proof["entry"]),
        leaf: hash(&proof["value"]),
        hashes: proof["hashes"].as_array().unwrap().iter().map(hash).collect(),
    }
}

#[tokio::test]
async fn every_look_is_listed_with_a_proof_that_holds() {
    let server = with_case().await;
    server.api("en", &ordinary().by_name()).await;
    server.page("zh", &ordinary().by_receipt()).await;
    server.api("en", &ordinary().by_name().with("applied_on", "2026-02-01")).await;
    kept(&server).await;
    let told = asked(&server, LOOKS, &ordinary().by_receipt()).await.json();
    let looks = told["looks"].as_array().unwrap();
    let shown: Vec<_> = looks.iter().map(|look| (look["shown"].as_str(), look["channel"].as_str())).collect();
    assert_eq!(shown, [(Some("full"), Some("page")), (Some("basic"), Some("api"))]);
    assert_eq!(told["tries"], 1);
    let verifier = Verifier::parse(told["verifier"].as_str().unwrap()).unwrap();
    let note = told["checkpoint"].as_str().unwrap().as_bytes();
    let checkpoint = Checkpoint::read(note, &[verifier]).unwrap();
    for look in looks {
        assert!(proof_of(look).holds(look["leaf"].as_u64().unwrap(), &checkpoint));
    }
    // Asking who looked is a look, and has its proof at the next checkpoint.
    while log::take_in(&server.app.store).await.unwrap().entries > 0 {}
    let again = asked(&server, LOOKS, &ordinary().by_receipt()).await.json();
    assert_eq!(again["looks"].as_array().unwrap().len(), 3);
    assert!(again["looks"][0]["proof"].is_null() && again["looks"][1]["proof"].is_object());
}

#[tokio::test]
async fn no_look_is_buried_under_tries_that_fit_nothing() {
    let server = with_case().await;
    server.api("en", &ordinary().by_name()).await;
    let wrong = ordinary().by_name().with("applied_on", "2026-02-01");
    for _ in 0..60 {
        server.api("en", &wrong).await;
    }
    kept(&server).await;
    let told = asked(&server, LOOKS, &ordinary().by_receipt()).await.json();
    assert_eq!((told["looks"].as_array().unwrap().len(), &told["tries"]), (1, &60.into()));
}

#[tokio::test]
async fn whoever_has_no_receipt_sees_no_looks() {
    let server = with_case().await;
    let by_name = asked(&server, LOOKS, &ordinary().by_name()).await;
    assert_eq!(
        (by_name.status.as_u16(), &by_name.json()["errors"][0]["pointer"]),
        (422, &"/receipt_number".into())
    );
    let wrong = ordinary().by_receipt().with("applied_on", "2026-02-01");
    assert_eq!(problem(&server, LOOKS, &wrong).await, problem(&server, "/api/v1/inquiries", &wrong).await);
    let page = server.post_form("/inquiry/looks?lang=zh", &wrong).await;
    assert_eq!(page.page(), "no-match");
}

#[tokio::test]
async fn what_its_holder_closed_is_answered_to_nobody_online() {
    let server = with_case().await;
    let (by_name, by_receipt) = (ordinary().by_name(), ordinary().by_receipt());
    assert_eq!(asked(&server, CLOSE, &by_name).await.status.as_u16(), 422, "the receipt proves whose it is");
    assert_eq!(server.api("en", &by_name).await.status.as_u16(), 200);
    assert_eq!(asked(&server, CLOSE, &by_receipt).await.status.as_u16(), 204);
    // By name it is as if there were nothing; whoever has the receipt is told.
    let unknown = server.api("en", &by_name.clone().with("applied_on", "2026-02-01")).await;
    let of = |answered: &Answered| {
        let mut told = answered.json();
        told["instance"].take();
        (answered.status, told)
    };
    assert_eq!(of(&server.api("en", &by_name).await), of(&unknown));
    for address in ["/api/v1/inquiries", LOOKS, CLOSE] {
        assert_eq!(problem(&server, address, &by_receipt).await, (403, "/problems/counter-only".to_owned()));
    }
    let subject = server.inquiries().await.last().unwrap().subject;
    let (actor, detail) = ("desk".to_owned(), "opened again".to_owned());
    let entry = Entry { at: server.app.clock.now(), actor, action: "counter_only", detail };
    assert_eq!(close_online(&server.app.store, entry, subject, false).await.unwrap(), 1);
    assert_eq!(server.api("en", &by_name).await.status.as_u16(), 200);
}

#[tokio::test]
async fn the_pages_say_the_same_in_both_languages() {
    let server = with_case().await;
    let by_receipt = ordinary().by_receipt();
    let answer = server.page("en", &by_receipt).await;
    assert!(answer.body.contains("action=\"/inquiry/looks\""));
    assert!(!server.page("en", &ordinary().by_name()).await.body.contains("/inquiry/looks"));
    kept(&server).await;
    for language in ["zh", "en"] {
        let page = server.post_form(&format!("/inquiry/looks?lang={language}"), &by_receipt).await;
        assert_eq!((page.status.as_u16(), page.page()), (200, "looks"));
        assert!(page.body.contains("data-shown=\"full\""), "{}", page.body);
        let without =
            server.post_form(&format!("/inquiry/looks?lang={language}"), &ordinary().by_name()).await;
        assert_eq!(without.status.as_u16(), 422);
    }
    let asked = server.post_form("/inquiry/counter-only", &by_receipt).await;
    assert_eq!((asked.status.as_u16(), asked.page()), (200, "sure"));
    assert_eq!(
        server.page("zh", &by_receipt).await.page(),
        "answer",
        "nothing is closed before somebody is sure"
    );
    let closed = server.post_form("/inquiry/counter-only", &by_receipt.clone().with("sure", "yes")).await;
    assert_eq!((closed.status.as_u16(), closed.page()), (200, "closed"));
    let page = server.page("zh", &by_receipt).await;
    assert_eq!((page.status.as_u16(), page.page()), (403, "closed"));
}
