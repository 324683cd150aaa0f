"""The bundled prices: the stocks table of the bokeh_sampledata package (BSD-3), daily, 2000 to 2013.

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
"""What is shown when nothing is said. FB, which is there, too, has traded for a few months only."""
PRICE_STEP: Final = Decimal("0.0001")
"""Grid of all these prices. Adjusted prices are small; a cent would be up to 10 bps of them."""

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


def load_bars(
    *, symbols: Sequence[str] = SYMBOLS, start: date, end: date, path: Path | None = None
) -> dict[str, tuple[DailyBar, ...]]:
    """Bars per symbol from `start` to `end`, both included, oldest first.

    Raises InputError if the table is missing or unreadable, or a symbol is not in it.
    """
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
