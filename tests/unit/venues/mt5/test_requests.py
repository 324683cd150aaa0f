"""Requests as the package takes them: floats, whole numbers, and nothing that has nothing to say."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from argos.core.errors import VenueRefused
from argos.core.instrument import Quote
from argos.core.intent import OrderType, Side
from argos.ports import VenueClose, VenueIdentity, VenueOrder
from argos.venues.mt5.requests import (
    ANY_DEVIATION,
    Levels,
    close_request,
    entry_request,
    move_request,
    protect_request,
)
from argos.venues.mt5.standin.reading import request_of
from argos.venues.mt5.terms import SymbolTerms

D = Decimal
TERMS = SymbolTerms(
    symbol="EURUSD",
    digits=5,
    tick_size=D("0.00001"),
    contract_size=D(100_000),
    volume_min=D("0.01"),
    volume_max=D(100),
    volume_step=D("0.01"),
    stops_distance=D("0.0001"),
    freeze_distance=D(0),
    filling_flags=2,
    execution=2,
    expiration_flags=15,
)
QUOTE = Quote(
    symbol="EURUSD", bid=D("1.0700"), ask=D("1.0701"), at=datetime(2026, 1, 5, tzinfo=UTC)
)
SEEN = replace(QUOTE, ask=D("1.0699"))
IDENTITY = VenueIdentity(magic=(1 << 62) + 1, client_order_id="")
ORDER = VenueOrder(
    identity=IDENTITY,
    symbol="EURUSD",
    side=Side.BUY,
    order_type=OrderType.MARKET,
    qty=D(12_000),
    price=None,
    stop_limit_price=None,
    sl=D("1.06"),
    tp=None,
    deviation_points=15,
    comment="argos-" + "x" * 40,
)


def test_a_market_entry_in_lots_with_its_tolerance_from_the_price_that_was_seen():
    request = entry_request(ORDER, terms=TERMS, quote=QUOTE, seen=SEEN)
    assert request == {
        "action": 1,
        "symbol": "EURUSD",
        "type": 0,
        "type_filling": 1,
        "type_time": 0,
        "volume": 0.12,
        "magic": IDENTITY.magic,
        "comment": ORDER.comment[:31],
        "sl": 1.06,
        "price": 1.0699,
        "deviation": 15,
    }
    request_of(request)  # raises if the package could not read it


def test_without_a_tolerance_any_price_will_do():
    order = replace(ORDER, deviation_points=0)
    request = entry_request(order, terms=TERMS, quote=QUOTE, seen=QUOTE)
    assert request["deviation"] == ANY_DEVIATION


def test_a_stop_limit_entry_rests_with_both_its_prices():
    order = replace(
        ORDER, order_type=OrderType.STOP_LIMIT, price=D("1.08"), stop_limit_price=D("1.0795")
    )
    request = entry_request(order, terms=TERMS, quote=QUOTE, seen=QUOTE)
    assert (request["action"], request["type"], request["type_filling"]) == (5, 6, 2)
    assert (request["price"], request["stoplimit"]) == (1.08, 1.0795)
    assert "deviation" not in request
    request_of(request)


def test_a_close_names_its_position():
    close = VenueClose(
        identity=IDENTITY,
        symbol="EURUSD",
        side=Side.SELL,
        qty=D(5_000),
        position_id="11",
        comment="",
    )
    request = close_request(close, ticket=12, terms=TERMS, quote=QUOTE)
    assert (request["position"], request["volume"], request["type"]) == (12, 0.05, 1)
    assert request["price"] == 1.07
    request_of(request)


def test_what_a_move_does_not_speak_of_is_told_again():
    now = Levels(price=D("1.08"), limit=D("1.0795"), sl=D("1.06"), lasts=2, expires_s=1_800_000_000)
    wanted = Levels(sl=D("1.05"))
    request = move_request(9, now=now, wanted=wanted, terms=TERMS, quote=QUOTE)
    assert request == {
        "action": 7,
        "symbol": "EURUSD",
        "order": 9,
        "type_time": 2,
        "expiration": 1_800_000_000,
        "price": 1.08,
        "stoplimit": 1.0795,
        "sl": 1.05,
    }


def test_a_stop_that_is_taken_away_is_left_out():
    request = protect_request(3, now=Levels(), wanted=Levels(), terms=TERMS, quote=QUOTE)
    assert request == {"action": 6, "symbol": "EURUSD", "position": 3}


def test_a_frozen_stop_is_not_moved_now():
    terms = replace(TERMS, freeze_distance=D("0.0010"))
    with pytest.raises(VenueRefused) as refusal:
        protect_request(3, now=Levels(sl=D("1.0695")), wanted=Levels(), terms=terms, quote=QUOTE)
    assert refusal.value.retryable
