"""Real daily prices for rehearsals: the stocks table of the bokeh_sampledata package (BSD-3), 2000 to 2013.

Open, high, low and close are scaled by Adj Close / Close, so that splits and dividends leave no gaps. The
package itself is never imported: that would pull in pandas.
"""

import csv
import gzip
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from argos.core.errors import InputError, InvariantError
from argos.core.money import round_near

SYMBOLS: Final = ("AAPL", "MSFT", "IBM", "GOOG")
PRICE_STEP: Final = Decimal("0.0001")
"""Grid of all replayed prices. Adjusted prices are small; a cent would be up to 10 bps of them."""

_PACKAGE: Final = "bokeh_sampledata"
_TABLE: Final = Path("_data", "stocks.csv.gz")


@dataclass(frozen=True, slots=True, kw_only=True)
class DailyBar:
    """One trading day of one symbol. Prices are adjusted and lie on PRICE_STEP; volume is as reported."""

    symbol: str
    date: date
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: int

    def __post_init__(self) -> None:
        inside = self.low <= min(self.open, self.close) and max(self.open, self.close) <= self.high
        if self.low <= 0 or not inside:
            raise InvariantError(
                f"not a price bar: symbol={self.symbol}, date={self.date}", code="BAR_IMPOSSIBLE"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class TradingDay:
    """A day on which every replayed symbol traded."""

    date: date
    bars: Mapping[str, DailyBar]


def find_price_file() -> Path:
    """Where the sample data lies on this machine. Raises InputError if it is not installed."""
    spec = find_spec(_PACKAGE)
    for root in (spec.submodule_search_locations or ()) if spec else ():
        path = Path(root, _TABLE)
        if path.is_file():
            return path
    raise InputError(
        f"the price table {_TABLE} of the package {_PACKAGE} is not installed",
        code="PRICES_MISSING",
        fix="run make setup, or install bokeh-sampledata",
    )


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


def load_bars(
    *, symbols: Sequence[str] = SYMBOLS, start: date, end: date, path: Path | None = None
) -> dict[str, tuple[DailyBar, ...]]:
    """Bars per symbol, oldest first. Raises InputError as `load_trading_days` does."""
    path = path or find_price_file()
    found: dict[str, list[DailyBar]] = {symbol: [] for symbol in symbols}
    known: set[str] = set()
    try:
        with gzip.open(path, "rt", encoding="ascii", newline="") as table:
            for row in csv.DictReader(table):
                known.add(row["Ticker"])
                day = date.fromisoformat(row["Date"])
                if row["Ticker"] in found and start <= day <= end:
                    found[row["Ticker"]].append(_bar(row, day=day))
    except (OSError, EOFError, KeyError, ValueError, InvalidOperation) as error:
        raise InputError(
            f"the price table {path} cannot be read: {error}",
            code="PRICES_UNREADABLE",
            fix="install bokeh-sampledata again",
        ) from error
    for symbol in symbols:
        if symbol not in known:
            raise InputError(
                f"the price table holds no {symbol}",
                code="PRICES_SYMBOL_UNKNOWN",
                field="symbols",
                fix=f"choose from {', '.join(sorted(known))}",
            )
    return {symbol: tuple(sorted(rows, key=lambda bar: bar.date)) for symbol, rows in found.items()}


def align(bars: Mapping[str, Sequence[DailyBar]]) -> tuple[TradingDay, ...]:
    """The days that all symbols share, oldest first."""
    by_date = {symbol: {bar.date: bar for bar in rows} for symbol, rows in bars.items()}
    shared = set.intersection(*(set(rows) for rows in by_date.values())) if by_date else set()
    return tuple(
        TradingDay(date=day, bars={symbol: rows[day] for symbol, rows in by_date.items()})
        for day in sorted(shared)
    )


def _bar(row: Mapping[str, str], *, day: date) -> DailyBar:
    factor = Decimal(row["Adj Close"]) / Decimal(row["Close"])
    return DailyBar(
        symbol=row["Ticker"],
        date=day,
        open=round_near(Decimal(row["Open"]) * factor, step=PRICE_STEP),
        high=round_near(Decimal(row["High"]) * factor, step=PRICE_STEP),
        low=round_near(Decimal(row["Low"]) * factor, step=PRICE_STEP),
        close=round_near(Decimal(row["Close"]) * factor, step=PRICE_STEP),
        volume=int(row["Volume"]),
    )
