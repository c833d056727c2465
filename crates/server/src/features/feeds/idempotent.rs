//! The same answer to the same message, without recording it again (`Idempotency-Key`, an IETF draft).
//!
//! What is kept is what became of each report, and none of the sender's words: the answer is made again from the
//! message, which is sent again. Without a key nothing is recorded twice either, but the answer then says so; so it does
//! where more answers of a feed would be kept than a day may.

use super::door::{IDEMPOTENCY_KEY, Signed};
use super::name::Name;
use super::refused::Refused;
use super::view::Taken;
use axum::http::{HeaderMap, StatusCode, header};
use domain::moment::Moment;
use i18n::Language;
use serde::{Deserialize, Serialize};
use store::audit::Entry;
use store::idempotency::{self, Remembered};
use store::seen::{Meeting, Sent};
use store::{StoreError, Work};
use web::Failure;

/// Characters of a key at the most.
const LONGEST: usize = 200;
/// For how long a key stands for its message without an answer that is kept: longer than a message is under way.
const UNDER_WAY_MILLIS: i64 = 60_000;

/// What became of a message's reports: as it is now recorded, or as it was when the message came first.
///
/// # Errors
/// The key is of another form, stands for another message, or is under way; or what `record` fails with.
pub(super) async fn once(
    signed: &Signed,
    record: impl Future<Output = Result<Vec<Taken>, Refused>>,
) -> Result<Vec<Taken>, Refused> {
    let (app, l) = (&signed.app, signed.l);
    let Some(key) = key(&signed.headers, l)? else { return record.await };
    let _under_way = app.feeds.begin(signed.feed.id, &key).ok_or_else(|| under_way(l))?;
    let asked = Asked { signed, key: app.store.keys().event(key.as_bytes()).0 };
    if let Some(taken) = asked.recall().await? {
        return Ok(taken);
    }
    let name = asked.meet(&key).await?;
    let taken = record.await?;
    if let Some(name) = &name {
        name.taken();
    }
    match asked.remember(&taken).await? {
        true => Ok(taken),
        // Another server had the same message under way, and its answer is the one that is given again.
        false => Ok(asked.recall().await?.unwrap_or(taken)),
    }
}

/// The key, quoted as the draft has it or plain as many send it.
fn key(headers: &HeaderMap, l: Language) -> Result<Option<String>, Refused> {
    let mut values = headers.get_all(IDEMPOTENCY_KEY).iter();
    let Some(value) = values.next() else { return Ok(None) };
    let written = value.to_str().unwrap_or_default().trim();
    let key = written.strip_prefix('"').and_then(|key| key.strip_suffix('"')).unwrap_or(written);
    let fits =
        (1..=LONGEST).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"');
    let alone = values.next().is_none();
    (fits && alone)
        .then(|| Some(key.to_owned()))
        .ok_or_else(|| Refused::malformed(l, l.feeds_problem_malformed_key()))
}

/// What is kept of an answer: each fate once, and for each report which of them was its.
#[derive(Serialize, Deserialize)]
struct Kept {
    fates: Vec<Taken>,
    each: Vec<usize>,
}

impl Kept {
    fn of(taken: &[Taken]) -> Self {
        let (mut fates, mut each): (Vec<Taken>, _) = (Vec::new(), Vec::with_capacity(taken.len()));
        for taken in taken {
            let known = fates.iter().position(|fate| fate == taken);
            each.push(known.unwrap_or(fates.len()));
            if known.is_none() {
                fates.push(taken.clone());
            }
        }
        Self { fates, each }
    }

    fn taken(self) -> Option<Vec<Taken>> {
        self.each.into_iter().map(|which| self.fates.get(which).cloned()).collect()
    }
}

/// A message with a key.
struct Asked<'a> {
    signed: &'a Signed,
    /// The key's hash: it is a sender's text, and nobody knows what it says.
    key: [u8; 16],
}

impl Asked<'_> {
    /// Lets the key stand for this message alone while it is under way at any server. Who is alone knows its own.
    async fn meet(&self, key: &str) -> Result<Option<Name>, Refused> {
        let (signed, app) = (self.signed, &self.signed.app);
        if !app.store.is_shared() {
            return Ok(None);
        }
        let now = app.clock.now();
        let name = app.store.keys().event(&[b"key\0", key.as_bytes()].concat()).0;
        let until = Moment::from_millis(now.millis().saturating_add(UNDER_WAY_MILLIS));
        let failed = |error| Refused::store(signed.l, error);
        let sent = Sent::new(signed.feed.id, name, signed.print, until).map_err(failed)?;
        match app.feeds.meet(&app.store, sent, now).await.map_err(failed)? {
            Meeting::Another => Err(reused(signed.l)),
            meeting => Ok(Some(signed.name(sent, meeting == Meeting::Again))),
        }
    }

    async fn recall(&self) -> Result<Option<Vec<Taken>>, Refused> {
        let (app, l) = (&self.signed.app, self.signed.l);
        let known =
            idempotency::recall(&app.store.read(), self.signed.feed.id, &self.key, app.clock.now()).await;
        let Some(known) = known.map_err(|error| Refused::store(l, error))? else { return Ok(None) };
        if known.request_hash != self.signed.print {
            return Err(reused(l));
        }
        // What an earlier version kept in another form is recorded again, and told as repeated.
        Ok(serde_json::from_slice(&known.body).ok().and_then(Kept::taken))
    }

    /// Keeps the answer; false where there is one already.
    async fn remember(&self, taken: &[Taken]) -> Result<bool, Refused> {
        let body = serde_json::to_vec(&Kept::of(taken)).map_err(Failure::internal)?;
        if !self.signed.app.feeds.keeps(self.signed.feed.id, body.len()) {
            tracing::warn!(feed = self.signed.feed.name, "more answers than are kept of one feed in a day");
            return Ok(true);
        }
        let request_hash = self.signed.print.to_vec();
        let answer = Remembered { request_hash, status: StatusCode::OK.as_u16(), body };
        let app = &self.signed.app;
        let (feed, key, now) = (self.signed.feed.id, self.key, app.clock.now());
        let actor = format!("feed:{}", self.signed.feed.name);
        let entry = Entry { at: now, actor, action: "remember_answer", detail: String::new() };
        let kept = app.store.write(entry, move |write| -> Work<'_, bool> {
            Box::pin(async move { idempotency::remember(write, feed, &key, &answer, now).await })
        });
        kept.await.map_err(|error: StoreError| Refused::store(self.signed.l, error))
    }
}

fn reused(l: Language) -> Refused {
    let (title, detail) = (l.feeds_problem_reused_title(), l.feeds_problem_reused_detail());
    Refused::of(StatusCode::UNPROCESSABLE_ENTITY, "idempotency-key-reused", title, detail)
}

fn under_way(l: Language) -> Refused {
    let (title, detail) = (l.feeds_problem_under_way_title(), l.feeds_problem_under_way_detail());
    Refused::conflict("under-way", title, detail).with(header::RETRY_AFTER, 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_of_a_thousand_reports_is_small() {
        let taken = |outcome: &str, reason: Option<&str>| Taken {
            outcome: outcome.to_owned(),
            column: reason.map(|_| "receipt_number".to_owned()),
            reason: reason.map(str::to_owned),
        };
        let three =
            [taken("recorded", None), taken("waiting", Some("unknown_application")), taken("held", None)];
        let all: Vec<Taken> = (0..1_000).filter_map(|report| three.get(report % 3).cloned()).collect();
        let body = serde_json::to_vec(&Kept::of(&all)).unwrap();
        assert!(body.len() < 2_500, "{}", body.len());
        assert_eq!(serde_json::from_slice::<Kept>(&body).unwrap().taken(), Some(all));
        // Which fate it was must be one of them.
        assert_eq!(serde_json::from_str::<Kept>(r#"{"fates":[],"each":[0]}"#).unwrap().taken(), None);
    }

    #[test]
    fn a_key_is_quoted_or_plain_and_there_once() {
        let read = |values: &[&str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(IDEMPOTENCY_KEY, value.parse().unwrap());
            }
            key(&headers, Language::En).map_err(|_| ())
        };
        assert_eq!(read(&[]), Ok(None));
        for written in ["\"8e03978e\"", "8e03978e", " 8e03978e "] {
            assert_eq!(read(&[written]), Ok(Some("8e03978e".to_owned())), "{written}");
        }
        for wrong in ["", "\"\"", "a b", "\"a", &"x".repeat(LONGEST + 1)] {
            assert_eq!(read(&[wrong]), Err(()), "{wrong}");
        }
        assert_eq!(read(&["a", "a"]), Err(()));
    }
}
