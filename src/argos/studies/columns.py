"""Trades, fills, equity and calendars as Arrow tables: names and moments for people, every number to the bit."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import pyarrow as pa

from argos.backtest.bars import Bars
from argos.backtest.layout import Ints, Reason, Records
from argos.backtest.result import Result
from argos.backtest.settings import Calendar
from argos.prices.arrays import arrow_of, numpy_of, texts_of

ENTRY: Final = -1
REASONS: Final = ("entry", *(reason.name.lower() for reason in Reason))
"""By code, from ENTRY on."""
MOMENT: Final = pa.timestamp("ns", tz="UTC")
KINDS: Final = {
    np.dtype(np.int8): pa.int8(),
    np.dtype(np.int32): pa.int32(),
    np.dtype(np.int64): pa.int64(),
    np.dtype(np.float64): pa.float64(),
}


def trade_table(result: Result) -> pa.Table:
    """One row a trade; the fields of TRADE, with the moments of its bars."""
    trades, bars = result.trades, result.bars
    return _table(
        trades,
        bars,
        entry_at=opened_at(bars, trades["entry_bar"]),
        exit_at=opened_at(bars, trades["exit_bar"]),
    )


def fill_table(result: Result) -> pa.Table:
    """One row a fill; the fields of FILL, with the moment of its bar."""
    return _table(result.fills, result.bars, bar_at=opened_at(result.bars, result.fills["bar"]))


def equity_table(result: Result) -> pa.Table:
    """One row a bar: equity at its close."""
    return pa.table(
        {
            "opened_at": arrow_of(result.bars.opened_ns, MOMENT),
            "equity": arrow_of(result.equity, pa.float64()),
        }
    )


def calendar_table(calendar: Calendar) -> pa.Table | None:
    """The arrays that say something; None if none does."""
    found = {
        name: arrow_of(getattr(calendar, name), pa.int8())
        for name in ("nights", "entries", "flat_after")
        if len(getattr(calendar, name))
    }
    return pa.table(found) if found else None


def calendar_from(table: pa.Table | None) -> Calendar:
    """What `calendar_table` was made of."""
    if table is None:
        return Calendar()
    return Calendar(**{name: numpy_of(table[name], np.int8) for name in table.column_names})


def opened_at(bars: Bars, rows: Ints | Sequence[int]) -> pa.Array:
    """When these bars open, UTC."""
    return arrow_of(bars.opened_ns[np.asarray(rows, np.int64)], MOMENT)


def differing_columns(ours: pa.Table, kept: pa.Table) -> list[str]:
    """Names of the columns that are not the same to the last bit; NaN equals NaN."""
    if ours.column_names != kept.column_names or len(ours) != len(kept):
        return ["rows" if ours.column_names == kept.column_names else "columns"]
    return [name for name in ours.column_names if not _same(ours[name], kept[name])]


def _same(ours: pa.ChunkedArray, kept: pa.ChunkedArray) -> bool:
    if not pa.types.is_floating(ours.type):
        return bool(ours.equals(kept.cast(ours.type)))
    return bool(np.array_equal(numpy_of(ours, np.int64), numpy_of(kept, np.int64)))


def _table(records: Records, bars: Bars, **moments: pa.Array) -> pa.Table:
    assert records.dtype.names is not None, "records have fields"
    columns = {"symbol": _words(records["symbol"], bars.symbols)}
    for name in records.dtype.names[1:]:
        columns[name] = arrow_of(records[name], KINDS[records[name].dtype])
    columns["reason"] = _words(records["reason"] - ENTRY, REASONS)
    return pa.table(columns | moments)


def _words(codes: Ints, words: Sequence[str]) -> pa.Array:
    return pa.DictionaryArray.from_arrays(
        arrow_of(codes.astype(np.int32), pa.int32()), texts_of(words)
    )
