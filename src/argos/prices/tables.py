"""A table as somebody gave it: columns by the part they play, and where a row of it is found by its owner."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

import pyarrow as pa

TEXT_MAX: Final = 40


class Line(NamedTuple):
    """A row of a text file: its line as an editor counts, from 1, and its cells as they stand there."""

    number: int
    cells: list[str]


class Cell(NamedTuple):
    """A cell in words. place: of its row; column: its name there; text: what stands in it, or "empty"."""

    place: str
    column: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SourceTable:
    """What was read, nothing checked yet.

    name: how the owner calls it. symbol: of a table without a column for it, None where nobody said one; named:
    whether somebody said it, else it is the file's name. columns, names, places: by role (see `columns.py`): the
    values, the column's own name, its index. line_of: the line of a row of a text file, found by reading it again; None
    for tables that have rows only, which are counted from 0. decimal_comma: numbers are written "1,5". holes: a row
    without any price says that there is no bar, as in a frame that is wide.
    """

    name: str
    symbol: str | None = None
    named: bool = False
    columns: Mapping[str, pa.ChunkedArray]
    names: Mapping[str, str]
    places: Mapping[str, int]
    line_of: Callable[[int], Line] | None = None
    decimal_comma: bool = False
    holes: bool = False
    notes: tuple[str, ...] = ()

    def where(self, row: int) -> str:
        """The place of a row in words: "eurusd.csv, line 12", or "the frame, row 10" counted from 0."""
        if self.line_of is None:
            return f"{self.name}, row {row} (the first is 0)"
        return f"{self.name}, line {self.line_of(row).number}"

    def cell(self, row: int, role: str) -> Cell:
        """A cell as its owner sees it, shortened; of a date the time of day that stands in another column, too."""
        text = self._text(row, role)
        if role == "time" and "clock" in self.columns:
            text = f"{text} {self._text(row, 'clock')}"
        shown = repr(text if len(text) <= TEXT_MAX else text[: TEXT_MAX - 3] + "...")
        return Cell(self.where(row), self.names[role], shown if text.strip() else "empty")

    def _text(self, row: int, role: str) -> str:
        if self.line_of is not None:
            cells = self.line_of(row).cells
            return cells[self.places[role]] if self.places[role] < len(cells) else ""
        value = self.columns[role][row].as_py()
        return "" if value is None else str(value)


class Place(NamedTuple):
    """A row of a table."""

    table: SourceTable
    row: int

    def __str__(self) -> str:
        return self.table.where(self.row)
