//! What people type: accepted generously, refused with words beside the field, never lost.

use super::ordinary;
use crate::testing::{Answered, Facts, Server};
use axum::body::Body;
use axum::http::{Request, header};
use serde_json::{Value, json};

fn pointers(answered: &Answered) -> Vec<(String, String)> {
    let problem = answered.json();
    let errors = problem["errors"].as_array().cloned().unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    errors.iter().map(|error| (text(&error["pointer"]), text(&error["code"]))).collect()
}

/// What is typed, the field that is wrong, the word for it.
fn mistakes() -> Vec<(Facts, &'static str, &'static str)> {
    let right = ordinary().by_name();
    let with = |field, value| right.with(field, value);
    vec![
        (with("citizen_number", ""), "citizen_number", "empty"),
        (with("citizen_number", "1199001990030700"), "citizen_number", "length"),
        (with("citizen_number", "119900900307001"), "citizen_number", "length"),
        (with("citizen_number", "身份证号码身"), "citizen_number", "length"),
        (with("citizen_number", "11990019900307001A"), "citizen_number", "character"),
        (with("citizen_number", "119900199002300017"), "citizen_number", "date"),
        (with("citizen_number", "119900199003070010"), "citizen_number", "check"),
        (with("citizen_number", "810000199408230021"), "citizen_number", "other_document"),
        (with("citizen_number", "910344200012311230"), "citizen_number", "other_document"),
        (with("applied_on", ""), "applied_on", "empty"),
        (with("applied_on", "2026-02-30"), "applied_on", "unreadable"),
        (with("applied_on", "yesterday"), "applied_on", "unreadable"),
        (with("applied_on", "2026-03-26"), "applied_on", "future"),
        (with("name", ""), "name", "required"),
        (with("name", "张3"), "name", "character"),
        (with("name", &"长".repeat(61)), "name", "too_long"),
        (with("receipt_number", "12345"), "receipt_number", "length"),
        (with("receipt_number", "119900001202603020000X"), "receipt_number", "character"),
        (with("receipt_number", "1199000012026133200001"), "receipt_number", "date"),
    ]
}

#[tokio::test]
async fn every_mistake_points_at_its_field() {
    let server = Server::start().await;
    for (facts, field, code) in mistakes() {
        for language in ["zh", "en"] {
            let answered = server.api(language, &facts).await;
            assert_eq!(answered.status, 422, "{facts:?}");
            assert_eq!(pointers(&answered), [(format!("/{field}"), code.to_owned())], "{facts:?}");
            let page = server.page(language, &facts).await;
            assert_eq!((page.status.as_u16(), page.page()), (422, "inquiry"));
            let message = answered.json()["errors"][0]["detail"].as_str().unwrap().to_owned();
            assert!(page.words().contains(&message), "{message}");
            assert!(page.body.contains(&format!("href=\"#{field}\"")));
            assert!(page.body.contains(&format!("id=\"{field}-error\"")));
        }
    }
}

#[tokio::test]
async fn the_form_comes_again_with_all_that_was_typed() {
    let server = Server::start().await;
    for (facts, _, _) in mistakes() {
        let page = server.page("zh", &facts).await;
        for (field, value) in facts.typed() {
            assert!(
                page.body.contains(&format!("name=\"{field}\" type=\"text\" value=\"{value}\"")),
                "{value}"
            );
        }
    }
}

#[tokio::test]
async fn several_mistakes_are_told_at_once_in_the_order_of_the_form() {
    let server = Server::start().await;
    let nothing = server.post_json("/api/v1/inquiries", &json!({})).await;
    let empty = |field: &str, code: &str| (format!("/{field}"), code.to_owned());
    let all = [empty("citizen_number", "empty"), empty("applied_on", "empty"), empty("name", "required")];
    assert_eq!(pointers(&nothing), all);
}

#[tokio::test]
async fn what_is_typed_is_shown_as_text_and_never_as_markup() {
    let server = Server::start().await;
    let facts = ordinary().by_name().with("name", "\"><script>alert(1)</script>");
    let page = server.page("zh", &facts).await;
    assert_eq!(page.status, 422);
    assert!(!page.body.contains("<script>alert"));
    assert!(page.body.contains("&#60;script&#62;alert(1)"), "{}", page.words());
}

#[tokio::test]
async fn numbers_may_be_typed_as_people_type_them() {
    let server = Server::start().await;
    server.record([&ordinary()]).await;
    let opening = ordinary().opening;
    let wide = |text: &str| -> String {
        text.chars().map(|c| char::from_u32(u32::from(c) + 0xFEE0).unwrap()).collect()
    };
    let (number, receipt) = (opening.number.as_str(), opening.receipt.as_str());
    let spaced = format!(" {} {} {}\u{200B}", &number[..6], &number[6..14], &number[14..]);
    for number in [wide(number), spaced] {
        for applied_on in ["２０２６－０３－０２", "2026年3月2日", "20260302", "2026/3/2"] {
            let facts =
                ordinary().by_receipt().with("citizen_number", &number).with("applied_on", applied_on);
            let facts = facts.with("receipt_number", &wide(receipt));
            assert_eq!(server.api("zh", &facts).await.status, 200, "{facts:?}");
            assert_eq!(server.page("zh", &facts).await.page(), "answer", "{facts:?}");
        }
    }
}

#[tokio::test]
async fn holders_of_other_documents_are_told_where_to_ask() {
    let server = Server::start().await;
    let cases = [
        ("810000199408230021", "residence permit for Hong Kong, Macao and Taiwan", "港澳台"),
        ("830000199201300022", "residence permit for Hong Kong, Macao and Taiwan", "港澳台"),
        ("910344200012311230", "foreigner's permanent residence card", "外国人"),
    ];
    for (number, en, zh) in cases {
        let facts = ordinary().by_name().with("citizen_number", number);
        assert!(server.page("en", &facts).await.words().contains(en), "{number}");
        assert!(server.page("zh", &facts).await.words().contains(zh), "{number}");
    }
}

#[tokio::test]
async fn an_old_number_of_fifteen_digits_is_explained() {
    let server = Server::start().await;
    let facts = ordinary().by_name().with("citizen_number", "119900900307001");
    assert!(server.page("en", &facts).await.words().contains("old number of 15 digits"));
}

#[tokio::test]
async fn invented_people_are_refused_where_real_ones_are_served() {
    let server = Server::start_with(|config| config.demonstration = false).await;
    let answered = server.api("en", &ordinary().by_name()).await;
    assert_eq!(pointers(&answered), [("/citizen_number".to_owned(), "demonstration".to_owned())]);
    assert!(!server.get("/").await.body.contains("class=\"demonstration\""));
    assert!(Server::start().await.get("/").await.body.contains("class=\"demonstration\""));
}

#[tokio::test]
async fn json_of_another_shape_is_pointed_at() {
    let server = Server::start().await;
    let mut facts = ordinary().by_name().json();
    facts["office"] = json!("1");
    let unknown = server.post_json("/api/v1/inquiries", &facts).await;
    assert_eq!(pointers(&unknown), [("/office".to_owned(), "unknown_field".to_owned())]);
    let wrong = server.post_json("/api/v1/inquiries", &json!({"citizen_number": 1})).await;
    assert_eq!(pointers(&wrong), [("/citizen_number".to_owned(), "wrong_type".to_owned())]);
}

#[tokio::test]
async fn bodies_that_are_no_inquiry_are_refused() {
    let server = Server::start().await;
    let send = async |kind: &str, body: String| {
        let request = Request::post("/api/v1/inquiries").header(header::CONTENT_TYPE, kind);
        server.send(request.body(Body::from(body)).unwrap()).await.status.as_u16()
    };
    assert_eq!(send("application/json", "{".to_owned()).await, 400);
    assert_eq!(send("text/plain", "{}".to_owned()).await, 415);
    assert_eq!(send("application/json", format!("{{\"name\":\"{}\"}}", "x".repeat(20_000))).await, 413);
    assert!(server.inquiries().await.is_empty());
}
