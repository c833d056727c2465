//! A security administrator lets others in, within an organ and those below it.

use super::*;

/// A security administrator of the county, signed in just now.
async fn security(server: &Server) -> Browser {
    let id = server.staff("security", Role::SecurityAdministrator, COUNTY).await;
    server.signed_in(id).await
}

fn new<'a>(login: &'a str, number: &'a str, role: &'a str, organ: &'a str) -> [(&'static str, &'a str); 4] {
    [("login", login), ("number", number), ("role", role), ("organ", organ)]
}

#[tokio::test]
async fn an_account_is_added_and_its_code_shown_once() {
    let server = Server::start().await;
    let security = security(&server).await;
    let added =
        security.post(&server, "/staff/people/add", &new("Li.Na", "004217", "hotline_clerk", STATION)).await;
    assert_eq!(added.page(), "staff-code");
    let code = added.fact("code").to_owned();
    assert!(added.words().contains("li.na"), "{}", added.words());
    let clerk = Browser::default();
    assert_eq!(enrols(&server, &clerk, &code, &Device::new()).await.header("location"), "/staff");
    let listed = security.get(&server, "/staff/people").await;
    assert!(listed.words().contains("004217") && !listed.body.contains(&code));
}

#[tokio::test]
async fn what_is_wrong_with_a_new_account_is_said_field_by_field() {
    let server = Server::start().await;
    let security = security(&server).await;
    let add = async |fields: [(&'static str, &str); 4]| {
        security.post(&server, "/staff/people/add?lang=en", &fields).await
    };
    let empty = add(new("", "", "", "")).await;
    assert_eq!((empty.status.as_u16(), empty.page()), (422, "staff-add"));
    assert_eq!(empty.body.matches("class=\"field-error\"").count(), 4);
    for (fields, words) in [
        (new("security", "9", "auditor", COUNTY), "There is an account of this name"),
        (new("wang", "security", "auditor", COUNTY), "nobody may be both"),
        (new("wang", "Secu-rity.", "auditor", COUNTY), "nobody may be both"),
        (new("wang", "9", "auditor", "110101000"), "not below yours"),
        (new("wang", "9", "auditor", "119900"), "nine digits"),
        (new("王", "9", "auditor", COUNTY), "letters, digits"),
    ] {
        let refused = add(fields).await;
        assert_eq!(refused.status, 422, "{words}");
        assert!(refused.words().contains(words), "{words}: {}", refused.words());
    }
}

#[tokio::test]
async fn who_is_blocked_is_out_at_once_and_nobody_blocks_themselves() {
    let server = Server::start().await;
    let security = security(&server).await;
    let (clerk, device) = clerk(&server).await;
    let page = security.post(&server, "/staff/people", &[("begins", "li")]).await;
    let person = page.fact("person").to_owned();
    assert_eq!(page.body.matches("data-person").count(), 1);
    let blocked = security.post(&server, "/staff/people/block", &[("person", &person)]).await;
    assert_eq!(blocked.header("location"), "/staff/people");
    assert!(!is_in(&server, &clerk).await);
    assert_eq!(signs_in(&server, &clerk, &device).await.status, 422);
    let code = security.post(&server, "/staff/people/code", &[("person", &person)]).await;
    assert_eq!(code.status, 404, "a blocked account gets no code");
    security.post(&server, "/staff/people/unblock", &[("person", &person)]).await;
    assert_eq!(signs_in(&server, &clerk, &device).await.status, 303);
    let own = security.post(&server, "/staff/people", &[("begins", "security")]).await;
    let own = security.post(&server, "/staff/people/block", &[("person", own.fact("person"))]).await;
    assert_eq!(own.status, 404);
    assert!(is_in(&server, &security).await);
}

#[tokio::test]
async fn a_lost_device_lets_nobody_in_any_more() {
    let server = Server::start().await;
    let security = security(&server).await;
    let (clerk, lost) = clerk(&server).await;
    let page = security.post(&server, "/staff/people", &[("begins", "li")]).await;
    let person = page.fact("person").to_owned();
    let beside = security.post(&server, "/staff/people/code", &[("person", &person)]).await;
    assert_eq!(beside.status, 409, "nobody gets in beside somebody else");
    assert!(is_in(&server, &clerk).await);
    let gone = security.post(&server, "/staff/people/disenrol", &[("person", &person)]).await;
    assert_eq!(gone.header("location"), "/staff/people");
    assert!(!is_in(&server, &clerk).await);
    assert_eq!(signs_in(&server, &clerk, &lost).await.status, 422);
    let coded = security.post(&server, "/staff/people/code", &[("person", &person)]).await;
    let enrolled = enrols(&server, &clerk, coded.fact("code"), &Device::new()).await;
    assert_eq!(enrolled.header("location"), "/staff");
}

#[tokio::test]
async fn a_change_wants_a_passkey_of_the_last_minutes() {
    let server = Server::start().await;
    let (security, device) = (Browser::default(), Device::new());
    let id = server.staff("security", Role::SecurityAdministrator, COUNTY).await;
    enrols(&server, &security, &server.code(id).await.grouped(), &device).await;
    let clerk = server.staff("li.na", Role::HotlineClerk, STATION).await.0.to_string();
    let server = server.restarted("2026-03-25 10:06").await;
    let person = [("person", clerk.as_str())];
    let changes =
        ["code", "disenrol", "block", "unblock", "add"].map(|change| format!("/staff/people/{change}"));
    for address in &changes {
        let sent = security.post(&server, address, &person).await;
        assert_eq!(sent.header("location"), "/staff/confirm", "{address}");
    }
    let page = security.get(&server, "/staff/confirm").await;
    sends(&server, &security, "/staff/confirm", &[], &device.answer(&page)).await;
    assert_eq!(security.post(&server, "/staff/people/code", &person).await.page(), "staff-code");
}

#[tokio::test]
async fn a_long_list_has_pages_and_ends() {
    let server = Server::start().await;
    let security = security(&server).await;
    for n in 0..60 {
        server.staff(&format!("clerk{n:02}"), Role::CounterClerk, STATION).await;
    }
    server.staff("foreign", Role::CounterClerk, "110101001").await;
    let first = security.get(&server, "/staff/people").await;
    assert_eq!(first.body.matches("data-person").count(), 50);
    let after = first.body.split("name=\"after\" value=\"").last().unwrap().split('"').next().unwrap();
    let second = security.post(&server, "/staff/people", &[("after", after)]).await;
    assert_eq!(second.body.matches("data-person").count(), 11);
    assert!(!first.body.contains("foreign") && !second.body.contains("foreign"));
    assert!(!second.words().contains("更多"));
}
