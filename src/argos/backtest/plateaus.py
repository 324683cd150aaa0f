"""Wide hills instead of needles: what the neighbours of a trial say, and heat maps over two parameters.

Trials lie on the lattice of `lattices`. The neighbourhood of a trial is what lies at most one level away in each
parameter; texts and true/false must be the same. Its score is the mean over the neighbourhood, the trial itself among
it. Two choices err on the harsh side: a trial that has no score counts as the worst that has one, and neighbours that
are missing (at the edge of the space, beyond a condition) count as the median trial. A best at the edge says that the
space was too small. A hill narrower than three levels is a needle.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from argos.backtest.lattices import Axis, Params, axis_of, column_of, expected_trials, lattice_of
from argos.backtest.layout import Floats, Ints

SHOWN_MAX: Final = 24
"""Of a parameter on a heat map."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plateau:
    """The middle of the best neighbourhood. trial: its number; score: its own; neighbourhood: the score of it.

    neighbours: trials in it, itself among them; lowest, highest: their scores. ranges: from which to which value they
    reach, for each parameter that is a number.
    """

    trial: int
    score: float
    neighbourhood: float
    neighbours: int
    lowest: float
    highest: float
    ranges: dict[str, tuple[float, float]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HeatMap:
    """One value over two parameters. cells: float64[y levels, x levels], NaN where nothing was played.

    counts: int64, trials in each cell. trials: int64, the number of the best in each, -1 for none.
    """

    x: Axis
    y: Axis
    cells: Floats
    counts: Ints
    trials: Ints


def neighbourhood_scores(params: Params, scores: Floats) -> Floats:
    """The score of each trial's neighbourhood: float64[trials]; all NaN if no trial has a score.

    `params`: the parameter sets of the trials that `scores` belong to; of mappings, all with the same names.
    """
    if not len(scores) or not np.isfinite(scores).any():
        return np.full(len(scores), np.nan)
    axes = lattice_of(params)
    return _smoothed(axes, _judged(scores))


def plateau_of(params: Params, scores: Floats) -> Plateau | None:
    """The best neighbourhood; None if no trial has a score.

    Of equal ones the one among better neighbourhoods, then the higher score itself, then the first.
    """
    if not len(scores) or not np.isfinite(scores).any():
        return None
    axes = lattice_of(params)
    judged = _judged(scores)
    once = _smoothed(axes, judged)
    twice = _smoothed(axes, once)
    # Sums of equal numbers in another order are not quite equal.
    spread = float(np.ptp(judged)) or 1.0
    keys = (np.arange(len(scores), 0, -1), judged, np.rint(twice / spread * 1e9))
    trial = int(np.lexsort((*keys, np.rint(once / spread * 1e9)))[-1])
    inside = np.ones(len(scores), bool)
    for axis in axes:
        apart = np.abs(axis.places - axis.places[trial])
        inside &= apart <= (1 if axis.ordered else 0)
    ranges = {}
    for axis in axes:
        values = column_of(params, axis.name)
        if axis.ordered:
            ranges[axis.name] = (float(values[inside].min()), float(values[inside].max()))
    return Plateau(
        trial=trial,
        score=float(scores[trial]),
        neighbourhood=float(once[trial]),
        neighbours=int(inside.sum()),
        lowest=float(judged[inside].min()),
        highest=float(judged[inside].max()),
        ranges=ranges,
    )


def heat_map(
    params: Params, values: Floats, x: str, y: str, *, others: Literal["best", "mean"] = "best"
) -> HeatMap:
    """`values` (a figure or score, float64[trials]) over the parameters `x` and `y`.

    Where several trials share a cell, because other parameters differ or bins are wide, it shows the best or the mean
    of those that have a value. Raises InputError (PARAMETER_UNKNOWN) for a name that was not searched.
    """
    across, down = (axis_of(params, name, SHOWN_MAX) for name in (x, y))
    cells = len(across) * len(down)
    places = down.places * len(across) + across.places
    known = np.flatnonzero(np.isfinite(values))
    # Of several assignments to one cell the last one stays: the best, and of equals the first.
    order = known[np.lexsort((-known, values[known]))]
    trials = np.full(cells, -1, np.int64)
    trials[places[order]] = order
    found = np.full(cells, np.nan)
    if others == "best":
        found[trials >= 0] = values[trials[trials >= 0]]
    else:
        sums = np.bincount(places[known], weights=values[known], minlength=cells)
        some = np.bincount(places[known], minlength=cells)
        np.divide(sums, some, out=found, where=some > 0)
    shape = (len(down), len(across))
    return HeatMap(
        x=across,
        y=down,
        cells=found.reshape(shape),
        counts=np.bincount(places, minlength=cells).reshape(shape).astype(np.int64),
        trials=trials.reshape(shape),
    )


def _judged(scores: Floats) -> Floats:
    """Scores in which a trial without one has the worst."""
    finite = np.isfinite(scores)
    found: Floats = np.where(finite, scores, scores[finite].min())
    return found


def _smoothed(axes: Sequence[Axis], scores: Floats) -> Floats:
    """The mean over each trial's neighbourhood; neighbours that are missing count as the median."""
    shape = tuple(map(len, axes))
    flat = np.ravel_multi_index(tuple(axis.places for axis in axes), shape)
    cells = math.prod(shape)
    typical = float(np.median(scores))
    above = np.bincount(flat, weights=scores - typical, minlength=cells)
    sums: Floats = above.astype(np.float64).reshape(shape)
    counts: Floats = np.bincount(flat, minlength=cells).astype(np.float64).reshape(shape)
    for place, axis in enumerate(axes):
        if axis.ordered:
            sums, counts = _with_neighbours(sums, place), _with_neighbours(counts, place)
    expected = expected_trials(shape, [axis.ordered for axis in axes], len(scores))
    full = np.maximum(counts, expected)
    found: Floats = typical + (sums / full).ravel()[flat]
    return found


def _with_neighbours(cells: Floats, axis: int) -> Floats:
    """Each cell plus the ones before and after it along `axis`."""
    moved = np.moveaxis(cells, axis, 0)
    found = moved.copy()
    found[1:] += moved[:-1]
    found[:-1] += moved[1:]
    return np.moveaxis(found, 0, axis)
