"""Bars as a Parquet file of their own kind, from which exactly the same bars come back.

One row is one bar of one symbol: time, symbol, open, high, low, close, volume; all bars of the first symbol, then of
the next. A missing bar has a row, too, with NaN in open, high and low. After them, in the same way, come the rows of
the finer series; in these `bar` is the index of the bar that each lies in, null elsewhere, and `time` is that bar's.
"""

import json
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from argos.backtest.bars import Bars, FineBars, bars_of
from argos.backtest.layout import Floats, Ints
from argos.core.errors import InputError
from argos.prices.arrays import arrow_of, numpy_of, owned, texts_of
from argos.prices.digest import bars_sha256

KIND: Final = b"argos.kind"
BARS_KIND: Final = b"bars/1"
_ABOUT: Final = b"argos.bars"
_QUOTES: Final = ("open", "high", "low", "close")


def write_parquet(bars: Bars, path: Path) -> None:
    """Writes `path`, over what is there. Of a part of longer bars, only what belongs to it."""
    symbols, count = bars.close.shape
    times = np.tile(bars.opened_ns, symbols)
    names = np.repeat(np.arange(symbols, dtype=np.int32), count)
    columns = {name: getattr(bars, name).ravel() for name in (*_QUOTES, "volume")}
    place: pa.Array = pa.nulls(symbols * count, pa.int64())
    fine = bars.fine
    if fine is not None:
        first, last = int(fine.start[0]), int(fine.start[-1])
        within = np.repeat(np.arange(count), np.diff(fine.start))
        times = np.concatenate([times, np.tile(bars.opened_ns[within], symbols)])
        names = np.concatenate([names, np.repeat(np.arange(symbols, dtype=np.int32), last - first)])
        for name in _QUOTES:
            inside = getattr(fine, name)[:, first:last].ravel()
            columns[name] = np.concatenate([columns[name], inside])
        columns["volume"] = np.concatenate([columns["volume"], np.zeros(symbols * (last - first))])
        place = pa.concat_arrays([place, arrow_of(np.tile(within, symbols), pa.int64())])
    about = {
        "symbols": list(bars.symbols),
        "bars": count,
        "finer": fine is not None,
        "sha256": bars_sha256(bars),
    }
    table = pa.table(
        {
            "time": arrow_of(times, pa.timestamp("ns", "UTC")),
            "symbol": pa.DictionaryArray.from_arrays(
                arrow_of(names, pa.int32()), texts_of(bars.symbols)
            ),
            **{name: arrow_of(values, pa.float64()) for name, values in columns.items()},
            "bar": place,
        }
    ).replace_schema_metadata({KIND: BARS_KIND, _ABOUT: json.dumps(about).encode()})
    pq.write_table(table, path, compression="zstd")


def is_bars_table(table: pa.Table) -> bool:
    """Whether a table says that `write_parquet` made it."""
    return (table.schema.metadata or {}).get(KIND) == BARS_KIND


def holds_bars(path: Path) -> bool:
    """Whether a file says so of itself; one that cannot be read does not."""
    try:
        schema = pq.read_schema(path)
    except (OSError, pa.ArrowException):
        return False
    return (schema.metadata or {}).get(KIND) == BARS_KIND


def rows_with_prices(table: pa.Table) -> pa.Table:
    """Of such a table, the bars that are there, as rows like anybody's."""
    there = pc.and_(pc.is_finite(table["open"]), pc.is_null(table["bar"]))
    return table.filter(there).drop_columns("bar")


def read_parquet(path: Path) -> Bars:
    """The bars that `write_parquet` wrote to `path`.

    Raises InputError if it is no such file, or its contents are no longer those that were written.
    """
    try:
        with pq.ParquetFile(path) as file:
            table = file.read()
    except (OSError, pa.ArrowException) as error:
        raise InputError(
            f"{path} cannot be read: {error}",
            code="PRICES_UNREADABLE",
            field="path",
            fix="check that it is a whole Parquet file and may be read",
        ) from error
    if not is_bars_table(table):
        raise InputError(
            f"{path} is not a file that Argos wrote bars to",
            code="PRICES_KIND",
            field="path",
            fix="read it as a price file: read_bars",
        )
    return bars_of_table(table, name=str(path))


def bars_of_table(table: pa.Table, *, name: str) -> Bars:
    """Of a table that `write_parquet` made; held against the digest that was written with it."""
    about = json.loads(table.schema.metadata[_ABOUT])
    symbols, count = about["symbols"], about["bars"]
    rows = len(symbols) * count
    whole = table.num_rows >= rows and (table.num_rows - rows) % len(symbols) == 0
    bars = _bars(table, symbols, count, finer=about["finer"]) if whole else None
    if bars is None or bars_sha256(bars) != about["sha256"]:
        raise InputError(
            f"{name} holds other bars than were written to it",
            code="PRICES_ALTERED",
            field="path",
            fix="take the file from where it was saved, or read the original prices again",
        )
    return bars


def _bars(table: pa.Table, symbols: list[str], count: int, *, finer: bool) -> Bars:
    rows = len(symbols) * count

    def part(name: str, first: int, last: int, width: int) -> Floats:
        values: Floats = owned(numpy_of(table[name].slice(first, last - first), np.float64))
        return values.reshape(len(symbols), width)

    fine = None
    if finer:
        width = (table.num_rows - rows) // len(symbols)
        within: Ints = numpy_of(table["bar"].slice(rows, width), np.int64)
        fine = FineBars(
            **{name: part(name, rows, table.num_rows, width) for name in _QUOTES},
            start=np.searchsorted(within, np.arange(count + 1)).astype(np.int64),
        )
    times = numpy_of(table["time"].slice(0, count), np.int64)
    return bars_of(
        opened_ns=times,
        open=part("open", 0, rows, count),
        high=part("high", 0, rows, count),
        low=part("low", 0, rows, count),
        close=part("close", 0, rows, count),
        volume=part("volume", 0, rows, count),
        symbols=symbols,
        fine=fine,
    )
