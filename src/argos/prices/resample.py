"""Longer bars from shorter ones, which stay with them as the finer series."""

import re
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np

from argos.backtest.bars import DAY_NS, Bars, FineBars, bars_of
from argos.backtest.calendars import EPOCH_WEEKDAY, MINUTE_NS, offsets_ns
from argos.backtest.layout import Floats, Ints
from argos.core.errors import InputError
from argos.prices.finer import fill_up
from argos.prices.series import QUOTES
from argos.prices.zones import to_utc

_EVERY: Final = re.compile(r"(\d+) ?(min|m|h|d|w)", re.IGNORECASE)
_UNITS_NS: Final = {"m": MINUTE_NS, "min": MINUTE_NS, "h": 60 * MINUTE_NS, "d": DAY_NS}
_WEEK_DAYS: Final = 7


class _Every(NamedTuple):
    """step_ns within a day, or whole days; a week begins on Monday."""

    step_ns: int
    days: int


def resampled(bars: Bars, every: int | str, *, zone: ZoneInfo | None = None) -> Bars:
    """Bars of `every` minutes, or "15m", "4h", "1d", "1w", counted from each midnight of `zone` (without one, of UTC).

    A bar is named by the opening of its time, whether or not there was a price then. Their `fine` is the finer series
    of `bars`, if they have one, else `bars`. Raises InputError for a length that does not divide a day, nor is days.
    """
    chosen = _parsed(every)
    opened = _openings(bars.opened_ns, chosen, zone)
    first = np.flatnonzero(np.append(True, opened[1:] != opened[:-1]))
    there = ~np.isnan(bars.open)
    begins = np.minimum.reduceat(np.where(there, np.arange(len(bars)), len(bars)), first, axis=1)
    missing = begins > np.append(first[1:], len(bars)) - 1
    opens = np.take_along_axis(bars.open, np.minimum(begins, len(bars) - 1), axis=1)
    last = np.append(first[1:], len(bars)) - 1
    longer = bars_of(
        opened_ns=opened[first],
        open=np.where(missing, np.nan, opens),
        high=np.fmax.reduceat(bars.high, first, axis=1),
        low=np.fmin.reduceat(bars.low, first, axis=1),
        close=bars.close[:, last],
        volume=np.add.reduceat(np.where(there, bars.volume, 0.0), first, axis=1),
        symbols=bars.symbols,
    )
    start = np.append(first, len(bars)).astype(np.int64)
    return _with_fine(longer, bars, start)


def _with_fine(longer: Bars, bars: Bars, start: Ints) -> Bars:
    fine = bars.fine
    if fine is None:
        columns: dict[str, Floats] = {name: getattr(bars, name).copy() for name in QUOTES}
        columns["close"][np.isnan(bars.open)] = np.nan
        fill_up(longer, columns, start)
        fine = FineBars(
            open=columns["open"],
            high=columns["high"],
            low=columns["low"],
            close=columns["close"],
            start=start,
        )
    else:
        fine = FineBars(
            open=fine.open, high=fine.high, low=fine.low, close=fine.close, start=fine.start[start]
        )
    return bars_of(
        opened_ns=longer.opened_ns,
        open=longer.open,
        high=longer.high,
        low=longer.low,
        close=longer.close,
        volume=longer.volume,
        symbols=longer.symbols,
        fine=fine,
    )


def _parsed(every: int | str) -> _Every:
    found = _EVERY.fullmatch(f"{every}m" if isinstance(every, int) else every.strip())
    count = int(found[1]) if found else 0
    if found and count:
        unit = found[2].lower()
        if unit == "w":
            return _Every(0, _WEEK_DAYS * count)
        step_ns = count * _UNITS_NS[unit]
        if step_ns % DAY_NS == 0:
            return _Every(0, step_ns // DAY_NS)
        if DAY_NS % step_ns == 0:
            return _Every(step_ns, 1)
    raise InputError(
        f"every is {every!r}, which is no length of bars",
        code="PRICES_EVERY",
        field="every",
        fix='give minutes, or "15m", "1h", "4h", "1d", "1w": a length that divides a day, or whole days',
    )


def _openings(opened: Ints, every: _Every, zone: ZoneInfo | None) -> Ints:
    """For each bar the opening of the longer one that it lies in: int64[bars]."""
    local = opened if zone is None else opened + offsets_ns(opened, zone)
    days = local // DAY_NS
    if every.days % _WEEK_DAYS == 0:
        days = (days + EPOCH_WEEKDAY) // every.days * every.days - EPOCH_WEEKDAY
    else:
        days = days // every.days * every.days
    midnights = days * DAY_NS if zone is None else to_utc(days * DAY_NS, zone).utc_ns
    if every.step_ns == 0:
        return midnights
    # By time passed since midnight: an hour that clocks show twice is two hours.
    return midnights + (opened - midnights) // every.step_ns * every.step_ns
