//! Every answer in every language: all stages, no gap, no word of the other language.

use super::ordinary;
use crate::testing::{Answered, Case, Server};
use domain::kind::Reason;
use domain::stage::{Cause, Stage};

/// A case that stands at a stage since yesterday, on whatever way leads there.
fn at(person: u16, stage: Stage) -> Case {
    let case = Case::of(person, "2026-03-02").named("Ann Li").promised(20);
    match stage {
        Stage::Submitted => case.reached("2026-03-24 09:00", stage),
        Stage::NotAccepted => {
            case.reached("2026-03-02 09:00", Stage::Submitted).reached("2026-03-24 09:00", stage)
        }
        Stage::Accepted => case.reached("2026-03-24 09:00", stage),
        Stage::Mailed | Stage::MailReturned => {
            case.by_mail().reached("2026-03-02 09:00", Stage::Accepted).reached("2026-03-24 09:00", stage)
        }
        _ => case.reached("2026-03-02 09:00", Stage::Accepted).reached("2026-03-24 09:00", stage),
    }
}

fn is_chinese(c: char) -> bool {
    matches!(c, '\u{2E80}'..='\u{9FFF}' | '\u{FF00}'..='\u{FFEF}' | '\u{20000}'..='\u{3FFFF}')
}

/// Nothing is missing, nothing is left unfilled, nothing is of the other language.
fn is_whole(language: &str, page: &Answered) {
    let words = page.words();
    assert!(page.body.contains(&format!("<html lang=\"{language}")), "{words}");
    assert!(!words.contains(['{', '}']), "a gap was not filled: {words}");
    for line in words.lines() {
        match language {
            "en" => assert!(!line.contains(is_chinese), "Chinese on an English page: {line}"),
            // Names of organs, numbers and EMS apart, a Chinese line has Chinese in it.
            _ => assert!(
                line.contains(is_chinese)
                    || !line.contains(|c: char| c.is_ascii_lowercase())
                    || line == "Ann Li",
                "English on a Chinese page: {line}"
            ),
        }
    }
}

#[tokio::test]
async fn every_stage_is_answered_in_every_language_at_every_level() {
    let server = Server::start().await;
    server.list_offices(&[1, 900, 910, 911, 920]).await;
    let cases: Vec<Case> = (1..).zip(Stage::ALL).map(|(person, stage)| at(person, stage)).collect();
    server.record(&cases).await;
    for (case, stage) in cases.iter().zip(Stage::ALL) {
        for (level, facts) in [("basic", case.by_name()), ("full", case.by_receipt())] {
            for language in ["zh", "en"] {
                let page = server.page(language, &facts).await;
                assert_eq!((page.page(), page.fact("stage")), ("answer", stage.as_str()));
                is_whole(language, &page);
                let answer = server.api(language, &facts).await.json();
                let full = level == "full";
                for key in ["name", "holder", "office", "timeline"] {
                    assert_eq!(answer.get(key).is_some(), full, "{key} at the {level} level of {stage}");
                }
                assert_eq!(page.body.contains("data-fact=\"holder\""), full);
                assert!(!page.words().contains("Ann"));
                assert_eq!(page.words().contains("A**"), full);
                for text in ["kind_text", "stage_text", "meaning", "next", "bring"] {
                    let said = answer[text].as_str().unwrap();
                    assert!(!said.is_empty(), "{stage} has no {text} in {language}");
                    assert!(page.words().contains(said), "{said}");
                }
            }
        }
    }
}

#[tokio::test]
async fn every_reason_and_cause_is_told_in_every_language() {
    let server = Server::start().await;
    let reasons = (1..).zip(Reason::ALL).map(|(person, reason)| at(person, Stage::Signed).because(reason));
    let causes = (50..).zip(Cause::ALL).map(|(person, cause)| at(person, Stage::Returned).caused(cause));
    let cases: Vec<Case> = reasons.chain(causes).collect();
    server.record(&cases).await;
    for case in &cases {
        for language in ["zh", "en"] {
            is_whole(language, &server.page(language, &case.by_receipt()).await);
        }
    }
}

#[tokio::test]
async fn every_other_page_is_whole_in_every_language() {
    let server = Server::start().await;
    server.list_offices(&[1]).await;
    for language in ["zh", "en"] {
        for address in ["/", "/stages", "/offices", "/nowhere"] {
            is_whole(language, &server.get(&format!("{address}?lang={language}")).await);
        }
        is_whole(language, &server.page(language, &Case::of(9, "2026-03-02").by_name()).await);
        is_whole(
            language,
            &server.page(language, &Case::of(9, "2026-03-02").by_name().with("applied_on", "")).await,
        );
    }
}

#[tokio::test]
async fn the_language_is_chinese_until_another_is_chosen_and_then_remembered() {
    let server = Server::start().await;
    assert!(server.get("/").await.body.contains("<html lang=\"zh"));
    let english = server.get("/?lang=en").await;
    assert!(english.body.contains("<html lang=\"en\""));
    assert!(english.header("set-cookie").starts_with("jindu_lang=en;"));
}

#[tokio::test]
async fn a_program_is_answered_in_the_language_it_accepts() {
    let server = Server::start().await;
    server.record([&ordinary()]).await;
    let facts = ordinary().by_name().json();
    let ask = async |accepted: &str| {
        let request = axum::http::Request::post("/api/v1/inquiries");
        let request = request.header("content-type", "application/json").header("accept-language", accepted);
        server.send(request.body(facts.to_string().into()).unwrap()).await.json()["stage_text"].clone()
    };
    assert_ne!(ask("en").await, ask("zh-CN").await);
    assert_eq!(ask("fr, en;q=0.5").await, ask("en").await);
}
