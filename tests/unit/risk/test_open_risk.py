"""What would be lost if every stop were hit now, in numbers that can be checked by hand."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

from argos.core.instrument import Quote
from argos.core.intent import Side
from argos.core.position import Position
from argos.risk.open_risk import OpenRisk, open_risk
from unit.node.fake_venue import instrument

QUOTES = {
    "AAPL": Quote(
        symbol="AAPL",
        bid=Decimal("99.9"),
        ask=Decimal("100.1"),
        at=datetime(2026, 3, 2, tzinfo=UTC),
    )
}
TERMS = {"AAPL": replace(instrument("AAPL"), unit_value=Decimal("0.8"))}
LONG = Position(
    symbol="AAPL",
    side=Side.BUY,
    qty=Decimal(10),
    price_open=Decimal(90),
    position_id="1",
    sl=Decimal(95),
)


def risk_of(*positions: Position) -> OpenRisk:
    return open_risk(positions, instruments=TERMS, quotes=QUOTES)


def test_it_is_measured_from_where_a_position_would_be_closed_now() -> None:
    short = replace(LONG, side=Side.SELL, sl=Decimal("102.1"))
    assert risk_of(LONG) == OpenRisk(at_stops=Decimal("39.2"), unbounded=0)  # 4.9 x 10 x 0.8
    assert risk_of(short) == OpenRisk(at_stops=Decimal("16"), unbounded=0)  # 2 x 10 x 0.8
    assert risk_of(LONG, short).at_stops == Decimal("55.2")


def test_a_stop_that_the_price_has_passed_takes_nothing_off() -> None:
    assert risk_of(replace(LONG, sl=Decimal(101))) == OpenRisk(at_stops=Decimal(0), unbounded=0)


def test_what_nothing_bounds_is_counted_and_not_guessed() -> None:
    unstopped, unknown = replace(LONG, sl=None), replace(LONG, symbol="MSFT")
    assert risk_of(LONG, unstopped, unknown) == OpenRisk(at_stops=Decimal("39.2"), unbounded=2)
