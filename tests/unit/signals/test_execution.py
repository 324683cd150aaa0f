"""From a signal to an intent: what is asked of the spine is what the spine takes, protected or not at all."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argos.core.canonical import sha256_of
from argos.core.errors import InputError
from argos.core.intent import Action
from argos.core.texts import parse_moment
from argos.flows.accept_alert import Delivery, Doors, judge_own_delivery
from argos.protocol.intent_body import parse_intent_body
from argos.protocol.values import parse_json
from argos.signals.execution import (
    CENT,
    SOURCE,
    SUB_PENNY,
    close_body,
    entry_body,
    order_entries,
)
from argos.signals.file import SignalFile
from argos.signals.outbox import TOLD, Outbox, OutboxKind
from argos.signals.settings import SignalSettings
from recorded_signals import PRICE, Chain

SETTINGS = SignalSettings(auto_execute=True, route="main")
AT = datetime(2026, 11, 20, 15, 0, 5, tzinfo=UTC)


def made(**changes: Any) -> dict[str, Any]:
    return Chain().record(at=AT, **changes)


def test_the_entry_is_the_signal_in_the_words_of_an_intent() -> None:
    record = made()
    body = entry_body(record, settings=SETTINGS, price=PRICE)
    signal_id = record["signal"]["signal_id"]
    assert body["event_id"] == body["trade_id"] == signal_id
    assert (body["bot_version"], body["account_route"]) == ("consensus@1", "main")
    assert (body["action"], body["side"], body["order_type"]) == ("open", "buy", "market")
    assert (body["entry_price"], body["sl"], body["tp"]) == ("100", "98", "104")
    assert body["size"]["value"] == "0.1"
    assert parse_moment(body["expiry"], field="expiry") == AT + timedelta(seconds=60)
    assert body["timestamp_tv"] == record["at"]
    assert body["features"] == {
        "signal_id": signal_id,
        "record_hash": sha256_of(record),
        "sequence": 1,
        "simulated": True,
        "votes": {"massive": "long", "alpha_vantage": "long", "x": "abstain"},
    }


def test_a_calibrated_probability_is_the_confidence_and_a_score_only_without() -> None:
    assert entry_body(made(), settings=SETTINGS, price=PRICE)["confidence"] == "0.8"
    calibrated = made(probability="0.61")
    assert entry_body(calibrated, settings=SETTINGS, price=PRICE)["confidence"] == "0.61"


def test_a_short_has_its_stop_above() -> None:
    body = entry_body(made(direction="short"), settings=SETTINGS, price=PRICE)
    assert (body["side"], body["sl"], body["tp"]) == ("sell", "102", "96")


prices = st.decimals("0.01", "90000", places=4)
fractions = st.none() | st.decimals("0.0001", "0.9", places=4)


@given(price=prices, stop=fractions, target=fractions, direction=st.sampled_from(["long", "short"]))
def test_every_entry_is_taken_by_the_spine_with_its_legs_on_the_right_sides(
    price: Decimal, stop: Decimal | None, target: Decimal | None, direction: str
) -> None:
    settings = replace(SETTINGS, stop_fraction=stop, target_fraction=target)
    body = entry_body(made(direction=direction), settings=settings, price=price)
    parsed = parse_intent_body(parse_json(json.dumps(body)))
    for leg, fraction in ((parsed.sl, stop), (parsed.tp, target)):
        assert (leg is None) == (fraction is None)
        if leg is not None and fraction is not None:
            away = abs(leg - price)
            assert price * fraction <= away <= price * fraction + CENT
            assert leg % (CENT if leg > 1 else SUB_PENNY) == 0


def test_a_leg_at_nothing_is_refused() -> None:
    settings = replace(SETTINGS, target_fraction=Decimal(1))
    with pytest.raises(InputError, match="LEG_IMPOSSIBLE"):
        entry_body(made(direction="short"), settings=settings, price=PRICE)


@pytest.mark.parametrize(("stop", "target"), [("0.02", "0.04"), ("0.02", None), (None, "0.04")])
def test_without_a_price_there_is_no_entry_that_would_be_unprotected(
    stop: str | None, target: str | None
) -> None:
    settings = replace(
        SETTINGS,
        stop_fraction=Decimal(stop) if stop else None,
        target_fraction=Decimal(target) if target else None,
    )
    with pytest.raises(InputError, match="NO_PRICE"):
        entry_body(made(), settings=settings, price=None)


def test_who_wants_no_legs_needs_no_price() -> None:
    settings = replace(SETTINGS, stop_fraction=None, target_fraction=None)
    body = entry_body(made(), settings=settings, price=None)
    assert (body["entry_price"], body["sl"], body["tp"]) == (None, None, None)
    assert parse_intent_body(body).trade_id == body["trade_id"]


def test_a_close_is_an_exit_that_never_expires() -> None:
    body = close_body(
        signal_id="5ab2b2a6-6d0e-5c1e-9d3a-6f1f4b7a9c10",
        bot_version="consensus@1",
        route="main",
        symbol="AAPL",
        reason="TIME_STOP",
        at=AT,
    )
    delivery = Delivery(
        raw=json.dumps(body).encode(), content_type="", remote="local", received_at=AT
    )
    doors = Doors(hooks={}, api_keys={}, routes=frozenset({"main"}))
    intent = judge_own_delivery(delivery, source=SOURCE, doors=doors).intent
    assert intent is not None
    assert intent.action is Action.CLOSE
    assert intent.expires_at is None
    assert intent.close_fraction == 1


def record_one(
    file: SignalFile, settings: SignalSettings, price: Decimal | None, *, times: int = 1
) -> None:
    record = made()
    for _ in range(times):
        with file.transaction() as connection:
            order_entries(settings)(connection, record, price)


def test_a_valid_signal_leaves_one_row_for_its_entry(tmp_path: Path) -> None:
    file = SignalFile.open(tmp_path / "s")
    record_one(file, SETTINGS, PRICE, times=2)
    (row,) = Outbox(file).waiting(10, kinds=(OutboxKind.INTENT,))
    assert row.until == AT + timedelta(seconds=60)
    assert row.payload["sl"] == "98"


def test_with_auto_execute_off_there_is_no_row_at_all(tmp_path: Path) -> None:
    file = SignalFile.open(tmp_path / "s")
    record_one(file, replace(SETTINGS, auto_execute=False), PRICE)
    assert Outbox(file).counts().waiting == {}
    assert Outbox(file).counts().refused == {}


def test_an_entry_that_cannot_be_made_is_a_recorded_refusal(tmp_path: Path) -> None:
    file = SignalFile.open(tmp_path / "s")
    record_one(file, SETTINGS, None, times=2)
    assert Outbox(file).waiting(10, kinds=(OutboxKind.INTENT,)) == []
    assert Outbox(file).counts().refused == {"NO_PRICE": 1}
    (told,) = Outbox(file).waiting(10, kinds=TOLD)
    assert told.payload["code"] == "NO_PRICE"
