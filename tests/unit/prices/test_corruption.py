"""Any single thing that is wrong is refused, and told by the row and column of its owner."""

import csv
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from argos.core.errors import InputError
from argos.prices.read import read_bars
from unit.prices.markets import COLUMNS, arrow_long, pandas_long, polars_long, rows, write_csv

FEW = settings(max_examples=30, deadline=None)
HEADER = ("Open Time", "Open", "HIGH", "low", "c", "Vol")
PRICES = (1, 2, 3, 4)


@dataclass(frozen=True)
class Wrong:
    """A cell's new text, and how it is refused. columns: indexes into HEADER that it can happen to."""

    code: str
    columns: tuple[int, ...]
    text: str


CELLS = [
    Wrong("PRICES_CELL", (*PRICES, 5), "abc"),
    Wrong("PRICES_CELL", (*PRICES, 5), "1 000"),
    Wrong("PRICES_CELL", (*PRICES, 5), "$12"),
    Wrong("PRICES_CELL", (*PRICES, 5), "N/A"),
    Wrong("PRICES_CELL_EMPTY", PRICES, ""),
    Wrong("PRICES_CELL_EMPTY", PRICES, "  "),
    Wrong("PRICES_CELL_EMPTY", (*PRICES, 5), "nan"),
    Wrong("PRICES_CELL_EMPTY", PRICES, "NaN"),
    Wrong("BARS_PRICE", PRICES, "0"),
    Wrong("BARS_PRICE", (*PRICES, 5), "-1.5"),
    Wrong("BARS_PRICE", (*PRICES, 5), "inf"),
    Wrong("PRICES_TIME", (0,), ""),
    Wrong("PRICES_TIME", (0,), "yesterday"),
    Wrong("PRICES_TIME", (0,), "2020-02-30T00:00:00Z"),
    Wrong("PRICES_TIME", (0,), "1492-01-01T00:00:00Z"),
    Wrong("PRICES_TIME_MIXED", (0,), "2020-02-20T00:00:00"),
]


def table_of(of_symbol):
    return [row.cells() for row in of_symbol]


def refused(folder: str, table, *, name="EURUSD.csv", header=HEADER) -> InputError:
    path = Path(folder, name)
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *table])
    with pytest.raises(InputError) as caught:
        read_bars(path)
    return caught.value


@pytest.mark.parametrize("wrong", CELLS, ids=lambda wrong: f"{wrong.code}-{wrong.text}")
@settings(max_examples=15, deadline=None)
@given(of_symbol=rows(count_min=2), data=st.data())
def test_a_wrong_cell_is_told_by_line_and_column(wrong, of_symbol, data):
    # The first row's time says how all of them are written.
    row = data.draw(st.integers(1 if wrong.columns == (0,) else 0, len(of_symbol) - 1))
    column = data.draw(st.sampled_from(wrong.columns))
    table = table_of(of_symbol)
    table[row][column] = wrong.text
    with TemporaryDirectory() as folder:
        error = refused(folder, table)
    assert error.code == wrong.code
    assert f"EURUSD.csv, line {row + 2}:" in error.message
    assert error.field == HEADER[column]
    assert HEADER[column] in error.message
    assert error.fix


@FEW
@given(rows(count_min=2), st.data())
def test_a_high_or_low_inside_the_others_is_told(of_symbol, data):
    row = data.draw(st.integers(0, len(of_symbol) - 1))
    column = data.draw(st.sampled_from([2, 3]))
    table = table_of(of_symbol)
    one = of_symbol[row]
    table[row][column] = repr(
        min(one.open, one.close) / 2 if column == 2 else max(one.open, one.close) * 2
    )
    with TemporaryDirectory() as folder:
        error = refused(folder, table)
    assert (error.code, error.field) == ("BARS_PRICE", HEADER[column])
    assert f"line {row + 2}:" in error.message


@FEW
@given(rows(count_min=2), st.data())
def test_rows_that_change_places_are_told_by_the_later_one(of_symbol, data):
    row = data.draw(st.integers(1, len(of_symbol) - 1))
    table = table_of(of_symbol)
    table[row - 1 : row + 1] = table[row], table[row - 1]
    with TemporaryDirectory() as folder:
        error = refused(folder, table)
    assert (error.code, error.field) == ("BARS_UNSORTED", HEADER[0])
    assert f"line {row + 2}:" in error.message
    assert f"line {row + 1}" in error.message


@FEW
@given(rows(), st.data())
def test_a_row_that_stands_there_twice_is_told(of_symbol, data):
    row = data.draw(st.integers(0, len(of_symbol) - 1))
    table = table_of(of_symbol)
    table.insert(row, table[row])
    with TemporaryDirectory() as folder:
        error = refused(folder, table)
    assert (error.code, error.field) == ("BARS_DUPLICATE", HEADER[0])
    assert f"line {row + 3}:" in error.message
    assert f"line {row + 2}" in error.message


@FEW
@given(rows(), st.data())
def test_a_row_with_a_cell_too_few_or_many_is_told(of_symbol, data):
    row = data.draw(st.integers(0, len(of_symbol) - 1))
    table = table_of(of_symbol)
    table[row] = data.draw(st.sampled_from([table[row][:-1], [*table[row], "1"]]))
    with TemporaryDirectory() as folder:
        error = refused(folder, table)
    # A header that is shorter than its rows is all that a table of one row shows.
    assert error.code == "PRICES_CELLS"
    assert f"line {row + 2}:" in error.message


@FEW
@given(rows(count_min=2), st.data())
def test_lines_are_counted_as_an_editor_counts_them(of_symbol, data):
    """Empty lines and lines before the header count."""
    row = data.draw(st.integers(0, len(of_symbol) - 1))
    table = [[*cells, "note"] for cells in table_of(of_symbol)]
    table[row][2] = "x"
    before = data.draw(st.lists(st.sampled_from(["made by hand", ""]), max_size=3))
    text, number = [*before, ",".join((*HEADER, "note"))], 0
    for index, cells in enumerate(table):
        text += [""] * data.draw(st.integers(0, 2))
        text.append(",".join(cells))
        if index == row:
            number = len(text)
    with TemporaryDirectory() as folder:
        path = Path(folder, "A.csv")
        path.write_text("\n".join(text) + "\n", encoding="utf-8")
        with pytest.raises(InputError, match=f"A.csv, line {number}: HIGH is 'x'"):
            read_bars(path)


@pytest.mark.parametrize("frame", [pandas_long, polars_long, arrow_long])
@settings(max_examples=20, deadline=None)
@given(of_symbol=rows(count_min=2), data=st.data())
def test_a_wrong_number_in_a_frame_is_told_by_its_row_from_0(frame, of_symbol, data):
    row = data.draw(st.integers(0, len(of_symbol) - 1))
    name = data.draw(st.sampled_from(COLUMNS))
    value = data.draw(st.sampled_from([float("nan"), -1.0, float("inf")]))
    made = frame({"A": of_symbol})
    values = np.array([getattr(one, name) for one in of_symbol])
    values[row] = value
    if frame is pandas_long:
        made[name] = values
    elif frame is polars_long:
        made = made.with_columns(**{name: values})
    else:
        made = made.set_column(made.column_names.index(name), name, pa.array(values))
    with pytest.raises(InputError) as caught:
        read_bars(made)
    assert caught.value.code == ("PRICES_CELL_EMPTY" if np.isnan(value) else "BARS_PRICE")
    assert caught.value.field == name
    assert f"the frame, row {row} (the first is 0): {name}" in caught.value.message


@FEW
@given(st.lists(rows(), min_size=2, max_size=3), st.data())
def test_the_file_is_named_when_there_are_several(parts, data):
    bad = data.draw(st.integers(0, len(parts) - 1))
    row = data.draw(st.integers(0, len(parts[bad]) - 1))
    with TemporaryDirectory() as folder:
        for index, of_symbol in enumerate(parts):
            write_csv(Path(folder, f"S{index}.csv"), of_symbol)
        table = table_of(parts[bad])
        table[row][1] = "-1"
        error = refused_folder(folder, f"S{bad}.csv", table)
    assert f"S{bad}.csv, line {row + 2}: open is '-1'" in error.message


def refused_folder(folder, name, table) -> InputError:
    with Path(folder, name).open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("time", *COLUMNS), *table])
    with pytest.raises(InputError) as caught:
        read_bars(folder)
    return caught.value


@FEW
@given(rows(count_min=3), st.data())
def test_parts_that_overlap_are_told_by_both_places(of_symbol, data):
    cut = data.draw(st.integers(1, len(of_symbol) - 1))
    with TemporaryDirectory() as folder:
        write_csv(Path(folder, "a.csv"), of_symbol[:cut])
        write_csv(Path(folder, "b.csv"), of_symbol[cut - 1 :])
        with pytest.raises(InputError, match=r"BARS_DUPLICATE.*b\.csv, line 2: A .*a\.csv, line"):
            read_bars({"A": [Path(folder, "b.csv"), Path(folder, "a.csv")]})
