"""A feed as another team would write it: events by `cloudevents`, signatures by `standardwebhooks`.

Reads {"server", "feed", "secret", "mode", "events"} from its input and prints {"status", "body"}.
`mode` is single, batch or binary; each event has "id", "time" and "data", and "subject" where its data has no
receipt number. With the mode held it asks what is held, and its one event has an "id" only.
"""

import json
import sys
import urllib.error
import urllib.request
from datetime import datetime, timezone

from cloudevents.core.bindings import http
from cloudevents.core.v1.event import CloudEvent
from standardwebhooks import Webhook


def event_of(told):
    attributes = {
        "id": told["id"],
        "source": "/县/intake",
        "type": "cn.jindu.milestone.v1",
        "time": datetime.fromisoformat(told["time"]),
        "datacontenttype": "application/json",
    }
    if "subject" in told:
        attributes["subject"] = told["subject"]
    return CloudEvent(attributes=attributes, data=told["data"])


def message_of(mode, events):
    if mode == "binary":
        message = http.to_binary_event(events[0])
        return dict(message.headers), message.body
    structured = [http.to_structured_event(event) for event in events]
    if mode == "single":
        return dict(structured[0].headers), structured[0].body
    # The client knows no lists; a list is its events between brackets.
    body = b"[" + b",".join(message.body for message in structured) + b"]"
    return {"content-type": "application/cloudevents-batch+json"}, body


def request_of(asked):
    """Method, address, headers, body, and what of them is signed."""
    address = f"/api/v1/feeds/{asked['feed']}"
    if asked["mode"] == "held":
        address = f"{address}/held?lang=en"
        return "GET", address, {}, None, f"GET {address}"
    headers, body = message_of(asked["mode"], [event_of(told) for told in asked["events"]])
    return "POST", f"{address}/milestones?lang=en", headers, body, body.decode()


def send(asked):
    method, address, headers, body, content = request_of(asked)
    name, now = asked["events"][0]["id"], datetime.now(timezone.utc)
    headers["webhook-id"] = name
    headers["webhook-timestamp"] = str(int(now.timestamp()))
    headers["webhook-signature"] = Webhook(asked["secret"]).sign(name, now, content)
    request = urllib.request.Request(asked["server"] + address, data=body, headers=headers, method=method)
    try:
        with urllib.request.urlopen(request) as reply:
            return reply.status, json.load(reply)
    except urllib.error.HTTPError as refused:
        return refused.code, json.load(refused)


if __name__ == "__main__":
    status, body = send(json.load(sys.stdin))
    json.dump({"status": status, "body": body}, sys.stdout)
