//! Examples for the description that programs read; a test holds them against the described shapes.

use serde_json::{Value, json};

/// An answer at the basic level: on its ordinary way.
pub(super) fn basic() -> Value {
    json!({
        "level": "basic", "kind": "renewal", "kind_text": "Renewal",
        "stage": "in_production", "stage_text": "In production",
        "meaning": "The production centre is making your ID card.",
        "since": "2026-03-11", "cause": null, "flags": [], "flag_texts": [],
        "clock": clock(),
        "promised_on": "2026-03-30", "promised_days": 20,
        "expected": {"earliest": "2026-03-27", "latest": "2026-04-02", "cards": 63},
        "next": "The finished card is checked and then sent to where you collect it.",
        "bring": "Nothing, and you need not go anywhere now.",
        "advice": [],
        "as_of": "2026-03-25T10:00:00+08:00",
    })
}

/// The same answer at the full level.
pub(super) fn full() -> Value {
    let more = json!({
        "level": "full", "kind_text": "Renewal (expired)", "name": "张*",
        "holder": {
            "role": "production_centre", "role_text": "Production centre", "name": "Card Production Centre",
        },
        "office": {
            "code": "119900911", "name": "Card Production Centre", "address": "1 Demonstration Road",
            "phone": "000-0000-0911", "hours": "Mon–Fri 9:00–17:00",
        },
        "timeline": [
            {"stage": "data_check", "stage_text": "Data check", "state": "done", "side": false,
             "on": "2026-03-09", "office": "Provincial Data Check Centre", "cause": null},
            {"stage": "in_production", "stage_text": "In production", "state": "now", "side": false,
             "on": "2026-03-11", "office": "Card Production Centre", "cause": null},
            {"stage": "quality_check", "stage_text": "Quality check", "state": "next", "side": false,
             "on": null, "office": null, "cause": null},
        ],
    });
    let mut answer = basic();
    if let (Value::Object(answer), Value::Object(more)) = (&mut answer, more) {
        answer.extend(more);
    }
    answer
}

/// No application fits all the facts.
pub(super) fn no_match() -> Value {
    json!({
        "type": "/problems/no-match", "title": "No match", "status": 404,
        "detail": "No application fits all the facts given. Check number, date, name or receipt number; \
            if you applied a short time ago, ask again in two working days.",
        "instance": "urn:uuid:08dc972f-7e97-83f5-8000-00000000000a",
    })
}

/// A fact is missing.
pub(super) fn invalid() -> Value {
    json!({
        "type": "/problems/invalid", "title": "Something needs to be changed", "status": 422,
        "detail": "Please correct what is marked and send it again.",
        "instance": "urn:uuid:08dc972f-7e97-83f5-8000-00000000000b",
        "errors": [{
            "pointer": "/name", "code": "required",
            "detail": "Enter the name or the receipt number; one of them is enough.",
        }],
    })
}

fn clock() -> Value {
    json!({
        "submitted_on": "2026-03-02", "day": 23, "limit_days": 60, "due_on": "2026-05-06",
        "overdue": false, "overdue_days": 0, "paused": false, "paused_because": null, "paused_days": 0,
        "extension": null, "ended_on": null,
    })
}
