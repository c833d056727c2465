//! One message of a stream: the events in it, and what became of them.

use crate::features::feeds::events;
use crate::features::feeds::fields::Item;
use crate::features::feeds::report::Fate;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, HeaderName, HeaderValue};

/// Between the headers and the body of a message that is kept.
const BLANK: &[u8] = b"\n\n";

/// What a message holds. Has no `Debug` on purpose: it names people.
pub(in crate::features::feeds) struct Letter {
    headers: HeaderMap,
    body: Vec<u8>,
}

/// The reports in a message, and why something in it cannot be taken.
pub(in crate::features::feeds) struct Taken {
    /// The reports, until they are taken.
    pub(in crate::features::feeds) items: Vec<Item>,
    /// Why something cannot be taken, in our words: nothing of what the message says.
    pub(in crate::features::feeds) why: Option<String>,
}

impl Letter {
    /// The message with these headers; one that HTTP does not know carries nothing for us.
    pub(super) fn new<'m>(headers: impl Iterator<Item = (&'m str, &'m str)>, body: &[u8]) -> Self {
        let known = headers.filter_map(|(name, value)| {
            Some((HeaderName::try_from(name).ok()?, HeaderValue::try_from(value).ok()?))
        });
        let mut headers: HeaderMap = known.collect();
        let says = |name: &HeaderName| *name == CONTENT_TYPE || name.as_str().starts_with("ce-");
        if !headers.keys().any(says) {
            // The first edition of the NATS binding knows no headers: the message is one event as JSON.
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(events::SINGLE));
        }
        Self { headers, body: body.to_vec() }
    }

    /// All of it in one piece.
    pub(super) fn packed(&self) -> Vec<u8> {
        let line = |(name, value): (&HeaderName, &HeaderValue)| {
            [name.as_str().as_bytes(), b": ", value.as_bytes()].concat()
        };
        let mut headers: Vec<_> = self.headers.iter().collect();
        // The same message is the same bytes, in whatever order its headers came.
        headers.sort_by_key(|(name, _)| name.as_str());
        let lines: Vec<Vec<u8>> = headers.into_iter().map(line).collect();
        [&lines.join(&b'\n')[..], BLANK, &self.body].concat()
    }

    /// What was packed.
    pub(in crate::features::feeds) fn unpack(packed: &[u8]) -> Option<Self> {
        let end = packed.windows(BLANK.len()).position(|two| two == BLANK)?;
        let (headers, body) = packed.split_at_checked(end)?;
        let headers = std::str::from_utf8(headers).ok()?;
        let pairs = headers.lines().filter_map(|line| line.split_once(": "));
        Some(Self::new(pairs, body.strip_prefix(BLANK)?))
    }

    /// Reads the events in it (CloudEvents 1.0, NATS protocol binding).
    pub(in crate::features::feeds) fn read(&self) -> Taken {
        // The connection says whose message it is: nothing in it needs a signature of its own.
        let events = match events::read_believed(&self.headers, &self.body) {
            Err(why) => return Taken { items: Vec::new(), why: Some(why.as_str().to_owned()) },
            Ok(events::Message::Single(event)) => vec![event],
            Ok(events::Message::Batch(events)) => events,
        };
        let mut taken = Taken { items: Vec::new(), why: None };
        for event in events {
            match event.fault {
                None => taken.items.push(Ok(event.fields)),
                // Where in the event may be a name that the sender chose, and so a person's.
                Some(fault) => taken.why = taken.why.or(Some(fault.code.to_owned())),
            }
        }
        taken
    }
}

impl Taken {
    /// Notes what became of its reports; the first that was not taken says why.
    pub(in crate::features::feeds) fn note(&mut self, fates: &[Fate]) {
        let rejected = fates.iter().find(|fate| fate.outcome() == "rejected");
        if let (None, Some(fate)) = (&self.why, rejected) {
            let (column, code) = fate.reason();
            let words: Vec<&str> = [column, code].into_iter().flatten().collect();
            self.why = Some(words.join(": "));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_letter_comes_back_as_it_was_packed() {
        let headers = [("ce-id", "E: 1"), ("content-type", "application/json"), ("ce-id", "again")];
        for body in [&b"{}"[..], b"", b"\n\n{\"a\":\n\n1}", b"\xff\n\n"] {
            let letter = Letter::new(headers.into_iter(), body);
            let back = Letter::unpack(&letter.packed()).unwrap();
            assert!(back.headers == letter.headers && back.body == body);
        }
        let turned = [("content-type", "application/json"), ("ce-id", "E: 1"), ("ce-id", "again")];
        let packed =
            |headers: [(&'static str, &'static str); 3]| Letter::new(headers.into_iter(), b"{}").packed();
        assert!(packed(headers) == packed(turned));
        let bare = Letter::new(std::iter::empty(), b"{}");
        assert!(Letter::unpack(&bare.packed()).unwrap().body == b"{}");
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_letter_or_none(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            if let Some(letter) = Letter::unpack(&bytes) {
                let _ = letter.read();
            }
        }
    }
}
