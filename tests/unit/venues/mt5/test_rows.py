"""Named tuples as exact rows, and rows as instruments and charges."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from argos.venues.mt5 import words
from argos.venues.mt5.clock import BrokerClock, Tick
from argos.venues.mt5.rows import RAW_TIME, exact, row_of
from argos.venues.mt5.standin.shapes import SymbolInfo, TradeDeal
from argos.venues.mt5.words import charge_of

NOW = datetime(2026, 1, 5, tzinfo=UTC)
NOW_MS = int(NOW.timestamp() * 1_000)
HOUR_MS = 3_600_000


@pytest.mark.parametrize(
    ("value", "text"), [(1.0701, "1.0701"), (0.1 + 0.2, "0.3"), (1e-05, "0.00001"), (0.0, "0")]
)
def test_a_float_is_the_decimal_that_it_stands_for(value, text):
    assert exact(value) == Decimal(text)


def test_a_magic_of_all_64_bits_is_read_as_signed():
    assert row_of(TradeDeal(magic=(1 << 64) - 5))["magic"] == -5
    assert row_of(TradeDeal(magic=(1 << 63) - 1))["magic"] == (1 << 63) - 1


def test_times_become_utc_and_keep_their_reading():
    clock = BrokerClock()
    clock.observe([Tick(symbol="X", time_msc=NOW_MS + 2 * HOUR_MS)], now=NOW)
    row = row_of(TradeDeal(time_msc=NOW_MS + 2 * HOUR_MS), clock=clock)
    assert (row["time_msc"], row[RAW_TIME]) == (NOW_MS, NOW_MS + 2 * HOUR_MS)


@pytest.mark.parametrize(("loss", "expected"), [(0.9, "0.9"), (0.0, "0.8")])
def test_a_unit_is_worth_what_it_costs_when_lost(loss, expected):
    """One lot of 100 units; a tick of 0.01 on it is worth `loss`, so a move of 1.0 a hundred ticks."""
    info = SymbolInfo(
        name="XAUUSD",
        point=0.01,
        trade_tick_size=0.01,
        trade_tick_value=0.8,
        trade_tick_value_loss=loss,
        trade_contract_size=100.0,
        volume_min=0.01,
        volume_max=10.0,
        volume_step=0.01,
        trade_stops_level=30,
        currency_profit="USD",
    )
    instrument = words.instrument_of(row_of(info))
    assert instrument.unit_value == Decimal(expected)
    assert (instrument.qty_min, instrument.qty_step) == (1, 1)
    assert instrument.stops_distance_min == Decimal("0.30")


def test_a_booking_is_told_in_the_same_words_whatever_we_think_of_the_clock():
    booking = TradeDeal(ticket=4, type=7, commission=-12.5, time_msc=NOW_MS, comment="monthly")
    moved = BrokerClock()
    moved.observe([Tick(symbol="X", time_msc=NOW_MS + HOUR_MS)], now=NOW)
    told = [charge_of(row_of(booking, clock=clock)) for clock in (BrokerClock(), moved)]
    assert told[0] == told[1]
    assert (told[0]["amount"], told[0]["type"]) == ("-12.5", "7")
