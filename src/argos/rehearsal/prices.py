"""The days that a rehearsal replays: those on which all its symbols traded."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from argos.core.errors import InputError
from argos.prices.demo import SYMBOLS, DailyBar, load_bars


@dataclass(frozen=True, slots=True, kw_only=True)
class TradingDay:
    """A day on which every replayed symbol traded."""

    date: date
    bars: Mapping[str, DailyBar]


def load_trading_days(
    *, symbols: Sequence[str] = SYMBOLS, start: date, end: date, path: Path | None = None
) -> tuple[TradingDay, ...]:
    """The days from `start` to `end` (both included) on which every symbol traded, oldest first.

    Raises InputError if the table is missing or unreadable, a symbol is not in it, or no day is left.
    """
    bars = load_bars(symbols=symbols, start=start, end=end, path=path)
    days = align(bars)
    if not days:
        raise InputError(
            f"no day between {start} and {end} on which {', '.join(symbols)} all traded",
            code="PRICES_RANGE_EMPTY",
            fix="choose dates between 2004-08-19 and 2013-03-01",
        )
    return days


def align(bars: Mapping[str, Sequence[DailyBar]]) -> tuple[TradingDay, ...]:
    """The days that all symbols share, oldest first."""
    by_date = {symbol: {bar.date: bar for bar in rows} for symbol, rows in bars.items()}
    shared = set.intersection(*(set(rows) for rows in by_date.values())) if by_date else set()
    return tuple(
        TradingDay(date=day, bars={symbol: rows[day] for symbol, rows in by_date.items()})
        for day in sorted(shared)
    )
