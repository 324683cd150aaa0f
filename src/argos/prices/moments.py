"""The column of times as UTC nanoseconds: text, calendar days, numbers since 1970, with a zone or without."""

import re
from dataclasses import dataclass
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from argos.backtest.bars import DAY_NS
from argos.backtest.layout import Ints
from argos.core.errors import InputError
from argos.prices.arrays import arrow_of, nulls_of, numpy_of, texts_of
from argos.prices.numbers import first_bad, is_text, plain
from argos.prices.tables import SourceTable
from argos.prices.zones import to_utc, utc_text

EPOCH_MIN_S: Final = 100_000_000
"""Smaller numbers than this many seconds (March 1973) are row numbers rather than times."""
_UNITS: Final = (("seconds", 1_000_000_000), ("ms", 1_000_000), ("us", 1_000), ("ns", 1))
_INT64_MAX: Final = 2**63 - 1
_DIGITS: Final = re.compile(r"[+-]?\d+(\.\d*)?")
_COMPACT: Final = re.compile(r"\d{8}([ T]?\d{6}|[ T].*)?")
_YEAR_FIRST: Final = re.compile(r"\d{4}[./]\d{1,2}[./]\d{1,2}.*|\d{4}-\d{1,2}-\d{1,2}.*")
_PADDED: Final = re.compile(r"\d{4}-\d\d-\d\d")
_APART: Final = re.compile(r" ?(UTC|GMT)$| [+-]\d\d:?\d\d$")
_DAY_FIRST: Final = re.compile(r"\d{1,2}\.\d{1,2}\.\d{4}.*")
_NANOSECONDS: Final = pa.timestamp("ns")
_NANOSECONDS_UTC: Final = pa.timestamp("ns", "UTC")


class Moments(NamedTuple):
    """at_ns: int64[rows], UTC. notes: how they were understood, where that could have been otherwise."""

    at_ns: Ints
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    """at_ns: int64[rows]; local: still as a wall clock without a zone shows it."""

    at_ns: Ints
    local: bool
    notes: tuple[str, ...] = ()


def moments_of(table: SourceTable, *, zone: ZoneInfo | None) -> Moments:
    """The moments of a table's rows. Times with an offset, and numbers since 1970, are what they say.

    Without an offset they are local to `zone`; all at midnight, they are days, and without a zone those of UTC. Numbers
    of eight digits are days, too (20260131). Raises InputError (PRICES_TIME_*), naming row and column.
    """
    column = plain(table.columns["time"])
    if column.null_count:
        row = int(np.argmax(nulls_of(column)))
        cell = table.cell(row, "time")
        raise InputError(
            f"{cell.place}: {cell.column} is {cell.text}, not a time",
            code="PRICES_TIME",
            field=cell.column,
            fix="write each row's time, or drop the row",
        )
    if len(column) == 0:
        return Moments(np.zeros(0, np.int64), ())
    if "clock" in table.columns:
        column = _together(column, plain(table.columns["clock"]))
    read = _read(table, column)
    return _placed(table, read, zone) if read.local else Moments(read.at_ns, read.notes)


def _together(days: pa.ChunkedArray, clocks: pa.ChunkedArray) -> pa.ChunkedArray:
    """Dates and times of day, in two columns, as one text."""
    if pa.types.is_timestamp(days.type):
        days = pc.cast(days, pa.date32())
    days, clocks = (pc.cast(column, pa.string()) for column in (days, clocks))
    return pc.binary_join_element_wise(
        days, clocks, texts_of([" "])[0], null_handling="replace", null_replacement=""
    )


def _read(table: SourceTable, column: pa.ChunkedArray) -> _Read:
    kind = column.type
    if pa.types.is_timestamp(kind):
        local = kind.tz is None
        return _Read(at_ns=_cast(table, column, pa.timestamp("ns", kind.tz)), local=local)
    if pa.types.is_date(kind):
        return _Read(at_ns=_cast(table, pc.cast(column, pa.date32()), _NANOSECONDS), local=True)
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        column = pc.cast(column, pa.string()) if pa.types.is_decimal(kind) else column
        return _of_numbers(table, column)
    if not is_text(kind):
        raise InputError(
            f"{table.name}: {table.names['time']} holds {kind}, not times",
            code="PRICES_TIME",
            field=table.names["time"],
            fix="give moments, text such as 2026-01-31T12:00:00Z, or numbers since 1970",
        )
    column = pc.utf8_trim_whitespace(column)
    first = column[0].as_py()
    if _COMPACT.fullmatch(first):
        pattern, spelled = r"^(\d{4})(\d\d)(\d\d)", r"\1-\2-\3"
        column = pc.replace_substring_regex(column, pattern, spelled)
        if first[-6:].isdigit() and len(first) > len("20260131"):
            pattern, spelled = r"^(.{10})[ T]?(\d\d)(\d\d)(\d\d)$", r"\1 \2:\3:\4"
            column = pc.replace_substring_regex(column, pattern, spelled)
        return _of_text(table, column)
    if _DIGITS.fullmatch(first):
        return _of_numbers(table, column)
    return _of_text(table, column)


def _cast(table: SourceTable, column: pa.ChunkedArray, kind: pa.DataType) -> Ints:
    """As int64 nanoseconds; a time that does not fit into them is refused."""
    try:
        values: Ints = numpy_of(pc.cast(column, kind), np.int64)
    except pa.ArrowInvalid:
        raise _no_time(table, first_bad(column, lambda part: _parses(part, kind))) from None
    return values


def _no_time(table: SourceTable, row: int) -> InputError:
    cell = table.cell(row, "time")
    return InputError(
        f"{cell.place}: {cell.column} is {cell.text}, not a time of the years 1678 to 2262",
        code="PRICES_TIME",
        field=cell.column,
        fix="write it as 2026-01-31T12:00:00Z, 2026-01-31 12:00 or 2026-01-31, all rows alike",
    )


def _of_text(table: SourceTable, column: pa.ChunkedArray) -> _Read:
    first = column[0].as_py()
    notes: tuple[str, ...] = ()
    if _DAY_FIRST.fullmatch(first):
        notes = ("dates with dots are day.month.year",)
        column = _spelled(column, r"^(\d{1,2})\.(\d{1,2})\.(\d{4})", r"\3-0\2-0\1")
    elif _YEAR_FIRST.fullmatch(first) and not _PADDED.match(first):
        column = _dashed(column)
    local = _parses(column.slice(0, 1), _NANOSECONDS)
    kind, other = (_NANOSECONDS, _NANOSECONDS_UTC) if local else (_NANOSECONDS_UTC, _NANOSECONDS)
    if not local and _APART.search(first):
        column = pc.replace_substring_regex(column, r" ?(UTC|GMT)$", "Z")
        column = pc.replace_substring_regex(column, r" ([+-]\d\d:?\d\d)$", r"\1")
    try:
        values: Ints = numpy_of(pc.cast(column, kind), np.int64)
    except pa.ArrowInvalid:
        row = first_bad(column, lambda part: _parses(part, kind))
        if not _parses(column.slice(row, 1), other):
            raise _no_time(table, row) from None
        cell = table.cell(row, "time")
        raise InputError(
            f"{cell.place}: {cell.column} is {cell.text}, "
            f"{'with' if local else 'without'} an offset, unlike the rows before",
            code="PRICES_TIME_MIXED",
            field=cell.column,
            fix="write all times with an offset (Z or +02:00), or none",
        ) from None
    return _Read(at_ns=values, local=local, notes=notes)


def _dashed(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Dates like 2026.01.31 or 2026/1/31 with dashes."""
    # Where all are of one width, this takes a tenth of the time.
    dashed = pc.binary_replace_slice(column, start=4, stop=5, replacement="-")
    dashed = pc.binary_replace_slice(dashed, start=7, stop=8, replacement="-")
    if _parses(dashed, _NANOSECONDS):
        return dashed
    return _spelled(column, r"^(\d{4})[./-](\d{1,2})[./-](\d{1,2})", r"\1-0\2-0\3")


def _spelled(column: pa.ChunkedArray, pattern: str, spelled: str) -> pa.ChunkedArray:
    """Dates as 2026-01-31; `spelled` puts a zero before day and month, of which one too many is taken away."""
    column = pc.replace_substring_regex(column, pattern, spelled)
    return pc.replace_substring_regex(column, r"^(\d{4})-0?(\d\d)-0?(\d\d)", r"\1-\2-\3")


def _parses(column: pa.ChunkedArray, kind: pa.DataType) -> bool:
    try:
        pc.cast(column, kind)
    except pa.ArrowInvalid:
        return False
    return True


def _of_numbers(table: SourceTable, column: pa.ChunkedArray) -> _Read:
    """Seconds, ms, us or ns since 1970, told apart by their size; or days as 20260131."""
    whole = _whole(table, column)
    name = table.names["time"]
    largest = int(np.abs(whole.ints).max())
    if not is_text(column.type) and 19_000_101 <= largest <= 22_000_000 and whole.rest is None:
        days = pc.cast(pa.chunked_array([arrow_of(whole.ints, pa.int64())]), pa.string())
        spelled = pc.replace_substring_regex(days, r"^(\d{4})(\d\d)(\d\d)$", r"\1-\2-\3")
        return _of_text(table, spelled)
    unit, scale = next(pair for pair in _UNITS if largest <= _INT64_MAX // pair[1])
    if largest < EPOCH_MIN_S:
        cell = table.cell(0, "time")
        raise InputError(
            f"{cell.place}: {cell.column} is {cell.text}, too small for a time since 1970",
            code="PRICES_TIME_EPOCH",
            field=cell.column,
            fix="give moments, or seconds, ms, us or ns since 1970; is it a row number?",
        )
    at_ns = whole.ints * scale
    if whole.rest is not None:
        at_ns = at_ns + np.rint(whole.rest * (scale / 1_000)).astype(np.int64) * 1_000
    return _Read(at_ns=at_ns, local=False, notes=(f"{name} is {unit} since 1970",))


class _Whole(NamedTuple):
    """Numbers as whole ones and, if there are any, fractions; those count to the microsecond."""

    ints: Ints
    rest: np.ndarray | None


def _whole(table: SourceTable, column: pa.ChunkedArray) -> _Whole:
    if not pa.types.is_floating(column.type) and _parses(column, pa.int64()):
        return _Whole(numpy_of(pc.cast(column, pa.int64()), np.int64), None)
    if not _parses(column, pa.float64()):
        raise _no_time(table, first_bad(column, lambda part: _parses(part, pa.float64())))
    floats = numpy_of(pc.cast(column, pa.float64()), np.float64)
    bad = ~(np.abs(floats) < float(_INT64_MAX))
    if bad.any():
        raise _no_time(table, int(np.argmax(bad)))
    ints = np.floor(floats)
    rest = floats - ints
    return _Whole(ints.astype(np.int64), rest if rest.any() else None)


def _placed(table: SourceTable, read: _Read, zone: ZoneInfo | None) -> Moments:
    """Local times in their zone."""
    name = table.names["time"]
    inside_day = read.at_ns % DAY_NS != 0
    intraday = bool(inside_day.any())
    if zone is None:
        if intraday:
            row = int(np.argmax(inside_day))
            cell = table.cell(row, "time")
            raise InputError(
                f"{cell.place}: {cell.column} is {cell.text}, and no time zone is said",
                code="PRICES_TIME_NAIVE",
                field=cell.column,
                fix='say where the clock stands: zone="America/New_York" or --zone UTC, or write times with an offset',
            )
        return Moments(read.at_ns, (*read.notes, f"{name} holds days, taken as midnights of UTC"))
    placed = to_utc(read.at_ns, zone)
    if intraday and placed.absent is not None:
        cell = table.cell(placed.absent, "time")
        raise InputError(
            f"{cell.place}: {cell.column} is {cell.text}, "
            f"which no clock in {zone.key} showed: it was put forward there",
            code="PRICES_TIME_ABSENT",
            field=cell.column,
            fix="check the zone, or export the times in UTC",
        )
    if intraday and placed.twice is not None:
        cell = table.cell(placed.twice, "time")
        raise InputError(
            f"{cell.place}: {cell.column} is {cell.text}, "
            f"which clocks in {zone.key} showed twice: they were put back there",
            code="PRICES_TIME_AMBIGUOUS",
            field=cell.column,
            fix="export the times in UTC, or with their offset",
        )
    first = utc_text(int(placed.utc_ns[0]))
    note = f"{name} is local to {zone.key}; the first is {first}"
    return Moments(placed.utc_ns, (*read.notes, note))
