//! Messages that somebody heard and sends again, in time.

use super::*;

/// A message is told by its name: the same again, and anything else under that name.
fn reused(answered: &Answered) -> bool {
    answered.status == 409 && answered.json()["type"] == "/problems/webhook-id-reused"
}

#[tokio::test]
async fn an_honest_sender_may_send_the_same_again() {
    let feeds = Feeds::start().await;
    let message = Message::of(&json!([accepted(), reviewed()])).named("E-1");
    assert_eq!(told(&feeds.send(message.clone()).await), ["recorded - -"; 2]);
    assert_eq!(told(&feeds.send(message.clone()).await), ["repeated - -"; 2]);
    // Signed again some time later, as who never heard an answer does.
    let later = moment(NOW).millis() / 1_000 + 200;
    let answered = feeds.send_signed(message.clone(), &key("county"), later).await;
    assert_eq!(told(&answered), ["repeated - -"; 2]);
    let mut in_chinese = message;
    in_chinese.address = "/api/v1/feeds/county/milestones?lang=zh".to_owned();
    assert_eq!(feeds.send(in_chinese).await.status, 207);
    assert_eq!(feeds.stage().await, (Some(Stage::Signed), 2));
}

#[tokio::test]
async fn a_name_stands_for_one_message_at_one_address() {
    let feeds = Feeds::start().await;
    let held = {
        let late = step("E-4", "13", "2026-01-20T09:00:00+08:00");
        feeds.report(json!([accepted(), step("E-3", "31", "2026-01-16T09:00:00+08:00"), late])).await;
        feeds.send(Message::to("GET", "county", "held")).await.json()["items"][0]["held"].as_i64().unwrap()
    };
    let said = step("E-5", "60", "2026-01-21T09:00:00+08:00");
    let message = Message::of(&said).named("once");
    assert_eq!(feeds.send(message.clone()).await.status, 200);
    let mut elsewhere = message.clone();
    elsewhere.address = format!("/api/v1/feeds/county/held/{held}?lang=en");
    let mut put = message.clone();
    (put.method, put.address) = ("PUT", "/api/v1/feeds/county/batches/ZZ-1?lang=en".to_owned());
    let mut as_file = message.clone();
    as_file.address = "/api/v1/feeds/county/files?lang=en".to_owned();
    let other = Message::of(&step("E-6", "60", "2026-01-22T09:00:00+08:00")).named("once");
    for (what, message) in [
        ("another address", elsewhere),
        ("another method", put),
        ("a file", as_file),
        ("another type", Message { headers: Vec::new(), ..message.clone() }.with("content-type", BATCH)),
        ("packed", message.clone().with("content-encoding", "gzip")),
        ("attributes in headers", message.clone().with("ce-source", "/elsewhere")),
        ("another body", other.clone()),
    ] {
        let answered = feeds.send(message).await;
        assert!(reused(&answered), "{what}: {} {}", answered.status, answered.body);
    }
    assert_eq!(feeds.stage().await.1, 4);
    assert_eq!(feeds.send(other.named("twice")).await.status, 200);
    // Another feed's names are its own.
    let centre = Message::to("GET", "centre", "held").named("once");
    assert_eq!(feeds.send(centre).await.status, 200);
}

#[tokio::test]
async fn what_was_refused_may_be_put_right_under_its_name() {
    let feeds = Feeds::start().await;
    let mut wrong = accepted();
    wrong["data"]["organ"] = json!("1");
    assert_eq!(feeds.send(Message::of(&wrong).named("E-1")).await.status, 422);
    assert_eq!(feeds.send(Message::of(&accepted()).named("E-1")).await.status, 200);
    assert!(reused(&feeds.send(Message::of(&reviewed()).named("E-1")).await));
}

#[tokio::test]
async fn a_question_is_signed_with_its_address_and_answered_once() {
    let feeds = Feeds::start().await;
    feeds.report(accepted()).await;
    let asked = Message::to("GET", "county", "held").named("Q-1");
    assert_eq!(feeds.send(asked.clone()).await.status, 200);
    assert!(reused(&feeds.send(asked).await), "who heard the question learns no answer");
    let (now, key) = (moment(NOW).millis() / 1_000, key("county"));
    let right = "/api/v1/feeds/county/held?after=1&lang=en";
    let send = async |method: &str, address: &str, signed_part: &str, id: &str| {
        let request = Request::builder().method(method).uri(address).header(ID, id).header(TIMESTAMP, now);
        let request = request.header(SIGNATURE, signed(id, now, signed_part.as_bytes(), &key));
        feeds.server.send(request.body(Body::empty()).unwrap()).await.status.as_u16()
    };
    for (wrong, id) in [
        ("", "a"),
        ("GET /api/v1/feeds/county/held", "b"),
        ("GET /api/v1/feeds/county/held?after=2&lang=en", "c"),
        ("GET /api/v1/feeds/county/held/1?after=1&lang=en", "d"),
        ("POST /api/v1/feeds/county/held?after=1&lang=en", "e"),
    ] {
        assert_eq!(send("GET", right, wrong, id).await, 401, "{wrong}");
    }
    assert_eq!(send("GET", right, &format!("GET {right}"), "f").await, 200);
    assert_eq!(send("HEAD", right, &format!("GET {right}"), "g").await, 401);
    assert_eq!(send("HEAD", right, &format!("HEAD {right}"), "h").await, 200);
}

#[tokio::test]
async fn a_body_that_was_signed_is_no_question() {
    let feeds = Feeds::start().await;
    feeds.report(json!([accepted(), step("E-3", "31", "2026-01-16T09:00:00+08:00")])).await;
    feeds.report(json!([step("E-4", "13", "2026-01-20T09:00:00+08:00")])).await;
    let heard = Message::of(&reviewed()).named("heard");
    for method in ["GET", "HEAD"] {
        for what in ["held", "held/1", "dead-letters", "batches/ZZ-1"] {
            let asked = Message { method, ..heard.clone() };
            let asked = Message { address: format!("/api/v1/feeds/county/{what}"), ..asked };
            assert_eq!(feeds.send(asked).await.status, 400, "{method} {what}");
        }
    }
    // Nor is its name spent.
    assert_eq!(feeds.send(heard).await.status, 200);
}

#[tokio::test]
async fn what_was_heard_is_repeated_a_few_times_and_no_more() {
    let feeds = Feeds::start().await;
    let message = Message::of(&accepted()).named("heard").with("idempotency-key", "a");
    let mut answers = Vec::new();
    for _ in 0..7 {
        answers.push(feeds.send(message.clone()).await.status.as_u16());
    }
    assert_eq!(answers, [200, 200, 200, 200, 200, 200, 429]);
    // A key is not signed: with another one, or without, it is another message.
    let message = Message::of(&reviewed()).named("keyed").with("idempotency-key", "a");
    assert_eq!(feeds.send(message.clone().with("idempotency-key", "b")).await.status, 400);
    assert_eq!(feeds.send(message.clone()).await.status, 422, "the key stands for another message");
    let message = Message::of(&reviewed()).named("keyed").with("idempotency-key", "b");
    assert_eq!(feeds.send(message.clone()).await.status, 200);
    assert!(reused(&feeds.send(Message::of(&reviewed()).named("keyed").with("idempotency-key", "c")).await));
    assert!(reused(&feeds.send(Message::of(&reviewed()).named("keyed")).await));
}

#[tokio::test]
async fn a_repeated_declaration_declares_nothing_and_names_no_card() {
    let feeds = Feeds::start().await;
    let put = |receipts: &[&str]| {
        let manifest =
            json!({"batch": "ZZ-1", "count": receipts.len(), "due": "2026-04-01", "receipts": receipts});
        Message::to("PUT", "county", "batches/ZZ-1").json(&manifest)
    };
    let heard = put(&[RECEIPT]).named("heard");
    assert_eq!(feeds.send(heard.clone()).await.json()["missing"][0]["receipt_number"], RECEIPT);
    feeds.send(put(&[RECEIPT, "1199000012026010500002"])).await;
    let told = feeds.send(heard).await;
    assert_eq!((told.status.as_u16(), &told.json()["declared"]), (200, &json!(2)), "{}", told.body);
    assert!(!told.body.contains(RECEIPT) && told.json().get("missing").is_none());
}

#[tokio::test]
async fn a_file_that_was_partly_recorded_keeps_its_name() {
    let feeds = Feeds::start().await;
    let lines = |last: &str| {
        let line = json!({
            "receipt_number": RECEIPT, "step": "00", "organ": "119900001", "happened_at": "2026-01-05 09:00",
            "citizen_number": "119900198001010016", "name": "王小明", "applied_on": "2026-01-05",
            "reason": "expired",
        });
        let file = Message::to("POST", "county", "files").with("content-type", "application/x-ndjson");
        file.saying(format!("{line}\n{last}")).named("F-1")
    };
    // It unpacks to more than it may, behind its first line.
    let bomb = zstd::encode_all(&[lines("").body, vec![b' '; 40 << 20]].concat()[..], 3).unwrap();
    let bomb = lines("").saying(bomb).with("content-encoding", "zstd");
    let answered = feeds.send(bomb).await;
    assert_eq!(answered.status, 422, "{}", answered.body);
    assert!(reused(&feeds.send(lines("")).await));
}
