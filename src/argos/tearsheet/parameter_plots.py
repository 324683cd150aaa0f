"""A search as plots: a figure over two parameters as a heat map, and over each one alone as a strip."""

import math
from dataclasses import replace
from typing import Any, Final

import numpy as np

from argos.backtest.lattices import Axis, axis_of
from argos.backtest.layout import Floats
from argos.backtest.plateaus import HeatMap, heat_map
from argos.backtest.searching import Search
from argos.tearsheet.axes import Tick
from argos.tearsheet.plots import (
    BOTTOM_GAP,
    HEIGHT,
    LEFT,
    RIGHT,
    TOP,
    Box,
    Line,
    Marks,
    Plot,
    upwards,
)
from argos.tearsheet.words import NOTHING, number

SHADES: Final = 8
"""From the lowest to the highest; `sheet.css` has the colours."""
_WIDE: Final = 620
_CELL_HIGH: Final = 26
_CELL_LABELLED: Final = 38
_LABELS_MAX: Final = 9
_LOW: Final = 0.05
"""Share of cells that may be darker than the scale's end: a few very bad ones would hide all differences."""


def heat_plot(search: Search, values: Floats, x: str, y: str, *, figure: str) -> Plot:
    """`values` of all trials over two parameters; others at their best. The best and the plateau are outlined."""
    found = heat_map(search.points, values, x, y)
    columns, rows = len(found.x), len(found.y)
    left, right = 64, _WIDE - 10
    wide, high = (right - left) / columns, min(_CELL_HIGH, 420 / rows)
    bottom = TOP + high * rows
    boxes = [
        Box(
            x=round(left + column * wide, 1),
            y=round(bottom - (row + 1) * high, 1),
            width=round(wide - 1, 1),
            height=round(high - 1, 1),
            kind=f"q{shade}",
            text=_cell_text(found, row, column, figure),
            label=short(float(found.cells[row, column]))
            if wide >= _CELL_LABELLED and high >= 15
            else "",
        )
        for (row, column), shade in _shaded(found).items()
    ]
    for kind, columns_in, rows_in in _outlines(search, found):
        outline = Box(
            x=round(left + columns_in[0] * wide - 0.5, 1),
            y=round(bottom - (rows_in[1] + 1) * high - 0.5, 1),
            width=round((columns_in[1] - columns_in[0] + 1) * wide, 1),
            height=round((rows_in[1] - rows_in[0] + 1) * high, 1),
            kind=kind,
            text=f"the {kind} trial" if kind == "best" else "the plateau",
        )
        # A line of the ground's colour under it, since cells have every shade.
        boxes += [replace(outline, kind="halo"), outline]
    return Plot(
        label=f"{figure} over {x} and {y}",
        x_title=x,
        y_title=y,
        x_ticks=_ticks(found.x, [left + (place + 0.5) * wide for place in range(columns)]),
        y_ticks=(),
        lines=tuple(
            Line(
                x1=left - 4,
                y1=tick.at,
                x2=left - 4,
                y2=tick.at,
                kind="bare",
                label=tick.label,
                anchor="end",
            )
            for tick in _ticks(
                found.y, [bottom - (place + 0.5) * high - 5 for place in range(rows)]
            )
        ),
        boxes=tuple(boxes),
        width=_WIDE,
        height=round(bottom) + BOTTOM_GAP,
        left=left,
        right=right,
        note=_scale_note(found, figure),
    )


def strip(search: Search, values: Floats, name: str, *, figure: str) -> Plot | None:
    """All trials as dots over one parameter, their median as a line; None if no trial has a value."""
    axis = axis_of(search.points, name)
    known = np.isfinite(values)
    if not known.any():
        return None
    shown = values[known]
    low, high = float(np.quantile(shown, _LOW / 5)), float(shown.max())
    scale, y_ticks = upwards(low, high)
    slot = (RIGHT - LEFT) / len(axis)
    x = LEFT + (axis.places[known] + 0.5) * slot
    y = np.clip(scale.pixels(shown), TOP, HEIGHT - BOTTOM_GAP)
    points = np.unique(np.column_stack([x.round(1), y.round(0)]), axis=0).tolist()
    medians = [
        (LEFT + (place + 0.5) * slot, float(np.median(shown[axis.places[known] == place])))
        for place in np.unique(axis.places[known]).tolist()
    ]
    heights = np.clip(
        scale.pixels(np.array([value for _, value in medians])), TOP, HEIGHT - BOTTOM_GAP
    )
    lines = []
    if search.plateau is not None:
        at = round(LEFT + (int(axis.places[search.plateau.trial]) + 0.5) * slot, 1)
        lines.append(
            Line(
                x1=at,
                y1=TOP,
                x2=at,
                y2=HEIGHT - BOTTOM_GAP,
                kind="median",
                label="plateau",
                anchor="end" if at > (LEFT + RIGHT) / 2 else "start",
            )
        )
    return Plot(
        label=f"{figure} of all trials over {name}",
        x_title=name,
        y_title=figure,
        x_ticks=_ticks(axis, [LEFT + (place + 0.5) * slot for place in range(len(axis))], most=6),
        y_ticks=y_ticks,
        lines=tuple(lines),
        marks=(
            Marks(kind="trial", path="".join(f"M{px:g} {py:g}h0" for px, py in points)),
            Marks(
                kind="middle",
                path="M"
                + "L".join(
                    f"{px:.1f} {py:g}"
                    for (px, _), py in zip(medians, heights.tolist(), strict=True)
                ),
            ),
        ),
    )


FIGURE_WORDS: Final = {
    "sharpe": "Sharpe ratio",
    "total_return": "total return",
    "drawdown": "drawdown",
    "win_rate": "win rate",
    "profit_factor": "profit factor",
}


def figure_words(name: str) -> str:
    """A figure's or objective's name as people say it."""
    return FIGURE_WORDS.get(name, name)


def short(value: float) -> str:
    """About three figures: 0.123 -> "0.12", 1234.5 -> "1,234"."""
    if not math.isfinite(value):
        return NOTHING
    size = abs(value)
    return number(value, 0 if size >= 100 else 1 if size >= 10 else 2)


def level_text(value: Any) -> str:
    """A parameter's value on an axis."""
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _scale(found: HeatMap) -> tuple[float, float]:
    """The values of the faintest and the strongest shade."""
    known = found.cells[np.isfinite(found.cells)]
    return float(np.quantile(known, _LOW)), float(known.max())


def _scale_note(found: HeatMap, figure: str) -> str:
    if not np.isfinite(found.cells).any():
        return "No trial has a value"
    low, high = _scale(found)
    bins = (
        ". Levels are bins; each shows the best trial in it"
        if found.x.binned or found.y.binned
        else ""
    )
    return f"Faintest shade: {figure} {short(low)} or less; strongest: {short(high)}{bins}"


def _shaded(found: HeatMap) -> dict[tuple[int, int], int]:
    """The shade of each cell that has a value, 0 to SHADES - 1."""
    if not np.isfinite(found.cells).any():
        return {}
    low, high = _scale(found)
    span = high - low or 1.0
    return {
        (row, column): int(np.clip((found.cells[row, column] - low) / span * SHADES, 0, SHADES - 1))
        for row, column in np.argwhere(np.isfinite(found.cells)).tolist()
    }


def _cell_text(found: HeatMap, row: int, column: int, figure: str) -> str:
    many = int(found.counts[row, column])
    of = f", best of {many:,} trials" if many > 1 else ""
    return (
        f"{found.x.name} {level_text(found.x.values[column])}, {found.y.name} {level_text(found.y.values[row])}: "
        f"{figure} {short(float(found.cells[row, column]))}{of}"
    )


def _outlines(search: Search, found: HeatMap) -> list[tuple[str, tuple[int, int], tuple[int, int]]]:
    """Columns and rows, first and last, of the plateau and of the best trial."""
    shown = []
    if search.plateau is not None:
        columns, rows = (_reach(axis, search) for axis in (found.x, found.y))
        shown.append(("plateau", columns, rows))
    if search.best is not None:
        column, row = int(found.x.places[search.best]), int(found.y.places[search.best])
        shown.append(("best", (column, column), (row, row)))
    return shown


def _reach(axis: Axis, search: Search) -> tuple[int, int]:
    """First and last level of the plateau on an axis."""
    assert search.plateau is not None, "asked for where there is one"
    place = int(axis.places[search.plateau.trial])
    if axis.name not in search.plateau.ranges:
        return place, place
    low, high = search.plateau.ranges[axis.name]
    inside = [
        level for level, value in enumerate(axis.values) if low <= value <= high or level == place
    ]
    return inside[0], inside[-1]


def _ticks(axis: Axis, places: list[float], most: int = _LABELS_MAX) -> tuple[Tick, ...]:
    each = math.ceil(len(axis) / most)
    return tuple(
        Tick(
            at=round(places[level], 1),
            label=f"{axis.values[level]:.3g}" if axis.binned else level_text(axis.values[level]),
        )
        for level in range(0, len(axis), each)
    )
