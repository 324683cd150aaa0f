"""A walk as plots: where it trained and tested, what training promised and tests kept, what was chosen when."""

import math
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

import numpy as np

from argos.backtest.bars import Bars
from argos.backtest.stability import ParamStability
from argos.backtest.walkforward import Fold
from argos.tearsheet.axes import Tick
from argos.tearsheet.parameter_plots import level_text, short
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

_WIDE: Final = 620
_HIGH_MAX: Final = 360
_ROW_MAX: Final = 20
_DATES: Final = 6
_NAMES_MAX: Final = 8


def windows_plot(folds: Sequence[Fold], bars: Bars | None) -> Plot:
    """A row for each fold: training, a gap for the embargo, the test. Dates if the bars are known, else bar numbers."""
    left, right = 44, _WIDE - 10
    high = min(_ROW_MAX, _HIGH_MAX / len(folds))
    first, last = min(f.train_first for f in folds), max(f.test_last for f in folds)

    def at(bar: int) -> float:
        return round(left + (right - left) * (bar - first) / (last - first), 1)

    boxes = []
    for row, fold in enumerate(folds):
        spans = (
            ("train", fold.train_first, fold.train_last),
            ("test", fold.test_first, fold.test_last),
        )
        boxes += [
            Box(
                x=at(begin),
                y=round(TOP + row * high, 1),
                width=max(round(at(end) - at(begin), 1), 1.0),
                height=round(max(high - 3, 1.0), 1),
                kind=kind,
                text=f"fold {row + 1}, {kind}: {_span_text(bars, begin, end)}",
            )
            for kind, begin, end in spans
        ]
    ticks = np.linspace(first, last - 1, _DATES).round().astype(int).tolist()
    each = math.ceil(len(folds) / 20)
    return Plot(
        label="Where each fold trained and tested",
        x_title="" if bars is not None else "bar",
        y_title="fold",
        x_ticks=tuple(
            Tick(at=min(max(at(bar), left + 24), right - 24), label=_moment(bars, bar))
            for bar in ticks
        ),
        y_ticks=(),
        lines=tuple(
            Line(
                x1=left - 5,
                y1=round(TOP + row * high + high / 2 - 6.5, 1),
                x2=left - 5,
                y2=round(TOP + row * high, 1),
                kind="bare",
                label=str(row + 1),
                anchor="end",
            )
            for row in range(0, len(folds), each)
        ),
        boxes=tuple(boxes),
        width=_WIDE,
        height=round(TOP + len(folds) * high) + BOTTOM_GAP,
        left=left,
        right=right,
    )


def promise_plot(folds: Sequence[Fold], *, figure: str) -> Plot | None:
    """Each fold's score in training (square) and in its test (dot), joined; None if no fold has scores."""
    scores = np.array([(fold.train_score, fold.test_score) for fold in folds])
    known = scores[np.isfinite(scores)]
    if not len(known):
        return None
    scale, y_ticks = upwards(min(float(known.min()), 0.0), max(float(known.max()), 0.0))
    slot = (RIGHT - LEFT) / len(folds)
    zero = float(scale.pixels(np.zeros(1))[0])
    lines = [Line(x1=LEFT, y1=zero, x2=RIGHT, y2=zero, kind="zero")]
    boxes = []
    size = min(7.0, max(slot * 0.6, 2.0))
    for place, pair in enumerate(scores):
        x = round(LEFT + slot * (place + 0.5), 1)
        heights = [
            float(y) if math.isfinite(score) else math.nan
            for score, y in zip(pair, scale.pixels(pair), strict=True)
        ]
        if all(map(math.isfinite, heights)):
            lines.append(Line(x1=x, y1=heights[0], x2=x, y2=heights[1], kind="reference"))
        for kind, score, y in zip(("trained", "point"), pair.tolist(), heights, strict=True):
            if math.isfinite(y):
                what = "training" if kind == "trained" else "test"
                boxes.append(
                    Box(
                        x=round(x - size / 2, 1),
                        y=round(y - size / 2, 1),
                        width=size,
                        height=size,
                        kind=kind,
                        text=f"fold {place + 1}, {what}: {short(score)}",
                    )
                )
    return Plot(
        label=f"{figure} in training and in the test, of each fold",
        x_title="fold",
        y_title=figure,
        x_ticks=_fold_ticks(len(folds), slot),
        y_ticks=y_ticks,
        lines=tuple(lines),
        boxes=tuple(boxes),
    )


def chosen_plot(stability: ParamStability) -> Plot:
    """What each fold chose of one parameter; values without an order stand on levels of their own."""
    values = stability.values
    slot = (RIGHT - LEFT) / len(values)
    numbers = [v for v in values if isinstance(v, int | float) and not isinstance(v, bool)]
    if len(numbers) == len(values):
        scale, y_ticks = upwards(float(min(numbers)), float(max(numbers)))
        heights = scale.pixels(np.array(numbers, float)).tolist()
    else:
        names = sorted({str(value) for value in values})
        step = (HEIGHT - BOTTOM_GAP - TOP) / max(len(names), 1)
        at = {name: TOP + step * (place + 0.5) for place, name in enumerate(names)}
        y_ticks = tuple(Tick(at=at[name], label=name[:_NAMES_MAX]) for name in names)
        heights = [at[str(value)] for value in values]
    corners = [
        (round(LEFT + slot * (place + side), 1), y)
        for place, y in enumerate(heights)
        for side in (0, 1)
    ]
    return Plot(
        label=f"{stability.name} chosen by each fold",
        x_title="fold",
        y_title=stability.name,
        x_ticks=_fold_ticks(len(values), slot),
        y_ticks=y_ticks,
        marks=(Marks(kind="middle", path="M" + "L".join(f"{x:g} {y:g}" for x, y in corners)),),
        boxes=tuple(
            Box(
                x=round(LEFT + slot * (place + 0.5) - 3, 1),
                y=round(y - 3, 1),
                width=6,
                height=6,
                kind="point",
                text=f"fold {place + 1}: {value_text(value)}",
            )
            for place, (value, y) in enumerate(zip(values, heights, strict=True))
        ),
    )


def value_text(value: Any) -> str:
    """A chosen value, or that the set has none of it."""
    return "\u2013" if value is None else level_text(value)


def _fold_ticks(folds: int, slot: float) -> tuple[Tick, ...]:
    each = math.ceil(folds / 10)
    return tuple(
        Tick(at=round(LEFT + slot * (place + 0.5), 1), label=str(place + 1))
        for place in range(0, folds, each)
    )


def _moment(bars: Bars | None, bar: int) -> str:
    if bars is None:
        return f"{bar:,}"
    return f"{datetime.fromtimestamp(int(bars.opened_ns[bar]) / 1e9, tz=UTC):%Y-%m-%d}"


def _span_text(bars: Bars | None, first: int, last: int) -> str:
    return f"{_moment(bars, first)} to {_moment(bars, last - 1)}, {last - first:,} bars"
