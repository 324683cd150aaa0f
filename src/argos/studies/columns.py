"""Trades, fills, equity and calendars as Arrow tables: names and moments for people, every number to the bit."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from argos.backtest.bars import Bars
from argos.backtest.layout import Ints, Reason, Records
from argos.backtest.result import Result
from argos.backtest.settings import Calendar

REASONS = {reason.value: reason.name.lower() for reason in Reason} | {-1: "entry"}


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
    return pa.table({"opened_at": _stamps(result.bars.opened_ns), "equity": result.equity})


def calendar_table(calendar: Calendar) -> pa.Table | None:
    """The arrays that say something; None if none does."""
    found = {
        name: getattr(calendar, name)
        for name in ("nights", "entries", "flat_after")
        if len(getattr(calendar, name))
    }
    return pa.table(found) if found else None


def calendar_from(table: pa.Table | None) -> Calendar:
    """What `calendar_table` was made of."""
    if table is None:
        return Calendar()
    return Calendar(**{name: _numbers(table, name) for name in table.column_names})


def opened_at(bars: Bars, rows: Ints | Sequence[int]) -> pa.Array:
    """When these bars open, UTC."""
    return _stamps(bars.opened_ns[np.asarray(rows, np.int64)])


def differing_columns(ours: pa.Table, kept: pa.Table) -> list[str]:
    """Names of the columns that are not the same to the last bit; NaN equals NaN."""
    if ours.column_names != kept.column_names or len(ours) != len(kept):
        return ["rows" if ours.column_names == kept.column_names else "columns"]
    return [name for name in ours.column_names if not _same(ours[name], kept[name])]


def _same(ours: pa.ChunkedArray, kept: pa.ChunkedArray) -> bool:
    if not pa.types.is_floating(ours.type):
        return bool(ours.equals(kept.cast(ours.type)))
    return bool(np.array_equal(_bits(ours), _bits(kept)))


def _bits(column: pa.ChunkedArray) -> Ints:
    found: Ints = np.asarray(column).view(np.int64)
    return found


def _table(records: Records, bars: Bars, **moments: pa.Array) -> pa.Table:
    assert records.dtype.names is not None, "records have fields"
    columns: dict[str, Any] = {
        "symbol": pa.DictionaryArray.from_arrays(records["symbol"].astype(np.int32), bars.symbols)
    }
    for name in records.dtype.names[1:]:
        columns[name] = np.ascontiguousarray(records[name])
    columns["reason"] = [REASONS[code] for code in records["reason"].tolist()]
    return pa.table(columns | moments)


def _stamps(opened_ns: Ints) -> pa.Array:
    return pa.array(np.ascontiguousarray(opened_ns)).cast(pa.timestamp("ns", tz="UTC"))


def _numbers(table: pa.Table, name: str) -> Any:
    return np.array(table[name])
