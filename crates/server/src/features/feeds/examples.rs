//! Examples for the description that programs read; a test sends them and holds the answers against the shapes.

use serde_json::{Value, json};

/// One event that opens an application of an invented person.
pub(super) fn event() -> Value {
    json!({
        "specversion": "1.0", "id": "E-1", "source": "/county/intake", "type": "cn.jindu.milestone.v1",
        "subject": "1199000012026010500001", "time": "2026-01-05T09:00:00+08:00",
        "datacontenttype": "application/json",
        "data": {
            "step": "accepted", "organ": "119900001", "citizen_number": "119900198001010016", "name": "王小明",
            "applied_on": "2026-01-05", "reason": "expired",
        },
    })
}

/// The same, and what happened next.
pub(super) fn batch() -> Value {
    let next = json!({
        "specversion": "1.0", "id": "E-2", "source": "/county/intake", "type": "cn.jindu.milestone.v1",
        "subject": "1199000012026010500001", "time": "2026-01-08T09:00:00+08:00",
        "data": {"step": "13", "organ": "119900900"},
    });
    json!([event(), next])
}

/// What became of one event.
pub(super) fn recorded() -> Value {
    json!({"tally": tally(1, 0), "items": [item(0, "E-1")]})
}

/// What became of several: the second cannot be true beside the first.
pub(super) fn several() -> Value {
    json!({"tally": tally(1, 1), "items": [item(0, "E-1"), {
        "index": 1, "id": "E-9", "outcome": "held", "reason": "not_paused", "pointer": null,
        "detail": "Resumed, but never paused. Report the pause, and this counts by itself.",
    }]})
}

fn tally(recorded: u64, held: u64) -> Value {
    json!({"recorded": recorded, "repeated": 0, "held": held, "waiting": 0, "rejected": 0})
}

fn item(index: usize, id: &str) -> Value {
    json!({
        "index": index, "id": id, "outcome": "recorded", "reason": null, "pointer": null, "detail": null,
    })
}

/// An event that was not taken.
pub(super) fn rejected() -> Value {
    json!({
        "type": "/problems/invalid", "title": "The message was not taken", "status": 422,
        "detail": "Nothing was recorded or changed. Please correct what is pointed at and send it again.",
        "instance": "urn:uuid:08dc972f-7e97-83f5-8000-00000000000c",
        "errors": [{
            "pointer": "/data/organ", "code": "unreadable", "detail": "It is not of the form that this field has.",
        }],
    })
}

/// A file of one line.
pub(super) fn file() -> Value {
    json!("receipt_number,step,organ,happened_at\n1199000012026010500001,20,119900910,2026-01-12 09:00\n")
}

/// What became of a file that was sent before.
pub(super) fn imported() -> Value {
    let tally = json!({"recorded": 0, "repeated": 1, "held": 0, "waiting": 0, "rejected": 0});
    json!({"tally": tally, "lines": [
        {"line": 2, "outcome": "repeated", "column": null, "reason": null, "detail": null},
    ]})
}

/// What is held of a feed.
pub(super) fn held_list() -> Value {
    let mut item = held();
    if let Value::Object(fields) = &mut item {
        fields.remove("reported");
        fields.remove("stage");
    }
    json!({"items": [item], "next": null})
}

/// A held item.
pub(super) fn held() -> Value {
    json!({
        "held": 7, "reason": "not_paused",
        "detail": "Resumed, but never paused. Report the pause, and this counts by itself.",
        "since": "2026-03-25T10:00:00+08:00", "until": null, "settled": null, "settled_at": null,
        "reported": {
            "receipt_number": "1199000012026010500001", "step": "resumed", "organ": "119900900",
            "happened_at": "2026-01-09T09:00:00+08:00", "cause": null,
        },
        "stage": "accepted",
    })
}

/// A message that could not be taken.
pub(super) fn dead_letters() -> Value {
    json!({"items": [{
        "letter": 3, "message": "MILESTONES 17", "column": "step", "reason": "unknown",
        "detail": "It is no word and no code that is known here.", "since": "2026-03-25T10:00:00+08:00",
    }], "next": null})
}

/// A decision about it.
pub(super) fn decision() -> Value {
    json!({"held": 7, "decision": "discard", "why": "Another card was meant"})
}

/// A batch as announced and as arrived.
pub(super) fn comparison() -> Value {
    json!({
        "batch": "ZZ-2026-0117", "declared_at": "2026-03-25T10:00:00+08:00", "due": "2026-04-01T18:00:00+08:00",
        "declared": 2, "listed": 2, "unlisted": 0, "arrived": 1,
        "missing": [{"receipt_number": "1199000012026010500002", "arrived_at": null}],
        "extra": [], "late": [],
    })
}

/// A batch as its sender announces it.
pub(super) fn manifest() -> Value {
    json!({
        "batch": "ZZ-2026-0117", "count": 2, "due": "2026-04-01 18:00",
        "receipts": ["1199000012026010500001", "1199000012026010500002"],
    })
}
