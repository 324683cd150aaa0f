"""What each return code of a trade request means to us. A code that is not listed leaves the outcome open.

Source: MQL5 reference, "Trade Server Return Codes". 10005 and 10037 do not exist.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from argos.core.errors import VenueRefused, VenueUnreachable
from argos.ports import POSITION_CLOSED

PARTIAL: Final = 10010
TIMEOUT: Final = 10012
CLOSED: Final = 10036


class Verdict(StrEnum):
    """DONE it was; REFUSED it was, for good or FOR_NOW; SETUP: refused until a person changes something.

    IDLE: there was nothing to change. GONE: there is no position to close. OPEN: nobody knows, look.
    """

    DONE = "done"
    REFUSED = "refused"
    FOR_NOW = "for_now"
    SETUP = "setup"
    IDLE = "idle"
    GONE = "gone"
    OPEN = "open"


VERDICTS: Final[Mapping[int, Verdict]] = {
    10004: Verdict.FOR_NOW,  # requote: a fresh price may do
    10006: Verdict.REFUSED,  # request rejected
    10007: Verdict.REFUSED,  # canceled by the trader
    10008: Verdict.DONE,  # order placed: not a fill
    10009: Verdict.DONE,  # done
    10010: Verdict.DONE,  # done in part, the rest is canceled
    10011: Verdict.OPEN,  # processing error: before or after, it does not say
    10012: Verdict.OPEN,  # canceled by timeout: of the answer, perhaps not of the order
    10013: Verdict.REFUSED,  # invalid request
    10014: Verdict.REFUSED,  # invalid volume
    10015: Verdict.REFUSED,  # invalid price
    10016: Verdict.REFUSED,  # invalid stops
    10017: Verdict.SETUP,  # trade disabled for the account
    10018: Verdict.REFUSED,  # market closed
    10019: Verdict.REFUSED,  # not enough money
    10020: Verdict.FOR_NOW,  # prices changed
    10021: Verdict.FOR_NOW,  # no quotes to process the request
    10022: Verdict.REFUSED,  # invalid expiration
    10023: Verdict.OPEN,  # order state changed meanwhile: by what, a look tells
    10024: Verdict.FOR_NOW,  # too many requests
    10025: Verdict.IDLE,  # no changes in the request
    10026: Verdict.SETUP,  # algorithmic trading disabled by the server
    10027: Verdict.SETUP,  # algorithmic trading disabled by the terminal
    10028: Verdict.OPEN,  # request locked for processing
    10029: Verdict.FOR_NOW,  # order or position frozen: too near the market
    10030: Verdict.REFUSED,  # invalid filling mode
    10031: Verdict.OPEN,  # no connection: lost before or after, it does not say
    10032: Verdict.SETUP,  # for real accounts only
    10033: Verdict.REFUSED,  # limit of pending orders reached
    10034: Verdict.REFUSED,  # limit of volume in the symbol reached
    10035: Verdict.REFUSED,  # invalid or prohibited order type
    10036: Verdict.GONE,  # position already closed
    10038: Verdict.REFUSED,  # close volume exceeds the position
    10039: Verdict.OPEN,  # a close order for the position exists already: whose, a look tells
    10040: Verdict.REFUSED,  # limit of positions reached
    10041: Verdict.REFUSED,  # activation of the pending order rejected, order canceled
    10042: Verdict.REFUSED,  # only long positions allowed
    10043: Verdict.REFUSED,  # only short positions allowed
    10044: Verdict.REFUSED,  # only closing allowed
    10045: Verdict.REFUSED,  # first in, first out: an older position comes first
    10046: Verdict.REFUSED,  # opposite positions prohibited
}

_FIXES: Final[Mapping[int, str]] = {
    10017: "ask the broker why trading is disabled for this account",
    10026: "ask the broker to allow algorithmic trading for this account",
    10027: "switch Algo Trading on in the terminal",
    10032: "use a real account",
}


def not_permitted(code: int, text: str) -> VenueRefused:
    """A no that stays one until somebody acts, with what to do."""
    fix = _FIXES.get(code, "see whether the terminal is connected")
    return VenueRefused(f"{text}; {fix}", code="VENUE_TRADING_DISABLED", venue_code=str(code))


def require_done(code: int, text: str, *, change: bool) -> None:
    """Raises VenueRefused for a definite no and VenueUnreachable for an open outcome.

    `change`: the request only says how something shall be, so that "no changes" is as good as done.
    """
    verdict = VERDICTS.get(code, Verdict.OPEN)
    match verdict:
        case Verdict.DONE:
            return
        case Verdict.IDLE if change:
            return
        case Verdict.GONE:
            raise VenueRefused(text, code=POSITION_CLOSED, venue_code=str(code))
        case Verdict.SETUP:
            raise not_permitted(code, text)
        case Verdict.OPEN:
            raise VenueUnreachable(f"return code {code}: {text}", code="VENUE_OUTCOME_OPEN")
        case Verdict.REFUSED | Verdict.IDLE | Verdict.FOR_NOW:
            for_now = verdict is Verdict.FOR_NOW
            raise VenueRefused(text, venue_code=str(code), retryable=for_now)
