//! What does not let anybody in, and that it says no more than that.

use super::*;
use domain::session::MOST_FAILURES;
use store::staff::{State, set_state};

/// Nobody comes in, and nothing says why.
fn is_refused(answered: &Answered) -> bool {
    answered.status == 422 && answered.header("set-cookie").is_empty()
}

async fn block(server: &Server, id: domain::StaffId) {
    let entry = store::audit::Entry {
        at: server.app.clock.now(),
        actor: "test".to_owned(),
        action: "staff_block",
        detail: String::new(),
    };
    assert!(set_state(&server.app.store, entry, id, State::Blocked).await.unwrap());
}

#[tokio::test]
async fn wrong_used_old_and_blocked_codes_are_answered_alike() {
    let server = Server::start().await;
    let browser = Browser::default();
    let old = server.staff("old", Role::Auditor, COUNTY).await;
    let old = server.code(old).await.grouped();
    let server = server.restarted("2026-03-26 10:00").await;
    let used = server.staff("used", Role::HotlineClerk, COUNTY).await;
    let used = server.code(used).await.grouped();
    enrols(&server, &Browser::default(), &used, &Device::new()).await;
    let blocked = server.staff("blocked", Role::HotlineClerk, COUNTY).await;
    let code = server.code(blocked).await.grouped();
    block(&server, blocked).await;
    let unknown = "00000-00000-00000-00000";
    let wrong = browser.post(&server, "/staff/enrol", &[("code", unknown)]).await;
    assert!(is_refused(&wrong));
    for typed in [old.as_str(), &used, &code, "", "登记码"] {
        let answered = browser.post(&server, "/staff/enrol", &[("code", typed)]).await;
        assert!(is_refused(&answered), "{typed}");
        assert_eq!(answered.body, wrong.body, "{typed}");
        let later = browser.post(&server, "/staff/enrol/passkey", &[("code", typed)]).await;
        assert_eq!(later.body, wrong.body, "{typed}");
    }
}

#[tokio::test]
async fn a_code_lets_in_once_though_two_try_at_the_same_time() {
    let server = Server::start().await;
    let id = server.staff("li.na", Role::HotlineClerk, STATION).await;
    let code = server.code(id).await.grouped();
    let (one, other) = (Browser::default(), Browser::default());
    let (devices, pages) = ([Device::new(), Device::new()], [&one, &other]);
    let mut asked = Vec::new();
    for browser in pages {
        asked.push(browser.post(&server, "/staff/enrol", &[("code", &code)]).await);
    }
    let fields = [("code", code.as_str())];
    let [first, second] = [0, 1].map(|n: usize| devices[n].answer(&asked[n]));
    let (first, second) = tokio::join!(
        sends(&server, &one, "/staff/enrol/passkey", &fields, &first),
        sends(&server, &other, "/staff/enrol/passkey", &fields, &second),
    );
    let came_in = [&first, &second].into_iter().filter(|answered| answered.status == 303).count();
    assert_eq!(came_in, 1);
    assert!(is_refused(&first) || is_refused(&second));
    assert_eq!(store::staff::passkey::count(&server.app.store.read(), id).await.unwrap(), 1);
}

#[tokio::test]
async fn a_device_that_verifies_nobody_makes_no_passkey_and_shows_none() {
    let server = Server::start().await;
    let id = server.staff("wang", Role::Auditor, COUNTY).await;
    let mut careless = Device::new();
    careless.verifies = false;
    let code = server.code(id).await.grouped();
    assert!(is_refused(&enrols(&server, &Browser::default(), &code, &careless).await));
    let (browser, mut device) = clerk(&server).await;
    device.verifies = false;
    assert!(is_refused(&signs_in(&server, &browser, &device).await));
    device.verifies = true;
    assert_eq!(signs_in(&server, &browser, &device).await.status, 303);
}

#[tokio::test]
async fn a_passkey_shown_to_another_site_is_worth_nothing() {
    let server = Server::start().await;
    let (browser, mut device) = clerk(&server).await;
    device.origin = "https://staff.example.com";
    assert!(is_refused(&signs_in(&server, &browser, &device).await));
}

#[tokio::test]
async fn an_answer_counts_once_and_for_its_own_question() {
    let server = Server::start().await;
    // One that does not count: nothing but ours knows the second time from the first.
    let mut device = Device::new();
    device.counts = false;
    let id = server.staff("li.na", Role::HotlineClerk, STATION).await;
    enrols(&server, &Browser::default(), &server.code(id).await.grouped(), &device).await;
    let browser = Browser::default();
    let pages = [browser.get(&server, "/staff/sign-in").await, browser.get(&server, "/staff/sign-in").await];
    let [first, second] = pages.each_ref().map(|page| device.answer(page));
    let mixed = [first[0].clone(), second[1].clone()];
    assert!(is_refused(&sends(&server, &browser, "/staff/sign-in", &[], &mixed).await), "another question");
    assert_eq!(sends(&server, &browser, "/staff/sign-in", &[], &second).await.status, 303);
    assert!(is_refused(&sends(&server, &browser, "/staff/sign-in", &[], &second).await), "a second time");
    let late = device.answer(&browser.get(&server, "/staff/sign-in").await);
    let server = server.restarted("2026-03-25 10:05").await;
    assert!(is_refused(&sends(&server, &browser, "/staff/sign-in", &[], &late).await), "too late");
}

#[tokio::test]
async fn a_stranger_a_blocked_account_and_nonsense_are_answered_alike_and_as_late() {
    let server = Server::start().await;
    let (browser, device) = clerk(&server).await;
    let without_question = |answered: &Answered| {
        let (before, after) = answered.body.split_once("<form class=\"card\"").unwrap();
        (before.to_owned(), after.split_once("<div role=\"status\"").unwrap().1.to_owned())
    };
    let stranger = signs_in(&server, &browser, &Device::new()).await;
    assert!(is_refused(&stranger));
    let came = std::time::Instant::now();
    browser.post(&server, "/staff/enrol", &[("code", "wrong")]).await;
    assert!(came.elapsed().as_millis() >= 150, "{:?}", came.elapsed());
    let nonsense = browser.post(&server, "/staff/sign-in", &[("ceremony", "x"), ("credential", "{}")]).await;
    let empty = browser.post(&server, "/staff/sign-in", &[]).await;
    let page = browser.get(&server, "/staff/sign-in").await;
    let [asked, (name, credential)] = device.answer(&page);
    let forged = [asked, (name, credential.replace("\"signature\":\"", "\"signature\":\"AAAA"))];
    let forged = sends(&server, &browser, "/staff/sign-in", &[], &forged).await;
    let id = store::staff::of_login(&server.app.store.read(), "li.na").await.unwrap().unwrap().id;
    block(&server, id).await;
    let blocked = signs_in(&server, &browser, &device).await;
    for (what, other) in [("nonsense", nonsense), ("empty", empty), ("forged", forged), ("blocked", blocked)]
    {
        assert!(is_refused(&other), "{what}");
        assert_eq!(without_question(&other), without_question(&stranger), "{what}");
    }
}

#[tokio::test]
async fn of_a_source_that_fails_too_often_no_code_is_looked_at_and_passkeys_let_in() {
    let server = Server::start().await;
    let browser = Browser { peer: Some("192.0.2.7:1"), ..Browser::default() };
    let id = server.staff("li.na", Role::HotlineClerk, STATION).await;
    let code = server.code(id).await.grouped();
    let tries = (0..MOST_FAILURES).map(|_| browser.post(&server, "/staff/enrol", &[("code", "wrong")]));
    for tried in tries {
        assert!(is_refused(&tried.await));
    }
    let right = browser.post(&server, "/staff/enrol", &[("code", &code)]).await;
    assert!(is_refused(&right));
    let wang = server.staff("wang", Role::Auditor, COUNTY).await;
    let (elsewhere, device) = (Browser::default(), Device::new());
    enrols(&server, &elsewhere, &server.code(wang).await.grouped(), &device).await;
    assert_eq!(signs_in(&server, &browser, &device).await.status, 303, "visitors keep nobody out");
    let elsewhere = Browser { peer: Some("192.0.2.8:1"), ..Browser::default() };
    assert_eq!(elsewhere.post(&server, "/staff/enrol", &[("code", &code)]).await.page(), "staff-make");
    let server = server.restarted("2026-03-25 10:15").await;
    assert_eq!(browser.post(&server, "/staff/enrol", &[("code", &code)]).await.page(), "staff-make");
}

#[tokio::test]
async fn a_cookie_that_nobody_gave_leads_to_the_door() {
    let server = Server::start().await;
    let (browser, _) = clerk(&server).await;
    let held = browser.cookie.borrow().clone().unwrap();
    for wrong in
        ["", "__Host-jindu-staff=", "__Host-jindu-staff=AAAA", "jindu-staff=x", &held[..held.len() - 2]]
    {
        *browser.cookie.borrow_mut() = Some(wrong.to_owned());
        assert_eq!(browser.get(&server, "/staff").await.header("location"), "/staff/sign-in", "{wrong}");
    }
}

#[tokio::test]
async fn staff_and_citizens_live_under_their_own_names() {
    let server = Server::start_with(|config| config.staff.host = Some("staff.example.org".to_owned())).await;
    let get = |host: &str, address: &str| {
        let request = axum::http::Request::get(address).header("host", host);
        server.send(request.body(axum::body::Body::empty()).unwrap())
    };
    assert_eq!(get("staff.example.org:8443", "/staff/sign-in").await.status, 200);
    for address in ["/offices", "/stages", "/api/v1/challenges", "/metrics", "/openapi.json"] {
        assert_eq!(get("staff.example.org", address).await.status, 404, "{address}");
        assert_eq!(get("www.example.org", address).await.status, 200, "{address}");
    }
    for address in ["/staff", "/staff/sign-in", "/staff/enrol", "/staff/people"] {
        assert_eq!(get("www.example.org", address).await.status, 404, "{address}");
    }
    assert_eq!(get("staff.example.org", "/").await.header("location"), "/staff");
    for host in ["staff.example.org", "www.example.org"] {
        assert_eq!(get(host, "/healthz").await.status, 200);
    }
}
