//! Asks a running server as a program does, and prepares the folders it runs on.

use domain::Date;
use domain::number::CitizenNumber;
use domain::region::RegionCode;
use serde_json::{Value, json};
use server::clock::Clock;
use server::config::Config;
use server::features::demonstration::cli::{Recipe, Sample, prepare};
use std::path::Path;
use store::keys::Keys;

/// A client that keeps its connection.
pub(crate) struct Client {
    agent: ureq::Agent,
    server: String,
}

impl Client {
    pub(crate) fn of(server: &str) -> Self {
        let config = ureq::Agent::config_builder().http_status_as_error(false);
        Self { agent: config.build().into(), server: server.to_owned() }
    }

    /// The status and the body of an address.
    pub(crate) fn get(&self, path: &str) -> Result<(u16, String), ureq::Error> {
        let mut reply = self.agent.get(format!("{}{path}", self.server)).call()?;
        Ok((reply.status().as_u16(), reply.body_mut().read_to_string()?))
    }

    /// Asks; the status and what was said.
    pub(crate) fn ask(&self, facts: &Value) -> Result<(u16, Value), ureq::Error> {
        let mut reply = self.agent.post(format!("{}/api/v1/inquiries", self.server)).send_json(facts)?;
        Ok((reply.status().as_u16(), reply.body_mut().read_json()?))
    }

    /// Asks on the page; the status and the page.
    pub(crate) fn ask_page(&self, facts: &Value) -> Result<(u16, String), ureq::Error> {
        let fields = facts.as_object().unwrap().iter();
        let form: Vec<(&str, &str)> =
            fields.map(|(name, value)| (name.as_str(), value.as_str().unwrap())).collect();
        let mut reply = self.agent.post(format!("{}/inquiry", self.server)).send_form(form)?;
        Ok((reply.status().as_u16(), reply.body_mut().read_to_string()?))
    }
}

/// What somebody types to ask for a sample, with one more fact.
pub(crate) fn facts(sample: &Sample, fact: &str) -> Value {
    let value = if fact == "name" { &sample.name } else { &sample.receipt_number };
    json!({"citizen_number": sample.citizen_number, "applied_on": sample.applied_on, fact: value})
}

/// The invented person of an index; each index is another.
pub(crate) fn person(index: u32) -> CitizenNumber {
    let birth = Date::new(
        1950 + i16::try_from(index / 9_990).unwrap(),
        1,
        1 + i8::try_from(index / 999 % 10).unwrap(),
    );
    CitizenNumber::from_parts(
        RegionCode::DEMONSTRATION,
        birth.unwrap(),
        u16::try_from(index % 999 + 1).unwrap(),
    )
    .unwrap()
}

/// A data folder with keys and a small demonstration.
pub(crate) fn demonstration(folder: &Path, applications: u64) -> Vec<Sample> {
    let config = Config { demonstration: true, ..Config::load(None, Some(folder)).unwrap() };
    if !config.key_file().exists() {
        store::fresh::init_keys(&config.key_file());
    }
    let recipe = Recipe { applications, seed: 1, now: Clock::System.now() };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async { prepare(&config, Clock::System, recipe).await.unwrap().1 })
}

/// A data folder with nothing but keys.
pub(crate) fn empty(folder: &Path) -> Keys {
    let file = folder.join("keys.toml");
    store::fresh::init_keys(&file);
    Keys::load(&file).unwrap()
}
