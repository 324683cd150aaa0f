"""Which column plays which part, found by its name whatever its case, brackets and gaps."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from argos.core.errors import InputError

CLOCK: Final = re.compile(r"\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?")
CLOCK_DIGITS: Final = re.compile(r"\d{6}")
DATE_DIGITS: Final = re.compile(r"\d{8}")
INDEX_COLUMN: Final = "__index_level_0__"
"""How pandas names an index that has no name, once it has become a column."""
_INDEXES: Final = frozenset({"", "unnamed: 0", "index", INDEX_COLUMN})
_LEADING_NUMBER: Final = re.compile(r"^\d+\.\s*")
_NO_LETTER: Final = re.compile(r"[^0-9a-z]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """What a kind of table may hold. names: for each role its names, letters and digits only, preferred ones first.

    required: roles without which the table is of no use. texts: roles whose cells are words; all others are numbers,
    but for `time` and `clock`, which are read by `moments.py`.
    """

    names: Mapping[str, tuple[str, ...]]
    required: tuple[str, ...]
    texts: frozenset[str] = frozenset()

    def is_number(self, role: str) -> bool:
        return role not in self.texts and role not in ("time", "clock")


TIMES: Final = (
    "unix",
    "epoch",
    "timestamp",
    "ts",
    "datetime",
    "opentime",
    "openedat",
    "openedns",
    "moment",
    "gmttime",
    "utctime",
    "utc",
    "localtime",
    "date",
    "time",
    "day",
    "t",
    "at",
)
SYMBOLS: Final = ("symbol", "ticker", "instrument", "pair", "asset")
PRICES: Final = Layout(
    names={
        "time": TIMES,
        "symbol": SYMBOLS,
        "open": ("open", "o", "openprice"),
        "high": ("high", "h", "highprice"),
        "low": ("low", "l", "lowprice"),
        "close": ("close", "c", "closeprice", "closelast"),
        "volume": ("volume", "vol", "v"),
        "ticks": ("tickvol", "tickvolume"),
        "adjusted": ("adjclose", "adjustedclose", "closeadj"),
    },
    required=("time", "open", "high", "low", "close"),
    texts=frozenset({"symbol"}),
)


class Found(NamedTuple):
    """places: role to index of the column; notes: what the owner should know about the choice."""

    places: dict[str, int]
    notes: tuple[str, ...]


def bare(name: str) -> str:
    """`<OPEN>`, `Open Price` and `1. open` without what is not the word itself."""
    return _NO_LETTER.sub("", _LEADING_NUMBER.sub("", name.strip().lower()))


def is_header(cells: Sequence[str], layout: Layout) -> bool:
    """Whether a line looks like one: at least two parts are played in it, by different columns."""
    words = {bare(cell) for cell in cells}
    return sum(not words.isdisjoint(names) for names in layout.names.values()) >= 2


def find_columns(
    header: Sequence[str],
    layout: Layout,
    *,
    table: str,
    given: Mapping[str, str],
    first_cell: Callable[[int], str],
    moments: Sequence[int] = (),
) -> Found:
    """The column of each role. `given` names columns outright, role to name; `first_cell` shows a column's first cell.

    moments: the columns that hold moments by their type; if it is one, it needs no name.

    Raises InputError if a required role has no column, or a role has two that could be meant.
    """
    words = [bare(name) for name in header]
    places: dict[str, int] = {}
    notes: list[str] = []
    for role, names in layout.names.items():
        if role in given:
            places[role] = _given(header, given[role], role=role, table=table)
        elif role == "time":
            places.update(_times(header, words, first_cell, notes))
            if "time" not in places and len(moments) == 1:
                places["time"] = moments[0]
        else:
            found = _named(header, words, names, role=role, table=table)
            if found is not None:
                places[role] = found
    if "clock" in given:
        places["clock"] = _given(header, given["clock"], role="clock", table=table)
    unknown = [role for role in given if role not in (*layout.names, "clock")]
    if unknown:
        raise InputError(
            f"{unknown[0]} is no part that a column can play",
            code="PRICES_COLUMN_ROLE",
            field="columns",
            fix=f"choose from {', '.join(layout.names)}",
        )
    missing = [role for role in layout.required if role not in places]
    if missing:
        raise InputError(
            f"{table} has no column for {', '.join(missing)}; its columns are {_listed(header)}",
            code="PRICES_COLUMNS",
            field=missing[0],
            fix=f"rename the column, or name it: columns={{'{missing[0]}': 'its name'}}",
        )
    return Found(places, tuple(notes))


def _given(header: Sequence[str], name: str, *, role: str, table: str) -> int:
    if name not in header:
        raise InputError(
            f"{table} has no column {name!r} for {role}; its columns are {_listed(header)}",
            code="PRICES_COLUMNS",
            field=role,
            fix="name the column as the table does",
        )
    return list(header).index(name)


def _named(
    header: Sequence[str], words: Sequence[str], names: Sequence[str], *, role: str, table: str
) -> int | None:
    for name in names:
        same = [index for index, word in enumerate(words) if word == name]
        if len(same) > 1:
            two = " and ".join(repr(header[index]) for index in same[:2])
            raise InputError(
                f"{table} has two columns for {role}: {two}",
                code="PRICES_COLUMN_TWICE",
                field=role,
                fix="drop one, or say which: columns={...}",
            )
        if same:
            return same[0]
    return None


def _times(
    header: Sequence[str],
    words: Sequence[str],
    first_cell: Callable[[int], str],
    notes: list[str],
) -> dict[str, int]:
    """The column of moments, or the one of dates with the one of the time of day."""
    found = sorted(
        (index for index, word in enumerate(words) if word in TIMES),
        key=lambda index: TIMES.index(words[index]),
    )
    if not found:
        # A frame that was written with its index has times in a column without a name.
        nameless = [at for at, name in enumerate(header) if name.strip().lower() in _INDEXES]
        return {"time": nameless[0]} if nameless and len(first_cell(nameless[0])) >= 8 else {}
    cells = {index: first_cell(index).strip() for index in found}
    clocks = [index for index in found if CLOCK.fullmatch(cells[index])]
    if not clocks and any(DATE_DIGITS.fullmatch(cells[index]) for index in found):
        clocks = [index for index in found if CLOCK_DIGITS.fullmatch(cells[index])]
    days = [index for index in found if index not in clocks]
    if clocks and days:
        notes.append(f"times are {header[days[0]]} and {header[clocks[0]]} together")
        return {"time": days[0], "clock": clocks[0]}
    if len(found) > 1:
        others = ", ".join(repr(header[index]) for index in found[1:])
        notes.append(f"times are those of {header[found[0]]!r}; not used: {others}")
    return {"time": found[0]}


def _listed(header: Sequence[str]) -> str:
    shown = ", ".join(repr(name) for name in header[:20])
    return shown if len(header) <= 20 else f"{shown} and {len(header) - 20} more"
