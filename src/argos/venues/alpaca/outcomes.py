"""What Alpaca's answer to a request that trades says of it: done, refused, or not known."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import Any, Final

from argos.core.errors import InvariantError
from argos.protocol.values import canonical_json
from argos.venues.alpaca.words import BODY_INVALID, NOT_UNIQUE

CLIENT_ID_MAX: Final = 128
DIGEST_DIGITS: Final = 16
TOO_MANY_REQUESTS: Final = 429
_UNCLEAR: Final = frozenset({408, 425, 499})
"""Of a proxy's or a client's giving up: whether the exchange heard it is not said."""


class Outcome(StrEnum):
    """KNOWN and OPEN want a look-up: its client id was used before, or nobody knows. LATER: nothing was done."""

    DONE = "done"
    KNOWN = "known"
    REFUSED = "refused"
    LATER = "later"
    OPEN = "open"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """An outcome with Alpaca's own code and words; `retry_after_s` where it said when to come again."""

    outcome: Outcome
    code: str = ""
    text: str = ""
    retry_after_s: float | None = None


UNHEARD: Final = Judged(outcome=Outcome.OPEN, text="no answer")


def judge(status: int | None, body: Any, *, retry_after: str | None = None) -> Judged:
    """What an answer means; `status` is None when none came. A body that is not JSON is given as None.

    Only what Alpaca itself can have said counts as a refusal's reason, but any other 4xx is one as well: who answers so
    has not passed the request on.
    """
    if status is None:
        return UNHEARD
    told: Mapping[str, Any] = body if isinstance(body, dict) else {}
    code, text = str(told.get("code", status)), str(told.get("message", f"status {status}"))
    if 200 <= status < 300:
        # An order's row, or nothing at all for a cancel. Anything else is no answer of Alpaca's.
        usable = "id" in told or (status == 204 and body is None)
        return Judged(outcome=Outcome.DONE if usable else Outcome.OPEN, code=code, text=text)
    if status == TOO_MANY_REQUESTS:
        return Judged(
            outcome=Outcome.LATER, code=code, text=text, retry_after_s=_seconds(retry_after)
        )
    if status in _UNCLEAR or not 400 <= status < 500:
        return Judged(outcome=Outcome.OPEN, code=code, text=text)
    if told.get("code") == BODY_INVALID and NOT_UNIQUE in text:
        return Judged(outcome=Outcome.KNOWN, code=code, text=text)
    return Judged(outcome=Outcome.REFUSED, code=code, text=text)


def derived_client_id(root: str, mark: str, body: Mapping[str, Any]) -> str:
    """The client id of an order that belongs to `root` and is not its entry: the same body, the same id.

    So one that is sent again after doubt meets its first copy at the exchange instead of becoming a second order.
    Raises InvariantError if it would be longer than Alpaca takes.
    """
    digest = sha256(canonical_json(dict(body))).hexdigest()[:DIGEST_DIGITS]
    derived = f"{root}{mark}{digest}"
    if len(derived) > CLIENT_ID_MAX:
        raise InvariantError(
            f"client id too long: root={root}, mark={mark}", code="CLIENT_ID_TOO_LONG"
        )
    return derived


def _seconds(text: str | None) -> float | None:
    """Retry-After as seconds; None where it is none, or a date, which Alpaca does not send."""
    return float(text) if text is not None and text.isdecimal() else None
