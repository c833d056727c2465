//! Work that a suspicious source does before facts are compared: its device tries numbers until one fits (ALTCHA, proof
//! of work version 2). It costs a person a second, and a list of a million guesses weeks.
//!
//! Nothing is kept of what was asked: it is signed. What was done counts once.

use crate::app::Failed;
use altcha::{
    Challenge, CreateChallengeOptions, Payload, VerifySolutionOptions, create_challenge, verify_solution,
};
use domain::mismatch::{Suspicion, WORK_MILLIS};
use domain::moment::Moment;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use store::keys::Keys;
use store::solved;
use store::{Result, Store};

/// Rounds of PBKDF2 in one try: a few milliseconds on a slow phone.
const ROUNDS: u32 = 2_000;
/// The longest answer that is looked at.
const LONGEST: usize = 4_000;

/// What asks for work and knows it again.
pub(crate) struct Works {
    keys: Arc<Keys>,
    secret: String,
}

/// Work that was done, and not used yet.
struct Done {
    work: solved::Work,
    until: Moment,
}

impl Works {
    /// Signed with these keys.
    #[must_use]
    pub(crate) fn new(keys: Arc<Keys>) -> Self {
        Self { secret: keys.work(), keys }
    }

    /// Asks for work.
    ///
    /// # Errors
    /// Fails when the system gives no random bytes.
    pub(crate) fn ask(&self, suspicion: Suspicion, now: Moment) -> std::result::Result<Challenge, Failed> {
        let mut chance = [0; 4];
        aws_lc_rs::rand::fill(&mut chance).map_err(|_| "the system gave no random bytes")?;
        let until = now.millis().saturating_add(WORK_MILLIS);
        let data = [("until", json!(until)), ("suspicion", json!(suspicion.code()))];
        let asked = create_challenge(CreateChallengeOptions {
            counter: Some(u32::from_le_bytes(chance) % suspicion.tries()),
            cost: ROUNDS,
            data: Some(BTreeMap::from(data.map(|(name, value)| (name.to_owned(), value)))),
            hmac_signature_secret: Some(self.secret.clone()),
            hmac_key_signature_secret: Some(self.secret.clone()),
            ..CreateChallengeOptions::default()
        });
        Ok(asked.map_err(|error| error.to_string())?)
    }

    /// Whether what is shown is work for such a suspicion, in time, that nobody has used before. It is used then.
    ///
    /// # Errors
    /// Fails when the database does.
    pub(crate) async fn accept(
        &self,
        store: &Store,
        shown: &str,
        asked: Suspicion,
        now: Moment,
    ) -> Result<bool> {
        match self.done(shown, asked, now) {
            Some(Done { work, until }) => solved::use_once(store, &work, until).await,
            None => Ok(false),
        }
    }

    fn done(&self, shown: &str, asked: Suspicion, now: Moment) -> Option<Done> {
        let shown: Payload = Some(shown).filter(|shown| shown.len() <= LONGEST).and_then(read)?;
        let parameters = &shown.challenge.parameters;
        // What is not signed by us is not worked on: it may ask for rounds without end.
        parameters.key_signature.as_ref()?;
        let mut options = VerifySolutionOptions::new(&shown.challenge, &shown.solution, &self.secret);
        options.hmac_key_signature_secret = Some(self.secret.clone());
        let is_done = verify_solution(options).is_ok_and(|result| result.verified);
        let said = |name: &str| parameters.data.as_ref()?.get(name).and_then(Value::as_i64);
        let (until, suspicion) = (Moment::from_millis(said("until")?), said("suspicion")?);
        let is_enough = suspicion >= i64::from(asked.code()) && until >= now;
        let signature = shown.challenge.signature.as_ref()?;
        (is_done && is_enough)
            .then(|| Done { work: self.keys.work_done(signature.to_ascii_lowercase().as_bytes()), until })
    }
}

fn read(shown: &str) -> Option<Payload> {
    serde_json::from_str(shown).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{NOW, Server, fresh_keys, moment};
    use altcha::{SolveChallengeOptions, solve_challenge};

    fn solved(challenge: &Challenge) -> String {
        let solution = solve_challenge(SolveChallengeOptions::new(challenge)).unwrap().unwrap();
        serde_json::to_string(&Payload { challenge: challenge.clone(), solution }).unwrap()
    }

    #[tokio::test]
    async fn work_counts_once_in_time_and_for_as_much_suspicion_as_it_was_asked_for() {
        let server = Server::start().await;
        let (works, store) = (&server.app.works, &server.app.store);
        let now = moment(NOW);
        let later = |millis: i64| Moment::from_millis(now.millis() + millis);
        let shown = solved(&works.ask(Suspicion::Some, now).unwrap());
        let accept = async |shown: &str, asked, at| works.accept(store, shown, asked, at).await.unwrap();
        assert!(!accept(&shown, Suspicion::More, now).await);
        assert!(!accept(&shown, Suspicion::Some, later(WORK_MILLIS + 1)).await);
        assert!(accept(&shown, Suspicion::Some, later(WORK_MILLIS)).await);
        assert!(!accept(&shown, Suspicion::Some, now).await);
        // Nor in another spelling: the signature counts as what it says.
        let mut again: Value = serde_json::from_str(&shown).unwrap();
        let signature = again["challenge"]["signature"].as_str().unwrap().to_uppercase();
        again["challenge"]["signature"] = json!(signature);
        assert!(!accept(&again.to_string(), Suspicion::Some, now).await);
    }

    #[test]
    fn what_is_changed_guessed_or_somebody_elses_is_no_work() {
        let (works, others, now) = (Works::new(fresh_keys()), Works::new(fresh_keys()), moment(NOW));
        let asked = works.ask(Suspicion::Some, now).unwrap();
        let shown = solved(&asked);
        let is_done = |works: &Works, shown: &str| works.done(shown, Suspicion::Some, now).is_some();
        assert!(is_done(&works, &shown));
        assert!(!is_done(&others, &shown));
        let changed = |change: &dyn Fn(&mut Value)| {
            let mut shown: Value = serde_json::from_str(&shown).unwrap();
            change(&mut shown);
            shown.to_string()
        };
        for shown in [
            changed(&|shown| shown["challenge"]["parameters"]["data"]["until"] = json!(i64::MAX)),
            changed(&|shown| shown["challenge"]["parameters"]["data"]["suspicion"] = json!(3)),
            changed(&|shown| shown["challenge"]["parameters"]["keySignature"] = Value::Null),
            changed(&|shown| shown["challenge"]["signature"] = Value::Null),
            changed(&|shown| shown["challenge"]["parameters"]["cost"] = json!(1)),
            changed(&|shown| shown["solution"]["derivedKey"] = json!("00".repeat(32))),
            String::new(),
            "{}".to_owned(),
            "x".repeat(LONGEST + 1),
        ] {
            assert!(!is_done(&works, &shown), "{shown}");
        }
    }
}
