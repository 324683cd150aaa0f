"""Figures of an account's equity: time-weighted return, daily returns, drawdown with floating results."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import numpy as np

from argos.backtest.metrics import DAYS_MIN, TRADING_DAYS, sortino
from argos.backtest.overfitting import moments_of, probabilistic_sharpe
from argos.core.money import ZERO
from argos.performance.days import WEEKEND_FROM
from argos.performance.equity import EquitySpan, Fall, Flows, curve_of, fall_of
from argos.performance.metrics import POWERS

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class EquityDay:
    """One day that was seen: the last equity and balance, extremes, its time-weighted return, what was transferred."""

    day: date
    equity: Decimal
    balance: Decimal
    low: Decimal
    high: Decimal
    change: float
    transferred: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class EquityFigures:
    """From `first_at` to `last_at`, floating results counted, transfers taken out. Fractions; NaN without meaning.

    total_return: time-weighted. days: returns behind `sharpe` (annualised by the root of 252, rate 0), its `psr` and
    `sortino`; weekdays of which nothing was seen are `days_unseen`, and the next return spans them.
    """

    first_at: datetime
    last_at: datetime
    first_equity: Decimal
    last_equity: Decimal
    total_return: float
    days: int
    days_unseen: int
    sharpe: float
    psr: float
    sharpe_too_short: bool
    sortino: float
    fall: Fall


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountEquity:
    """One account's history. Days begin at `reset_at` in `zone`. `figures` is None where `missing` says why."""

    account: str
    currency: str
    zone: str
    reset_at: time
    spans: tuple[EquitySpan, ...]
    days: tuple[EquityDay, ...]
    flows: Flows
    figures: EquityFigures | None
    missing: str = ""


NOTHING_KEPT = "its equity has not been recorded in this time"


def account_equity(
    account: str,
    *,
    currency: str,
    zone: str,
    reset_at: time,
    spans: Sequence[EquitySpan],
    flows: Flows,
) -> AccountEquity:
    """Days and figures of these spans, oldest first. Raises ZoneInfoNotFoundError for a zone that does not exist."""
    points = curve_of(spans, flows.transfers)
    used = spans[len(spans) - len(points) :] if points and points[-1].value > 0 else ()
    missing = "" if used else NOTHING_KEPT if not spans else "its equity was not above 0 throughout"
    days: tuple[EquityDay, ...] = ()
    figures = None
    if used:
        days = _days(used, [point.value for point in points], flows, zone=zone, reset_at=reset_at)
        figures = _figures(used, days, points[-1].value, fall_of(points, began_at=used[0].began_at))
    return AccountEquity(
        account=account, currency=currency, zone=zone, reset_at=reset_at, spans=tuple(spans), days=days,
        flows=flows, figures=figures, missing=missing,
    )  # fmt: skip


def _days(
    spans: Sequence[EquitySpan],
    values: Sequence[float],
    flows: Flows,
    *,
    zone: str,
    reset_at: time,
) -> tuple[EquityDay, ...]:
    """A day on a weekend counts where something moved on it."""
    place = ZoneInfo(zone)
    back = timedelta(hours=reset_at.hour, minutes=reset_at.minute)

    def day_of(moment: datetime) -> date:
        return (moment.astimezone(place).replace(tzinfo=None) - back).date()

    members: dict[date, list[int]] = {}
    for number, span in enumerate(spans):
        members.setdefault(day_of(span.ended_at), []).append(number)
    transferred: dict[date, Decimal] = {}
    for item in flows.transfers:
        day = day_of(item.at)
        transferred[day] = transferred.get(day, ZERO) + item.amount
    before, found = 1.0, []
    for day, numbers in members.items():
        value, last = values[numbers[-1]], spans[numbers[-1]]
        own = [spans[number] for number in numbers]
        low, high = min(span.low_equity for span in own), max(span.high_equity for span in own)
        if day.weekday() >= WEEKEND_FROM and low == high and value == before:
            continue
        found.append(
            EquityDay(
                day=day, equity=last.equity, balance=last.balance, low=low, high=high,
                change=value / before - 1, transferred=transferred.get(day, ZERO),
            )
        )  # fmt: skip
        before = value
    return tuple(found)


def _figures(
    spans: Sequence[EquitySpan], days: Sequence[EquityDay], value: float, fall: Fall
) -> EquityFigures:
    returns = np.array([day.change for day in days], dtype=np.float64)
    sums = np.array([[float((returns**power).sum()) for power in POWERS]])
    moments = moments_of(sums, np.array([len(returns)], dtype=np.int64))
    seen = {day.day for day in days}
    unseen = 0
    if days:
        day = days[0].day
        while day < days[-1].day:
            unseen += day.weekday() < WEEKEND_FROM and day not in seen
            day += _DAY
    return EquityFigures(
        first_at=spans[0].began_at,
        last_at=spans[-1].ended_at,
        first_equity=spans[0].first_equity,
        last_equity=spans[-1].equity,
        total_return=value - 1,
        days=moments.n,
        days_unseen=unseen,
        sharpe=moments.sharpe * math.sqrt(TRADING_DAYS),
        psr=probabilistic_sharpe(moments),
        sharpe_too_short=moments.n < DAYS_MIN,
        sortino=sortino(returns, TRADING_DAYS) if len(returns) else math.nan,
        fall=fall,
    )
