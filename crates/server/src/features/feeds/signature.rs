//! Who says it: the signature on a message, made with a secret that only the feed and we know (Standard Webhooks).
//!
//! What is signed is the body, after the message's name and its time. A request without a body is its method and its
//! address, and so these are signed instead: `GET /api/v1/feeds/county/held`.
//!
//! The crate of that name reads the clock by itself and refuses bodies that are no text; files are signed too.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::hmac::{Context, HMAC_SHA256, Key, sign};
use axum::http::HeaderMap;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use domain::moment::Moment;

/// Names the message.
pub const ID: &str = "webhook-id";
/// When it was signed, in seconds since 1970.
pub const TIMESTAMP: &str = "webhook-timestamp";
/// One or more signatures, separated by spaces, each after its version and a comma.
pub const SIGNATURE: &str = "webhook-signature";

/// How far the sender's clock may be from ours, either way.
const WINDOW_MILLIS: i64 = 300_000;
/// More signatures than a sender has secrets are not looked at.
const MOST: usize = 8;
/// Bytes of the key that is tried where there is none.
const DECOY: usize = 32;
/// What stands before a secret where people hand it on.
const PREFIX: &str = "whsec_";

/// Why a message is not believed before its signature is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unsigned {
    /// One of the three headers is missing, there twice or of another form.
    Headers,
    /// It was signed more than five minutes from now, before or after.
    Window,
}

/// The three headers of a message that was signed in time.
#[derive(Clone, Copy, Debug)]
pub struct Envelope<'h> {
    /// The sender's name for the message.
    pub id: &'h str,
    timestamp: &'h str,
    signed_at: Moment,
    signatures: &'h str,
}

impl<'h> Envelope<'h> {
    /// Reads the headers.
    ///
    /// # Errors
    /// A header is missing, or the message was not signed within five minutes of `now`.
    pub fn read(headers: &'h HeaderMap, now: Moment) -> Result<Self, Unsigned> {
        let id = only(headers, ID).filter(|id| is_id(id)).ok_or(Unsigned::Headers)?;
        let timestamp = only(headers, TIMESTAMP).ok_or(Unsigned::Headers)?;
        let signatures = only(headers, SIGNATURE).ok_or(Unsigned::Headers)?;
        let digits = timestamp.bytes().all(|byte| byte.is_ascii_digit());
        let seconds = digits.then(|| timestamp.parse::<i64>().ok()).flatten().ok_or(Unsigned::Headers)?;
        let signed_at = Moment::from_millis(seconds.saturating_mul(1_000));
        if now.millis().abs_diff(signed_at.millis()) > WINDOW_MILLIS.unsigned_abs() {
            return Err(Unsigned::Window);
        }
        Ok(Self { id, timestamp, signed_at, signatures })
    }

    /// Until when this signature is good.
    #[must_use]
    pub const fn until(&self) -> Moment {
        Moment::from_millis(self.signed_at.millis().saturating_add(WINDOW_MILLIS))
    }

    /// Begins to check the signatures against these secrets; the body is told of afterwards. It is as much work for a
    /// feed that has no secret as for one that has.
    #[must_use]
    pub fn check(&self, secrets: &[Vec<u8>]) -> Check {
        let decoy = [vec![0; DECOY]];
        let tried = if secrets.is_empty() { &decoy } else { secrets };
        let begun = tried.iter().map(|secret| {
            let mut context = Context::with_key(&Key::new(HMAC_SHA256, secret));
            [self.id, ".", self.timestamp, "."].iter().for_each(|part| context.update(part.as_bytes()));
            context
        });
        Check { begun: begun.collect(), given: self.given().collect(), believable: !secrets.is_empty() }
    }

    /// The signatures of the version that we read.
    fn given(&self) -> impl Iterator<Item = Vec<u8>> {
        let versioned = self.signatures.split(' ').filter_map(|each| each.strip_prefix("v1,"));
        versioned.take(MOST).filter_map(|written| BASE64_STANDARD.decode(written).ok())
    }
}

/// A check under way: each secret signs what is told, once.
pub struct Check {
    begun: Vec<Context>,
    given: Vec<Vec<u8>>,
    /// Whether there is a secret at all.
    believable: bool,
}

impl Check {
    /// Tells of the next piece of the body.
    pub fn update(&mut self, piece: &[u8]) {
        self.begun.iter_mut().for_each(|context| context.update(piece));
    }

    /// Whether one of the signatures was made over what was told with one of the secrets. Compared in constant time.
    #[must_use]
    pub fn fits(self) -> bool {
        let mut fits = false;
        for context in self.begun {
            let made = context.sign();
            for given in &self.given {
                fits |= verify_slices_are_equal(made.as_ref(), given).is_ok();
            }
        }
        fits && self.believable
    }
}

/// The header where it is there once and is text.
fn only<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(value)
}

/// A full stop parts the id from the time in what is signed: with one inside, a message could be read in two ways.
fn is_id(id: &str) -> bool {
    (1..=200).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'.')
}

/// The header that signs a message, as senders make it; `body` is `METHOD address` where there is none.
#[must_use]
pub fn signed(id: &str, seconds: i64, body: &[u8], secret: &[u8]) -> String {
    let message = [id.as_bytes(), b".", seconds.to_string().as_bytes(), b".", body].concat();
    format!("v1,{}", BASE64_STANDARD.encode(sign(&Key::new(HMAC_SHA256, secret), &message)))
}

/// A secret as people hand it on.
#[must_use]
pub fn written(secret: &[u8]) -> String {
    format!("{PREFIX}{}", BASE64_STANDARD.encode(secret))
}

/// The bytes of a secret that was handed on; none where it is not one: 24 to 64 bytes in base64.
#[must_use]
pub fn secret(written: &str) -> Option<Vec<u8>> {
    let plain = written.trim();
    let bytes = BASE64_STANDARD.decode(plain.strip_prefix(PREFIX).unwrap_or(plain)).ok()?;
    (24..=64).contains(&bytes.len()).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The example that the makers of the norm publish.
    const SECRET: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
    const MESSAGE: &str = "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk";
    const SECONDS: i64 = 1_649_367_553;
    const BODY: &[u8] = br#"{"email":"test@example.com","username":"test_user"}"#;
    const SIGNED: &str = "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=";

    fn headers(id: &str, timestamp: &str, signature: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in [(ID, id), (TIMESTAMP, timestamp), (SIGNATURE, signature)] {
            headers.insert(name, value.parse().unwrap());
        }
        headers
    }

    fn at(seconds: i64) -> Moment {
        Moment::from_millis(seconds * 1_000)
    }

    fn believed(headers: &HeaderMap, body: &[u8], secrets: &[Vec<u8>]) -> bool {
        Envelope::read(headers, at(SECONDS)).is_ok_and(|envelope| {
            let mut check = envelope.check(secrets);
            body.chunks(7).for_each(|piece| check.update(piece));
            check.fits()
        })
    }

    #[test]
    fn the_published_example_is_believed() {
        let key = secret(SECRET).unwrap();
        assert_eq!(written(&key), SECRET);
        assert_eq!(signed(MESSAGE, SECONDS, BODY, &key), SIGNED);
        assert!(believed(&headers(MESSAGE, "1649367553", SIGNED), BODY, &[key]));
    }

    #[test]
    fn anything_else_is_not() {
        let (key, other) = (secret(SECRET).unwrap(), vec![7; 32]);
        let keys = std::slice::from_ref(&key);
        let right = headers(MESSAGE, "1649367553", SIGNED);
        assert!(!believed(&right, b"{}", keys));
        assert!(!believed(&right, BODY, std::slice::from_ref(&other)));
        assert!(!believed(&right, BODY, &[]));
        assert!(!believed(&headers("msg_2", "1649367553", SIGNED), BODY, keys));
        assert!(!believed(&headers(MESSAGE, "1649367554", SIGNED), BODY, keys));
        for signature in ["", "v1,", "v1", "v1a,tZ1I", &SIGNED[3..], &SIGNED[..20], "v1,!!!!"] {
            assert!(!believed(&headers(MESSAGE, "1649367553", signature), BODY, keys), "{signature}");
        }
        // Neither an empty key nor the decoy signs for anybody.
        for key in [vec![], vec![0; DECOY]] {
            let by_nobody = signed(MESSAGE, SECONDS, BODY, &key);
            assert!(!believed(&headers(MESSAGE, "1649367553", &by_nobody), BODY, &[]));
        }
    }

    #[test]
    fn of_many_signatures_only_the_first_few_are_looked_at() {
        let key = vec![1; 32];
        let after = |others: usize| {
            let written = format!("{}{}", "v1,AAAA ".repeat(others), signed(MESSAGE, SECONDS, BODY, &key));
            believed(&headers(MESSAGE, "1649367553", &written), BODY, std::slice::from_ref(&key))
        };
        assert_eq!([after(MOST - 1), after(MOST)], [true, false]);
    }

    #[test]
    fn while_a_key_is_replaced_both_are_believed() {
        let (old, new) = (vec![1; 32], vec![2; 32]);
        let both = format!(
            "v1a,AAAA {} {}",
            signed(MESSAGE, SECONDS, BODY, &old),
            signed(MESSAGE, SECONDS, BODY, &new)
        );
        let headers = headers(MESSAGE, "1649367553", &both);
        assert!(believed(&headers, BODY, &[vec![3; 32], new.clone()]));
        assert!(believed(&headers, BODY, &[old, vec![3; 32]]));
        assert!(!believed(&headers, BODY, &[vec![3; 32]]));
    }

    #[test]
    fn five_minutes_either_way_and_not_a_second_more() {
        let headers = headers(MESSAGE, "1649367553", SIGNED);
        let read = |seconds| Envelope::read(&headers, at(seconds)).err();
        assert_eq!([read(SECONDS - 300), read(SECONDS + 300)], [None, None]);
        assert_eq!([read(SECONDS - 301), read(SECONDS + 301)], [Some(Unsigned::Window); 2]);
    }

    #[test]
    fn each_header_is_needed_once_and_in_its_form() {
        let whole = headers(MESSAGE, "1649367553", SIGNED);
        let read = |headers: &HeaderMap| Envelope::read(headers, at(SECONDS)).err();
        for name in [ID, TIMESTAMP, SIGNATURE] {
            let mut without = whole.clone();
            without.remove(name);
            assert_eq!(read(&without), Some(Unsigned::Headers), "{name}");
            let mut twice = whole.clone();
            twice.append(name, twice[name].clone());
            assert_eq!(read(&twice), Some(Unsigned::Headers), "{name}");
        }
        for id in ["", "a.b", "a b", "ä"] {
            assert_eq!(read(&headers(id, "1649367553", SIGNED)), Some(Unsigned::Headers), "{id}");
        }
        for timestamp in ["", "-5", "1e9", "+1649367553", "99999999999999999999"] {
            assert_eq!(read(&headers(MESSAGE, timestamp, SIGNED)), Some(Unsigned::Headers), "{timestamp}");
        }
        assert_eq!(read(&headers(MESSAGE, "9223372036854775807", SIGNED)), Some(Unsigned::Window));
    }

    #[test]
    fn a_secret_is_24_to_64_bytes() {
        for (length, fits) in [(0, false), (23, false), (24, true), (64, true), (65, false)] {
            let key = vec![1; length];
            assert_eq!(secret(&written(&key)), fits.then_some(key), "{length}");
        }
        assert_eq!(secret("whsec_?"), None);
    }

    proptest! {
        #[test]
        fn whatever_is_signed_is_believed_and_nothing_else(
            id in "[!-~&&[^.]]{1,200}", body: Vec<u8>, key in proptest::collection::vec(any::<u8>(), 24..64),
            flipped: proptest::sample::Index,
        ) {
            let headers = headers(&id, &SECONDS.to_string(), &signed(&id, SECONDS, &body, &key));
            prop_assert!(believed(&headers, &body, std::slice::from_ref(&key)));
            let mut longer = body.clone();
            longer.push(0);
            prop_assert!(!believed(&headers, &longer, std::slice::from_ref(&key)));
            if !body.is_empty() {
                let mut other = body.clone();
                *flipped.get_mut(&mut other) ^= 1;
                prop_assert!(!believed(&headers, &other, &[key]));
            }
        }

        #[test]
        fn no_headers_make_it_panic(
            id in proptest::collection::vec(32_u8..255, 0..40), timestamp in "[0-9+-]{0,25}",
            signature in proptest::collection::vec(32_u8..255, 0..80),
        ) {
            let mut headers = HeaderMap::new();
            for (name, value) in [(ID, &id[..]), (TIMESTAMP, timestamp.as_bytes()), (SIGNATURE, &signature[..])] {
                if let Ok(value) = axum::http::HeaderValue::from_bytes(value) {
                    headers.insert(name, value);
                }
            }
            prop_assert!(!believed(&headers, b"", &[vec![1; 32]]));
        }
    }
}
