"""Filling modes, volumes, prices and levels, checked before anything is sent."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from argos.core.errors import VenueRefused
from argos.core.instrument import Quote
from argos.core.intent import OrderType, Side
from argos.venues.mt5.terms import (
    FILL_FOK,
    FILL_IOC,
    FILL_RETURN,
    SymbolTerms,
    check_not_frozen,
    check_prices,
    check_stops,
    filling_for,
    lots_of,
)

D = Decimal
INSTANT, MARKET = 1, 2
GOLD = SymbolTerms(
    symbol="XAUUSD",
    digits=2,
    tick_size=D("0.05"),
    contract_size=D(100),
    volume_min=D("0.01"),
    volume_max=D(50),
    volume_step=D("0.01"),
    stops_distance=D("0.50"),
    freeze_distance=D("0.20"),
    filling_flags=3,
    execution=MARKET,
    expiration_flags=15,
)
QUOTE = Quote(
    symbol="XAUUSD", bid=D("1999.90"), ask=D("2000.10"), at=datetime(2026, 1, 5, tzinfo=UTC)
)


@pytest.mark.parametrize(
    ("flags", "execution", "order_type", "filling"),
    [
        (1, MARKET, OrderType.MARKET, FILL_FOK),
        (2, MARKET, OrderType.MARKET, FILL_IOC),
        (3, MARKET, OrderType.MARKET, FILL_FOK),
        (6, MARKET, OrderType.MARKET, FILL_IOC),
        (0, INSTANT, OrderType.MARKET, FILL_RETURN),
        (4, INSTANT, OrderType.MARKET, FILL_RETURN),
        (1, MARKET, OrderType.LIMIT, FILL_RETURN),
        (0, MARKET, OrderType.STOP, FILL_RETURN),
    ],
)
def test_the_filling_mode_follows_flags_and_execution(flags, execution, order_type, filling):
    terms = replace(GOLD, filling_flags=flags, execution=execution)
    assert filling_for(terms, order_type) == filling


@pytest.mark.parametrize("flags", [0, 4])
def test_market_execution_without_a_flag_is_refused_rather_than_tried(flags):
    with pytest.raises(VenueRefused) as refusal:
        filling_for(replace(GOLD, filling_flags=flags), OrderType.MARKET)
    assert refusal.value.venue_code == "10030"


@pytest.mark.parametrize(("units", "lots"), [("1", "0.01"), ("250", "2.5"), ("5000", "50")])
def test_units_become_lots(units, lots):
    assert lots_of(GOLD, D(units)) == D(lots)


@pytest.mark.parametrize("units", ["0", "0.5", "1.5", "5001", "-1"])
def test_a_volume_off_the_step_or_the_limits_is_refused(units):
    with pytest.raises(VenueRefused) as refusal:
        lots_of(GOLD, D(units))
    assert refusal.value.venue_code == "10014"


def test_prices_lie_on_the_tick_which_is_coarser_than_the_digits():
    check_prices(GOLD, D("2000.05"), None)
    for price in ("2000.01", "0", "-5"):
        with pytest.raises(VenueRefused) as refusal:
            check_prices(GOLD, D(price))
        assert refusal.value.venue_code == "10015"


@pytest.mark.parametrize(
    ("side", "sl", "tp", "good"),
    [
        (Side.BUY, "1999.40", "2000.40", True),
        (Side.BUY, "1999.45", None, False),  # 0.45 away
        (Side.BUY, None, "2000.35", False),
        (Side.BUY, "2000.90", None, False),  # on the wrong side
        (Side.SELL, "2000.40", "1999.40", True),
        (Side.SELL, "1999.00", None, False),
    ],
)
def test_stop_and_target_keep_the_brokers_distance(side, sl, tp, good):
    levels = {"sl": sl and D(sl), "tp": tp and D(tp)}
    if good:
        check_stops(GOLD, side=side, base=D("1999.90"), **levels)
        return
    with pytest.raises(VenueRefused) as refusal:
        check_stops(GOLD, side=side, base=D("1999.90"), **levels)
    assert refusal.value.venue_code == "10016"


def test_what_stands_too_near_the_market_is_left_alone_for_now():
    check_not_frozen(GOLD, D("1999.65"), None, quote=QUOTE)
    check_not_frozen(replace(GOLD, freeze_distance=D(0)), D("1999.90"), quote=QUOTE)
    with pytest.raises(VenueRefused) as refusal:
        check_not_frozen(GOLD, D("1999.70"), quote=QUOTE)
    assert (refusal.value.venue_code, refusal.value.retryable) == ("10029", True)
