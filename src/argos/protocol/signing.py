"""How nodes and gateway prove themselves to each other: HMAC-SHA-256 over every request and response.

The counter rises strictly per node, for ever; together with the clock bound it makes a captured message useless.
"""

import hashlib
import hmac
from typing import Final

HEADER_NODE: Final = "X-Argos-Node"
HEADER_EPOCH: Final = "X-Argos-Epoch"
HEADER_COUNTER: Final = "X-Argos-Counter"
HEADER_TIME: Final = "X-Argos-Time"
HEADER_SIGNATURE: Final = "X-Argos-Signature"

CLOCK_SKEW_MS_MAX: Final = 30_000
KEY_BYTES: Final = 32
KEY_ID_CHARS: Final = 12


def key_id_of(key: bytes) -> str:
    """A name by which a key can be spoken of: 12 hex digits of its SHA-256, which give nothing away."""
    return hashlib.sha256(key).hexdigest()[:KEY_ID_CHARS]


def body_digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def sign_request(
    key: bytes,
    *,
    method: str,
    path: str,
    body: bytes,
    node: str,
    epoch: int,
    counter: int,
    time_ms: int,
) -> str:
    """Hex signature of a request. `path` is the path alone, without host or query."""
    text = f"{method}\n{path}\n{body_digest(body)}\n{node}\n{epoch}\n{counter}\n{time_ms}"
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def sign_response(key: bytes, *, status: int, body: bytes, node: str, counter: int) -> str:
    """Hex signature of the response to the request that carried `counter`."""
    text = f"{status}\n{body_digest(body)}\n{node}\n{counter}"
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def signatures_match(expected: str, given: str) -> bool:
    """Comparison in constant time; text that is not ASCII never matches."""
    try:
        return hmac.compare_digest(expected.encode("ascii"), given.encode("ascii"))
    except UnicodeEncodeError:
        return False
