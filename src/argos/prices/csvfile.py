"""Text files of prices or signals: delimiter, header and decimal sign are looked up in the file itself.

pyarrow reads the numbers. Only where it cannot, the file is gone through in plain Python to say which line is wrong.
"""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final, NamedTuple, NoReturn

import pyarrow as pa
import pyarrow.csv as pa_csv

from argos.core.errors import InputError
from argos.prices.columns import CLOCK, Layout, find_columns, is_header
from argos.prices.tables import Line, SourceTable

SUFFIXES: Final = tuple(
    f".{kind}{packed}" for kind in ("csv", "tsv", "txt") for packed in ("", ".gz", ".bz2", ".zst")
)
DELIMITERS: Final = "\t;,|"
PREAMBLE_LINES_MAX: Final = 20
_SAMPLE_BYTES: Final = 65_536
_DECIMAL_COMMA: Final = re.compile(r"[+-]?\d+,\d+")
_DOTTED_DATE: Final = re.compile(r"\d{4}\.\d{2}\.\d{2}")
_LINE_END: Final = re.compile(r"\r\n|\n|\r")
_PACKINGS: Final = {".gz": "gzip", ".bz2": "bz2", ".zst": "zstd"}
_NUMBER: Final = re.compile(r"[\d .,:/-]+")
_METATRADER4: Final = ("Date", "Time", "Open", "High", "Low", "Close", "Volume")
_BINANCE: Final = (
    "open_time",
    "open",
    "high",
    "low",
    "close",
    "volume",
    "close_time",
    "quote_volume",
    "count",
    "taker_buy_volume",
    "taker_buy_quote_volume",
    "ignore",
)


class _Shape(NamedTuple):
    """How a file is written. skipped: lines before the first row, the header among them."""

    delimiter: str
    header: tuple[str, ...]
    skipped: int
    first: tuple[str, ...]
    notes: tuple[str, ...]


def read_csv(
    path: Path, layout: Layout, *, given: Mapping[str, str], symbol: str | None
) -> SourceTable:
    """The columns of `layout`, numbers as float64 where all of them are numbers, else as text.

    Raises InputError if the file cannot be read, has no header that is known, or a row has too few or many cells.
    """
    shape = _shape_of(path, layout)
    found = find_columns(
        shape.header,
        layout,
        table=str(path),
        given=given,
        first_cell=lambda index: shape.first[index] if index < len(shape.first) else "",
    )
    numbers = [place for role, place in found.places.items() if layout.is_number(role)]
    comma = shape.delimiter != "," and any(
        place < len(shape.first) and _DECIMAL_COMMA.fullmatch(shape.first[place].strip())
        for place in numbers
    )
    read = partial(_parsed, path, shape, places=found.places.values(), decimal_comma=comma)
    try:
        table = read(numbers=numbers)
    except (pa.ArrowInvalid, OSError):
        try:
            # Some cell is no number: as text, the cell can be shown.
            table = read(numbers=[])
        except (pa.ArrowInvalid, OSError) as error:
            _refuse(path, shape, error)
    notes = [*shape.notes, *found.notes]
    if comma:
        notes.append("numbers are written with a decimal comma")
    return SourceTable(
        name=str(path),
        symbol=symbol,
        columns={role: table[str(place)] for role, place in found.places.items()},
        names={
            role: shape.header[place].strip() or f"column {place + 1}"
            for role, place in found.places.items()
        },
        places=found.places,
        line_of=partial(_line_of, path, shape),
        decimal_comma=comma,
        notes=tuple(notes),
    )


def _parsed(
    path: Path, shape: _Shape, *, places: Any, numbers: Sequence[int], decimal_comma: bool
) -> pa.Table:
    """Columns are named by their index: two may have the same name in the file."""
    wanted = sorted(set(places))
    with _opened(path) as stream:
        return pa_csv.read_csv(
            stream,
            read_options=pa_csv.ReadOptions(
                skip_rows=shape.skipped, column_names=[str(i) for i in range(len(shape.header))]
            ),
            parse_options=pa_csv.ParseOptions(delimiter=shape.delimiter),
            convert_options=pa_csv.ConvertOptions(
                include_columns=[str(place) for place in wanted],
                column_types={
                    str(place): pa.float64() if place in numbers else pa.string()
                    for place in wanted
                },
                null_values=[""],
                strings_can_be_null=True,
                decimal_point="," if decimal_comma else ".",
            ),
        )


def _opened(path: Path) -> Any:
    """The file as bytes in UTF-8; its suffix says how it is packed."""
    try:
        packing = _PACKINGS.get(path.suffix.lower())
        with pa.input_stream(str(path), compression=packing) as stream:
            start = stream.read(2)
            if start in (b"\xff\xfe", b"\xfe\xff"):
                return io.BytesIO((start + stream.read()).decode("utf-16").encode())
        return pa.input_stream(str(path), compression=packing)
    except (OSError, UnicodeError) as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: Exception) -> InputError:
    return InputError(
        f"{path} cannot be read: {error}",
        code="PRICES_UNREADABLE",
        field="source",
        fix="check that the file is whole, is text in UTF-8 or UTF-16, and may be read",
    )


def _lines(path: Path) -> Iterator[str]:
    with io.TextIOWrapper(_opened(path), encoding="utf-8-sig", newline="") as text:
        try:
            yield from text
        except (OSError, UnicodeError) as error:
            raise _unreadable(path, error) from error


def _shape_of(path: Path, layout: Layout) -> _Shape:
    try:
        with _opened(path) as stream:
            sample = stream.read(_SAMPLE_BYTES)
    except OSError as error:
        raise _unreadable(path, error) from error
    if b"\0" in sample:
        raise InputError(
            f"{path} is not text",
            code="PRICES_UNREADABLE",
            field="source",
            fix="save it as CSV or Parquet; a Parquet file's name ends in .parquet",
        )
    text = sample.decode("utf-8-sig", "replace")
    lines = _LINE_END.split(text)
    if len(sample) == _SAMPLE_BYTES:
        lines = lines[:-1] or lines
    filled = [index for index, line in enumerate(lines) if line.strip()]
    if not filled:
        raise InputError(
            f"{path} is empty", code="BARS_EMPTY", field="source", fix="give at least one bar"
        )
    delimiter, header_at = _header(lines, filled, layout)
    cells = next(csv.reader([lines[header_at]], delimiter=delimiter))
    known = None if is_header(cells, layout) else _known_layout(cells)
    if known is not None:
        note = f"{path} has no header; its columns are taken as {', '.join(known)}"
        return _Shape(delimiter, known, header_at, tuple(cells), (note,))
    if _NUMBER.fullmatch(cells[0].strip()) and not is_header(cells, layout):
        raise InputError(
            f"{path} has no header: its first line is {lines[header_at][:80]!r}",
            code="PRICES_HEADER",
            field="source",
            fix="put a first line with the names of the columns, such as time,open,high,low,close,volume",
        )
    rows = [index for index in filled if index > header_at]
    first = next(csv.reader([lines[rows[0]]], delimiter=delimiter)) if rows else []
    before = [index for index in filled if index < header_at]
    notes = (f"{path}: {len(before)} lines before the header are left out",) if before else ()
    if len(first) == len(cells) + 1 and first[-1].strip() == "":
        cells.append("")  # each row ends in a delimiter, the header does not
    return _Shape(delimiter, tuple(cells), header_at + 1, tuple(first), notes)


def _header(lines: Sequence[str], filled: Sequence[int], layout: Layout) -> tuple[str, int]:
    """The delimiter, and the line that has the most names in it that are known; else the first line."""
    for index in filled[:PREAMBLE_LINES_MAX]:
        delimiter = _delimiter(lines[index])
        if is_header(next(csv.reader([lines[index]], delimiter=delimiter)), layout):
            return delimiter, index
    return _delimiter(lines[filled[0]]), filled[0]


def _delimiter(line: str) -> str:
    return max(DELIMITERS, key=lambda sign: (line.count(sign), -DELIMITERS.index(sign)))


def _known_layout(cells: Sequence[str]) -> tuple[str, ...] | None:
    """Of two exports that are written without a header, and cannot be mistaken."""
    if len(cells) == 7 and _DOTTED_DATE.fullmatch(cells[0]) and CLOCK.fullmatch(cells[1]):
        return _METATRADER4
    if len(cells) == 12 and cells[0].isdigit() and len(cells[0]) >= 13 and cells[6].isdigit():
        return _BINANCE
    return None


def _rows(path: Path, shape: _Shape) -> Iterator[Line]:
    """The rows as pyarrow counts them: an empty line is none."""
    lines = _lines(path)
    for _ in range(shape.skipped):
        next(lines, None)
    reader = csv.reader(lines, delimiter=shape.delimiter)
    for cells in reader:
        if cells:
            yield Line(shape.skipped + reader.line_num, cells)


def _line_of(path: Path, shape: _Shape, row: int) -> Line:
    for index, line in enumerate(_rows(path, shape)):
        if index == row:
            return line
    raise AssertionError(f"{path} has changed while it was read")


def _refuse(path: Path, shape: _Shape, error: Exception) -> NoReturn:
    """Why pyarrow cannot read it even as text."""
    for line in _rows(path, shape):
        if len(line.cells) != len(shape.header):
            raise InputError(
                f"{path}, line {line.number}: {len(line.cells)} cells, but the header has {len(shape.header)}",
                code="PRICES_CELLS",
                field="source",
                fix="repair the line; a cell that holds the delimiter needs quotes",
            ) from error
    raise _unreadable(path, error) from error
