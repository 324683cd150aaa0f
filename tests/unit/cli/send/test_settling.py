"""When an intent has settled, told from its story alone."""

from typing import Any

import pytest

from argos.cli.send.settling import settlement

INTENT = "6c1f0a52-3d0b-5a77-9c35-0d6f8d1f4a10"


def order(account: str, status: str, **changes: Any) -> dict[str, Any]:
    held = {
        "order_id": f"order-{account}", "intent_id": INTENT, "account": account, "role": "entry",
        "status": status, "side": "buy", "symbol": "AAPL", "order_type": "market", "qty": "10",
        "filled_qty": "10" if status == "filled" else "0", "denial_code": None, "denial_text": None,
    }  # fmt: skip
    return held | changes


def fill(account: str, qty: str, price: str) -> dict[str, Any]:
    return {"order_id": f"order-{account}", "fill_qty": qty, "fill_price": price}


def leg(account: str, filled_qty: str, exit_qty: str = "0") -> dict[str, Any]:
    return {"account": account, "filled_qty": filled_qty, "exit_qty": exit_qty}


def story(*orders: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A story in which every order's leg counts what it has filled."""
    return {
        "intents": [{"intent_id": INTENT, "status": "decided"}],
        "orders": list(orders),
        "commands": [],
        "refusals": [],
        "fills": [],
        "timeline": [],
        "legs": [leg(item["account"], item["filled_qty"]) for item in orders],
    } | changes


def test_filled_legs_have_settled_and_gone_through() -> None:
    found = settlement(story(order("a", "filled"), order("b", "filled")), INTENT)
    assert found.settled
    assert found.went_through


@pytest.mark.parametrize("status", ["planned", "leased", "submitted", "accepted", "in_doubt"])
def test_a_market_order_that_has_not_ended_keeps_it_open(status: str) -> None:
    assert not settlement(story(order("a", "filled"), order("b", status)), INTENT).settled


def test_a_limit_order_may_rest_at_the_venue() -> None:
    resting = order("a", "accepted", order_type="limit")
    assert settlement(story(resting), INTENT).went_through


@pytest.mark.parametrize("status", ["denied", "rejected", "expired_unsent"])
def test_what_was_denied_or_refused_has_settled_but_not_gone_through(status: str) -> None:
    found = settlement(story(order("a", "filled"), order("b", status)), INTENT)
    assert found.settled
    assert not found.went_through


def test_a_leg_that_does_not_count_every_fill_yet_keeps_it_open() -> None:
    entry = order("a", "filled")
    closing = order("a", "filled", role="exit", order_id="exit-a")
    assert not settlement(story(entry, legs=[leg("a", "4")]), INTENT).settled
    assert not settlement(story(entry, legs=[]), INTENT).settled
    assert not settlement(story(entry, closing, legs=[leg("a", "10", "4")]), INTENT).settled
    assert settlement(story(entry, closing, legs=[leg("a", "10", "10")]), INTENT).settled


def test_an_intent_that_waits_for_its_decision_has_not_settled() -> None:
    waiting = story(intents=[{"intent_id": INTENT, "status": "waiting"}])
    assert not settlement(waiting, INTENT).settled


def test_a_refused_leg_says_why() -> None:
    refusal = {"intent_id": INTENT, "account": "a", "code": "CLOSE_NOTHING_OPEN", "text": "nothing"}
    found = settlement(story(refusals=[refusal]), INTENT)
    assert found.settled
    assert not found.went_through
    assert found.legs[0]["why"] == "CLOSE_NOTHING_OPEN: nothing"


def test_a_cancel_is_over_when_its_command_is() -> None:
    command = {
        "intent_id": INTENT,
        "account": "a",
        "kind": "cancel",
        "symbol": "AAPL",
        "order_id": "x",
    }
    pending = story(commands=[command | {"state": "leased"}])
    done = story(commands=[command | {"state": "done"}])
    assert not settlement(pending, INTENT).settled
    assert settlement(done, INTENT).went_through


def test_orders_of_other_intents_do_not_matter() -> None:
    other = order("b", "leased", intent_id="another")
    assert settlement(story(order("a", "filled"), other), INTENT).went_through


def test_the_price_of_several_fills_is_their_mean_by_quantity() -> None:
    two = story(order("a", "filled"), fills=[fill("a", "4", "10"), fill("a", "6", "11")])
    mean = (4 * 10 + 6 * 11) / 10
    assert settlement(two, INTENT).legs[0]["fill_price"] == f"{mean:.5f}"
    one = story(order("a", "filled"), fills=[fill("a", "10", "23.950")])
    assert settlement(one, INTENT).legs[0]["fill_price"] == "23.95"
