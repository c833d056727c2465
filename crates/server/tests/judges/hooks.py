"""What schemathesis has to be told: how the formats of the description are written, and how a feed signs.

Every request comes from another address, by the proxy's header: how often one source may fail is no subject here.
Every second inquiry that is meant to be right is about somebody of KNOWN, so that there are answers to judge. With
FEED_SECRET, what a feed means to be right is signed for the feed `county`; what is meant to be wrong never is.
"""

import base64
import hashlib
import hmac
import itertools
import json
import os
import time
from datetime import date

import schemathesis
from hypothesis import strategies as st
from schemathesis.core.parameters import ParameterLocation

SECRET = os.environ.get("FEED_SECRET")
KNOWN = json.loads(os.environ["KNOWN"])
NUMBERS, INQUIRIES = itertools.count(1), itertools.count(1)
# JSON Schema has no word for "not in the future".
DAYS = st.dates(date(1950, 1, 1), date(2026, 1, 31))


def citizen_number(birth, sequence):
    """An invented person's number: GB 11643 with its check character (ISO 7064 MOD 11-2)."""
    first = f"119900{birth:%Y%m%d}{sequence:03d}"
    weighed = sum(int(digit) * pow(2, 17 - place, 11) for place, digit in enumerate(first))
    return first + "10X98765432"[weighed % 11]


def receipt_number(day, sequence):
    """One in the format that is configured where nothing else is: RRRRRRSSSYYYYMMDDNNNNN."""
    return f"119900001{day:%Y%m%d}{sequence:05d}"


NAMES = st.text(st.sampled_from("张三李四欧阳古丽艾山abcXYZéß"), min_size=1, max_size=60)

schemathesis.openapi.format("date", DAYS.map(str))
schemathesis.openapi.format("citizen-number", st.builds(citizen_number, DAYS, st.integers(1, 999)))
schemathesis.openapi.format("receipt-number", st.builds(receipt_number, DAYS, st.integers(1, 99_999)))
schemathesis.openapi.format("name", NAMES)


class Sender:
    """Finishes a request that is ready: where it comes from, and its signature."""

    def __init__(self, signs):
        self.signs = signs

    def __call__(self, request):
        number = next(NUMBERS)
        request.headers["X-Forwarded-For"] = f"2001:db8:{number >> 16:x}:{number & 0xFFFF:x}::1"
        if self.signs:
            self.sign(request, f"schemathesis-{number}", str(int(time.time())))
        return request

    @staticmethod
    def sign(request, name, now):
        body = request.body or f"{request.method} {request.path_url}"
        body = body.encode() if isinstance(body, str) else body
        key = base64.b64decode(SECRET.removeprefix("whsec_"))
        code = hmac.new(key, f"{name}.{now}.".encode() + body, hashlib.sha256).digest()
        request.headers["webhook-id"] = name
        request.headers["webhook-timestamp"] = now
        request.headers["webhook-signature"] = "v1," + base64.b64encode(code).decode()


def is_to_be_signed(case):
    """Whether a message of a feed has every header that it needs, and means them to be right."""
    if SECRET is None or "/feeds/" not in case.path:
        return False
    headers = case.meta.components.get(ParameterLocation.HEADER)
    return headers is None or headers.mode.is_positive


def is_inquiry(case):
    """Whether it is an inquiry that means all its facts to be right."""
    right = case.meta.generation.mode.is_positive and isinstance(case.body, dict)
    return right and case.path.startswith("/api/v1/inquiries")


def about_somebody(case):
    # Whoever closes a case closes it to the others: nobody asks about that one otherwise.
    somebody = KNOWN[0] if case.path.endswith("counter-only") else KNOWN[1 + len(str(case.body)) % (len(KNOWN) - 1)]
    for fact, value in somebody.items():
        if isinstance(case.body.get(fact), str):
            case.body[fact] = value


@schemathesis.hook
def before_call(context, case, kwargs):
    signs = is_to_be_signed(case)
    if signs:
        case.path_parameters["feed"] = "county"
    if is_inquiry(case) and next(INQUIRIES) % 2 == 0:
        about_somebody(case)
    kwargs["auth"] = Sender(signs)
