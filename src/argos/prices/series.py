"""From tables to the checked rows of each symbol, and from those to bars on one axis."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from argos.backtest.bars import Bars, bars_of
from argos.backtest.faults import price_fault, time_fault
from argos.backtest.layout import Floats, Ints
from argos.core.errors import InputError
from argos.prices.arrays import nulls_of, numpy_of, owned, texts_of
from argos.prices.moments import moments_of
from argos.prices.numbers import floats_of, plain
from argos.prices.tables import Place, SourceTable
from argos.prices.zones import utc_text

QUOTES: Final = ("open", "high", "low", "close")
COLUMNS: Final = (*QUOTES, "volume")


class _Part(NamedTuple):
    """Rows of one table that belong to one symbol."""

    table: SourceTable
    rows: Ints
    at_ns: Ints
    columns: dict[str, Floats]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Series:
    """One symbol: at_ns int64[rows], strictly rising; columns: float64[rows] for each of COLUMNS.

    skipped: rows of the tables before the first one here.
    named: whether a table, or whoever gave it, said which symbol it is; else it is a file's name.
    """

    symbol: str
    named: bool
    at_ns: Ints
    columns: Mapping[str, Floats]
    parts: Sequence[_Part]
    skipped: int = 0

    def place(self, row: int) -> Place:
        """Where a row stands."""
        row += self.skipped
        for part in self.parts:
            if row < len(part.rows):
                return Place(part.table, int(part.rows[row]))
            row -= len(part.rows)
        raise AssertionError("a row of no table")

    def since(self, at_ns: int) -> "Series":
        """The rows from a moment on."""
        first = int(np.searchsorted(self.at_ns, at_ns))
        columns = {name: values[first:] for name, values in self.columns.items()}
        return replace(
            self, at_ns=self.at_ns[first:], columns=columns, skipped=self.skipped + first
        )


class AllSeries(NamedTuple):
    """Of all tables; notes: what their owner should know."""

    series: list[Series]
    notes: tuple[str, ...]


def series_of(
    tables: Sequence[SourceTable],
    *,
    zone: ZoneInfo | None,
    adjust: bool = False,
    symbols: Sequence[str] | None = None,
    what: str = "prices",
) -> AllSeries:
    """The rows of each symbol, in the order of `symbols`, or as they come. Several tables may hold parts of one.

    `adjust` scales open, high, low and close by the adjusted close over the close. Raises InputError, naming the place
    by table, row and column, for anything that is no price bar, and for rows that are out of order or double.
    """
    _require_names(tables)
    parts: dict[str, list[_Part]] = {}
    notes: list[str] = []
    for table in tables:
        read = _whole(table, zone=zone, adjust=adjust)
        notes += [note for note in (*table.notes, *read.notes) if note not in notes]
        for symbol, rows in _rows_by_symbol(table, read.rows):
            parts.setdefault(symbol, []).append(_cut(read, rows))
    found = {
        symbol: _joined(symbol, sorted(of_symbol, key=_span)) for symbol, of_symbol in parts.items()
    }
    chosen = _chosen(found, symbols, notes, what)
    for series in chosen:
        _check(series)
    return AllSeries(chosen, tuple(notes))


class _Whole(NamedTuple):
    """A table as arrays; rows: int64, those that have prices."""

    table: SourceTable
    rows: Ints
    at_ns: Ints
    columns: dict[str, Floats]
    notes: tuple[str, ...]


def _require_names(tables: Sequence[SourceTable]) -> None:
    nameless = [table for table in tables if table.symbol is None and "symbol" not in table.columns]
    if len(nameless) > 1:
        raise InputError(
            f"{len(nameless)} tables do not say which symbol they are of",
            code="PRICES_SYMBOLS_UNNAMED",
            field="source",
            fix='give a mapping, {"AAPL": frame, "GOOG": frame}, or add a column symbol',
        )


def _whole(table: SourceTable, *, zone: ZoneInfo | None, adjust: bool) -> _Whole:
    moments = moments_of(table, zone=zone)
    notes = list(moments.notes)
    quotes = {role: floats_of(table, role, gaps=table.holes) for role in QUOTES}
    volume = _volume(table, notes)
    rows = np.arange(len(moments.at_ns))
    if table.holes:
        empty = np.logical_and.reduce([np.isnan(values) for values in quotes.values()])
        rows = rows[~empty]
        _require_whole(table, quotes, rows)
        volume = np.where(empty & np.isnan(volume), 0.0, volume)
    if adjust:
        quotes = _adjusted(table, quotes)
    return _Whole(table, rows, moments.at_ns, {**quotes, "volume": volume}, tuple(notes))


def _volume(table: SourceTable, notes: list[str]) -> Floats:
    """Volume, or the number of ticks where a broker has no volume; 0 where nobody says."""
    found: Floats | None = None
    if "volume" in table.columns and table.columns["volume"].null_count < _count(table):
        found = floats_of(table, "volume", gaps=table.holes)
    if "ticks" in table.columns and (found is None or not found.any()):
        notes.append(f"volume is {table.names['ticks']}")
        return floats_of(table, "ticks")
    if found is None:
        notes.append("there is no volume: it is 0, and fills are not bounded by it")
        return np.zeros(_count(table))
    return found


def _count(table: SourceTable) -> int:
    return len(table.columns["time"])


def _require_whole(table: SourceTable, quotes: Mapping[str, Floats], rows: Ints) -> None:
    for role, values in quotes.items():
        bad = np.isnan(values[rows])
        if bad.any():
            row = int(rows[np.argmax(bad)])
            cell = table.cell(row, role)
            raise InputError(
                f"{cell.place}: {cell.column} is {cell.text}, and other prices are not",
                code="PRICES_CELL_EMPTY",
                field=cell.column,
                fix="fill it, or empty all four prices of a bar that is not there",
            )


def _adjusted(table: SourceTable, quotes: Mapping[str, Floats]) -> dict[str, Floats]:
    if "adjusted" not in table.columns:
        raise InputError(
            f"{table.name} has no adjusted close",
            code="PRICES_COLUMNS",
            field="adjusted",
            fix="add a column Adj Close, or do not ask for adjusted prices",
        )
    factor = floats_of(table, "adjusted", gaps=table.holes) / quotes["close"]
    return {role: values * factor for role, values in quotes.items()}


def _rows_by_symbol(table: SourceTable, rows: Ints) -> Iterable[tuple[str, Ints]]:
    if "symbol" not in table.columns:
        return [(table.symbol or "ASSET", rows)]
    column = plain(table.columns["symbol"])
    if column.null_count:
        row = int(np.argmax(nulls_of(column)))
        cell = table.cell(row, "symbol")
        raise InputError(
            f"{cell.place}: {cell.column} is {cell.text}",
            code="PRICES_CELL_EMPTY",
            field=cell.column,
            fix="name the row's symbol, or drop the row",
        )
    coded = pc.dictionary_encode(pc.utf8_trim_whitespace(pc.cast(column, pa.string())))
    coded = coded.combine_chunks()
    if isinstance(coded, pa.ChunkedArray):
        coded = coded.chunk(0) if coded.num_chunks else texts_of([]).dictionary_encode()
    codes = numpy_of(coded.indices, np.int32)[rows]
    order = np.argsort(codes, kind="stable")
    ends = np.cumsum(np.bincount(codes, minlength=len(coded.dictionary)))
    pieces = np.split(rows[order], ends[:-1])
    return zip(coded.dictionary.to_pylist(), pieces, strict=True)


def _cut(whole: _Whole, rows: Ints) -> _Part:
    if len(rows) == len(whole.at_ns):
        return _Part(whole.table, rows, whole.at_ns, whole.columns)
    columns = {name: values[rows] for name, values in whole.columns.items()}
    return _Part(whole.table, rows, whole.at_ns[rows], columns)


def _span(part: _Part) -> tuple[int, int]:
    return (int(part.at_ns[0]), int(part.at_ns[-1])) if len(part.at_ns) else (0, 0)


def _joined(symbol: str, parts: Sequence[_Part]) -> Series:
    named = all(part.table.named or "symbol" in part.table.columns for part in parts)
    if len(parts) == 1:
        at_ns, columns = parts[0].at_ns, parts[0].columns
    else:
        at_ns = np.concatenate([part.at_ns for part in parts])
        columns = {name: np.concatenate([part.columns[name] for part in parts]) for name in COLUMNS}
    return Series(symbol=symbol, named=named, at_ns=at_ns, columns=columns, parts=parts)


def _chosen(
    found: Mapping[str, Series], symbols: Sequence[str] | None, notes: list[str], what: str
) -> list[Series]:
    if symbols is None:
        return list(found.values())
    unknown = [symbol for symbol in symbols if symbol not in found]
    if len(found) == len(symbols) == len(unknown) == 1:
        [series] = found.values()
        if not series.named:
            notes.append(f"{series.symbol} is called {symbols[0]}")
            return [_joined(symbols[0], series.parts)]
    if unknown:
        raise InputError(
            f"there are no {what} of {unknown[0]}",
            code="PRICES_SYMBOL_UNKNOWN",
            field="symbols",
            fix=f"choose from {', '.join(sorted(found))}",
        )
    return [found[symbol] for symbol in symbols]


def _check(series: Series) -> None:
    row = time_fault(series.at_ns)
    if row is not None:
        place, before = series.place(row), series.place(row - 1)
        moment = utc_text(int(series.at_ns[row]))
        if series.at_ns[row] == series.at_ns[row - 1]:
            raise InputError(
                f"{place}: {series.symbol} has {moment} again, as in {before}",
                code="BARS_DUPLICATE",
                field=place.table.names["time"],
                fix="drop one of the two rows",
            )
        falling = bool((series.at_ns[1:] < series.at_ns[:-1]).all())
        order = "; all rows run from the newest to the oldest" if falling else ""
        raise InputError(
            f"{place}: {series.symbol} has {moment}, earlier than in {before}{order}",
            code="BARS_UNSORTED",
            field=place.table.names["time"],
            fix="sort the rows by time, the oldest first",
        )
    fault = price_fault(
        {role: series.columns[role][None] for role in QUOTES}, series.columns["volume"][None]
    )
    if fault is not None:
        table, at = series.place(fault.row)
        role = "ticks" if fault.column not in table.columns else fault.column
        cell = table.cell(at, role)
        raise InputError(
            f"{cell.place}: {cell.column} is {cell.text}, {fault.what}",
            code="BARS_PRICE",
            field=cell.column,
            fix="repair the row, or drop it",
        )


def bars_from(series: Sequence[Series]) -> Bars:
    """All symbols on the union of their times. Where one has no bar, its close repeats, and is NaN before its first.

    Raises InputError if there is no row.
    """
    axis = axis_of([of_symbol.at_ns for of_symbol in series])
    empty = [of_symbol.symbol for of_symbol in series if not len(of_symbol.at_ns)]
    if empty or not series:
        raise InputError(
            f"there are no bars{' of ' + empty[0] if empty else ''}",
            code="BARS_EMPTY",
            field="source",
            fix="give at least one bar",
        )
    columns = {name: _laid_out(series, axis, name) for name in COLUMNS}
    return bars_of(
        opened_ns=axis,
        open=columns["open"],
        high=columns["high"],
        low=columns["low"],
        close=columns["close"],
        volume=columns["volume"],
        symbols=[of_symbol.symbol for of_symbol in series],
    )


def _laid_out(series: Sequence[Series], axis: Ints, name: str) -> Floats:
    """One column of all symbols: float64[symbols, bars]."""
    if len(series) == 1:
        return owned(series[0].columns[name])[None]
    values = np.full((len(series), len(axis)), 0.0 if name == "volume" else np.nan)
    for row, of_symbol in zip(values, series, strict=True):
        whole = len(of_symbol.at_ns) == len(axis)
        row[slice(None) if whole else places_in(axis, of_symbol.at_ns)] = of_symbol.columns[name]
        if name == "close" and not whole:
            row[:] = carried(row)
    return values


def axis_of(times: Sequence[Ints]) -> Ints:
    """The union of moments."""
    first = times[0] if times else np.zeros(0, np.int64)
    if all(np.array_equal(first, other) for other in times[1:]):
        return first
    return np.unique(np.concatenate(times))


def places_in(axis: Ints, at_ns: Ints) -> npt.NDArray[np.intp]:
    """Where moments stand on an axis that holds them all."""
    return np.searchsorted(axis, at_ns)


def carried(values: Floats) -> Floats:
    """Each NaN replaced by the last number before it, if there is one."""
    last = np.maximum.accumulate(np.where(np.isnan(values), -1, np.arange(len(values))))
    return np.where(last < 0, np.nan, values[np.maximum(last, 0)])
