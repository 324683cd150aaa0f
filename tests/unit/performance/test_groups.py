"""Groups of trades, and how often each source was right."""

from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from argos.consensus.vote import Direction
from argos.core.intent import Side
from argos.performance.capital import Basis, Capital
from argos.performance.groups import Asked, By, performance_of, vote_rates
from unit.performance.trades import capital, finished, on

L, S, A = Direction.LONG, Direction.SHORT, Direction.ABSTAIN
UTC_DAYS = Asked(zone=UTC, now=on(99))
TRADES = [
    finished("10", sides={"massive": L, "x_api": L, "sonar": A}, simulated=True),
    finished("-20", day=1, sides={"massive": L, "x_api": S, "sonar": S}, simulated=True),
    finished("30", day=2, side=Side.SELL, sides={"massive": S, "x_api": L, "sonar": S},
             simulated=False),
    finished("0", day=3, sides={"massive": L, "x_api": S, "sonar": A}, simulated=False),
    finished("5", day=30, symbol="IBM", account="two", bot_version="ema-cross@3.3"),
]  # fmt: skip
CAPITALS = {"one": capital(), "two": capital("500", account="two")}


def counts(by: By) -> dict[str, int]:
    found = performance_of(TRADES, capitals=CAPITALS, asked=UTC_DAYS, by=by)
    return {group.key: group.figures.rate.n for group in found.groups}


@pytest.mark.parametrize(
    ("by", "wanted"),
    [
        (By.SYMBOL, {"AAPL": 4, "IBM": 1}),
        (By.ACCOUNT, {"one": 4, "two": 1}),
        (By.STRATEGY, {"ema-cross": 5}),
        (By.VERSION, {"ema-cross@3.2": 4, "ema-cross@3.3": 1}),
        # Each trade once for every source that voted for its side.
        (By.SOURCE, {"massive": 4, "x_api": 1, "sonar": 1}),
        (By.SIMULATED, {"simulated source": 2, "real sources": 2, "no signal": 1}),
        (By.MONTH, {"2026-11": 4, "2026-12": 1}),
    ],
)
def test_trades_are_grouped_by(by: By, wanted: dict[str, int]) -> None:
    assert counts(by) == wanted


def test_a_source_is_right_with_the_outcome_whether_for_or_against_the_trade() -> None:
    rates = vote_rates(TRADES)
    told = {
        name: (rate.rate.wins, rate.rate.n, rate.voted_for, rate.voted_against, rate.abstained)
        for name, rate in rates.items()
    }
    assert told == {
        # Won, lost, won; the one of exactly zero proves nobody right.
        "massive": (2, 4, 4, 0, 0),
        # For the first that won, against the second that lost, against the third that won, against the zero.
        "x_api": (2, 4, 1, 3, 0),
        "sonar": (2, 2, 1, 1, 2),
    }


def test_a_source_that_only_ever_voted_against_is_shown_with_no_trade() -> None:
    trades = [finished("10", sides={"massive": L, "x_api": S})]
    found = performance_of(trades, capitals=CAPITALS, asked=UTC_DAYS, by=By.SOURCE)
    group = {group.key: group for group in found.groups}["x_api"]
    assert group.figures.rate.n == 0
    assert group.votes is not None
    assert (group.votes.rate.n, group.votes.rate.wins) == (1, 0)
    assert group.figures.curve_missing == "there is no finished trade"


def test_all_groups_are_measured_over_the_same_days() -> None:
    found = performance_of(TRADES, capitals=CAPITALS, asked=UTC_DAYS, by=By.SYMBOL)
    windows = {group.figures.window for group in found.groups}
    assert windows == {found.overall.window}
    curves = [group.figures.curve for group in found.groups]
    assert {curve.days for curve in curves if curve is not None} == {23}


def test_a_group_has_the_capital_of_its_accounts_and_all_have_it_together() -> None:
    found = performance_of(TRADES, capitals=CAPITALS, asked=UTC_DAYS, by=By.ACCOUNT)
    assert found.overall.capital.amount == 1500
    assert [group.figures.capital.amount for group in found.groups] == [1000, 500]


def test_a_month_begins_with_what_the_month_before_left() -> None:
    found = performance_of(TRADES, capitals=CAPITALS, asked=UTC_DAYS, by=By.MONTH)
    november, december = (group.figures for group in found.groups)
    assert (november.capital.amount, december.capital.amount) == (1500, 1520)
    assert november.window is not None
    assert december.window is not None
    assert str(november.window.last) == "2026-11-30"
    assert str(december.window.first) == "2026-12-01"
    both = [november.curve, december.curve]
    grown = Decimal(1)
    for curve in both:
        assert curve is not None
        grown *= 1 + Decimal(repr(curve.total_return))
    assert found.overall.curve is not None
    assert float(grown - 1) == pytest.approx(found.overall.curve.total_return)


def test_a_given_capital_is_that_of_every_group() -> None:
    given = Capital(accounts=(), currency=None, amount=Decimal(100), basis=Basis.GIVEN)
    found = performance_of(TRADES, capitals=given, asked=UTC_DAYS, by=By.SYMBOL)
    assert [group.figures.capital for group in found.groups] == [given, given]


def test_a_month_is_that_of_the_zone() -> None:
    late = finished("5", closed_at=datetime(2026, 12, 1, 2, tzinfo=UTC))
    asked = Asked(zone=ZoneInfo("America/New_York"), now=on(99))
    found = performance_of([late], capitals=CAPITALS, asked=asked, by=By.MONTH)
    assert [group.key for group in found.groups] == ["2026-11"]


def test_nothing_has_no_groups() -> None:
    found = performance_of([], capitals={}, asked=UTC_DAYS, by=By.MONTH)
    assert (found.groups, found.overall.rate.n, found.overall.window) == ((), 0, None)
