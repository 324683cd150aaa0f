"""A finer series laid into bars, so that a backtest sees what came first inside each of them."""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from argos.backtest.bars import Bars, FineBars
from argos.backtest.layout import Floats, Ints
from argos.core.errors import InputError
from argos.prices.series import QUOTES, Series, axis_of, places_in
from argos.prices.zones import utc_text

TOLERANCE: Final = 1e-4
"""How far, as a fraction of the price, a finer bar may be outside its bar: two sources may round differently."""
_GAP: Final = 1.5
"""A bar lasts until the next one opens, unless that is more than so many usual bars away."""

Flags = npt.NDArray[np.bool_]


class Laid(NamedTuple):
    """fine: for all symbols; notes: for how many bars it cannot be used, and why."""

    fine: FineBars
    notes: tuple[str, ...]


def usual_step_ns(opened_ns: Ints) -> int:
    """The distance of most bars from the next: of half of them at the least, else the longest; 0 for a single bar."""
    steps, counts = np.unique(np.diff(opened_ns), return_counts=True)
    if not len(steps):
        return 0
    usual = int(np.argmax(counts))
    return int(steps[usual] if 2 * counts[usual] >= counts.sum() else steps[-1])


def ends_of(opened_ns: Ints) -> Ints:
    """When each bar is over: at the next one's open, or after the usual time before a gap and at the end."""
    step = usual_step_ns(opened_ns)
    if step == 0:
        return np.full(len(opened_ns), np.iinfo(np.int64).max)
    lasting = np.append(np.diff(opened_ns), step)
    return opened_ns + np.where(lasting > _GAP * step, step, lasting)


def laid_into(bars: Bars, finer: Sequence[Series]) -> Laid:
    """The finer series of all symbols of `bars`, in their order. Each finer bar lies in the bar in which it opens.

    Where a symbol's finer bars do not reach its bar's high and low, some are missing; the bar itself takes their place.
    Raises InputError (PRICES_FINER), naming the finer row, for one before the first bar, between bars, where its symbol
    has no bar, or outside its bar's range by more than TOLERANCE.
    """
    axis = axis_of([series.at_ns for series in finer])
    after = int(np.searchsorted(axis, ends_of(bars.opened_ns)[-1]))
    late, axis = len(axis) - after, axis[:after]
    bar = np.searchsorted(bars.opened_ns, axis, side="right") - 1
    _require_inside(bars, finer, axis, bar)
    shape = (len(finer), len(axis))
    columns = {name: np.full(shape, np.nan) for name in QUOTES}
    for index, series in enumerate(finer):
        kept = int(np.searchsorted(series.at_ns, axis[-1], side="right")) if len(axis) else 0
        at = places_in(axis, series.at_ns[:kept])
        for name, values in columns.items():
            values[index, at] = series.columns[name][:kept]
        _require_fitting(bars, index, series, bar[at])
    start = np.searchsorted(bar, np.arange(len(bars) + 1)).astype(np.int64)
    short = fill_up(bars, columns, start)
    notes = [f"{int((np.diff(start) > 0).sum())} of {len(bars)} bars have finer bars"]
    if late:
        notes.append(f"{late} finer bars after the last bar are left out")
    if short:
        notes.append(f"{short} bars are not reached by their finer bars, which are not used there")
    fine = FineBars(
        open=columns["open"],
        high=columns["high"],
        low=columns["low"],
        close=columns["close"],
        start=start,
    )
    return Laid(fine, tuple(notes))


def _require_inside(bars: Bars, finer: Sequence[Series], axis: Ints, bar: Ints) -> None:
    """Each moment of the axis lies in a bar."""
    outside = (bar < 0) | (axis >= ends_of(bars.opened_ns)[bar])
    if not outside.any():
        return
    moment = int(axis[np.argmax(outside)])
    series = next(one for one in finer if moment in one.at_ns)
    place = series.place(int(np.searchsorted(series.at_ns, moment)))
    first = "before the first bar" if moment < bars.opened_ns[0] else "in no bar"
    raise InputError(
        f"{place}: {series.symbol} has a finer bar at {utc_text(moment)}, {first}",
        code="PRICES_FINER",
        field=place.table.names["time"],
        fix="cut it off by since and until, check both zones, or make the bars from the finer series: every=...",
    )


def _require_fitting(bars: Bars, index: int, series: Series, bar: Ints) -> None:
    """The finer bars of one symbol, each in bar `bar`, are within that."""
    high, low = bars.high[index, bar], bars.low[index, bar]
    checks: tuple[tuple[str, Flags, str], ...] = (
        ("time", np.isnan(high), "but no bar"),
        ("high", series.columns["high"][: len(bar)] > high * (1 + TOLERANCE), "above its bar"),
        ("low", series.columns["low"][: len(bar)] < low * (1 - TOLERANCE), "below its bar"),
    )
    for role, bad, what in checks:
        if bad.any():
            row = int(np.argmax(bad))
            table, at = series.place(row)
            cell = table.cell(at, role)
            opened = utc_text(int(bars.opened_ns[bar[row]]))
            raise InputError(
                f"{cell.place}: {series.symbol} has a finer bar, {what} of {opened}; "
                f"{cell.column} is {cell.text}",
                code="PRICES_FINER",
                field=cell.column,
                fix="use prices of one source, adjusted alike, or make the bars from the finer series: every=...",
            )


def fill_up(bars: Bars, columns: dict[str, Floats], start: Ints) -> int:
    """Writes prices where a symbol has no finer bar (NaN): flat, so that nothing is touched by them.

    columns: open, high, low and close, float64[symbols, fine]. Where the finer bars of a symbol do not span its bar,
    the first is made the whole bar and the others its close. Gives how many bars that were, though they had some.
    """
    bar = np.repeat(np.arange(len(bars)), np.diff(start))
    slots = np.arange(len(bar))
    first = start[bar]
    short = 0
    for index in range(len(bars.symbols)):
        quotes = {name: columns[name][index] for name in QUOTES}
        there = ~np.isnan(quotes["close"])
        whole = {name: getattr(bars, name)[index] for name in QUOTES}
        spans, some = _spanned(whole, quotes, there, bar)
        short += int((some & ~spans).sum())
        used = there & spans[bar]
        last = np.maximum.accumulate(np.where(used, slots, -1))
        marked = np.where(np.isnan(whole["close"]), _first_close(whole["close"]), whole["close"])
        flat = np.where(last >= first, quotes["close"][last], whole["open"][bar])
        flat = np.where(spans[bar], flat, marked[bar])
        instead = (slots == first) & ~spans[bar] & ~np.isnan(whole["open"][bar])
        for name, values in quotes.items():
            values[~used] = flat[~used]
            values[instead] = whole[name][bar[instead]]
    return short


def _spanned(
    whole: dict[str, Floats], quotes: dict[str, Floats], there: Flags, bar: Ints
) -> tuple[Flags, Flags]:
    """Bars whose high and low are reached by finer ones, and bars that have any: bool[bars] each."""
    count = len(whole["close"])
    high, low = np.full(count, -np.inf), np.full(count, np.inf)
    np.maximum.at(high, bar[there], quotes["high"][there])
    np.minimum.at(low, bar[there], quotes["low"][there])
    some = np.bincount(bar[there], minlength=count) > 0
    reached = (high >= whole["high"] * (1 - TOLERANCE)) & (low <= whole["low"] * (1 + TOLERANCE))
    return some & reached, some


def _first_close(closes: Floats) -> float:
    """Before its first bar nothing is played, but a number must stand there."""
    there = closes[~np.isnan(closes)]
    return float(there[0]) if len(there) else 1.0
