//! The same answer to the same message, without recording it again (`Idempotency-Key`, an IETF draft).
//!
//! What is kept is what became of each report, and none of the sender's words: the answer is made again from the
//! message, which is sent again. Without a key nothing is recorded twice either, but the answer then says so.

use super::door::Signed;
use super::refused::Refused;
use super::view::Taken;
use axum::http::{HeaderMap, StatusCode, header};
use i18n::Language;
use store::audit::Entry;
use store::idempotency::{self, Remembered};
use store::{StoreError, Work};
use web::Failure;

const HEADER: &str = "idempotency-key";
/// Characters of a key at the most.
const LONGEST: usize = 200;

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
    let taken = record.await?;
    asked.remember(&taken).await?;
    Ok(taken)
}

/// The key, quoted as the draft has it or plain as many send it.
fn key(headers: &HeaderMap, l: Language) -> Result<Option<String>, Refused> {
    let mut values = headers.get_all(HEADER).iter();
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

/// A message with a key.
struct Asked<'a> {
    signed: &'a Signed,
    /// The key's hash: it is a sender's text, and nobody knows what it says.
    key: [u8; 16],
}

impl Asked<'_> {
    async fn recall(&self) -> Result<Option<Vec<Taken>>, Refused> {
        let (app, l) = (&self.signed.app, self.signed.l);
        let known =
            idempotency::recall(&app.store.read(), self.signed.feed.id, &self.key, app.clock.now()).await;
        let Some(known) = known.map_err(|error| Refused::store(l, error))? else { return Ok(None) };
        if known.request_hash != self.signed.print {
            let (title, detail) = (l.feeds_problem_reused_title(), l.feeds_problem_reused_detail());
            return Err(Refused::of(
                StatusCode::UNPROCESSABLE_ENTITY,
                "idempotency-key-reused",
                title,
                detail,
            ));
        }
        serde_json::from_slice(&known.body).map(Some).map_err(|error| Failure::internal(error).into())
    }

    async fn remember(&self, taken: &[Taken]) -> Result<(), Refused> {
        let body = serde_json::to_vec(taken).map_err(Failure::internal)?;
        let request_hash = self.signed.print.to_vec();
        let answer = Remembered { request_hash, status: StatusCode::OK.as_u16(), body };
        let app = &self.signed.app;
        let (feed, key, now) = (self.signed.feed.id, self.key, app.clock.now());
        let actor = format!("feed:{}", self.signed.feed.name);
        let entry = Entry { at: now, actor, action: "remember_answer", detail: String::new() };
        let kept = app.store.write(entry, move |write| -> Work<'_, ()> {
            Box::pin(async move { idempotency::remember(write, feed, &key, &answer, now).await })
        });
        kept.await.map_err(|error: StoreError| Refused::store(self.signed.l, error))
    }
}

fn under_way(l: Language) -> Refused {
    let (title, detail) = (l.feeds_problem_under_way_title(), l.feeds_problem_under_way_detail());
    Refused::of(StatusCode::CONFLICT, "under-way", title, detail).with(header::RETRY_AFTER, 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_quoted_or_plain_and_there_once() {
        let read = |values: &[&str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(HEADER, value.parse().unwrap());
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
