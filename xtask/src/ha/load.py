"""Feeds and citizens that do not stop while servers are killed, and what they were told.

Reads {"port", "secret"} as the first line of its input, then "kill" at each kill and "end" at the end. At the end it
sends everything that was acknowledged once more, under other names, and prints one line of JSON. Times are seconds.
"""

import http.client
import itertools
import json
import random
import sys
import threading
import time
from collections import Counter
from datetime import date, datetime, timedelta, timezone

from standardwebhooks import Webhook

WRITERS = 8
ASKERS = 3
BETWEEN = 0.02  # a pause between two messages of one writer: the machine shall be busy, not drowned
AGAIN = 0.05  # before a message without an answer is sent again
PATIENCE = 40  # longer than any request may take; who is still waiting then has found a fault
AT_ONCE = 500  # events in a message of the last sending
ADDRESS = "/api/v1/feeds/county/milestones?lang=en"
APPLIED_ON = "2026-01-05"
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def citizen_number(number):
    """The invented person of a number (GB 11643); each number is another."""
    born = date(1950, 1, 1) + timedelta(days=number // 999)
    digits = f"119900{born:%Y%m%d}{number % 999 + 1:03}"
    return digits + "10X98765432"[sum(int(digit) * weight for digit, weight in zip(digits, WEIGHTS)) % 11]


def event(number):
    """The event that opens the application of a number."""
    return {
        "specversion": "1.0", "type": "cn.jindu.milestone.v1", "source": "/county", "id": f"E-{number}",
        "subject": f"11990000120260105{number + 1:05}", "time": f"{APPLIED_ON}T09:00:00+08:00",
        "data": {"step": "accepted", "organ": "119900001", "citizen_number": citizen_number(number), "name": "无名",
                 "applied_on": APPLIED_ON, "reason": "expired"},
    }


class Client:
    """A client that keeps its connection while it holds."""

    def __init__(self, port):
        self.port = port
        self.connection = None

    def post(self, address, headers, body):
        """Status and answer, None where the connection broke; and how long it took."""
        started = time.monotonic()
        try:
            if self.connection is None:
                self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
            self.connection.request("POST", address, body, headers)
            reply = self.connection.getresponse()
            told = reply.status, reply.read()
        except (OSError, http.client.HTTPException):
            self.connection.close()
            self.connection, told = None, (None, b"")
        return *told, time.monotonic() - started


class Load:
    def __init__(self, port, secret):
        self.port, self.webhook = port, Webhook(secret)
        self.numbers = itertools.count()
        self.ended = threading.Event()
        self.acknowledged, self.acknowledgements = [], []  # numbers, and the moments they were acknowledged
        self.waits, self.messages, self.inquiries = [], [], []  # how long: a message with all its tries, each request
        self.answers, self.told, self.faults, self.kills = Counter(), Counter(), [], []

    def send(self, client, name, numbers, as_list):
        """One try of a message: the outcomes of its events, or none; and how long it took."""
        events = [event(number) for number in numbers]
        body = json.dumps(events if as_list else events[0], ensure_ascii=False)
        now = datetime.now(timezone.utc)
        headers = {
            "content-type": f"application/cloudevents{'-batch' if as_list else ''}+json",
            "webhook-id": name, "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": self.webhook.sign(name, now, body),
        }
        status, answer, took = client.post(ADDRESS, headers, body.encode())
        self.answers[f"message {status}"] += 1
        if status == (207 if as_list else 200):
            return [item["outcome"] for item in json.loads(answer)["items"]], took
        if status not in (503, None):
            self.faults.append(f"{status}: {answer.decode()[:300]}")
        return None, took

    def write(self):
        """Each message is sent until it is acknowledged, by one name."""
        client = Client(self.port)
        while not self.ended.is_set():
            numbers = [next(self.numbers) for _ in range(random.randint(1, 2))]
            started, outcomes = time.monotonic(), None
            while outcomes is None:
                outcomes, took = self.send(client, f"first-{numbers[0]}", numbers, len(numbers) > 1)
                self.messages.append(took)
                if outcomes is None:
                    if self.ended.is_set() or self.faults:
                        return
                    time.sleep(AGAIN)
            self.acknowledgements.append(time.monotonic())
            self.waits.append(self.acknowledgements[-1] - started)
            self.told.update(outcomes)
            if all(outcome in ("recorded", "repeated") for outcome in outcomes):
                self.acknowledged.extend(numbers)
            else:
                self.faults.append(f"the outcomes {outcomes}")
            time.sleep(BETWEEN)

    def ask(self):
        """Asks for applications that were acknowledged."""
        client = Client(self.port)
        while not self.ended.is_set():
            time.sleep(BETWEEN)
            if self.acknowledged:
                facts = {"citizen_number": citizen_number(random.choice(self.acknowledged)), "name": "无名",
                         "applied_on": APPLIED_ON}
                body = json.dumps(facts).encode()
                status, _, took = client.post("/api/v1/inquiries", {"content-type": "application/json"}, body)
                self.inquiries.append(took)
                self.answers[f"inquiry {status}"] += 1
                if status not in (200, 404, 503):
                    self.faults.append(f"an inquiry was answered with {status}")

    def send_again(self):
        """Everything acknowledged once more: how many were there, were not there, and got no answer."""
        client, outcomes, numbers = Client(self.port), Counter(), sorted(self.acknowledged)
        for first in range(0, len(numbers), AT_ONCE):
            chunk, told, tries = numbers[first:first + AT_ONCE], None, 0
            while told is None and tries < 3:
                told, _ = self.send(client, f"again-{first}", chunk, True)
                tries += 1
            outcomes.update(told or ["unanswered"] * len(chunk))
        return outcomes

    def gaps(self, ended):
        """The longest time without an acknowledgement: before the first kill, and from each kill to the next."""
        moments = sorted(self.acknowledgements)
        ends = [*self.kills, float("inf")]
        longest = [0.0] * len(ends)
        for before, after in zip(moments, [*moments[1:], max(ended, *moments[-1:])]):
            story = next(at for at, end in enumerate(ends) if after <= end)
            longest[story] = max(longest[story], after - before)
        # Who was never acknowledged after a kill has no gap that ends.
        return [round(gap, 3) if any(moment > kill for moment in moments) else None
                for gap, kill in zip(longest, [0.0, *self.kills])]

    def run(self):
        threads = [threading.Thread(target=self.write) for _ in range(WRITERS)]
        threads += [threading.Thread(target=self.ask) for _ in range(ASKERS)]
        for thread in threads:
            thread.start()
        for line in sys.stdin:
            if line.strip() == "end":
                break
            self.kills.append(time.monotonic())
        self.ended.set()
        ended = time.monotonic()
        for thread in threads:
            thread.join()
        gaps, again = self.gaps(ended), self.send_again()
        return {
            "acknowledged": len(self.acknowledged), "calm": gaps[0], "outages": gaps[1:],
            "there": again["repeated"], "lost": again["recorded"],
            "unclear": again.total() - again["repeated"] - again["recorded"],
            "longest_message": round(max(self.messages), 3), "longest_inquiry": round(max(self.inquiries), 3),
            "longest_until_acknowledged": round(max(self.waits), 3), "told": self.told, "answers": self.answers,
            "faults": self.faults[:5],
        }


if __name__ == "__main__":
    order = json.loads(sys.stdin.readline())
    print(json.dumps(Load(order["port"], order["secret"]).run(), ensure_ascii=False))
