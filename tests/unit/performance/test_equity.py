"""Recorded equity: transfers taken out, floating falls counted, days."""

import math
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argos.performance.days import Window, daily_equity, drawdown_of
from argos.performance.equity import (
    BalanceMove,
    Booking,
    EquitySpan,
    Transfer,
    curve_of,
    fall_of,
    flows_of,
)
from argos.performance.equity_documents import thinned
from argos.performance.equity_figures import account_equity
from unit.performance.trades import finished

BEGIN = datetime(2026, 11, 2, tzinfo=UTC)
LATER = BEGIN + timedelta(days=400)
RETURNS = st.lists(st.integers(800, 1250), min_size=2, max_size=30)


def span(
    minute: int, equity: str, *, low: str = "", high: str = "", balance: str = "", first: str = "", credit: str = ""
) -> EquitySpan:  # fmt: skip
    """One minute; what is not said is as at its end."""
    at = BEGIN + timedelta(minutes=minute)
    end, start = Decimal(equity), Decimal(first or equity)
    return EquitySpan(
        began_at=at,
        ended_at=at + timedelta(seconds=50),
        first_balance=Decimal(balance or first or equity),
        first_equity=start,
        low_equity=min(end, start, Decimal(low or equity)),
        low_at=at + timedelta(seconds=20),
        high_equity=max(end, start, Decimal(high or equity)),
        high_at=at + timedelta(seconds=30),
        balance=Decimal(balance or equity),
        equity=end,
        credit=Decimal(credit) if credit else None,
    )


def move(minute: float, booked: str, paid: str = "0") -> BalanceMove:
    at = BEGIN + timedelta(minutes=minute)
    return BalanceMove(at=at, booked=Decimal(booked), paid=Decimal(paid))


def told(minute: int, amount: str, kind: str = "2") -> Booking:
    return Booking(at=BEGIN + timedelta(minutes=minute), kind=kind, amount=Decimal(amount))


def history(spans, transfers=(), *, zone="UTC", reset_at=time(0)):
    flows = flows_of(spans, moves=(), bookings=(), now=LATER)
    assert list(flows.transfers) == list(transfers)
    return account_equity(
        "one", currency="USD", zone=zone, reset_at=reset_at, spans=spans, flows=flows
    )


def test_a_result_of_a_trade_is_no_transfer_and_a_deposit_is_one() -> None:
    spans = [span(0, "1000"), span(5, "1050"), span(10, "1550")]
    flows = flows_of(spans, moves=[move(3, "50")], bookings=[told(11, "500")], now=LATER)
    assert flows.transfers == (Transfer(at=spans[2].began_at, amount=Decimal(500), told=True),)
    points = curve_of(spans, flows.transfers)
    assert points[-1].value == pytest.approx(1.05)


def test_what_nobody_explains_is_taken_out_and_said_to_be_unexplained() -> None:
    flows = flows_of([span(0, "1000"), span(5, "900")], moves=[], bookings=[], now=LATER)
    ((amount, is_told),) = [(item.amount, item.told) for item in flows.transfers]
    assert (amount, is_told) == (Decimal(-100), False)


def test_a_fee_is_a_result() -> None:
    spans = [span(0, "1000"), span(5, "990")]
    flows = flows_of(spans, moves=[], bookings=[told(6, "-10", "FEE")], now=LATER)
    assert (flows.transfers, flows.charges) == ((), Decimal(-10))
    assert curve_of(spans, flows.transfers)[-1].value == pytest.approx(0.99)


def test_a_cash_account_pays_for_what_it_holds_and_that_is_no_withdrawal() -> None:
    spans = [span(0, "1000"), span(5, "1000", balance="400"), span(10, "1060", balance="1060")]
    moves = [move(3, "0", "-600"), move(8, "0", "660")]
    assert flows_of(spans, moves=moves, bookings=[], now=LATER).transfers == ()


def test_an_execution_that_the_snapshot_may_not_show_yet_is_no_transfer() -> None:
    """Filled 5 s before the look at 5:00, which still told the old balance; that of 5:50 tells the new one."""
    spans = [span(0, "1000"), span(5, "1040", first="1000"), span(10, "1040")]
    moves = [move(5 - 5 / 60, "40")]
    assert flows_of(spans, moves=moves, bookings=[], now=LATER).transfers == ()


def test_a_change_whose_execution_may_be_on_its_way_is_not_judged_yet() -> None:
    spans = [span(0, "1000"), span(5, "1040")]
    now = spans[-1].ended_at + timedelta(seconds=1)
    assert flows_of(spans, moves=[], bookings=[], now=now).transfers == ()


def test_credit_is_lent_and_no_result() -> None:
    spans = [span(0, "1000", credit="0"), span(5, "1500", balance="1000", credit="500")]
    flows = flows_of(spans, moves=[], bookings=[], now=LATER)
    assert [item.amount for item in flows.transfers] == [Decimal(500)]
    assert curve_of(spans, flows.transfers)[-1].value == pytest.approx(1.0)


@given(RETURNS, st.integers(0, 28), st.integers(-400, 5000))
def test_a_deposit_at_any_time_leaves_the_time_weighted_return_unchanged(
    steps: list[int], where: int, amount: int
) -> None:
    """Money in or out at one moment, and the same returns on whatever is there."""
    equity, plain = Decimal(1000), [span(0, "1000")]
    for number, step in enumerate(steps):
        equity *= Decimal(step) / 1000
        plain.append(span(number + 1, str(equity)))
    where %= len(steps)
    equity, moved = Decimal(1000), [span(0, "1000")]
    for number, step in enumerate(steps):
        equity *= Decimal(step) / 1000
        if number == where:
            flow = max(Decimal(amount), -equity / 2)
            equity += flow
        moved.append(span(number + 1, str(equity)))
    transfer = Transfer(at=moved[where + 1].began_at, amount=flow, told=True)
    before, after = curve_of(plain, ())[-1].value, curve_of(moved, [transfer])[-1].value
    assert math.isclose(before, after, rel_tol=1e-9)


@given(st.lists(st.tuples(st.integers(-90, 90), st.integers(0, 90)), min_size=1, max_size=20))
def test_the_floating_drawdown_is_no_smaller_than_that_of_closed_trades(
    trades: list[tuple[int, int]],
) -> None:
    """One trade a day, flat in the evening, each with a floating loss on its way."""
    equity, spans, closed = Decimal(5000), [span(0, "5000")], []
    for day, (net, against) in enumerate(trades):
        low = min(equity, equity + net) - against
        equity += net
        spans.append(span(day * 1440 + 900, str(equity), low=str(low)))
        closed.append(finished(str(net), day))
    last = BEGIN.date() + timedelta(days=len(trades) - 1)
    window = Window(first=BEGIN.date(), last=last, zone=UTC)
    ends = [value for _, value in daily_equity(closed, capital=Decimal(5000), window=window)]
    own = fall_of(curve_of(spans, ()), began_at=BEGIN).fraction
    assert own >= drawdown_of(Decimal(5000), ends).fraction - 1e-12


def test_a_fall_within_a_minute_is_kept_with_its_dates() -> None:
    spans = [
        span(0, "1000"), span(1, "1100", balance="1000"), span(2, "1090", low="880", balance="1000"),
        span(3, "1100", balance="1000"),
    ]  # fmt: skip
    found = history(spans)
    assert found.figures is not None
    fall = found.figures.fall
    assert fall.fraction == pytest.approx(0.2)
    assert (fall.trough_at, fall.back_at) == (spans[2].low_at, spans[3].low_at)
    assert found.figures.total_return == pytest.approx(0.1)


def test_days_are_the_accounts_own_and_a_still_weekend_is_none() -> None:
    """Firms count from their own midnight: 23:30 UTC on Monday is Tuesday in Prague."""
    spans = [span(0, "1000"), span(23 * 60 + 30, "1100", balance="1000")]
    assert [day.day.day for day in history(spans).days] == [2]
    assert [day.day.day for day in history(spans, zone="Europe/Prague").days] == [2, 3]
    still = [span(0, "1000"), span(5 * 1440, "1000"), span(7 * 1440, "1000")]
    found = history(still)
    assert [day.day.day for day in found.days] == [2, 9]
    assert found.figures is not None
    assert (found.figures.days_unseen, found.figures.sharpe_too_short) == (4, True)


def test_an_account_that_began_with_nothing_is_measured_from_its_first_money() -> None:
    spans = [span(0, "0"), span(5, "1000"), span(10, "1010", balance="1000")]
    flows = flows_of(spans, moves=[], bookings=[], now=LATER)
    assert curve_of(spans, flows.transfers)[-1].value == pytest.approx(1.01)


def test_nothing_recorded_and_nothing_left_are_said() -> None:
    assert history([]).missing.startswith("its equity has not been recorded")
    lost = [span(0, "1000"), span(5, "-5", balance="1000")]
    assert history(lost).missing.startswith("its equity was not above 0")


def test_thinning_keeps_the_extremes_and_the_end() -> None:
    spans = [span(number, str(1000 + number % 7), balance="1000") for number in range(100)]
    few = thinned(spans, most=10)
    assert len(few) == 10
    assert min(item.low_equity for item in few) == min(item.low_equity for item in spans)
    assert few[-1].equity == spans[-1].equity
