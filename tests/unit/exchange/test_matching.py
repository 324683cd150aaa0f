"""When resting orders and protective prices are due, and at what price they are done."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from argos.core.execution import FillReason
from argos.core.instrument import Quote
from argos.core.intent import OrderType, Side
from argos.exchange.book import Character
from argos.exchange.matching import fill_price, is_due, is_triggered, protection_hit
from argos.exchange.positions import BrokerPosition

AT = datetime(2026, 1, 5, tzinfo=UTC)
QUOTE = Quote(symbol="IBM", bid=Decimal("99.90"), ask=Decimal("100.10"), at=AT)
TICK = Decimal("0.01")


@pytest.fixture
def order(pit):
    bench = pit(Character.MT5)
    return lambda side, kind, price, **more: bench.order(
        side, 10, order_type=kind, price=Decimal(price), **more
    )


@pytest.mark.parametrize(
    ("side", "price", "due"),
    [
        (Side.BUY, "100.10", True),
        (Side.BUY, "100.09", False),
        (Side.SELL, "99.90", True),
        (Side.SELL, "99.91", False),
    ],
)
def test_a_limit_is_due_when_the_far_side_reaches_it(order, side, price, due):
    assert is_due(order(side, OrderType.LIMIT, price), QUOTE) is due


@pytest.mark.parametrize(
    ("side", "price", "triggered"),
    [
        (Side.BUY, "100.10", True),
        (Side.BUY, "100.11", False),
        (Side.SELL, "99.90", True),
        (Side.SELL, "99.89", False),
    ],
)
def test_a_stop_is_triggered_when_the_far_side_reaches_it(order, side, price, triggered):
    stop = order(side, OrderType.STOP, price)
    assert is_triggered(stop, QUOTE) is triggered
    assert is_due(stop, QUOTE) is False, "an untriggered stop never fills"


def test_a_triggered_stop_limit_still_keeps_its_limit(order):
    kept = order(
        Side.BUY, OrderType.STOP_LIMIT, "100", stop_limit_price=Decimal("100.05"), triggered=True
    )
    assert not is_due(kept, QUOTE)


@pytest.mark.parametrize(("side", "sign"), [(Side.BUY, 1), (Side.SELL, -1)])
@pytest.mark.parametrize("slippage_bps", ["5", "-2"])
def test_market_fills_slip_from_the_far_side_and_round_against_the_client(
    pit, side, sign, slippage_bps
):
    slippage = Decimal(slippage_bps)
    market = pit(Character.MT5).order(side, 10)
    price = fill_price(market, QUOTE, slippage_bps=slippage, tick_size=TICK)
    far = QUOTE.ask if side is Side.BUY else QUOTE.bid
    exact = far * (1 + sign * slippage / 10_000)
    assert 0 <= (price - exact) * sign < TICK


def test_a_limit_never_slips_past_its_price(order):
    limit = order(Side.BUY, OrderType.LIMIT, "100.20")
    price = fill_price(limit, QUOTE, slippage_bps=Decimal(50), tick_size=TICK)
    assert price == QUOTE.ask


@pytest.mark.parametrize(
    ("side", "sl", "tp", "hit"),
    [
        (Side.BUY, "99.90", "110", FillReason.SL),
        (Side.BUY, "99.89", "99.90", FillReason.TP),
        (Side.BUY, "99.89", "99.91", None),
        (Side.SELL, "100.10", "90", FillReason.SL),
        (Side.SELL, "100.11", "100.10", FillReason.TP),
        (Side.SELL, None, "100.09", None),
        (Side.BUY, "100", "99", FillReason.SL),
    ],
)
def test_stops_and_targets_look_at_the_side_that_would_close(side, sl, tp, hit):
    position = BrokerPosition(
        position_id=1,
        account="a",
        symbol="IBM",
        side=side,
        qty=Decimal(10),
        price_open=Decimal(100),
        opened_at=AT,
        updated_at=AT,
        sl=sl and Decimal(sl),
        tp=tp and Decimal(tp),
    )
    assert protection_hit(position, QUOTE) is hit
