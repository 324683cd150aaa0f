"""Markets as plain rows, the ways in which people keep them, and the bars that must come of them."""

import csv
import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
from hypothesis import strategies as st

COLUMNS = ("open", "high", "low", "close", "volume")
YEAR_1980_NS = 315_532_800_000_000_000
YEAR_2100_NS = 4_102_444_800_000_000_000
SECOND_NS = 1_000_000_000
ANY_TIME = st.integers(YEAR_1980_NS, YEAR_2100_NS)


@dataclass(frozen=True)
class Row:
    at_ns: int
    open: float
    high: float
    low: float
    close: float
    volume: float

    @property
    def time_text(self) -> str:
        whole = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=self.at_ns // SECOND_NS)
        return f"{whole:%Y-%m-%dT%H:%M:%S}.{self.at_ns % SECOND_NS:09d}Z"

    def cells(self) -> list[str]:
        return [self.time_text, *(repr(getattr(self, name)) for name in COLUMNS)]


Market = dict[str, list[Row]]


@st.composite
def rows(draw, times=ANY_TIME, count_min=1, count_max=12):
    moments = sorted(draw(st.lists(times, min_size=count_min, max_size=count_max, unique=True)))
    price = st.floats(1e-4, 1e6)
    found = []
    for at_ns in moments:
        low, *middle, high = sorted(draw(st.tuples(price, price, price, price)))
        opened, closed = draw(st.permutations(middle))
        volume = draw(st.one_of(st.just(0.0), st.floats(0, 1e12)))
        found.append(Row(at_ns, opened, high, low, closed, volume))
    return found


def markets(symbols_max=3):
    """Symbols share few enough moments that some are missing, and some are not."""
    times = st.integers(0, 20).map(lambda n: YEAR_1980_NS + n * 90 * SECOND_NS)
    names = st.sampled_from(["AAPL", "EUR/USD", "br k", "Ä"])
    return st.dictionaries(names, rows(times), min_size=1, max_size=symbols_max)


def check_bars(bars, market: Market) -> None:
    """Bit for bit what the rows say: a union of times, NaN where a symbol has none, its close carried on."""
    axis = sorted({row.at_ns for of_symbol in market.values() for row in of_symbol})
    assert bars.symbols == tuple(market)
    assert bars.opened_ns.tolist() == axis
    for index, of_symbol in enumerate(market.values()):
        by_time = {row.at_ns: row for row in of_symbol}
        close = math.nan
        for bar, at_ns in enumerate(axis):
            row = by_time.get(at_ns)
            if row is None:
                expected = (math.nan, math.nan, math.nan, close, 0.0)
            else:
                expected = tuple(getattr(row, name) for name in COLUMNS)
                close = row.close
            got = tuple(float(getattr(bars, name)[index, bar]) for name in COLUMNS)
            assert np.array_equal(got, expected, equal_nan=True), (bar, got, expected)


def long_rows(market: Market) -> list[tuple[str, Row]]:
    """All rows by time, symbols mixed, as a database would give them."""
    mixed = [(symbol, row) for symbol, of_symbol in market.items() for row in of_symbol]
    return sorted(mixed, key=lambda pair: pair[1].at_ns)


def write_csv(path, of_symbol: list[Row], *, header=("time", *COLUMNS), delimiter=",") -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=delimiter)
        writer.writerow(header)
        writer.writerows(row.cells() for row in of_symbol)


def write_long_csv(path, market: Market) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("symbol", "time", *COLUMNS))
        writer.writerows([symbol, *row.cells()] for symbol, row in long_rows(market))


def long_columns(market: Market) -> dict[str, list]:
    mixed = long_rows(market)
    return {
        "time": np.array([row.at_ns for _, row in mixed], "M8[ns]"),
        "symbol": [symbol for symbol, _ in mixed],
        **{name: np.array([getattr(row, name) for _, row in mixed]) for name in COLUMNS},
    }


def pandas_long(market: Market) -> pd.DataFrame:
    frame = pd.DataFrame(long_columns(market))
    return frame.assign(time=frame["time"].dt.tz_localize("UTC"))


def pandas_by_time(market: Market) -> pd.DataFrame:
    """An index of times, as most people have it; the times of each symbol apart in a column."""
    return pandas_long(market).set_index("time")


def pandas_wide(market: Market) -> pd.DataFrame:
    """Columns of (price, symbol) over an index of times, NaN where a symbol has no bar."""
    wide = pandas_long(market).pivot(index="time", columns="symbol", values=list(COLUMNS))
    return wide[[(name, symbol) for symbol in market for name in COLUMNS]]


def polars_long(market: Market) -> pl.DataFrame:
    columns = long_columns(market)
    return pl.DataFrame(columns).with_columns(pl.col("time").dt.replace_time_zone("UTC"))


def arrow_long(market: Market) -> pa.Table:
    columns = long_columns(market)
    times = pa.array(columns.pop("time"), pa.timestamp("ns", "UTC"))
    return pa.table({"time": times, **columns})
