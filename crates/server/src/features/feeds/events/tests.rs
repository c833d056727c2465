//! What senders put into events, and what is read out of them.

use super::*;
use axum::http::{HeaderName, HeaderValue};
use proptest::prelude::*;
use serde_json::json;

fn whole() -> Value {
    json!({
        "specversion": "1.0", "id": "E-7", "source": "/county/intake", "type": TYPE,
        "subject": "1199000012026010500001", "time": "2026-01-08T09:00:00+08:00",
        "data": {"step": "13", "organ": "119900900"},
    })
}

/// The event with an attribute set, or taken away where it is null.
fn with(name: &str, value: Value) -> Value {
    let mut event = whole();
    event.as_object_mut().unwrap().insert(name.to_owned(), value);
    event
}

fn of_type(kind: &str) -> HeaderMap {
    headers(&[("content-type", kind)])
}

fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
    let pair = |(name, value): &(&str, &str)| {
        (name.parse::<HeaderName>().unwrap(), HeaderValue::from_bytes(value.as_bytes()).unwrap())
    };
    pairs.iter().map(pair).collect()
}

fn single(event: &Value) -> Event {
    match read(&of_type(SINGLE), event.to_string().as_bytes()) {
        Ok(Message::Single(event)) => event,
        _ => panic!("no single event"),
    }
}

fn cells(event: &Event) -> [Option<&str>; 5] {
    assert_eq!(event.fault, None);
    let wanted = [Field::ReceiptNumber, Field::Step, Field::Organ, Field::HappenedAt, Field::EventId];
    wanted.map(|field| event.fields.get(field))
}

fn told(event: &Event) -> String {
    let fault = event.fault.as_ref().unwrap();
    format!("{} {}", fault.pointer, fault.code)
}

const CELLS: [Option<&str>; 5] = [
    Some("1199000012026010500001"),
    Some("13"),
    Some("119900900"),
    Some("2026-01-08T09:00:00+08:00"),
    Some("/county/intake E-7"),
];

#[test]
fn subject_time_source_and_id_stand_in_for_what_the_data_does_not_say() {
    let event = single(&whole());
    assert_eq!((cells(&event), event.id.as_deref()), (CELLS, Some("E-7")));
    let pointed = ["receipt_number", "happened_at", "event_id", "organ"].map(|column| event.pointer(column));
    assert_eq!(pointed, ["/subject", "/time", "/id", "/data/organ"]);
}

#[test]
fn what_the_data_says_is_stronger() {
    let data = json!({
        "receipt_number": "1199000012026010500002", "step": 3, "organ": "119900900",
        "happened_at": "2026-01-09", "event_id": "CY-1", "cause": null,
    });
    let event = single(&with("data", data));
    let said = ["1199000012026010500002", "3", "119900900", "2026-01-09", "CY-1"].map(Some);
    assert_eq!((cells(&event), event.pointer("happened_at").as_str()), (said, "/data/happened_at"));
    let event = single(&with("data", json!({"happened_at": null, "step": "13", "organ": "119900900"})));
    assert_eq!(cells(&event), CELLS);
}

#[test]
fn what_is_wrong_is_pointed_at() {
    let wrong = [
        ("specversion", json!("0.3"), "/specversion unknown"),
        ("specversion", json!(null), "/specversion required"),
        ("specversion", json!(1.0), "/specversion wrong_type"),
        ("id", json!(""), "/id required"),
        ("source", json!(null), "/source required"),
        ("source", json!("a b"), "/source character"),
        ("type", json!("com.example.other"), "/type unknown"),
        ("type", json!(null), "/type required"),
        ("time", json!(5), "/time wrong_type"),
        ("datacontenttype", json!("text/xml"), "/datacontenttype media_type"),
        ("data_base64", json!("e30="), "/data_base64 media_type"),
        ("data", json!(null), "/data required"),
        ("data", json!("13"), "/data not_an_object"),
        ("data", json!({"step": "13", "phone": "1"}), "/data/phone unknown_field"),
        ("data", json!({"step": "13", "a/b~c": 1}), "/data/a~1b~0c unknown_field"),
        ("data", json!({"step": [13]}), "/data/step not_a_cell"),
        ("data", json!({"receipt_number": 1.199e21}), "/data/receipt_number lost_digits"),
    ];
    for (name, value, expected) in wrong {
        assert_eq!(told(&single(&with(name, value.clone()))), expected, "{name}: {value}");
    }
    assert_eq!(told(&single(&json!([]))), " not_an_object");
}

#[test]
fn attributes_of_others_are_no_business_of_ours() {
    let event = single(&with("traceparent", json!("00-1-2-3")));
    assert_eq!(cells(&event), CELLS);
    for kind in ["application/json; charset=utf-8", "text/json", "application/vnd.county+json"] {
        assert_eq!(cells(&single(&with("datacontenttype", json!(kind)))), CELLS);
    }
}

#[test]
fn one_bad_event_of_a_list_leaves_the_others() {
    let list = json!([whole(), 7, with("id", json!("E-8"))]);
    let kind = of_type("Application/CloudEvents-Batch+JSON; charset=utf-8");
    let Ok(Message::Batch(events)) = read(&kind, list.to_string().as_bytes()) else { panic!("no list") };
    assert_eq!(cells(&events[0]), CELLS);
    assert_eq!(told(&events[1]), " not_an_object");
    assert_eq!(events[2].id.as_deref(), Some("E-8"));
    assert!(matches!(read(&kind, b"[]"), Ok(Message::Batch(events)) if events.is_empty()));
}

#[test]
fn a_message_that_is_none_says_why() {
    let why = |kind: &str, body: &str| read(&of_type(kind), body.as_bytes()).err();
    assert_eq!(why("application/json", "{}"), Some(Unreadable::MediaType));
    assert_eq!(why("application/cloudevents+avro", "{}"), Some(Unreadable::MediaType));
    assert_eq!(why("", "{}"), Some(Unreadable::MediaType));
    assert_eq!(why(SINGLE, "{"), Some(Unreadable::Malformed));
    assert_eq!(why(BATCH, "{}"), Some(Unreadable::Malformed));
    let many = |count: usize| format!("[{}]", vec!["{}"; count].join(","));
    assert_eq!(why(BATCH, &many(MOST + 1)), Some(Unreadable::TooMany));
    assert_eq!(why(BATCH, &many(MOST)), None);
    assert_eq!(why(SINGLE, &"[".repeat(100_000)), Some(Unreadable::Malformed));
}

/// An event in headers, with its data.
fn binary(more: &[(&str, &str)], data: &Value) -> Event {
    let usual = [
        ("content-type", "application/json"),
        ("ce-specversion", "1.0"),
        ("ce-id", "E%2D7"),
        ("ce-source", "/county/intake"),
        ("ce-type", TYPE),
    ];
    match read(&headers(&[&usual[..], more].concat()), data.to_string().as_bytes()) {
        Ok(Message::Single(event)) => event,
        _ => panic!("no single event"),
    }
}

#[test]
fn an_event_in_headers_reads_like_one_in_a_body() {
    let data = json!({
        "receipt_number": "1199000012026010500001", "step": "13", "organ": "119900900",
        "happened_at": "2026-01-08T09:00:00+08:00", "event_id": "/county/intake E-7",
    });
    assert_eq!(cells(&binary(&[("ce-time", "2026-01-08T01:00:00Z")], &data)), CELLS);
    assert_eq!(told(&binary(&[], &json!([1]))), "/data not_an_object");
}

#[test]
fn headers_that_nobody_signed_say_nothing_that_matters() {
    let data = |receipt: Value, moment: Value| json!({"receipt_number": receipt, "happened_at": moment, "step": "13"});
    let (receipt, moment) = (json!("1199000012026010500001"), json!("2026-01-08"));
    let subject = [("ce-subject", "1199000012026010500001")];
    assert_eq!(told(&binary(&subject, &data(json!(null), moment.clone()))), "/subject unsigned");
    let time = [("ce-time", "2026-01-08T01:00:00Z")];
    assert_eq!(told(&binary(&time, &data(receipt.clone(), json!(null)))), "/time unsigned");
    // An event is known by its data alone: with another source or id it is no other event.
    assert_eq!(cells(&binary(&[], &data(receipt, moment)))[4], None);
}

#[test]
fn a_header_may_be_written_in_percents_or_bytes() {
    let data = json!({"receipt_number": "1", "happened_at": "2026-01-08", "step": "13", "organ": "1"});
    for source in ["/%E5%8E%BF", "/县", "\"/县\""] {
        let usual = [
            ("content-type", "application/json"),
            ("ce-specversion", "1.0"),
            ("ce-id", "7"),
            ("ce-source", source),
            ("ce-type", TYPE),
        ];
        let read = read_believed(&headers(&usual), data.to_string().as_bytes());
        let Ok(Message::Single(event)) = read else { panic!("no single event") };
        assert_eq!(cells(&event)[4], Some("/县 7"), "{source}");
    }
}

/// JSON that is nearly an event.
fn nearly() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
        Just(json!("1.0")),
        Just(json!(TYPE)),
    ];
    let names = proptest::sample::select(vec![
        "specversion",
        "id",
        "source",
        "type",
        "subject",
        "time",
        "data",
        "datacontenttype",
        "step",
        "organ",
        "event_id",
        "data_base64",
        "/",
        "~",
    ]);
    leaf.prop_recursive(4, 64, 10, move |inner| {
        let object = proptest::collection::btree_map(names.clone(), inner.clone(), 0..10);
        prop_oneof![
            proptest::collection::vec(inner, 0..5).prop_map(Value::from),
            object.prop_map(|fields| fields
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect()),
        ]
    })
}

fn faults_are_pointers(message: Result<Message, Unreadable>) -> bool {
    let events = match message {
        Err(_) => return true,
        Ok(Message::Single(event)) => vec![event],
        Ok(Message::Batch(events)) => events,
    };
    events
        .iter()
        .filter_map(|event| event.fault.as_ref())
        .all(|fault| !fault.code.is_empty() && (fault.pointer.is_empty() || fault.pointer.starts_with('/')))
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes: Vec<u8>, kind in 0_usize..3) {
        let kind = [SINGLE, BATCH, "application/json"][kind];
        let headers = headers(&[("content-type", kind), ("ce-specversion", "1.0")]);
        prop_assert!(faults_are_pointers(read(&headers, &bytes)));
    }

    #[test]
    fn no_json_makes_it_panic(value in nearly(), batch: bool) {
        let (kind, body) = if batch { (BATCH, json!([value, value])) } else { (SINGLE, value) };
        prop_assert!(faults_are_pointers(read(&of_type(kind), body.to_string().as_bytes())));
    }

    #[test]
    fn no_headers_make_it_panic(
        values in proptest::collection::vec(proptest::collection::vec(32_u8..255, 0..20), 6), body in nearly(),
    ) {
        let names = ["ce-specversion", "ce-id", "ce-source", "ce-type", "ce-time", "ce-data"];
        let mut headers = of_type("application/json");
        for (name, value) in names.iter().zip(&values) {
            if let Ok(value) = HeaderValue::from_bytes(value) {
                headers.insert(*name, value);
            }
        }
        prop_assert!(faults_are_pointers(read(&headers, body.to_string().as_bytes())));
    }

    #[test]
    fn a_right_event_is_read_whatever_it_says(id in "[^\\p{C}]{1,40}", source in "[!-~]{1,40}", step in "[!-~]{1,9}") {
        let mut event = whole();
        event["id"] = json!(id);
        event["source"] = json!(source);
        event["data"]["step"] = json!(step);
        let event = single(&event);
        let expected = format!("{source} {id}");
        prop_assert_eq!(event.fields.get(Field::EventId), Some(expected.trim()));
        prop_assert_eq!(event.fields.get(Field::Step), Some(step.as_str()));
    }
}
