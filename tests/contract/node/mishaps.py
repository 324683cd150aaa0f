"""What a broker says when it does not do what it is asked, in the words of its character."""

from typing import Any

from contract.node.broker_link import Mishap
from contract.node.desks import Desk

MT5_NO = (
    *(10006, 10007, 10013, 10014, 10015, 10016, 10018, 10019, 10022, 10030, 10033, 10034, 10035),
    *(10038, 10040, 10041, 10042, 10043, 10044, 10045, 10046),
)
MT5_UNCLEAR = (0, 10011, 10012, 10023, 10028, 10039, 10099, 10031)
"""10031 is last: no further entry is tried for a while after it."""
ALPACA_NO = ((400, 40010000), (403, 40310000), (404, 40410000), (422, 42210000))
ALPACA_UNCLEAR = (408, 499, 500, 502, 503, 504)


def retcode(code: int, text: str = "so it is") -> dict[str, Any]:
    """The answer to `order_send` with this return code."""
    amounts = dict.fromkeys(("volume", "price", "bid", "ask"), "0")
    return {
        "status": 200,
        "body": {"retcode": code, "deal": 0, "order": 0, "comment": text, **amounts},
    }


def alpaca_no(status: int, code: int) -> dict[str, Any]:
    return {"status": status, "body": {"code": code, "message": "so it is"}}


def all_no(desk: Desk) -> list[tuple[str, dict[str, Any]]]:
    """Every definite refusal: the broker's code, and its answer."""
    if desk.kind.is_mt5:
        return [(str(code), retcode(code)) for code in MT5_NO]
    return [(str(code), alpaca_no(status, code)) for status, code in ALPACA_NO]


def all_unclear(desk: Desk) -> list[dict[str, Any]]:
    if desk.kind.is_mt5:
        return [retcode(code) for code in MT5_UNCLEAR]
    return [{"status": status, "body": {"message": "?"}} for status in ALPACA_UNCLEAR]


def unclear(desk: Desk) -> dict[str, Any]:
    return retcode(10012) if desk.kind.is_mt5 else {"status": 504, "body": {"message": "?"}}


def refused_for_now(desk: Desk) -> dict[str, Any]:
    return retcode(10004) if desk.kind.is_mt5 else alpaca_no(429, 42910000)


def loses_next(desk: Desk, kind: str) -> None:
    """The next request of this kind never reaches the broker, and nobody says so."""
    desk.rule(kind, Mishap.CUT_BEFORE)


def loses_next_answer(desk: Desk, kind: str) -> None:
    """The next request of this kind is carried out, and its answer lost."""
    desk.rule(kind, Mishap.CUT_AFTER)
