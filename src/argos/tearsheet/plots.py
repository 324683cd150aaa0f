"""Small charts as geometry: values in, pixels out. `plots.html.j2` only draws what stands here.

All are drawn 360 wide, which is a phone's width and a third of a screen's, so that their letters stay readable.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

import numpy as np

from argos.backtest.layout import Floats
from argos.tearsheet import words
from argos.tearsheet.axes import MINUS, Scale, Tick, round_range, value_ticks

WIDTH: Final = 360
HEIGHT: Final = 240
LEFT: Final = 44
RIGHT: Final = 350
TOP: Final = 22
BOTTOM_GAP: Final = 36
BINS: Final = 24
_TICKS: Final = 5
_OUTER: Final = (0.005, 0.995)
_CELL: Final = 2.0
"""Marks of one kind that fall into the same square of so many pixels are drawn once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """kind: the class that colours it; text: shown on hover; label: written inside."""

    x: float
    y: float
    width: float
    height: float
    kind: str
    text: str
    label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """label: written at its upper or left end, if any; anchor: which side of the line the label hangs on."""

    x1: float
    y1: float
    x2: float
    y2: float
    kind: str
    label: str = ""
    anchor: str = "start"


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """Many marks of one kind as one path."""

    kind: str
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """label: what it shows, for those who cannot see it. note: what is left out."""

    label: str
    x_title: str
    y_title: str
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    boxes: tuple[Box, ...] = ()
    lines: tuple[Line, ...] = ()
    marks: tuple[Marks, ...] = ()
    note: str = ""
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = RIGHT

    @property
    def bottom(self) -> int:
        return self.height - BOTTOM_GAP


def histogram(values: Floats, *, label: str, x_title: str, y_title: str = "trades") -> Plot | None:
    """Counts in bins of a round width; below 0 and above it differ. None without values.

    The outermost half percent at either end may lie beyond the axis; the note says how many.
    """
    values = values[np.isfinite(values)]
    if not len(values):
        return None
    low, high = np.quantile(values, _OUTER)
    edges = round_range(_decimal(low), _decimal(high), count=BINS)
    across = Scale(low=edges[0], high=edges[-1], start=LEFT, stop=RIGHT)
    bounds = np.array([float(edge) for edge in edges])
    inside = values[(values >= bounds[0]) & (values <= bounds[-1])]
    counts = np.histogram(inside, bounds)[0]
    scale, y_ticks = upwards(0.0, float(counts.max()), whole=True)
    lefts, tops = across.pixels(bounds), scale.pixels(counts.astype(float))
    step = edges[1] - edges[0]
    places = max(0, -int(step.normalize().as_tuple().exponent))
    median = float(np.median(values))
    # It ends below the median's label.
    zero = replace(_upright(across, 0.0, "zero"), y1=TOP + 14)
    lines = [zero] if bounds[0] < 0 < bounds[-1] else []
    if bounds[0] <= median <= bounds[-1]:
        lines.append(
            _upright(across, median, "median", f"median {words.number(median, places + 1)}")
        )
    beyond = len(values) - len(inside)
    return Plot(
        label=label,
        x_title=x_title,
        y_title=y_title,
        x_ticks=_ticks_inside(edges, across),
        y_ticks=y_ticks,
        boxes=tuple(
            Box(
                x=float(lefts[i]) + 0.5,
                y=float(tops[i]),
                width=round(max(float(lefts[i + 1] - lefts[i]) - 1, 0.5), 1),
                height=round(scale.start - float(tops[i]), 1),
                kind="loss" if bounds[i + 1] <= 0 else "gain",
                text=f"{words.number(bounds[i], places)} to {words.number(bounds[i + 1], places)}: {counts[i]:,}",
            )
            for i in range(len(counts))
            if counts[i]
        ),
        lines=tuple(lines),
        note=f"{beyond:,} of {len(values):,} lie beyond the axis" if beyond else "",
    )


def scatter(
    x: Floats,
    y: Floats,
    won: np.ndarray[tuple[int, ...], np.dtype[np.bool_]],
    *,
    label: str,
    x_title: str,
    y_title: str,
) -> Plot | None:
    """A dot for each winner, a cross for each other; both axes from 0. None without values."""
    if not len(x):
        return None
    right, up = (max(float(np.quantile(values, 0.995)), 1e-9) for values in (x, y))
    rounds = round_range(Decimal(0), _decimal(right), count=_TICKS)
    across = Scale(low=rounds[0], high=rounds[-1], start=LEFT, stop=RIGHT)
    scale, y_ticks = upwards(0.0, up)
    inside = (x <= float(rounds[-1])) & (y <= float(scale.high))
    marks = []
    for kind, mine in (("loss", ~won), ("gain", won)):
        points = np.column_stack([across.pixels(x[mine & inside]), scale.pixels(y[mine & inside])])
        # Whole squares, so that thousands of marks on one spot are one.
        seen = np.unique((points / _CELL).round().astype(np.int64), axis=0) * _CELL
        shape = "m-2-2l4 4m0-4l-4 4" if kind == "loss" else "h0"
        marks.append(
            Marks(kind=kind, path="".join(f"M{px:g} {py:g}{shape}" for px, py in seen.tolist()))
        )
    beyond = int((~inside).sum())
    return Plot(
        label=label,
        x_title=x_title,
        y_title=y_title,
        x_ticks=value_ticks(rounds, across),
        y_ticks=y_ticks,
        marks=tuple(marks),
        note=f"{beyond:,} of {len(x):,} lie beyond the axes" if beyond else "",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """A rate from 0 to 1 with its interval, at a named place of the axis; n: of how many."""

    name: str
    rate: float
    low: float
    high: float
    n: int


def rates(
    given: Sequence[Rate],
    *,
    label: str,
    x_title: str,
    y_title: str,
    name_each: int = 1,
    diagonal: bool = False,
    level: float = math.nan,
) -> Plot | None:
    """Rates in percent with their 95 % intervals, side by side. `diagonal`: where rates would equal their place.

    `level`: a rate to hold them against. None without any.
    """
    if not any(rate.n for rate in given):
        return None
    scale, y_ticks = upwards(0.0, 100.0)
    slot = (RIGHT - LEFT) / len(given)
    lines, boxes, ticks = [], [], []
    if diagonal:
        lines.append(Line(x1=LEFT, y1=scale.start, x2=RIGHT, y2=scale.stop, kind="reference"))
    if math.isfinite(level):
        at = float(scale.pixels(np.array([level * 100]))[0])
        lines.append(Line(x1=LEFT, y1=at, x2=RIGHT, y2=at, kind="reference"))
    for place, rate in enumerate(given):
        middle = round(LEFT + slot * (place + 0.5), 1)
        if place % name_each == 0:
            ticks.append(Tick(at=middle, label=rate.name))
        if not rate.n:
            continue
        low, at, high = scale.pixels(np.array([rate.low, rate.rate, rate.high]) * 100).tolist()
        lines.append(Line(x1=middle, y1=low, x2=middle, y2=high, kind="whisker"))
        boxes.append(
            Box(
                x=middle - 3.5,
                y=at - 3.5,
                width=7,
                height=7,
                kind="point",
                text=f"{rate.name}: {words.percent(rate.rate)} of {rate.n:,} "
                f"({words.percent(rate.low)} to {words.percent(rate.high)})",
            )
        )
    return Plot(
        label=label,
        x_title=x_title,
        y_title=y_title,
        x_ticks=tuple(ticks),
        y_ticks=y_ticks,
        boxes=tuple(boxes),
        lines=tuple(lines),
    )


def steps(
    parts: Sequence[tuple[str, float]], *, total: str, label: str, tell: Callable[[float], str]
) -> Plot:
    """From the first amount down or up by each further one to the sum, as bars that hang from one another."""
    names = [*(name for name, _ in parts), total]
    amounts = [amount for _, amount in parts]
    ends = np.cumsum(amounts)
    starts = np.concatenate([[0.0], ends[:-1]])
    tops = np.append(np.maximum(starts, ends), max(float(ends[-1]), 0.0))
    lows = np.append(np.minimum(starts, ends), min(float(ends[-1]), 0.0))
    scale, y_ticks = upwards(min(float(lows.min()), 0.0), max(float(tops.max()), 0.0))
    slot = (RIGHT - LEFT) / len(names)
    upper, lower = scale.pixels(tops), scale.pixels(lows)
    boxes = tuple(
        Box(
            x=round(LEFT + slot * (i + 0.14), 1),
            y=float(upper[i]),
            width=round(slot * 0.72, 1),
            height=round(max(float(lower[i] - upper[i]), 1.0), 1),
            kind="total" if i in (0, len(names) - 1) else ("gain" if amounts[i] > 0 else "loss"),
            text=f"{names[i]}: {tell(amounts[i] if i < len(amounts) else float(ends[-1]))}",
        )
        for i in range(len(names))
    )
    zero = float(scale.pixels(np.array([0.0]))[0])
    return Plot(
        label=label,
        x_title="",
        y_title="account currency",
        x_ticks=tuple(
            Tick(at=round(LEFT + slot * (i + 0.5), 1), label=name) for i, name in enumerate(names)
        ),
        y_ticks=y_ticks,
        boxes=boxes,
        lines=(Line(x1=LEFT, y1=zero, x2=RIGHT, y2=zero, kind="zero"),),
    )


def upwards(low: float, high: float, *, whole: bool = False) -> tuple[Scale, tuple[Tick, ...]]:
    """A vertical scale that encloses `low` to `high` with round ticks; `whole`: none between whole numbers."""
    rounds = round_range(
        _decimal(low), _decimal(high), count=_TICKS, step_min=Decimal(1 if whole else 0)
    )
    scale = Scale(low=rounds[0], high=rounds[-1], start=HEIGHT - BOTTOM_GAP, stop=TOP)
    return scale, _short(value_ticks(rounds, scale), rounds)


def _short(ticks: tuple[Tick, ...], values: Sequence[Decimal]) -> tuple[Tick, ...]:
    """Thousands and millions as 20k and 3M: the margin is narrow."""
    most = max(abs(value) for value in values)
    for size, letter in ((Decimal(10**9), "G"), (Decimal(10**6), "M"), (Decimal(10**4), "k")):
        if most >= size:
            unit = Decimal(1000) if letter == "k" else size
            return tuple(
                Tick(
                    at=tick.at,
                    label="0"
                    if not value
                    else f"{float(value / unit):,g}{letter}".replace("-", MINUS),
                )
                for tick, value in zip(ticks, values, strict=True)
            )
    return ticks


def _upright(across: Scale, value: float, kind: str, label: str = "") -> Line:
    at = float(across.pixels(np.array([value]))[0])
    rightmost = at > LEFT + (RIGHT - LEFT) * 2 / 3
    return Line(
        x1=at,
        y1=TOP,
        x2=at,
        y2=HEIGHT - BOTTOM_GAP,
        kind=kind,
        label=label,
        anchor="end" if rightmost else "start",
    )


def _ticks_inside(edges: Sequence[Decimal], across: Scale) -> tuple[Tick, ...]:
    rounds = round_range(edges[0], edges[-1], count=_TICKS)
    inside = tuple(value for value in rounds if edges[0] <= value <= edges[-1])
    return value_ticks(inside if len(inside) > 1 else (edges[0], edges[-1]), across)


def _decimal(value: float) -> Decimal:
    """Six significant digits are more than a pixel's."""
    return Decimal(f"{value:.6g}")
