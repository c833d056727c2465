//! Every address of staff × every role × own, foreign and unknown things: who may what, in one reviewed table.

use super::*;
use crate::testing::Browser;
use domain::role::Role;

/// What a row asks about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Of {
    /// Nothing in particular.
    Nothing,
    /// An account of an organ below.
    Own,
    /// An account of another organ.
    Foreign,
    /// An account that is not there.
    Unknown,
}
use Of::{Foreign, Nothing, Own, Unknown};

/// The roles in the order of the table.
const ROLES: [Role; 7] = Role::ALL;
/// The same answer to everybody who is signed in.
const fn all(status: u16) -> [u16; 7] {
    [status; 7]
}
/// An answer to the security administrator; the others hear that their role may not.
const fn security(status: u16) -> [u16; 7] {
    [403, status, 403, 403, 403, 403, 403]
}

/// System administrator, security administrator, auditor, hotline, counter and production clerk, supervisor.
const TABLE: [(&str, &str, Of, [u16; 7]); 29] = [
    ("GET", "/staff", Nothing, all(200)),
    ("GET", "/staff/confirm", Nothing, all(200)),
    ("POST", "/staff/confirm", Nothing, all(422)),
    ("GET", "/staff/enrol", Nothing, all(200)),
    ("POST", "/staff/enrol", Nothing, all(422)),
    ("POST", "/staff/enrol/passkey", Nothing, all(422)),
    ("GET", "/staff/people", Nothing, security(200)),
    ("POST", "/staff/people", Nothing, security(200)),
    ("GET", "/staff/people/add", Nothing, security(200)),
    ("POST", "/staff/people/add", Nothing, security(422)),
    ("POST", "/staff/people/code", Own, security(200)),
    ("POST", "/staff/people/code", Foreign, security(404)),
    ("POST", "/staff/people/code", Unknown, security(404)),
    ("POST", "/staff/people/block", Own, security(303)),
    ("POST", "/staff/people/block", Foreign, security(404)),
    ("POST", "/staff/people/block", Unknown, security(404)),
    ("POST", "/staff/people/disenrol", Own, security(303)),
    ("POST", "/staff/people/disenrol", Foreign, security(404)),
    ("POST", "/staff/people/disenrol", Unknown, security(404)),
    ("POST", "/staff/people/unblock", Own, security(303)),
    ("POST", "/staff/people/unblock", Foreign, security(404)),
    ("POST", "/staff/people/unblock", Unknown, security(404)),
    ("GET", "/staff/sessions", Nothing, all(200)),
    // Whosoever it is, at one's own organ too.
    ("POST", "/staff/sessions/end", Own, all(404)),
    ("POST", "/staff/sessions/end", Unknown, all(404)),
    ("GET", "/staff/sign-in", Nothing, all(200)),
    ("POST", "/staff/sign-in", Nothing, all(422)),
    ("POST", "/staff/sign-out", Nothing, all(303)),
    ("POST", "/staff/sessions/end-all", Nothing, all(303)),
];

/// A server with an account of an organ below, and one of another organ.
struct House {
    server: Server,
    own: String,
    foreign: String,
}

async fn house() -> House {
    let server = Server::start().await;
    let own = server.staff("below", Role::HotlineClerk, "119900007").await;
    let foreign = server.staff("foreign", Role::HotlineClerk, "110101001").await;
    // Their sessions have the same numbers as they: the first ones.
    for id in [own, foreign] {
        server.signed_in(id).await;
    }
    House { server, own: own.0.to_string(), foreign: foreign.0.to_string() }
}

impl House {
    async fn asks(
        &self,
        browser: &Browser,
        (method, address): (&str, &str),
        of: Of,
    ) -> crate::testing::Answered {
        let person = match of {
            Nothing => "",
            Own => &self.own,
            Foreign => &self.foreign,
            Unknown => "99999",
        };
        match method {
            "GET" => browser.get(&self.server, address).await,
            _ => browser.post(&self.server, address, &[("person", person), ("session", person)]).await,
        }
    }
}

#[tokio::test]
async fn every_role_gets_at_every_address_of_staff_what_the_table_says() {
    let house = house().await;
    let listed: BTreeSet<&str> = TABLE.iter().map(|(_, address, ..)| *address).collect();
    let there = EXPECTED.iter().map(|(address, _)| *address).filter(|address| address.starts_with("/staff"));
    assert_eq!(listed, there.collect(), "each address of staff needs its rows in TABLE");
    for (place, role) in ROLES.into_iter().enumerate() {
        let account = house.server.staff(role.as_str(), role, "119900000").await;
        for (method, address, of, statuses) in TABLE {
            // Some rows end the session they are asked in.
            let browser = house.server.signed_in(account).await;
            let answered = house.asks(&browser, (method, address), of).await;
            assert_eq!(answered.status.as_u16(), statuses[place], "{role}: {method} {address} of {of:?}");
        }
    }
}

#[tokio::test]
async fn a_foreign_account_is_told_from_an_unknown_one_by_nobody() {
    let house = house().await;
    let account = house.server.staff("security", Role::SecurityAdministrator, "119900000").await;
    let browser = house.server.signed_in(account).await;
    let without_reference = |answered: &crate::testing::Answered| {
        answered.words().lines().filter(|line| !line.contains('-')).collect::<Vec<_>>().join("\n")
    };
    for address in ["code", "block", "unblock", "disenrol"].map(|what| format!("/staff/people/{what}")) {
        let address = address.as_str();
        let foreign = house.asks(&browser, ("POST", address), Foreign).await;
        let unknown = house.asks(&browser, ("POST", address), Unknown).await;
        assert_eq!(foreign.status, unknown.status);
        assert_eq!(without_reference(&foreign), without_reference(&unknown), "{address}");
    }
}

#[tokio::test]
async fn nobody_who_is_not_signed_in_gets_past_the_door() {
    let house = house().await;
    let stranger = Browser::default();
    let open = ["/staff/sign-in", "/staff/enrol", "/staff/enrol/passkey"];
    for (method, address, of, _) in TABLE.into_iter().filter(|(_, address, ..)| !open.contains(address)) {
        let answered = house.asks(&stranger, (method, address), of).await;
        assert_eq!(answered.header("location"), "/staff/sign-in", "{method} {address}");
    }
}
