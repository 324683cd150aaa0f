"""Geometry of the report's charts: values in, pixels out. The templates only draw what stands here."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from argos.core.money import ONE, ZERO
from argos.tearsheet.axes import (
    Scale,
    Tick,
    date_ticks,
    decimal_label,
    round_range,
    value_ticks,
)

POINTS_MAX: Final = 900
"""More than a screen has columns; longer curves are thinned."""
BINS: Final = 16

_MARGIN_LEFT: Final = 66
_MARGIN_RIGHT: Final = 14
_MARGIN_TOP: Final = 14
_MARGIN_BOTTOM: Final = 44
_PIXELS_PER_Y_TICK: Final = 38
_PIXELS_PER_X_TICK: Final = 64
_BIN_TICKS: Final = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class DatedValue:
    date: date
    value: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """A named series over dates, oldest first."""

    name: str
    points: tuple[DatedValue, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A moment on a price chart. `kind` is buy, sell (entries) or exit; `text` is shown on hover."""

    date: date
    price: Decimal
    kind: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """A chart's box, its axes and what they measure."""

    width: int
    height: int
    x_title: str
    y_title: str
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]

    @property
    def left(self) -> int:
        return _MARGIN_LEFT

    @property
    def right(self) -> int:
        return self.width - _MARGIN_RIGHT

    @property
    def top(self) -> int:
        return _MARGIN_TOP

    @property
    def bottom(self) -> int:
        return self.height - _MARGIN_BOTTOM


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A polyline; `number` counts from 1 and chooses colour and dash."""

    name: str
    number: int
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Glyph:
    x: float
    y: float
    kind: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LineChart:
    """Curves over dates. `zero_at` is where zero lies, if it lies inside."""

    frame: Frame
    lines: tuple[Line, ...]
    zero_at: float | None
    glyphs: tuple[Glyph, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    x: float
    y: float
    width: float
    height: float
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A vertical line at a value worth naming; `anchor` is the side its label hangs on."""

    at: float
    label: str
    anchor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Histogram:
    """Counts per bin. `note` says how many values lie beyond the axis and are not drawn; so may the median."""

    frame: Frame
    bars: tuple[Bar, ...]
    median: Rule | None
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """Size of a chart in pixels of its own drawing."""

    width: int
    height: int

    @property
    def x_count(self) -> int:
        return max(2, (self.width - _MARGIN_LEFT - _MARGIN_RIGHT) // _PIXELS_PER_X_TICK)

    @property
    def y_count(self) -> int:
        return max(2, (self.height - _MARGIN_TOP - _MARGIN_BOTTOM) // _PIXELS_PER_Y_TICK)

    def across(self, low: Decimal, high: Decimal) -> Scale:
        return Scale(low=low, high=high, start=_MARGIN_LEFT, stop=self.width - _MARGIN_RIGHT)

    def upwards(self, low: Decimal, high: Decimal) -> Scale:
        return Scale(low=low, high=high, start=self.height - _MARGIN_BOTTOM, stop=_MARGIN_TOP)


def line_chart(
    curves: Sequence[Curve],
    *,
    box: Box,
    y_title: str,
    with_zero: bool = False,
    marks: Sequence[Mark] = (),
) -> LineChart | None:
    """Curves over their common dates, marks on top; None if there is nothing to draw."""
    points = [point for curve in curves for point in curve.points]
    if not points:
        return None
    values = [point.value for point in points] + [mark.price for mark in marks]
    if with_zero:
        values.append(ZERO)
    dates = [point.date for point in points] + [mark.date for mark in marks]
    first, last = min(dates), max(dates)
    rounds = round_range(min(values), max(values), count=box.y_count)
    across = box.across(
        Decimal(first.toordinal()), Decimal(max(last.toordinal(), first.toordinal() + 1))
    )
    upwards = box.upwards(rounds[0], rounds[-1])
    frame = Frame(
        width=box.width,
        height=box.height,
        x_title="replayed date",
        y_title=y_title,
        x_ticks=date_ticks(first, last, count=box.x_count, scale=across),
        y_ticks=value_ticks(rounds, upwards),
    )
    return LineChart(
        frame=frame,
        lines=tuple(
            Line(name=curve.name, number=number, path=_path(curve, across, upwards))
            for number, curve in enumerate(curves, start=1)
        ),
        zero_at=upwards.pixel(ZERO) if rounds[0] < 0 < rounds[-1] else None,
        glyphs=tuple(
            Glyph(
                x=across.pixel(Decimal(mark.date.toordinal())),
                y=upwards.pixel(mark.price),
                kind=mark.kind,
                text=mark.text,
            )
            for mark in marks
        ),
    )


def _path(curve: Curve, across: Scale, upwards: Scale) -> str:
    """Coordinates of a polyline: every n-th point, and always the last."""
    stride = -(-len(curve.points) // POINTS_MAX) or 1
    kept = list(curve.points[::stride])
    if curve.points and kept[-1] is not curve.points[-1]:
        kept.append(curve.points[-1])
    return " ".join(
        f"{across.pixel(Decimal(point.date.toordinal()))},{upwards.pixel(point.value)}"
        for point in kept
    )


def histograms(
    groups: Sequence[Sequence[Decimal]], *, box: Box, x_title: str, y_title: str, unit: str
) -> tuple[Histogram | None, ...]:
    """Counts in bins of a round width, one chart per group, all with the same axes; None for an empty group.

    The outermost half percent of all values at either end may lie beyond the axis; each chart says how many.
    """
    ordered = sorted(value for group in groups for value in group)
    if not ordered:
        return tuple(None for _ in groups)
    low, high = percentile(ordered, Decimal("0.005")), percentile(ordered, Decimal("0.995"))
    edges = round_range(low, high, count=BINS)
    counts = [_counts(group, edges) for group in groups]
    most = max(max(each) for each in counts)
    rounds = round_range(ZERO, Decimal(max(most, 1)), count=box.y_count, step_min=ONE)
    across, upwards = box.across(edges[0], edges[-1]), box.upwards(rounds[0], rounds[-1])
    frame = Frame(
        width=box.width,
        height=box.height,
        x_title=x_title,
        y_title=y_title,
        x_ticks=value_ticks(_ticks_inside(edges), across),
        y_ticks=value_ticks(rounds, upwards),
    )
    return tuple(
        _histogram(group, edges, each, frame=frame, across=across, upwards=upwards, unit=unit)
        if group
        else None
        for group, each in zip(groups, counts, strict=True)
    )


def _counts(values: Sequence[Decimal], edges: Sequence[Decimal]) -> list[int]:
    """Values per bin; a bin holds its lower edge, the last one both."""
    step = edges[1] - edges[0]
    counts = [0] * (len(edges) - 1)
    for value in values:
        if edges[0] <= value <= edges[-1]:
            counts[min(int((value - edges[0]) / step), len(counts) - 1)] += 1
    return counts


def _histogram(
    values: Sequence[Decimal],
    edges: Sequence[Decimal],
    counts: Sequence[int],
    *,
    frame: Frame,
    across: Scale,
    upwards: Scale,
    unit: str,
) -> Histogram:
    median = percentile(sorted(values), Decimal("0.5"))
    left_out = len(values) - sum(counts)
    return Histogram(
        frame=frame,
        bars=tuple(
            _bar(edges[number], edges[number + 1], count, across, upwards, unit=unit)
            for number, count in enumerate(counts)
            if count
        ),
        median=_median(median, across, step=edges[1] - edges[0], unit=unit)
        if edges[0] <= median <= edges[-1]
        else None,
        note=f"{left_out} of {len(values)} lie beyond the axis" if left_out else "",
    )


def percentile(ordered: Sequence[Decimal], share: Decimal) -> Decimal:
    """The value below or at which `share` (0 to 1) of the sorted values lie: the nearest rank, no interpolation."""
    rank = int((len(ordered) * share).to_integral_value(rounding="ROUND_CEILING"))
    return ordered[max(rank, 1) - 1]


def _ticks_inside(edges: Sequence[Decimal]) -> tuple[Decimal, ...]:
    """Round ticks from the range of `edges`, none outside; the finest that have room."""
    rounds = round_range(edges[0], edges[-1], count=_BIN_TICKS)
    inside = tuple(value for value in rounds if edges[0] <= value <= edges[-1])
    return inside if len(inside) > 1 else (edges[0], edges[-1])


def _bar(
    low: Decimal, high: Decimal, count: int, across: Scale, upwards: Scale, *, unit: str
) -> Bar:
    left, right, top = across.pixel(low), across.pixel(high), upwards.pixel(Decimal(count))
    step = high - low
    return Bar(
        x=left + 0.5,
        y=top,
        width=round(right - left - 1, 1),
        height=round(upwards.start - top, 1),
        text=f"{decimal_label(low, step=step)} to {decimal_label(high, step=step)} {unit}: {count}",
    )


def _median(value: Decimal, across: Scale, *, step: Decimal, unit: str) -> Rule:
    at = across.pixel(value)
    rightmost_third = at > across.start + (across.stop - across.start) * 2 / 3
    return Rule(
        at=at,
        label=f"median {decimal_label(value, step=step / 10)} {unit}",
        anchor="end" if rightmost_third else "start",
    )
