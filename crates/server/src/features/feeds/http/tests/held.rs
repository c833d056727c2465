//! What is held of a feed, seen and decided by whoever answers for it.

use super::*;

impl Feeds {
    /// An application, and a card that is told to have been signed after it was produced.
    async fn with_something_held(&self) -> i64 {
        let late = step("E-4", "13", "2026-01-20T09:00:00+08:00");
        let told =
            self.report(json!([accepted(), step("E-3", "31", "2026-01-16T09:00:00+08:00"), late])).await;
        assert_eq!(told.1[2], "held backwards -");
        self.list("").await["items"][0]["held"].as_i64().unwrap()
    }

    async fn list(&self, query: &str) -> Value {
        let answered = self.send(of_query(query)).await;
        assert_eq!(answered.status, 200, "{}", answered.body);
        answered.json()
    }

    async fn decide(&self, decision: &Value) -> Answered {
        let what = format!("held/{}", decision["held"]);
        self.send(Message::to("POST", "county", &what).json(decision)).await
    }
}

fn of_query(query: &str) -> Message {
    let mut message = Message::to("GET", "county", "held");
    message.address += query;
    message
}

#[tokio::test]
async fn what_is_held_is_listed_and_explained() {
    let feeds = Feeds::start().await;
    let held = feeds.with_something_held().await;
    let list = feeds.list("").await;
    assert_eq!((list["items"].as_array().unwrap().len(), &list["next"]), (1, &Value::Null));
    assert_eq!(list["items"][0]["reason"], "backwards");
    assert!(!list.to_string().contains(RECEIPT));
    assert_eq!(feeds.list("&reason=not_paused").await["items"], json!([]));
    assert_eq!(feeds.list(&format!("&after={held}")).await["items"], json!([]));
    let explained = feeds.send(Message::to("GET", "county", &format!("held/{held}"))).await.json();
    let reported = json!({
        "receipt_number": RECEIPT, "step": "signed", "organ": "119900900",
        "happened_at": "2026-01-20T09:00:00+08:00", "cause": null,
    });
    assert_eq!((&explained["reported"], &explained["stage"]), (&reported, &json!("produced")));
    let because = feeds.send(of_query("&reason=because")).await.json();
    assert!(because["detail"].as_str().unwrap().starts_with("The parameter reason"), "{because}");
    for wrong in ["&reason=because", "&after=x", "&colour=red"] {
        assert_eq!(feeds.send(of_query(wrong)).await.status, 400, "{wrong}");
    }
}

#[tokio::test]
async fn another_feeds_items_are_not_there() {
    let feeds = Feeds::start().await;
    let held = feeds.with_something_held().await;
    for message in [
        Message::to("GET", "centre", &format!("held/{held}")),
        Message::to("POST", "centre", &format!("held/{held}"))
            .json(&json!({"held": held, "decision": "discard", "why": "x"})),
        Message::to("GET", "county", "held/999"),
        Message::to("GET", "county", "held/x"),
    ] {
        assert_eq!(feeds.send(message).await.status, 404);
    }
    assert_eq!(feeds.send(Message::to("GET", "centre", "held")).await.json()["items"], json!([]));
    assert_eq!(feeds.list("").await["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn what_is_discarded_is_settled_once() {
    let feeds = Feeds::start().await;
    let held = feeds.with_something_held().await;
    let decision = json!({"held": held, "decision": "discard", "why": "Another card was meant"});
    let answered = feeds.decide(&decision).await;
    assert_eq!((answered.status.as_u16(), &answered.json()["settled"]), (200, &json!("discarded")));
    assert_eq!(feeds.list("").await["items"], json!([]));
    assert_eq!(feeds.list("&settled=true").await["items"][0]["settled"], "discarded");
    let again = feeds.decide(&decision).await;
    assert_eq!((again.status.as_u16(), again.json()["type"].as_str()), (409, Some("/problems/settled")));
    assert_eq!(feeds.stage().await.0, Some(Stage::Produced));
}

#[tokio::test]
async fn what_is_impossible_is_not_released_by_its_feed() {
    let feeds = Feeds::start().await;
    let held = feeds.with_something_held().await;
    let decision = json!({"held": held, "decision": "release", "why": "It was made again"});
    let answered = feeds.decide(&decision).await;
    let kind = answered.json()["type"].clone();
    assert_eq!((answered.status.as_u16(), kind), (409, json!("/problems/held-again")), "{}", answered.body);
    let detail = answered.json()["detail"].as_str().unwrap().to_owned();
    assert!(detail.contains("nothing sent it back") && detail.contains("at the desk"), "{detail}");
    assert_eq!(feeds.stage().await, (Some(Stage::Produced), 3));
    assert_eq!(feeds.list("").await["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_feed_corrects_within_the_same_application_and_its_own_stages() {
    let feeds = Feeds::start().await;
    feeds.with_something_held().await;
    let new = NewFeed {
        name: "printer".to_owned(),
        kind: FeedKind::Production,
        owner: OrganCode::parse("119900900").unwrap(),
        stages: vec![Stage::Signed],
        rank: Rank(60),
        rhythm: None,
        codes: None,
        secret: Some(key("printer")),
    };
    feed::add(&feeds.server.app.store, entry("add_feed"), new).await.unwrap().unwrap();
    let late = Message::to("POST", "printer", "milestones").with("content-type", BATCH);
    let late = late.saying(json!([step("P-1", "13", "2026-01-21T09:00:00+08:00")]).to_string());
    assert_eq!(told(&feeds.send(late).await), ["held backwards -"]);
    let list = feeds.send(Message::to("GET", "printer", "held")).await.json();
    let held = list["items"][0]["held"].as_i64().unwrap();
    let decide = async |decision: Value| {
        feeds.send(Message::to("POST", "printer", &format!("held/{held}")).json(&decision)).await
    };
    let right = json!({"step": "13", "organ": "119900900", "happened_at": "2026-01-08 09:00"});
    let with = |field: &str, value: &str| {
        let mut correction = right.clone();
        correction[field] = json!(value);
        json!({"held": held, "decision": "correct", "why": "The wrong one", "correction": correction})
    };
    for (decision, pointer, code) in [
        (with("receipt_number", "1199000012026010500002"), "/correction/receipt_number", "other_application"),
        (with("step", "collected"), "/correction/step", "not_its_stage"),
    ] {
        let answered = decide(decision).await;
        let error = answered.json()["errors"][0].clone();
        assert_eq!(
            (answered.status.as_u16(), &error["pointer"], &error["code"]),
            (422, &json!(pointer), &json!(code)),
            "{}",
            answered.body
        );
    }
    assert_eq!(feeds.stage().await, (Some(Stage::Produced), 4));
    assert_eq!(decide(with("receipt_number", RECEIPT)).await.status, 200);
}

#[tokio::test]
async fn a_correction_says_what_is_true_instead() {
    let feeds = Feeds::start().await;
    let held = feeds.with_something_held().await;
    let correction = |correction: Value| {
        json!({
            "held": held, "decision": "correct", "why": "The day was wrong", "correction": correction,
        })
    };
    let wrong = [
        (correction(json!(null)), "/correction", "required"),
        (correction(json!({"step": "13", "organ": "1"})), "/correction/happened_at", "empty"),
        (
            correction(json!({"step": "withdraws:E-1", "organ": "119900900", "happened_at": "2026-01-08"})),
            "/correction/step",
            "unknown",
        ),
        (correction(json!({"colour": "red"})), "/correction/colour", "unknown_field"),
        (
            correction(json!({"step": "13", "organ": "119900900", "happened_at": "2027-01-08"})),
            "/correction/happened_at",
            "future",
        ),
        (json!({"held": held, "decision": "discard"}), "/why", "required"),
        (json!({"held": held, "decision": "burn", "why": "x"}), "/decision", "unknown"),
        (json!({"held": held, "decision": "discard", "why": " "}), "/why", "empty"),
        (json!({"held": held, "decision": "discard", "why": "x".repeat(501)}), "/why", "too_long"),
        (json!({"held": held, "decision": "discard", "why": "x", "colour": 1}), "/colour", "unknown_field"),
    ];
    for (decision, pointer, code) in wrong {
        let answered = feeds.decide(&decision).await;
        let problem = answered.json();
        assert_eq!(answered.status, 422, "{problem}");
        assert_eq!(
            (&problem["errors"][0]["pointer"], &problem["errors"][0]["code"]),
            (&json!(pointer), &json!(code))
        );
    }
    let right = json!({"step": "13", "organ": "119900900", "happened_at": "2026-01-08 09:00"});
    let answered = feeds.decide(&correction(right)).await;
    assert_eq!(
        (answered.status.as_u16(), &answered.json()["settled"]),
        (200, &json!("corrected")),
        "{}",
        answered.body
    );
    assert_eq!(feeds.stage().await.0, Some(Stage::Produced));
}

#[tokio::test]
async fn a_decision_holds_for_the_item_that_it_names() {
    let feeds = Feeds::start().await;
    let held = feeds.with_something_held().await;
    let decision = json!({"held": held + 1, "decision": "discard", "why": "x"});
    let address = format!("held/{held}");
    let answered = feeds.send(Message::to("POST", "county", &address).json(&decision)).await;
    assert_eq!((answered.status.as_u16(), &answered.json()["errors"][0]["code"]), (422, &json!("differs")));
    let form = Message::to("POST", "county", &address).with("content-type", "text/plain").saying("x");
    assert_eq!(feeds.send(form).await.status, 415);
    assert_eq!(feeds.list("").await["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_reason_stays_on_its_line_and_names_nobody_by_a_number() {
    let feeds = Feeds::start().await;
    let held = feeds.with_something_held().await;
    let characters = ["a\nb", "a\u{1b}[2J", "a\u{2028}b", "a\u{202e}b"].map(|why| (why, "character"));
    let numbers = ["of 119900198001010016", "１１９９００１９８００１０１００１６", "11990019800101001X"];
    for (why, code) in characters.into_iter().chain(numbers.map(|why| (why, "names_people"))) {
        let answered = feeds.decide(&json!({"held": held, "decision": "discard", "why": why})).await;
        assert_eq!(answered.status, 422, "{why:?}");
        assert_eq!(answered.json()["errors"][0]["code"], code, "{why:?}");
    }
    let long = "字".repeat(500);
    assert_eq!(feeds.decide(&json!({"held": held, "decision": "discard", "why": long})).await.status, 200);
}

#[tokio::test]
async fn who_names_a_receipt_by_chance_learns_no_stage() {
    let feeds = Feeds::start().await;
    feeds.with_something_held().await;
    let by_centre = async |id: &str, code: &str, at: &str| {
        let message = Message::to("POST", "centre", "milestones").with("content-type", SINGLE);
        told(&feeds.send(message.saying(step(id, code, at).to_string())).await)
    };
    assert_eq!(by_centre("C-1", "13", "2026-01-21T09:00:00+08:00").await, ["held backwards -"]);
    let list = feeds.send(Message::to("GET", "centre", "held")).await.json();
    let shown = Message::to("GET", "centre", &format!("held/{}", list["items"][0]["held"]));
    let explained = feeds.send(shown.clone()).await.json();
    assert_eq!((&explained["reason"], explained.get("stage")), (&json!("backwards"), None));
    // Once something that it told counts, it is told where the card is.
    assert_eq!(by_centre("C-2", "60", "2026-01-22T09:00:00+08:00").await, ["recorded - -"]);
    assert!(feeds.send(shown).await.json()["stage"].is_string());
}
