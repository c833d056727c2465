//! What is taken, and what is said of it.

use super::*;

#[tokio::test]
async fn an_event_is_recorded_once_however_often_it_is_sent() {
    let feeds = Feeds::start().await;
    assert_eq!(feeds.report(accepted()).await, (200, vec!["recorded - -".to_owned()]));
    assert_eq!(feeds.report(accepted()).await, (200, vec!["repeated - -".to_owned()]));
    assert_eq!(feeds.report(json!([accepted(), reviewed()])).await.1, ["repeated - -", "recorded - -"]);
    assert_eq!(feeds.stage().await, (Some(Stage::Signed), 2));
}

#[tokio::test]
async fn each_event_of_a_list_gets_its_word_and_its_place() {
    let feeds = Feeds::start().await;
    let mut other_version = reviewed();
    other_version["specversion"] = json!("0.3");
    let events = json!([
        accepted(),
        step("E-2", "07", "2026-01-07T09:00:00+08:00"),
        step("E-3", "nowhere", "2026-01-07T09:00:00+08:00"),
        other_version,
        step("E-5", "resumed", "2026-01-07T09:00:00+08:00"),
        step("E-6", "13", "2027-01-07T09:00:00+08:00"),
        17,
        reviewed(),
    ]);
    let answered = feeds.send(Message::of(&events)).await;
    assert_eq!(answered.status, 207);
    let expected = [
        "recorded - -",
        "recorded - -",
        "rejected unknown /2/data/step",
        "rejected unknown /3/specversion",
        "held not_paused -",
        "rejected future /5/time",
        "rejected not_an_object /6",
        "repeated - -",
    ];
    assert_eq!(told(&answered), expected);
    let view = answered.json();
    let tally = json!({"recorded": 2, "repeated": 1, "held": 1, "waiting": 0, "rejected": 4});
    assert_eq!(view["tally"], tally);
    assert_eq!((&view["items"][4]["id"], &view["items"][4]["index"]), (&json!("E-5"), &json!(4)));
    assert_eq!(
        view["items"][4]["detail"],
        "Resumed, but never paused. Report the pause, and this counts by itself."
    );
    assert_eq!(feeds.report(json!([])).await, (207, Vec::new()));
}

#[tokio::test]
async fn an_event_by_itself_that_is_not_taken_is_a_problem_that_points() {
    let feeds = Feeds::start().await;
    feeds.report(accepted()).await;
    let mut wrong = reviewed();
    wrong["data"]["organ"] = json!("12345678");
    let answered = feeds.send(Message::of(&wrong)).await;
    assert_eq!(
        (answered.status.as_u16(), answered.header("content-type")),
        (422, "application/problem+json")
    );
    let problem = answered.json();
    assert_eq!(problem["type"], "/problems/invalid");
    assert_eq!(problem["errors"][0]["pointer"], "/data/organ");
    assert_eq!(problem["errors"][0]["code"], "unreadable");
    assert_eq!(problem["errors"][0]["detail"], "It is not of the form that this field has.");
    assert_eq!(feeds.stage().await, (Some(Stage::Accepted), 1));
}

#[tokio::test]
async fn the_examples_of_the_description_are_understood() {
    let feeds = Feeds::start().await;
    let document = feeds.server.get("/openapi.json").await.json();
    let (mut tried, paths) = (0, document["paths"].as_object().unwrap());
    for (path, item) in paths.iter().filter(|(path, _)| path.starts_with("/api/v1/feeds/")) {
        let what = path.trim_start_matches("/api/v1/feeds/{feed}/").replace("{batch}", "ZZ-2026-0117");
        for (method, operation) in item.as_object().unwrap() {
            let method = if method == "put" { "PUT" } else { "POST" };
            for (kind, content) in operation["requestBody"]["content"].as_object().into_iter().flatten() {
                let example = &content["example"];
                if example.is_null() {
                    continue;
                }
                let body = example.as_str().map_or_else(|| example.to_string(), str::to_owned);
                let message = Message::to(method, "county", &what.replace("{held}", "7"));
                let answered = feeds.send(message.with("content-type", kind).saying(body)).await;
                let held = path.ends_with("{held}");
                let expected: &[u16] = if held { &[404] } else { &[200, 207] };
                assert!(expected.contains(&answered.status.as_u16()), "{path}: {}", answered.body);
                let rejected = answered.json()["tally"]["rejected"].as_u64().unwrap_or_default();
                assert_eq!(rejected, 0, "{path}: {}", answered.body);
                tried += 1;
            }
        }
    }
    assert_eq!(tried, 5, "an event, a list, a file, a decision, a manifest");
}

#[tokio::test]
async fn problems_speak_the_language_that_is_asked_for() {
    let feeds = Feeds::start().await;
    let mut wrong = reviewed();
    wrong["type"] = json!("com.example.other");
    let mut message = Message::of(&wrong);
    message.address = "/api/v1/feeds/county/milestones".to_owned();
    let chinese = feeds.send(message.clone()).await.json();
    assert_eq!(chinese["errors"][0]["detail"], "不是已知的词或代码。");
    let english = feeds.send(message.with("accept-language", "en")).await.json();
    assert_eq!(english["errors"][0]["detail"], "It is no word and no code that is known here.");
    assert_eq!(english["errors"][0]["pointer"], "/type");
}

#[tokio::test]
async fn an_event_in_headers_is_recorded_like_one_in_a_body() {
    let feeds = Feeds::start().await;
    feeds.report(accepted()).await;
    let data = json!({
        "receipt_number": RECEIPT, "step": "13", "organ": "119900900",
        "happened_at": "2026-01-08T09:00:00+08:00", "event_id": "/county/intake E-2",
    });
    let message = |source: &str, id: &str, data: &Value| {
        let message = Message::to("POST", "county", "milestones").json(data);
        let message = message.with("ce-specversion", "1.0").with("ce-type", TYPE);
        message.with("ce-source", source).with("ce-id", id)
    };
    let answered = feeds.send(message("/county/intake", "E-2", &data)).await;
    assert_eq!((answered.status.as_u16(), told(&answered)), (200, vec!["recorded - -".to_owned()]));
    assert_eq!(feeds.report(reviewed()).await.1, ["repeated - -"]);
    // Headers are not signed: with others it is the same event still.
    let answered = feeds.send(message("/elsewhere", "E-3", &data)).await;
    assert_eq!(told(&answered), ["repeated - -"]);
    // Without an event_id it is known by what it says.
    let mut nameless = data.clone();
    (nameless["event_id"], nameless["step"]) = (json!(null), json!("20"));
    assert_eq!(told(&feeds.send(message("/county/intake", "E-7", &nameless)).await), ["recorded - -"]);
    assert_eq!(told(&feeds.send(message("/elsewhere", "E-8", &nameless)).await), ["repeated - -"]);
    assert_eq!(feeds.stage().await, (Some(Stage::DataCheck), 3));
}

#[tokio::test]
async fn what_comes_before_its_application_waits_and_is_recorded_by_itself() {
    let feeds = Feeds::start().await;
    let (status, told) = feeds.report(reviewed()).await;
    assert_eq!((status, told), (200, vec!["waiting unknown_application /subject".to_owned()]));
    assert!(feeds.applications().await.is_empty());
    assert_eq!(feeds.report(accepted()).await.1, ["recorded - -"]);
    assert_eq!(feeds.stage().await, (Some(Stage::Signed), 2));
}

#[tokio::test]
async fn the_same_key_with_the_same_message_gets_the_same_answer() {
    let feeds = Feeds::start().await;
    let events = json!([accepted(), step("E-9", "resumed", "2026-01-09T09:00:00+08:00"), 5]);
    let message = Message::of(&events).with("idempotency-key", "\"8e03978e\"");
    let first = feeds.send(message.clone()).await;
    assert_eq!(told(&first), ["recorded - -", "held not_paused -", "rejected not_an_object /2"]);
    let again = feeds.send(message.clone()).await;
    assert_eq!((again.status, &again.body), (first.status, &first.body));
    let plain = Message::of(&events).with("idempotency-key", "8e03978e");
    assert_eq!(feeds.send(plain).await.body, first.body);
    // Without the key the truth is told: all of it is known.
    assert_eq!(feeds.report(events).await.1[..2], ["repeated - -", "repeated - -"]);
    assert_eq!(feeds.stage().await.1, 2);
}

#[tokio::test]
async fn what_is_kept_of_a_message_with_a_key_is_no_hash_that_others_can_make() {
    let feeds = Feeds::start().await;
    let message = Message::of(&accepted()).with("idempotency-key", "k");
    let plain = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &message.body);
    feeds.send(message).await;
    let store = &feeds.server.app.store;
    let county = feed::by_name(&store.read(), "county").await.unwrap().unwrap();
    let key = store.keys().event(b"k").0;
    let kept =
        store::idempotency::recall(&store.read(), county.id, &key, moment(NOW)).await.unwrap().unwrap();
    assert_eq!(kept.request_hash.len(), 16);
    assert_ne!(kept.request_hash, plain.as_ref()[..16]);
    // The same message under other keys has another hash.
    let others = Feeds::start().await;
    others.send(Message::of(&accepted()).with("idempotency-key", "k")).await;
    let store = &others.server.app.store;
    let key = store.keys().event(b"k").0;
    let other =
        store::idempotency::recall(&store.read(), county.id, &key, moment(NOW)).await.unwrap().unwrap();
    assert_ne!(kept.request_hash, other.request_hash);
}

#[tokio::test]
async fn a_key_stands_for_one_message_of_one_feed() {
    let feeds = Feeds::start().await;
    feeds.send(Message::of(&accepted()).with("idempotency-key", "k")).await;
    let answered = feeds.send(Message::of(&reviewed()).with("idempotency-key", "k")).await;
    assert_eq!(
        (answered.status.as_u16(), answered.json()["type"].as_str()),
        (422, Some("/problems/idempotency-key-reused"))
    );
    assert_eq!(feeds.stage().await, (Some(Stage::Accepted), 1));
    let mut of_another = Message::of(&reviewed()).with("idempotency-key", "k");
    (of_another.feed, of_another.address) =
        ("centre".to_owned(), "/api/v1/feeds/centre/milestones".to_owned());
    assert_eq!(feeds.send(of_another).await.status, 200);
    let wrong = feeds.send(Message::of(&reviewed()).with("idempotency-key", "a b")).await;
    assert_eq!(wrong.status, 400);
}
