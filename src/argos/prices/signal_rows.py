"""One table of past signals, row by row: which bar each belongs to, and whether it can be one at all."""

from collections.abc import Mapping
from typing import Final, Literal, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from argos.backtest.bars import Bars
from argos.backtest.layout import Codes, Floats, Ints, Signal
from argos.backtest.tables import EXTRAS
from argos.core.errors import InputError
from argos.prices.columns import SYMBOLS, TIMES, Layout
from argos.prices.finer import ends_of
from argos.prices.moments import moments_of
from argos.prices.numbers import floats_of, plain
from argos.prices.tables import SourceTable
from argos.prices.zones import utc_text

SIDES: Final[Mapping[str, Signal]] = {
    **dict.fromkeys(("long", "buy", "1", "+1", "1.0"), Signal.LONG),
    **dict.fromkeys(("short", "sell", "-1", "-1.0"), Signal.SHORT),
    **dict.fromkeys(("exit", "flat", "close"), Signal.EXIT),
    "target": Signal.TARGET,
}
_POSITIVE: Final = frozenset(EXTRAS) - {"target", "confidence"}
SIGNALS: Final = Layout(
    names={
        "time": TIMES,
        "symbol": SYMBOLS,
        "side": ("side", "signal", "action", "direction"),
        **{name: (name.replace("_", ""),) for name in EXTRAS},
    },
    required=("time", "side"),
    texts=frozenset({"symbol", "side"}),
)


class SignalRows(NamedTuple):
    """A table's rows, in its order."""

    table: SourceTable
    symbol: Ints
    bar: Ints
    at_ns: Ints
    side: Codes
    extras: dict[str, Floats]
    notes: tuple[str, ...]


def rows_of(
    table: SourceTable, bars: Bars, *, zone: ZoneInfo | None, known_at_open: bool
) -> SignalRows:
    moments = moments_of(table, zone=zone)
    side = _sides(table)
    extras = {name: _numbers(table, name) for name in EXTRAS if name in table.columns}
    targets = side == Signal.TARGET
    lacking = targets & ~np.isfinite(extras.get("target", np.full(len(side), np.nan)))
    if lacking.any():
        place = table.where(int(np.argmax(lacking)))
        raise InputError(
            f"{place}: side is target, and there is no target",
            code="SIGNALS_TARGET",
            field=table.names.get("target", "target"),
            fix="give a signed multiple of equity: 0.5 is half of it long, 0 is flat",
        )
    return SignalRows(
        table,
        _symbols(table, bars),
        bar_of(bars, table, moments.at_ns, known_at_open=known_at_open),
        moments.at_ns,
        side,
        extras,
        (*table.notes, *moments.notes),
    )


def bar_of(bars: Bars, table: SourceTable, at_ns: Ints, *, known_at_open: bool) -> Ints:
    """The bar of the decision for each moment: int64[n]. What is decided there is done from the next open on."""
    side: Literal["left", "right"] = "left" if known_at_open else "right"
    found: Ints = np.searchsorted(bars.opened_ns, at_ns, side=side).astype(np.int64) - 1
    early, late = found < 0, at_ns > ends_of(bars.opened_ns)[-1]
    if (early | late).any():
        row = int(np.argmax(early | late))
        first, last = (utc_text(int(bars.opened_ns[at])) for at in (0, -1))
        cell = table.cell(row, "time")
        raise InputError(
            f"{cell.place}: {cell.column} is {cell.text}, outside the bars from {first} to {last}",
            code="SIGNALS_OUTSIDE",
            field=cell.column,
            fix="drop the row, or give bars of that time; check the zone",
        )
    return found


def _sides(table: SourceTable) -> Codes:
    column = plain(table.columns["side"])
    if not pa.types.is_floating(column.type):
        column = pc.cast(column, pa.string())
    words = [str(value).strip().lower() for value in column.to_pylist()]
    for row, word in enumerate(words):
        if word not in SIDES:
            cell = table.cell(row, "side")
            raise InputError(
                f"{cell.place}: {cell.column} is {cell.text}, not a side",
                code="SIGNALS_SIDE",
                field=cell.column,
                fix="write long, short, exit or target; leave out rows on which nothing is to be done",
            )
    return np.array([SIDES[word] for word in words], np.int8)


def _numbers(table: SourceTable, name: str) -> Floats:
    values = floats_of(table, name, gaps=True)
    given = ~np.isnan(values)
    if name in _POSITIVE:
        bad, what = given & ~((values > 0) & (values < np.inf)), "above 0"
    elif name == "confidence":
        bad, what = given & ~((values >= 0) & (values <= 1)), "from 0 to 1"
    else:
        bad, what = given & ~np.isfinite(values), "a number"
    if bad.any():
        row = int(np.argmax(bad))
        cell = table.cell(row, name)
        raise InputError(
            f"{cell.place}: {cell.column} is {cell.text}, must be {what}",
            code="SIGNALS_NUMBER",
            field=cell.column,
            fix="repair the cell, or leave it empty",
        )
    return values


def _symbols(table: SourceTable, bars: Bars) -> Ints:
    if "symbol" not in table.columns:
        count = len(table.columns["time"])
        if table.symbol in bars.symbols:
            return np.full(count, bars.symbols.index(table.symbol), np.int64)
        if len(bars.symbols) > 1 or table.named:
            raise InputError(
                f"{table.name} is of {table.symbol or 'no symbol'}, and the bars are of {', '.join(bars.symbols)}",
                code="SIGNALS_SYMBOL",
                field="symbol",
                fix="add a column symbol, or name the file after the symbol",
            )
        return np.zeros(count, np.int64)
    places = {symbol: index for index, symbol in enumerate(bars.symbols)}
    names = [str(name or "").strip() for name in plain(table.columns["symbol"]).to_pylist()]
    for row, name in enumerate(names):
        if name not in places:
            cell = table.cell(row, "symbol")
            raise InputError(
                f"{cell.place}: {cell.column} is {cell.text}, of which there are no bars",
                code="SIGNALS_SYMBOL",
                field=cell.column,
                fix=f"choose from {', '.join(bars.symbols)}, or give bars of it",
            )
    return np.array([places[name] for name in names], np.int64)
