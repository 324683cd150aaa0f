"""JSON that is legal, or nearly so, and that no database or number type can hold: refused by name, never a 5xx."""

import pytest

from running_gateway import Caller
from spine import intent_body

pytestmark = pytest.mark.integration

BODY = str(intent_body("T-1", features={"x": "@"})).replace("'", '"')
MEAN = {
    "a null character": BODY.replace("T-1", "T\\u0000"),
    "a null character among the features": BODY.replace("@", "\\u0000"),
    "half a surrogate pair": BODY.replace("T-1", "T\\ud800"),
    "half a surrogate pair among the features": BODY.replace("@", "\\udfff"),
    "half a surrogate pair as a name": BODY.replace('"x"', '"\\ud83d"'),
    "a price of many digits": BODY.replace('"100"', "1e999999"),
    "a price near nothing": BODY.replace('"100"', "1e-999999"),
    "a price with an exponent nobody can write out": BODY.replace('"100"', '"1e999999999"'),
    "a feature of many digits": BODY.replace('"@"', "1e999999"),
    "a feature near nothing": BODY.replace('"@"', "1e-999999"),
    "a whole number above 64 bits": BODY.replace('"@"', str(2**70)),
    "a whole number of four thousand digits": BODY.replace('"@"', "9" * 4000),
    "a whole number of five thousand digits": BODY.replace('"@"', "9" * 5000),
    "a number of a thousand digits": BODY.replace('"@"', "0." + "1" * 1000),
    "an exponent of twenty digits": BODY.replace('"@"', "1e" + "9" * 20),
    "a deep list": BODY.replace('"@"', "[" * 20_000 + "]" * 20_000),
    "a list a little less deep": BODY.replace('"@"', "[" * 400 + "]" * 400),
    "a moment beyond the calendar": BODY.replace('"timestamp_tv": "', '"timestamp_tv": "9'),
    "a moment before the calendar": BODY.replace('"timestamp_tv": "2026', '"timestamp_tv": "0001'),
    "an expiry beyond the calendar": BODY[:-1] + ', "expiry": 99999999999999999}',
    "an expiry past the last year": BODY.replace('"timestamp_tv": "2026', '"timestamp_tv": "9999')[
        :-1
    ]
    + ', "expiry": 31000000}',
    "an endless expiry": BODY[:-1] + ', "expiry": 1e400}',
    "no object": "[]",
    "a size that is none": BODY[:-1] + ', "size": "5"}',
    "an emoji": BODY.replace("T-1", "\\ud83d\\ude00"),
}


async def test_a_mean_body_is_taken_or_refused(gateway: Caller) -> None:
    for path in ("/api/intents", "/api/halt", "/api/resume", "/node/v1/enrol"):
        for name, body in MEAN.items():
            reply = await gateway.post(path, body.encode())
            assert reply.status < 500, (path, name, reply.raw)
            assert reply.status < 300 or reply.json["error"]["code"], (path, name)
            assert reply.status < 300 or "Body" not in reply.json["error"]["message"], (path, name)
