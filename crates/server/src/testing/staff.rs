//! Staff for tests: a browser with its cookie, and a device that makes and shows passkeys.

use super::{Answered, NOW, Server, moment};
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};
use axum::body::Body;
use axum::http::{Request, header};
use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use domain::enrolment::EnrolmentCode;
use domain::organ::OrganCode;
use domain::permit::StaffId;
use domain::role::Role;
use serde_json::{Value, json};
use std::cell::{Cell, RefCell};
use store::audit::Entry;
use store::staff::session::{Token, begin};
use store::staff::{Added, NewAccount, add, code};

fn entry(action: &'static str) -> Entry {
    Entry { at: moment(NOW), actor: "test".to_owned(), action, detail: String::new() }
}

impl Server {
    /// An account of staff.
    pub(crate) async fn staff(&self, login: &str, role: Role, organ: &str) -> StaffId {
        let organ = OrganCode::parse(organ).unwrap();
        let new = NewAccount { login: login.to_owned(), number: login.to_owned(), role, organ };
        match add(&self.app.store, entry("staff_add"), new).await.unwrap() {
            Added::Done(id) => id,
            other => panic!("{other:?}"),
        }
    }

    /// A code for it.
    pub(crate) async fn code(&self, id: StaffId) -> EnrolmentCode {
        code::give(&self.app.store, entry("staff_code"), id).await.unwrap().unwrap()
    }

    /// A browser in which it is signed in, without showing a passkey.
    pub(crate) async fn signed_in(&self, id: StaffId) -> Browser {
        let token = Token::fresh().unwrap();
        let at = Entry { at: self.app.clock.now(), ..entry("staff_sign_in") };
        assert!(begin(&self.app.store, at, id, &token, None).await.unwrap());
        let held = format!("__Host-jindu-staff={}", BASE64_URL_SAFE_NO_PAD.encode(token.0));
        Browser { cookie: RefCell::new(Some(held)), ..Browser::default() }
    }
}

/// A browser that keeps the cookie of staff.
#[derive(Clone, Default)]
pub(crate) struct Browser {
    pub(crate) cookie: RefCell<Option<String>>,
    /// Its address; without one no failures are counted.
    pub(crate) peer: Option<&'static str>,
}

impl Browser {
    pub(crate) async fn get(&self, server: &Server, address: &str) -> Answered {
        self.send(server, Request::get(address), Body::empty()).await
    }

    pub(crate) async fn post(&self, server: &Server, address: &str, fields: &[(&str, &str)]) -> Answered {
        let pair = |(name, value): &(&str, &str)| format!("{name}={}", encoded(value));
        let form = fields.iter().map(pair).collect::<Vec<_>>().join("&");
        let request =
            Request::post(address).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(server, request, Body::from(form)).await
    }

    async fn send(&self, server: &Server, request: axum::http::request::Builder, body: Body) -> Answered {
        let held = self.cookie.borrow().clone();
        let request = held.iter().fold(request, |request, held| request.header(header::COOKIE, held));
        let request = request.body(body).unwrap();
        let answered = match self.peer {
            Some(peer) => server.send_from(peer, request).await,
            None => server.send(request).await,
        };
        let given = answered.headers.get_all("set-cookie").iter().filter_map(|cookie| cookie.to_str().ok());
        let given = given.filter_map(|cookie| cookie.split(';').next());
        if let Some(held) = given.into_iter().find(|held| held.starts_with("__Host-jindu-staff=")) {
            *self.cookie.borrow_mut() = (!held.ends_with('=')).then(|| held.to_owned());
        }
        answered
    }
}

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// A device with one passkey.
pub(crate) struct Device {
    key: EcdsaKeyPair,
    id: [u8; 16],
    handle: RefCell<String>,
    counter: Cell<u32>,
    /// Whether it counts how often it signs; passkeys that several devices share do not.
    pub(crate) counts: bool,
    /// Whether it asks for a fingerprint before it signs.
    pub(crate) verifies: bool,
    /// The page's origin, as the browser tells it.
    pub(crate) origin: &'static str,
}

impl Device {
    pub(crate) fn new() -> Self {
        let mut id = [0; 16];
        aws_lc_rs::rand::fill(&mut id).unwrap();
        let random = SystemRandom::new();
        let key = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &random).unwrap();
        let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, key.as_ref()).unwrap();
        let (handle, counter) = Default::default();
        Self { key, id, handle, counter, counts: true, verifies: true, origin: "http://localhost:8080" }
    }

    /// What a script puts into the form of a page that asks for a passkey.
    pub(crate) fn answer(&self, page: &Answered) -> [(&'static str, String); 2] {
        let options: Value = serde_json::from_str(&unescaped(page.fact("options"))).unwrap();
        let answer = match page.fact("passkey") {
            "make" => self.made(&options["publicKey"]),
            _ => self.shown(&options["publicKey"]),
        };
        let ceremony = page.body.split("name=\"ceremony\" value=\"").nth(1).unwrap();
        [("ceremony", ceremony.split('"').next().unwrap().to_owned()), ("credential", answer.to_string())]
    }

    fn made(&self, options: &Value) -> Value {
        assert_eq!(options["authenticatorSelection"]["residentKey"], "required");
        assert_eq!(options["authenticatorSelection"]["userVerification"], "required");
        *self.handle.borrow_mut() = options["user"]["id"].as_str().unwrap().to_owned();
        let point = self.key.public_key().as_ref();
        let (x, y) = (&point[1..33], &point[33..]);
        let key = [&[0xA5, 1, 2, 3, 0x26, 0x20, 1, 0x21, 0x58, 32][..], x, &[0x22, 0x58, 32], y].concat();
        let mut data = self.data(0x40);
        data.extend([&[0; 16][..], &[0, 16], &self.id, &key].concat());
        let length = u8::try_from(data.len()).unwrap();
        let attested =
            [&b"\xA3\x63fmt\x64none\x67attStmt\xA0\x68authData\x58"[..], &[length], &data].concat();
        let said = self.said("webauthn.create", options);
        let response = json!({"attestationObject": base64(&attested), "clientDataJSON": base64(&said)});
        self.credential(response)
    }

    fn shown(&self, options: &Value) -> Value {
        self.counter.set(self.counter.get() + u32::from(self.counts));
        let (data, said) = (self.data(0), self.said("webauthn.get", options));
        let signed = [&data, digest(&SHA256, &said).as_ref()].concat();
        let signature = self.key.sign(&SystemRandom::new(), &signed).unwrap();
        let response = json!({
            "authenticatorData": base64(&data), "clientDataJSON": base64(&said),
            "signature": base64(signature.as_ref()), "userHandle": *self.handle.borrow(),
        });
        self.credential(response)
    }

    fn credential(&self, response: Value) -> Value {
        let id = base64(&self.id);
        json!({"id": id, "rawId": id, "type": "public-key", "response": response, "clientExtensionResults": {}})
    }

    /// Authenticator data (W3C Web Authentication, section 6.1).
    fn data(&self, flags: u8) -> Vec<u8> {
        let flags = flags | 0x01 | if self.verifies { 0x04 } else { 0 };
        let counter = self.counter.get().to_be_bytes();
        [digest(&SHA256, b"localhost").as_ref(), &[flags], &counter].concat()
    }

    fn said(&self, kind: &str, options: &Value) -> Vec<u8> {
        let origin = self.origin;
        json!({"type": kind, "challenge": options["challenge"], "origin": origin, "crossOrigin": false})
            .to_string()
            .into_bytes()
    }
}

fn base64(bytes: &[u8]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

fn unescaped(text: &str) -> String {
    text.replace("&#34;", "\"").replace("&#38;", "&").replace("&#39;", "'").replace("&#60;", "<")
}
