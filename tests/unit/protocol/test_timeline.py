"""The timeline of a trade: order of time, closed vocabulary, sentences with numbers."""

from decimal import Decimal
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argos.core.order import FactKind
from argos.protocol.sentences import (
    change_sentence,
    fact_sentence,
    fill_sentence,
    intent_sentence,
    leg_sentence,
    order_sentence,
)
from argos.protocol.timeline import Stage, StoryItems, timeline_of

ACCOUNT = "meridian-hedge"


def at(ms: int) -> str:
    """`ms` milliseconds after the alert."""
    return f"2026-11-20T14:30:{ms // 1000:02d}.{ms % 1000:03d}000Z"


def intent(name: str = "I-1", *, received_ms: int = 0, **changes: Any) -> dict[str, Any]:
    plain = {
        "intent_id": name,
        "source": "hook:tradingview",
        "action": "open",
        "side": "buy",
        "symbol": "AAPL",
        "order_type": "market",
        "entry_price": "12.3",
        "sl": "11.9",
        "tp": None,
        "bot_version": "ema-cross@3.2",
        "received_at": at(received_ms),
    }
    return {**plain, **changes}


def order(name: str = "O-1", *, planned_ms: int = 2, **changes: Any) -> dict[str, Any]:
    plain = {
        "order_id": name,
        "intent_id": "I-1",
        "account": ACCOUNT,
        "role": "entry",
        "side": "buy",
        "qty": "10",
        "symbol": "AAPL",
        "order_type": "market",
        "price": None,
        "sl": "11.9",
        "tp": None,
        "planned_at": at(planned_ms),
        "denial_code": None,
        "denial_text": None,
        "checks": [{"check": "halt", "ok": True}, {"check": "size", "ok": True}],
    }
    return {**plain, **changes}


def fact(kind: str, *, at_ms: int, command_kind: str = "submit", **body: Any) -> dict[str, Any]:
    return {
        "kind": kind,
        "account": ACCOUNT,
        "order_id": "O-1",
        "command_id": "C-1",
        "command_kind": command_kind,
        "at": at(at_ms),
        "node": "node-1",
        "body": body,
    }


def fill(*, received_ms: int = 20, **changes: Any) -> dict[str, Any]:
    plain = {
        "account": ACCOUNT,
        "order_id": "O-1",
        "venue_exec_id": "E-1",
        "symbol": "AAPL",
        "side": "buy",
        "fill_qty": "10",
        "fill_price": "12.34",
        "bid_at_send": "12.33",
        "ask_at_send": "12.34",
        "reason": "command",
        "received_at": at(received_ms),
    }
    return {**plain, **changes}


def leg(**changes: Any) -> dict[str, Any]:
    plain = {
        "account": ACCOUNT,
        "outcome": "open",
        "filled_qty": "10",
        "intended_qty": "10",
        "slippage_bps": "32.5203",
        "slippage_reference": "signal",
        "net_pnl": "-0.35",
        "currency": "USD",
        "closed_at": None,
        "divergence": [],
        "revision": 1,
        "reconciled_at": at(25),
    }
    return {**plain, **changes}


STORY = StoryItems(
    intents=[intent()],
    alerts=[
        {"outcome": "accepted", "intent_id": "I-1", "received_at": at(0)},
        {"outcome": "duplicate", "intent_id": "I-1", "received_at": at(1)},
    ],
    orders=[order()],
    facts=[
        fact("leased", at_ms=3),
        fact("send_started", at_ms=5, bid="12.33", ask="12.34"),
        fact("accepted", at_ms=15, venue_order_id="50012"),
        fact("fill", at_ms=16, venue_exec_id="E-1"),
    ],
    fills=[fill()],
    legs=[leg()],
)


def test_a_trade_is_told_from_alert_to_reconciliation() -> None:
    told = [
        (entry["ms_since_alert"], entry["stage"], entry["what"]) for entry in timeline_of(STORY)
    ]
    assert told == [
        (
            0,
            "received",
            "alert from hook:tradingview: open buy AAPL at market, price seen 12.3, stop 11.9 (ema-cross@3.2)",
        ),
        (1, "duplicate", "the same alert came again and changed nothing"),
        (2, "decided", "planned the entry: buy 10 AAPL at market, stop 11.9; 2 checks passed"),
        (3, "leased", "handed to node node-1"),
        (5, "send_started", "sending to the venue, quote 12.33 / 12.34"),
        (15, "accepted", "the venue took it as 50012"),
        (16, "fill", "filled 10 AAPL @ 12.34 (meridian-hedge), at the quote"),
        (
            25,
            "reconciled",
            "reconciled, revision 1: open, filled 10 of 10, slippage 32.5 bps (signal)",
        ),
    ]


def test_every_entry_names_its_account_and_intent_where_it_has_one() -> None:
    for entry in timeline_of(STORY):
        own = entry["stage"] not in {"received", "duplicate"}
        assert entry["account"] == (ACCOUNT if own else None)
        assert entry["intent_id"] == (None if entry["stage"] == "reconciled" else "I-1")
        assert entry["ms_since_intent"] == (
            None if entry["stage"] == "reconciled" else entry["ms_since_alert"]
        )


def test_the_order_of_the_rows_does_not_matter() -> None:
    expected = timeline_of(STORY)
    for facts in permutations(STORY.facts):
        shuffled = StoryItems(
            intents=STORY.intents,
            alerts=STORY.alerts[::-1],
            orders=STORY.orders,
            facts=facts,
            fills=STORY.fills,
            legs=STORY.legs,
        )
        assert timeline_of(shuffled) == expected


def test_a_close_counts_from_its_own_alert_too() -> None:
    story = StoryItems(
        intents=[intent(), intent("I-2", received_ms=5000, action="close", side=None)],
        orders=[order("O-2", intent_id="I-2", planned_ms=5004, role="exit", side="sell")],
    )
    decided = timeline_of(story)[-1]
    assert (decided["ms_since_alert"], decided["ms_since_intent"]) == (5004, 4)


def test_a_fill_that_no_order_asked_for_has_no_intent_and_says_why() -> None:
    (entry,) = timeline_of(StoryItems(fills=[fill(order_id=None, reason="sl", side="sell")]))
    assert entry["what"].startswith("stop hit: filled 10 AAPL @ 12.34")
    assert entry["ms_since_alert"] is None
    assert entry["intent_id"] is None


def test_requests_to_change_an_order_are_told_as_such() -> None:
    command = {
        "command_id": "C-2",
        "order_id": "O-1",
        "intent_id": "I-1",
        "account": ACCOUNT,
        "symbol": "AAPL",
        "kind": "modify",
        "price": None,
        "sl": "12",
        "tp": "13",
        "created_at": at(2),
    }
    modified = fact("modified", at_ms=9, command_kind="modify", sl="12", tp="13", price=None)
    told = [
        (entry["stage"], entry["what"])
        for entry in timeline_of(StoryItems(commands=[command], facts=[modified]))
    ]
    assert told == [
        ("decided", "planned to change AAPL: stop 12, target 13"),
        ("modified", "modify: changed at the venue: stop 12, target 13"),
    ]
    assert change_sentence({**command, "kind": "cancel"}) == "planned to cancel the order in AAPL"


@pytest.mark.parametrize("kind", [kind.value for kind in FactKind if kind is not FactKind.FILL])
def test_every_fact_about_an_order_is_told_even_with_an_empty_body(kind: str) -> None:
    (entry,) = timeline_of(StoryItems(facts=[fact(kind, at_ms=1)]))
    assert entry["stage"] == Stage(kind)
    assert entry["what"]


@pytest.mark.parametrize(
    ("kind", "body", "sentence"),
    [
        ("rejected", {"code": "10016", "text": "Invalid stops"}, "the venue refused: 10016: Invalid stops"),
        ("canceled", {"text": "by user"}, "canceled at the venue: by user"),
        ("expired", {}, "expired at the venue"),
        ("unsent", {"code": "HALTED", "text": "global: news"}, "not sent: HALTED: global: news"),
        ("in_doubt", {"text": "timeout"}, "no usable answer, the outcome is open: timeout"),
        ("not_found", {"looks": 3, "seconds": 61}, "the venue does not have it, by 3 looks in 61 s: it never arrived"),
        ("accepted", {"venue_order_id": "7", "qty": "4"}, "the venue took it as 7, for 4 only"),
        ("modified", {}, "changed at the venue: no price, no stop, no target"),
    ],
)  # fmt: skip
def test_what_the_venue_said_is_told(kind: str, body: dict[str, Any], sentence: str) -> None:
    assert fact_sentence(fact(kind, at_ms=1, **body)) == sentence


def test_a_denied_order_tells_code_and_reason() -> None:
    denied = order(denial_code="HALTED", denial_text="global: news")
    assert order_sentence(denied) == "denied HALTED: global: news (buy 10 AAPL at market)"
    (entry,) = timeline_of(StoryItems(orders=[denied]))
    assert entry["stage"] == "denied"


def test_a_limit_order_names_its_price() -> None:
    limit = {"order_type": "stop_limit", "price": "12.5", "entry_price": "12.5"}
    assert "buy 10 AAPL stop-limit @ 12.5" in order_sentence(order(**limit))
    assert "open buy AAPL stop-limit @ 12.5, stop 11.9" in intent_sentence(intent(**limit))


@given(
    side=st.sampled_from(["buy", "sell"]),
    quote=st.decimals(min_value=1, max_value=1000, places=2),
    worse_by=st.decimals(min_value=Decimal("-0.5"), max_value=Decimal("0.5"), places=2),
)
def test_a_fill_is_worse_when_we_pay_more_or_get_less(
    side: str, quote: Decimal, worse_by: Decimal
) -> None:
    price = quote + worse_by if side == "buy" else quote - worse_by
    told = fill_sentence(
        fill(side=side, fill_price=str(price), ask_at_send=str(quote), bid_at_send=str(quote))
    )
    word = "worse" if worse_by > 0 else "better" if worse_by < 0 else "at the quote"
    assert told.endswith(f"bps {word} than the quote" if worse_by else word)
    if worse_by:
        bps = (abs(worse_by) / quote * 10_000).quantize(Decimal("0.1"))
        assert f", {bps} bps" in told


def test_without_a_quote_a_fill_is_not_compared() -> None:
    told = fill_sentence(fill(bid_at_send=None, ask_at_send=None))
    assert told == "filled 10 AAPL @ 12.34 (meridian-hedge)"


def test_a_closed_leg_tells_its_result_and_what_differs() -> None:
    closed = leg(outcome="win", closed_at=at(24), net_pnl="4.5", divergence=["LATE"], revision=3)
    assert leg_sentence(closed) == (
        "reconciled, revision 3: win, filled 10 of 10, slippage 32.5 bps (signal), net 4.5 USD, differs: LATE"
    )
    assert "slippage" not in leg_sentence(leg(slippage_bps=None, slippage_reference=None))


def test_findings_and_alarms_are_told() -> None:
    found = {
        "code": "POSITION_DRIFT",
        "account": ACCOUNT,
        "order_id": None,
        "expected": {"qty": "10"},
        "observed": {"qty": "0"},
        "found_at": at(30),
        "resolved_at": at(60),
        "how": "the position came back",
    }
    alarm = {
        "code": "ORDER_OVERFILLED",
        "account": ACCOUNT,
        "order_id": "O-1",
        "text": "filled 12 of 10",
        "raised_at": at(40),
    }
    told = [
        (entry["stage"], entry["what"])
        for entry in timeline_of(StoryItems(discrepancies=[found], alarms=[alarm]))
    ]
    assert told == [
        ("discrepancy", "found POSITION_DRIFT: expected qty=10, observed qty=0"),
        ("alarm", "alarm ORDER_OVERFILLED: filled 12 of 10"),
        ("resolved", "POSITION_DRIFT was resolved: the position came back"),
    ]
