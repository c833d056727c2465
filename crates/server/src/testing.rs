//! A server for tests: a fresh folder, fresh keys, a frozen clock, and the router that people reach.
//!
//! Every reply is scanned: what people typed or what is recorded of them stands in no header, no address
//! and no line of the log.

mod answered;
mod case;
mod folder;
pub(crate) mod intrude;
pub(crate) mod log;
mod staff;

pub(crate) use answered::Answered;
pub(crate) use case::{Case, Facts, day, moment, organ, receipt_of};
pub(crate) use folder::Folder;
pub(crate) use staff::{Browser, Device};

use crate::app::App;
use crate::clock::Clock;
use crate::config::Config;
use crate::router;
use axum::Router;
use axum::body::Body;
use axum::http::{Request, header};
use domain::milestone::FeedId;
use domain::moment::Moment;
use domain::office::{Opening, Phone, Services};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use store::audit::Entry;
use store::inquiry_log::{self, InquiryEntry};
use store::keys::Keys;
use store::office::{self, Bilingual, Office};
use store::record::{Outcome, Report, Unknown, record};
use store::setting::Purpose;
use store::{Work, feed};
use tower::ServiceExt as _;
use web::Peer;
use web::{BodyLimit, Edge};

/// The day on which the stories are told: a Wednesday, no holiday near.
pub(crate) const NOW: &str = "2026-03-25 10:00";

/// A server in a fresh folder.
pub(crate) struct Server {
    pub(crate) app: Arc<App>,
    pub(crate) config: Config,
    router: Router,
    /// What must not leak: everything typed and everything recorded of people.
    personal: Mutex<Vec<String>>,
    pub(crate) folder: Folder,
}

impl Server {
    /// A demonstration server at the usual moment.
    pub(crate) async fn start() -> Self {
        Self::start_with(|_| ()).await
    }

    /// The same with another configuration.
    pub(crate) async fn start_with(change: impl FnOnce(&mut Config)) -> Self {
        Self::start_in(Folder::new(), change).await
    }

    /// The same in a folder of the test's choice.
    pub(crate) async fn start_in(folder: Folder, change: impl FnOnce(&mut Config)) -> Self {
        let mut config = Config { demonstration: true, ..Config::load(None, Some(folder.path())).unwrap() };
        change(&mut config);
        store::fresh::init_keys(&config.key_file());
        let app = App::open(&config, None, Clock::Frozen(moment(NOW))).await.unwrap();
        Self::around(app, config, folder)
    }

    /// Stops it and starts it again on the same data, at another moment.
    pub(crate) async fn restarted(self, now: &str) -> Self {
        let Self { app, config, router, folder, .. } = self;
        drop((app, router));
        let app = App::open(&config, None, Clock::Frozen(moment(now))).await.unwrap();
        Self::around(app, config, folder)
    }

    /// A server around an app that was opened elsewhere, such as by the demonstration.
    pub(crate) fn around(app: Arc<App>, config: Config, folder: Folder) -> Self {
        log::listen();
        let (routes, _) = router::routes(Arc::clone(&app));
        let edge = Edge {
            json: router::JSON,
            demonstration: app.store.purpose() == Purpose::Demonstration,
            body: BodyLimit::default(),
            seed: 7,
            trusted_origins: Vec::new(),
        };
        let router = edge.wrap(routes).unwrap();
        Self { app, config, router, personal: Mutex::default(), folder }
    }

    /// Records cases through the way of every feed, learned now.
    pub(crate) async fn record(&self, cases: impl IntoIterator<Item = &Case>) -> Vec<Outcome> {
        self.record_learned(self.app.clock.now(), cases).await
    }

    /// The same, learned at another moment.
    pub(crate) async fn record_learned<'c>(
        &self,
        learned: Moment,
        cases: impl IntoIterator<Item = &'c Case>,
    ) -> Vec<Outcome> {
        let store = &self.app.store;
        let named = store.write(entry("name_feed"), move |write| -> Work<'_, FeedId> {
            Box::pin(async move { feed::named(write, "county", learned).await })
        });
        let feed = named.await.unwrap();
        let reports: Vec<Report> = cases
            .into_iter()
            .flat_map(|case| {
                self.keep_secret(case.personal());
                case.reports(store.keys())
            })
            .collect();
        record(store, feed, learned, &reports, entry("record"), Unknown::Told).await.unwrap()
    }

    /// Lists the offices of these stations; the others stay unlisted.
    pub(crate) async fn list_offices(&self, stations: &[u16]) {
        let offices = stations.iter().map(|&station| Office {
            organ: organ(station),
            name: Bilingual {
                zh: format!("演示办理点{station}"),
                en: format!("Demonstration Office {station}"),
            },
            address: Bilingual { zh: "演示路1号".to_owned(), en: "1 Demonstration Road".to_owned() },
            phones: Phone::list(&format!("000-0000-{station:04}")),
            hours: Bilingual {
                zh: "周一至周五 9:00–17:00".to_owned(), en: "Mon–Fri 9:00–17:00".to_owned()
            },
            opening: Opening::parse("Mo-Fr 09:00-17:00").ok(),
            services: Services::default(),
            place: None,
            parent: None,
        });
        let put = office::put_all(&self.app.store, entry("put_offices"), offices.collect(), |_| ());
        put.await.unwrap();
    }

    /// Asks through the page.
    pub(crate) async fn page(&self, language: &str, facts: &Facts) -> Answered {
        self.post_form(&format!("/inquiry?lang={language}"), facts).await
    }

    /// Asks through the interface for programs.
    pub(crate) async fn api(&self, language: &str, facts: &Facts) -> Answered {
        self.post_json(&format!("/api/v1/inquiries?lang={language}"), &facts.json()).await
    }

    /// Sends a form.
    pub(crate) async fn post_form(&self, address: &str, facts: &Facts) -> Answered {
        self.keep_secret(facts.personal());
        let request =
            Request::post(address).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(request.body(Body::from(facts.form())).unwrap()).await
    }

    /// Sends JSON.
    pub(crate) async fn post_json(&self, address: &str, value: &serde_json::Value) -> Answered {
        let typed = value.as_object().into_iter().flat_map(|fields| fields.values());
        self.keep_secret(typed.filter_map(|value| value.as_str()).map(str::to_owned));
        let request = Request::post(address).header(header::CONTENT_TYPE, "application/json");
        self.send(request.body(Body::from(value.to_string())).unwrap()).await
    }

    /// Opens an address.
    pub(crate) async fn get(&self, address: &str) -> Answered {
        self.send(Request::get(address).body(Body::empty()).unwrap()).await
    }

    /// Sends a request as if from a network address, which has a budget.
    pub(crate) async fn send_from(&self, peer: &str, mut request: Request<Body>) -> Answered {
        let peer: SocketAddr = peer.parse().unwrap();
        request.extensions_mut().insert(Peer(peer));
        self.send(request).await
    }

    /// Sends one of a great many requests from a network address; what comes back is not scanned.
    pub(crate) async fn send_one_of_many(&self, peer: &str, mut request: Request<Body>) -> u16 {
        let peer: SocketAddr = peer.parse().unwrap();
        request.extensions_mut().insert(Peer(peer));
        self.router.clone().oneshot(request).await.unwrap().status().as_u16()
    }

    /// Sends any request, and scans what came back and what was logged.
    pub(crate) async fn send(&self, request: Request<Body>) -> Answered {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let answered = Answered::read(response).await;
        let addresses = answered.addresses();
        for personal in self.personal.lock().unwrap().iter() {
            assert!(!log::heard(personal), "the log names {personal}");
            assert!(!answered.head().contains(personal), "a header names {personal}");
            assert!(
                addresses.iter().all(|address| !address.contains(personal)),
                "an address names {personal}"
            );
        }
        answered
    }

    /// What the record of inquiries holds.
    pub(crate) async fn inquiries(&self) -> Vec<InquiryEntry> {
        inquiry_log::recorded(&self.app.store).await.unwrap()
    }

    /// From now on this must not leak.
    pub(crate) fn keep_secret(&self, values: impl IntoIterator<Item = String>) {
        let is_personal = |value: &String| !value.is_ascii() || value.len() >= 15;
        self.personal.lock().unwrap().extend(values.into_iter().filter(is_personal));
    }
}

/// Keys of a test's own.
pub(crate) fn fresh_keys() -> Arc<Keys> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("keys.toml");
    store::fresh::init_keys(&file);
    Arc::new(Keys::load(&file).unwrap())
}

fn entry(action: &'static str) -> Entry {
    Entry { at: moment(NOW), actor: "test".to_owned(), action, detail: String::new() }
}

#[test]
fn the_scan_of_the_log_hears_every_level() {
    log::listen();
    let canary = "119900190001019999-only-here";
    assert!(!log::heard(canary));
    tracing::trace!(number = canary, "what must never happen");
    assert!(log::heard(canary));
}
