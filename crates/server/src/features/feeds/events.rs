//! Milestones as events (CloudEvents 1.0 over HTTP): one in a body, many in a body, or one in headers and body.
//!
//! The signature is over the body alone. Of an event in headers and body, the headers are therefore believed in
//! nothing that matters: receipt, moment and id stand in its data, and without an id it is known by what it says.

#[cfg(test)]
mod tests;

use super::fields::{Broken, Field, Fields};
use axum::http::HeaderMap;
use percent_encoding::percent_decode;
use serde_json::{Map, Value};
use web::{essence, media_type};

/// What the events are about; another meaning gets another type.
pub(super) const TYPE: &str = "cn.jindu.milestone.v1";
/// One event as JSON.
pub(super) const SINGLE: &str = "application/cloudevents+json";
/// A list of events as JSON.
pub(super) const BATCH: &str = "application/cloudevents-batch+json";
/// Events in one message at the most.
pub(super) const MOST: usize = 1_000;
/// What the names of attributes begin with in headers.
const PREFIX: &str = "ce-";

/// What a message holds.
pub(super) enum Message {
    /// One event, in whatever mode.
    Single(Event),
    /// A list of them.
    Batch(Vec<Event>),
}

/// Why nothing of a message can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unreadable {
    /// Its type is none of the three.
    MediaType,
    /// Its body is no JSON, or no list where one was promised.
    Malformed,
    /// It has more events than a message may have.
    TooMany,
}

impl Unreadable {
    /// The word for it.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::MediaType => "media_type",
            Self::Malformed => "malformed",
            Self::TooMany => "too_many_events",
        }
    }
}

/// What is wrong with one event, and where: a JSON pointer below the event (RFC 6901).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) pointer: String,
    pub(super) code: &'static str,
}

/// One event. Has no `Debug` on purpose: its cells name people.
pub(super) struct Event {
    /// The sender's id, as far as it could be read.
    pub(super) id: Option<String>,
    /// The report that it carries; an empty one where something is wrong with it.
    pub(super) fields: Fields,
    /// What is wrong with it.
    pub(super) fault: Option<Fault>,
    /// The attributes that stand in for a cell.
    lent: Vec<(Field, &'static str)>,
}

impl Event {
    /// Where a cell of the report stands in the event.
    pub(super) fn pointer(&self, column: &str) -> String {
        let lent = self.lent.iter().find(|(field, _)| field.as_str() == column);
        lent.map_or_else(|| format!("/data/{column}"), |(_, attribute)| format!("/{attribute}"))
    }
}

/// Reads a message whose body is signed, and whose headers are not.
///
/// # Errors
/// Nothing of it can be read. An event that cannot be read does not keep others of its list from being read.
pub(super) fn read(headers: &HeaderMap, body: &[u8]) -> Result<Message, Unreadable> {
    read_as(headers, body, false)
}

/// Reads a message whose way alone says that the feed sent all of it, headers too: a stream's.
///
/// # Errors
/// As [`read`].
pub(super) fn read_believed(headers: &HeaderMap, body: &[u8]) -> Result<Message, Unreadable> {
    read_as(headers, body, true)
}

fn read_as(headers: &HeaderMap, body: &[u8], believed: bool) -> Result<Message, Unreadable> {
    let kind = media_type(headers).to_ascii_lowercase();
    if kind == SINGLE {
        return Ok(Message::Single(structured(parsed(body)?)));
    }
    if kind == BATCH {
        let Value::Array(events) = parsed(body)? else { return Err(Unreadable::Malformed) };
        if events.len() > MOST {
            return Err(Unreadable::TooMany);
        }
        return Ok(Message::Batch(events.into_iter().map(structured).collect()));
    }
    let in_headers = headers.keys().any(|name| name.as_str().starts_with(PREFIX));
    if !in_headers || !is_json(&kind) {
        return Err(Unreadable::MediaType);
    }
    let mut attributes = attributes(headers);
    attributes.insert("data".to_owned(), parsed(body)?);
    Ok(Message::Single(event(&attributes, believed)))
}

fn parsed(body: &[u8]) -> Result<Value, Unreadable> {
    serde_json::from_slice(body).map_err(|_| Unreadable::Malformed)
}

fn is_json(essence: &str) -> bool {
    let kind = essence.strip_prefix("application/").or_else(|| essence.strip_prefix("text/"));
    kind.is_some_and(|kind| kind == "json" || kind.ends_with("+json"))
}

/// The attributes in headers (HTTP binding of CloudEvents, 3.1.3); of two of one name the first.
fn attributes(headers: &HeaderMap) -> Map<String, Value> {
    let named = headers.keys().filter_map(|name| Some((name.as_str().strip_prefix(PREFIX)?, name)));
    let read = named.filter(|(attribute, _)| *attribute != "data").filter_map(|(attribute, name)| {
        let value = headers.get(name)?.as_bytes();
        let text = percent_decode(value).decode_utf8().ok()?;
        Some((attribute.to_owned(), Value::String(text.trim_matches('"').to_owned())))
    });
    read.collect()
}

fn structured(event_in_json: Value) -> Event {
    match event_in_json {
        Value::Object(attributes) => event(&attributes, true),
        _ => Event {
            id: None,
            fields: Fields::default(),
            fault: Some(fault("", "not_an_object")),
            lent: Vec::new(),
        },
    }
}

fn event(attributes: &Map<String, Value>, believed: bool) -> Event {
    let mut lent = Vec::new();
    let (fields, fault) = match fields(&Attributes { all: attributes, believed }, &mut lent) {
        Ok(fields) => (fields, None),
        Err(fault) => (Fields::default(), Some(fault)),
    };
    let id = attributes.get("id").and_then(Value::as_str).filter(|id| is_id(id)).map(str::to_owned);
    Event { id, fields, fault, lent }
}

/// As long as a cell may be, and nothing that a terminal would obey.
fn is_id(id: &str) -> bool {
    !id.is_empty() && id.len() <= 200 && !id.contains(char::is_control)
}

/// The attributes of an event, its data among them.
struct Attributes<'e> {
    all: &'e Map<String, Value>,
    /// Whether the feed itself says them: not where they came in headers, without a signature.
    believed: bool,
}

impl<'e> Attributes<'e> {
    /// An attribute's text; none where it is missing or null.
    fn text(&self, name: &'static str) -> Result<Option<&'e str>, Fault> {
        match self.all.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(fault(name, "wrong_type")),
        }
    }

    fn required(&self, name: &'static str) -> Result<&'e str, Fault> {
        self.text(name)?.filter(|text| !text.is_empty()).ok_or_else(|| fault(name, "required"))
    }

    fn expected(&self, name: &'static str, value: &str) -> Result<(), Fault> {
        if self.required(name)? == value { Ok(()) } else { Err(fault(name, "unknown")) }
    }

    /// The data, without what is said to be nothing.
    fn data(&self) -> Result<Value, Fault> {
        if self.text("datacontenttype")?.is_some_and(|kind| !is_json(&essence(kind).to_ascii_lowercase())) {
            return Err(fault("datacontenttype", "media_type"));
        }
        if self.all.contains_key("data_base64") {
            return Err(fault("data_base64", "media_type"));
        }
        match self.all.get("data") {
            None | Some(Value::Null) => Err(fault("data", "required")),
            Some(Value::Object(cells)) => {
                let told = cells.iter().filter(|(_, cell)| !cell.is_null());
                Ok(Value::Object(told.map(|(name, cell)| (name.clone(), cell.clone())).collect()))
            }
            Some(_) => Err(fault("data", "not_an_object")),
        }
    }

    /// What an attribute lends to a cell that the data does not have.
    fn lend(
        &self,
        fields: &mut Fields,
        (field, name): (Field, &'static str),
        lent: &mut Vec<(Field, &'static str)>,
    ) -> Result<(), Fault> {
        let Some(text) = self.text(name)?.filter(|_| fields.get(field).is_none()) else { return Ok(()) };
        if !self.believed {
            return Err(fault(name, "unsigned"));
        }
        lent.push((field, name));
        fields.set(field, text).map_err(|broken| fault(name, broken.as_str()))
    }
}

fn fields(attributes: &Attributes<'_>, lent: &mut Vec<(Field, &'static str)>) -> Result<Fields, Fault> {
    attributes.expected("specversion", "1.0")?;
    let (id, source) = (attributes.required("id")?, attributes.required("source")?);
    attributes.expected("type", TYPE)?;
    if source.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return Err(fault("source", "character"));
    }
    let data = attributes.data()?;
    let mut fields = Fields::of_value(&data).map_err(|broken| broken_cell("/data", &data, broken))?;
    attributes.lend(&mut fields, (Field::ReceiptNumber, "subject"), lent)?;
    attributes.lend(&mut fields, (Field::HappenedAt, "time"), lent)?;
    if attributes.believed && fields.get(Field::EventId).is_none() {
        // A source has no spaces, so that no two pairs make one text.
        lent.push((Field::EventId, "id"));
        fields.set(Field::EventId, &format!("{source} {id}")).map_err(|why| fault("id", why.as_str()))?;
    }
    Ok(fields)
}

fn fault(name: &str, code: &'static str) -> Fault {
    let pointer = if name.is_empty() { String::new() } else { format!("/{name}") };
    Fault { pointer, code }
}

/// Points at the first cell that is not one.
pub(super) fn broken_cell(below: &str, data: &Value, broken: Broken) -> Fault {
    let alone = |name: &str, cell: &Value| Fields::of_value(&Value::Object(one(name, cell))).is_err();
    let cells = data.as_object().into_iter().flatten();
    let first = cells.filter(|(name, cell)| alone(name, cell)).map(|(name, _)| name).next();
    let name = first.map(|name| format!("/{}", name.replace('~', "~0").replace('/', "~1")));
    Fault { pointer: format!("{below}{}", name.unwrap_or_default()), code: broken.as_str() }
}

fn one(name: &str, cell: &Value) -> Map<String, Value> {
    std::iter::once((name.to_owned(), cell.clone())).collect()
}
