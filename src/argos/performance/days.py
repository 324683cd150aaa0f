"""Days of a result: which count, and what equity was at the end of each, from closed trades alone."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from decimal import Decimal
from typing import Final

from argos.core.money import ZERO
from argos.performance.finished import FinishedTrade

_DAY: Final = timedelta(days=1)
WEEKEND_FROM: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Days from `first` to `last`, both counted; a trade belongs to the day on which it was closed, in `zone`."""

    first: date
    last: date
    zone: tzinfo

    def day_of(self, moment: datetime) -> date:
        return moment.astimezone(self.zone).date()

    def part(self, first: date, last: date) -> "Window":
        """The days that this window and first .. last share; there must be one."""
        return Window(first=max(self.first, first), last=min(self.last, last), zone=self.zone)


def window_of(
    trades: Iterable[FinishedTrade],
    *,
    zone: tzinfo,
    since: datetime | None,
    until: datetime | None,
    now: datetime,
) -> Window | None:
    """From the first opening, or `since` where that is later, to the last closing, or `until` where that was asked for.

    None without a trade. Days that have not come yet are left out.
    """
    closings = [trade.closed_at for trade in trades]
    if not closings:
        return None
    opened_at = min(trade.opened_at for trade in trades)
    begin = opened_at if since is None else max(opened_at, since)
    end = max(closings)
    if until is not None:
        end = max(end, min(until - timedelta(microseconds=1), now))
    return Window(first=begin.astimezone(zone).date(), last=end.astimezone(zone).date(), zone=zone)


def trading_days(window: Window, traded: Iterable[date] = ()) -> Iterator[date]:
    """Mondays to Fridays, and days on which a trade was closed. Exchange holidays count as days without a result."""
    also = set(traded)
    day = window.first
    while day <= window.last:
        if day.weekday() < WEEKEND_FROM or day in also:
            yield day
        day += _DAY


def daily_equity(
    trades: Iterable[FinishedTrade], *, capital: Decimal, window: Window
) -> list[tuple[date, Decimal]]:
    """Equity at the end of each trading day: `capital` and all net results closed until then. Floating results show no
    earlier than the day on which their trade was closed.
    """
    made: dict[date, Decimal] = defaultdict(lambda: ZERO)
    for trade in trades:
        made[window.day_of(trade.closed_at)] += trade.net_pnl
    equity, found = capital, []
    for day in trading_days(window, made):
        equity += made.get(day, ZERO)
        found.append((day, equity))
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawdown:
    """`fraction`: the deepest fall from the highest equity before, the start counted, 0 or above. `days`: the longest
    number of trading days from a peak until equity was back at it, or until the end of the window.
    """

    fraction: float
    days: int


def drawdown_of(capital: Decimal, equity: Sequence[Decimal]) -> Drawdown:
    """Of equity at the ends of days; what a day took back before its end does not show."""
    peak, deepest, longest, below = capital, ZERO, 0, 0
    for value in equity:
        if value >= peak:
            longest = max(longest, below + 1) if below else longest
            peak, below = value, 0
            continue
        below += 1
        longest = max(longest, below)
        deepest = max(deepest, 1 - value / peak)
    return Drawdown(fraction=float(deepest), days=longest)
