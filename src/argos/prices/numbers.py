"""Columns as float64, and the first cell that is no number."""

from collections.abc import Callable
from typing import Final, NoReturn

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from argos.backtest.layout import Floats
from argos.core.errors import InputError
from argos.prices.arrays import nulls_of, numpy_of
from argos.prices.tables import SourceTable

_FIX: Final = "repair the cell, or drop the row"


def is_text(kind: pa.DataType) -> bool:
    """Any of Arrow's kinds of text."""
    return bool(
        pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)
    )


def plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Without dictionaries, and text as Arrow's usual one."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
        column = pc.cast(column, kind)
    return pc.cast(column, pa.string()) if is_text(kind) and kind != pa.string() else column


def floats_of(table: SourceTable, role: str, *, gaps: bool = False) -> Floats:
    """float64[rows] of a column. With `gaps` an empty cell is NaN.

    Raises InputError (PRICES_CELL), naming row and column, for text that is no number, and for a cell that is empty or
    NaN where there may be no gaps.
    """
    column = plain(table.columns[role])
    floats = _cast(table, role, column)
    if floats is None:
        # Most cells are fine: halving finds the bad one in a few casts.
        row = first_bad(column, lambda part: _cast(table, role, part) is not None)
        cell = table.cell(row, role)
        raise InputError(
            f"{cell.place}: {cell.column} is {cell.text}, not a number",
            code="PRICES_CELL",
            field=cell.column,
            fix="write a plain number such as 1234.5, without currency and thousands signs, or drop the row",
        )
    values: Floats = numpy_of(floats, np.float64)
    if floats.null_count:
        values = np.where(nulls_of(floats), np.nan, values)
    if not gaps:
        absent = np.isnan(values)
        if absent.any():
            _refuse_empty(table, role, int(np.argmax(absent)))
    return values


def first_bad(column: pa.ChunkedArray, good: Callable[[pa.ChunkedArray], bool]) -> int:
    """The first row at which `good` fails, given that it fails for the column."""
    first, last = 0, len(column)
    while last - first > 1:
        middle = (first + last) // 2
        if good(column.slice(first, middle - first)):
            first = middle
        else:
            last = middle
    return first


def _cast(table: SourceTable, role: str, column: pa.ChunkedArray) -> pa.ChunkedArray | None:
    kind = column.type
    if kind == pa.float64():
        return column
    try:
        if pa.types.is_decimal(kind):
            column = pc.cast(
                column, pa.string()
            )  # by way of its digits the float is the nearest one
        elif is_text(kind):
            column = pc.utf8_trim_whitespace(column)
            if table.decimal_comma:
                column = pc.replace_substring(column, ",", ".")
            column = pc.replace_substring_regex(column, "^$", "nan")
        elif not (pa.types.is_integer(kind) or pa.types.is_floating(kind) or kind == pa.null()):
            return None
        return pc.cast(column, pa.float64())
    except pa.ArrowInvalid:
        return None


def _refuse_empty(table: SourceTable, role: str, row: int) -> NoReturn:
    cell = table.cell(row, role)
    raise InputError(
        f"{cell.place}: {cell.column} is {cell.text}",
        code="PRICES_CELL_EMPTY",
        field=cell.column,
        fix="fill it, or drop the row: a bar that is not there needs no row",
    )
