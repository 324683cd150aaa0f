"""A broker's own quote around the market's mid."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argos.core.errors import InvariantError
from argos.exchange.draws import draw_shift_bps
from argos.exchange.quoting import quote_around

AT = datetime(2026, 1, 5, tzinfo=UTC)
TICK = Decimal("0.01")
mids = st.decimals(min_value=1, max_value=5000, places=4)
spreads = st.decimals(min_value=0, max_value=100, places=1)


def around(mid: Decimal, *, spread_bps: Decimal, shift_bps: Decimal = Decimal(0)):
    return quote_around(
        mid, symbol="X", spread_bps=spread_bps, shift_bps=shift_bps, tick_size=TICK, at=AT
    )


@given(mid=mids, spread_bps=spreads)
def test_the_quote_holds_the_mid_on_ticks_and_is_as_wide_as_asked(mid, spread_bps):
    quote = around(mid, spread_bps=spread_bps)
    assert quote.bid <= mid <= quote.ask
    assert quote.ask - quote.bid >= max(TICK, mid * spread_bps / 10_000)
    assert quote.ask - quote.bid <= mid * spread_bps / 10_000 + 2 * TICK
    assert quote.bid % TICK == quote.ask % TICK == 0


def test_a_shifted_feed_moves_both_sides():
    plain, shifted = (
        around(Decimal(100), spread_bps=Decimal(4), shift_bps=Decimal(bps)) for bps in (0, 10)
    )
    moved = Decimal(100) * 10 / 10_000
    assert abs(shifted.bid - plain.bid - moved) <= TICK
    assert abs(shifted.ask - plain.ask - moved) <= TICK


def test_a_price_without_a_positive_bid_is_no_quote():
    with pytest.raises(InvariantError):
        around(Decimal("0.005"), spread_bps=Decimal(4))


def test_draws_are_functions_of_their_key():
    width = Decimal(2)
    first, again, other = (draw_shift_bps(key, width_bps=width) for key in ("a", "a", "b"))
    assert first == again != other
    assert abs(first) <= width
