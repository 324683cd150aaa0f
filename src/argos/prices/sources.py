"""From whatever somebody has to tables: files, folders, frames, the bundled prices.

Frames are taken by the Arrow stream that they offer: neither pandas nor polars is imported here.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from argos.core.errors import InputError
from argos.prices.arrays import arrow_of, texts_of
from argos.prices.columns import INDEX_COLUMN, PRICES, Layout, bare, find_columns
from argos.prices.csvfile import SUFFIXES, read_csv
from argos.prices.demo import SYMBOLS, load_bars
from argos.prices.parquetfile import is_bars_table, rows_with_prices
from argos.prices.tables import SourceTable

DEMO: Final = "demo"
PARQUET_SUFFIXES: Final = (".parquet", ".pq")
FRAME: Final = "the frame"
INDEX: Final = "the index"


def tables_of(
    source: Any, layout: Layout, *, given: Mapping[str, str], symbol: str | None = None
) -> list[SourceTable]:
    """The tables of a source; `read.read_prices` says what that may be. `given`: columns by role, named outright.

    Raises InputError if the source is none, is not there, or is not readable.
    """
    if (
        layout is PRICES
        and isinstance(source, str)
        and (source == DEMO or source.startswith(f"{DEMO}:"))
    ):
        return [_demo(source)]
    if isinstance(source, str | Path):
        return [
            _of_file(path, layout, given=given, symbol=symbol)
            for path in _files(Path(source).expanduser())
        ]
    if isinstance(source, Mapping):
        parts: list[tuple[Any, str | None]] = [(part, str(name)) for name, part in source.items()]
    elif isinstance(source, Sequence):
        parts = [(part, symbol) for part in source]
    elif hasattr(source, "__arrow_c_stream__"):
        if getattr(getattr(source, "columns", None), "nlevels", 1) == 2:
            return _of_wide_frame(source, layout, given=given)
        return [_of_frame(source, layout, given=given, symbol=symbol)]
    else:
        raise _unknown(source)
    if not parts:
        raise _unknown(source)
    return [
        table if name is None else replace(table, named=True)
        for part, name in parts
        for table in tables_of(part, layout, given=given, symbol=name)
    ]


def _unknown(source: Any) -> InputError:
    return InputError(
        f"{type(source).__name__} is nothing that can be read as a table",
        code="PRICES_SOURCE",
        field="source",
        fix="give a path, a folder, a list of them, a mapping of symbols to them, a frame of pandas or polars "
        '(collected, if lazy), a pyarrow table, or "demo"',
    )


def _demo(source: str) -> SourceTable:
    """All days of the symbols that are named, or of SYMBOLS."""
    named = [name.strip() for name in source.removeprefix(DEMO).removeprefix(":").split(",")]
    names = list(dict.fromkeys(name for name in named if name))
    bars = load_bars(symbols=names or SYMBOLS, start=date.min, end=date.max)
    rows = [bar for days in bars.values() for bar in days]
    columns = {
        "time": arrow_of(
            np.array([bar.date for bar in rows], "M8[D]").astype(np.int32), pa.date32()
        ),
        "symbol": texts_of([bar.symbol for bar in rows]),
        **{
            role: arrow_of(np.array([float(getattr(bar, role)) for bar in rows]), pa.float64())
            for role in ("open", "high", "low", "close", "volume")
        },
    }
    return SourceTable(
        name=DEMO,
        columns={role: pa.chunked_array([column]) for role, column in columns.items()},
        names={role: role for role in columns},
        places={role: index for index, role in enumerate(columns)},
        notes=("daily prices of 2000 to 2013, adjusted for splits and dividends",),
    )


def _files(path: Path) -> list[Path]:
    """The file, or the files of a folder by name."""
    if path.is_dir():
        found = sorted(
            item
            for item in path.iterdir()
            if item.is_file()
            and not item.name.startswith(".")
            and item.name.lower().endswith(SUFFIXES + PARQUET_SUFFIXES)
        )
        if not found:
            raise InputError(
                f"{path} holds no price file",
                code="PRICES_FOLDER_EMPTY",
                field="source",
                fix="put .csv (also .gz) or .parquet files into it, one for each symbol",
            )
        return found
    if not path.is_file():
        raise InputError(
            f"there is no {path}",
            code="PRICES_FILE_MISSING",
            field="source",
            fix='give the path of a file or folder, or "demo" for the bundled prices',
        )
    return [path]


def _of_file(
    path: Path, layout: Layout, *, given: Mapping[str, str], symbol: str | None
) -> SourceTable:
    name = symbol or stem_of(path)
    if path.name.lower().endswith(PARQUET_SUFFIXES):
        try:
            with pq.ParquetFile(path) as file:
                table = file.read()
        except (OSError, pa.ArrowException) as error:
            raise InputError(
                f"{path} cannot be read: {error}",
                code="PRICES_UNREADABLE",
                field="source",
                fix="check that it is a whole Parquet file and may be read",
            ) from error
        if is_bars_table(table):
            table = rows_with_prices(table)
        return _of_table(table, layout, given=given, name=str(path), symbol=name)
    return read_csv(path, layout, given=given, symbol=name)


def stem_of(path: Path) -> str:
    """A file's name without what says how it is written: "EURUSD.csv.gz" is EURUSD."""
    name = path.name
    for suffix in sorted(SUFFIXES + PARQUET_SUFFIXES, key=len, reverse=True):
        if name.lower().endswith(suffix):
            return name[: -len(suffix)] or name
    return name


def _of_frame(
    frame: Any, layout: Layout, *, given: Mapping[str, str], symbol: str | None
) -> SourceTable:
    try:
        table = pa.RecordBatchReader.from_stream(frame).read_all()
    except (pa.ArrowException, TypeError, ValueError) as error:
        raise InputError(
            f"{FRAME} cannot be read as a table: {error}",
            code="PRICES_UNREADABLE",
            field="source",
            fix="give each column one type: numbers, text or times",
        ) from error
    return _of_table(table, layout, given=given, name=FRAME, symbol=symbol)


def _of_table(
    table: pa.Table, layout: Layout, *, given: Mapping[str, str], name: str, symbol: str | None
) -> SourceTable:
    header = [INDEX if column == INDEX_COLUMN else column for column in table.column_names]
    found = find_columns(
        table.column_names,
        layout,
        table=name,
        given=given,
        first_cell=_first_cell(table),
        moments=[
            index for index, kind in enumerate(table.schema.types) if pa.types.is_timestamp(kind)
        ],
    )
    return SourceTable(
        name=name,
        symbol=symbol,
        columns={role: table.column(place) for role, place in found.places.items()},
        names={role: header[place] for role, place in found.places.items()},
        places=found.places,
        notes=found.notes,
    )


def _first_cell(table: pa.Table) -> Callable[[int], str]:
    return lambda index: str(table.column(index)[0].as_py()) if table.num_rows else ""


def _of_wide_frame(frame: Any, layout: Layout, *, given: Mapping[str, str]) -> list[SourceTable]:
    """A pandas frame whose columns have two levels, of prices and of symbols in either order: a table per symbol.

    A row in which all prices of a symbol are NaN says that it has no bar there.
    """
    names = list(frame.columns)
    known = {name for names_of in layout.names.values() for name in names_of}
    level = max((0, 1), key=lambda at: len({bare(str(name[at])) for name in names} & known))
    index = frame.index
    found = []
    given = {"time": INDEX_COLUMN, **given}
    for symbol in dict.fromkeys(str(name[1 - level]) for name in names):
        columns = {
            str(name[level]): np.asarray(frame[name])
            for name in names
            if str(name[1 - level]) == symbol
        }
        stamped = {INDEX_COLUMN: pa.Array.from_pandas(index), **columns}
        try:
            table = pa.table(stamped)
        except (pa.ArrowException, TypeError, ValueError) as error:
            raise InputError(
                f"{FRAME}, columns of {symbol}, cannot be read as a table: {error}",
                code="PRICES_UNREADABLE",
                field="source",
                fix="give each column one type: numbers, text or times",
            ) from error
        read = _of_table(
            table,
            layout,
            given=given,
            name=f"{FRAME}, columns of {symbol}",
            symbol=symbol,
        )
        found.append(replace(read, named=True, holes=True))
    return found
