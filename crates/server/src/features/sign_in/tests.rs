//! Getting in and out: codes, passkeys, sessions, and who may let others in.

mod doors;
mod people;

use crate::testing::{Answered, Browser, Device, Server};
use domain::role::Role;

/// A station of the demonstration's region, and what is above it.
const STATION: &str = "119900007";
const COUNTY: &str = "119900000";

/// Sends what a device answers to a page.
async fn sends(
    server: &Server,
    browser: &Browser,
    address: &str,
    more: &[(&str, &str)],
    answer: &[(&'static str, String); 2],
) -> Answered {
    let answer = answer.iter().map(|(name, value)| (*name, value.as_str()));
    let fields: Vec<_> = more.iter().copied().chain(answer).collect();
    browser.post(server, address, &fields).await
}

/// Enrols with a code and a device.
async fn enrols(server: &Server, browser: &Browser, code: &str, device: &Device) -> Answered {
    let page = browser.post(server, "/staff/enrol", &[("code", code)]).await;
    if page.page() != "staff-make" {
        return page;
    }
    sends(server, browser, "/staff/enrol/passkey", &[("code", code)], &device.answer(&page)).await
}

/// Signs in with a device.
async fn signs_in(server: &Server, browser: &Browser, device: &Device) -> Answered {
    let page = browser.get(server, "/staff/sign-in").await;
    sends(server, browser, "/staff/sign-in", &[], &device.answer(&page)).await
}

/// A clerk who has enrolled with a device.
async fn clerk(server: &Server) -> (Browser, Device) {
    let (browser, device) = (Browser::default(), Device::new());
    let id = server.staff("li.na", Role::HotlineClerk, STATION).await;
    let code = server.code(id).await.grouped();
    assert_eq!(enrols(server, &browser, &code, &device).await.header("location"), "/staff");
    (browser, device)
}

async fn is_in(server: &Server, browser: &Browser) -> bool {
    browser.get(server, "/staff").await.status == 200
}

#[tokio::test]
async fn who_has_a_code_makes_a_passkey_and_signs_in_with_it_from_then_on() {
    let server = Server::start().await;
    let (browser, device) = clerk(&server).await;
    let home = browser.get(&server, "/staff?lang=en").await;
    assert_eq!((home.page(), home.fact("role")), ("staff-home", "hotline_clerk"));
    for words in ["li.na", "Hotline clerk", STATION, "Answer people who call or come"] {
        assert!(home.words().contains(words), "{words}");
    }
    assert!(!home.addresses().contains(&"/staff/people"), "a room of another role");
    assert_eq!(browser.post(&server, "/staff/sign-out", &[]).await.header("location"), "/staff/sign-in");
    assert!(!is_in(&server, &browser).await);
    assert_eq!(signs_in(&server, &browser, &device).await.header("location"), "/staff");
    assert!(is_in(&server, &browser).await);
}

#[tokio::test]
async fn the_cookie_is_for_this_host_alone_and_no_script_reads_it() {
    let server = Server::start().await;
    let (browser, device) = clerk(&server).await;
    let let_in = signs_in(&server, &browser, &device).await;
    let cookie = let_in.header("set-cookie");
    assert!(cookie.starts_with("__Host-jindu-staff="), "{cookie}");
    for word in ["; Path=/", "; Secure", "; HttpOnly", "; SameSite=Strict"] {
        assert!(cookie.contains(word), "{cookie}");
    }
    for gone in ["Domain", "Max-Age", "Expires"] {
        assert!(!cookie.contains(gone), "{cookie}");
    }
    assert_eq!(browser.get(&server, "/staff").await.header("cache-control"), "no-store");
}

#[tokio::test]
async fn a_session_ends_after_a_quarter_of_an_hour_of_silence() {
    let server = Server::start().await;
    let (browser, _) = clerk(&server).await;
    let server = server.restarted("2026-03-25 10:14").await;
    assert!(is_in(&server, &browser).await);
    let server = server.restarted("2026-03-25 10:28").await;
    assert!(is_in(&server, &browser).await, "it was used meanwhile");
    let server = server.restarted("2026-03-25 10:43").await;
    assert_eq!(browser.get(&server, "/staff").await.header("location"), "/staff/sign-in");
}

#[tokio::test]
async fn a_session_ends_after_twelve_hours_though_it_is_used() {
    let mut server = Server::start().await;
    let (browser, _) = clerk(&server).await;
    for minutes in (0..12 * 60).step_by(14) {
        let now = format!("2026-03-25 {:02}:{:02}", 10 + minutes / 60, minutes % 60);
        server = server.restarted(&now).await;
        assert!(is_in(&server, &browser).await, "{now}");
    }
    let server = server.restarted("2026-03-25 22:00").await;
    assert!(!is_in(&server, &browser).await);
}

#[tokio::test]
async fn own_sessions_are_listed_and_ended_one_by_one_or_all() {
    let server = Server::start().await;
    let (here, device) = clerk(&server).await;
    let there = Browser::default();
    signs_in(&server, &there, &device).await;
    let page = here.get(&server, "/staff/sessions").await;
    assert_eq!(page.body.matches("data-session").count(), 2);
    let other = page.body.split("name=\"session\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let ended = here.post(&server, "/staff/sessions/end", &[("session", other)]).await;
    assert_eq!(ended.header("location"), "/staff/sessions");
    assert!(!is_in(&server, &there).await);
    signs_in(&server, &there, &device).await;
    let out = here.post(&server, "/staff/sessions/end-all", &[]).await;
    assert_eq!(out.header("location"), "/staff/sign-in");
    assert!(!is_in(&server, &there).await && !is_in(&server, &here).await);
}

#[tokio::test]
async fn somebody_elses_session_is_as_if_unknown() {
    let server = Server::start().await;
    let (browser, _) = clerk(&server).await;
    let id = server.staff("wang", Role::Auditor, COUNTY).await;
    let other = server.signed_in(id).await;
    let page = other.get(&server, "/staff/sessions").await;
    for session in [page.fact("session"), "99999", "", "x"] {
        let ended = browser.post(&server, "/staff/sessions/end", &[("session", session)]).await;
        assert_eq!(ended.status, 404, "{session}");
    }
    assert!(is_in(&server, &other).await);
}

#[tokio::test]
async fn the_passkey_is_shown_again_by_its_owner() {
    let server = Server::start().await;
    let (browser, device) = clerk(&server).await;
    let (other, others) = (Browser::default(), Device::new());
    let id = server.staff("wang", Role::Auditor, COUNTY).await;
    enrols(&server, &other, &server.code(id).await.grouped(), &others).await;
    let server = server.restarted("2026-03-25 10:06").await;
    let page = browser.get(&server, "/staff/confirm").await;
    assert!(page.words().contains("五分钟内有效"), "{}", page.words());
    let refused = sends(&server, &browser, "/staff/confirm", &[], &others.answer(&page)).await;
    assert_eq!((refused.status.as_u16(), refused.page()), (422, "staff-confirm"));
    let shown = sends(&server, &browser, "/staff/confirm", &[], &device.answer(&refused)).await;
    assert_eq!(shown.header("location"), "/staff");
    let words = browser.get(&server, "/staff/confirm").await.words();
    assert!(words.contains("五分钟内出示过"), "{words}");
}

#[tokio::test]
async fn every_page_is_whole_in_every_language() {
    let server = Server::start().await;
    let (browser, _) = clerk(&server).await;
    let id = server.staff("security", Role::SecurityAdministrator, COUNTY).await;
    let security = server.signed_in(id).await;
    let stranger = Browser::default();
    let pages = [
        (&stranger, "/staff/sign-in"),
        (&stranger, "/staff/enrol"),
        (&browser, "/staff"),
        (&browser, "/staff/sessions"),
        (&browser, "/staff/confirm"),
        (&browser, "/staff/people"),
        (&security, "/staff"),
        (&security, "/staff/people"),
        (&security, "/staff/people/add"),
    ];
    let is_chinese = |c: char| matches!(c, '\u{2E80}'..='\u{9FFF}' | '\u{FF00}'..='\u{FFEF}');
    for (browser, address) in pages {
        let zh = browser.get(&server, &format!("{address}?lang=zh")).await.words();
        let en = browser.get(&server, &format!("{address}?lang=en")).await.words();
        assert!(zh.contains(is_chinese) && !en.contains(is_chinese), "{address}: {en}");
        assert!(!zh.contains(['{', '}']) && !en.contains(['{', '}']), "{address}");
    }
}
