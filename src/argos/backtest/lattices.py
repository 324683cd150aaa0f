"""Trials on a lattice, so that it can be said which are neighbours.

Each parameter's values in rising order are its levels. A parameter of more than LEVELS_MAX values is cut into as many
equal bins (by ratio where it is searched by ratio); where trials are few for so fine a lattice, as a random search
leaves them, it is made coarser until a neighbourhood can be expected to hold NEIGHBOURS_WANTED trials. So grid, random
and optuna are judged by one rule, in time that grows with the trials alone.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from argos.backtest.layout import Ints
from argos.backtest.points import Points
from argos.backtest.spaces import Range, is_number, numbers_of
from argos.core.errors import InputError

LEVELS_MAX: Final = 64
"""Of a parameter when neighbourhoods are looked at."""
NEIGHBOURS_WANTED: Final = 9
CELLS_MAX: Final = 4_000_000
_DENSE: Final = 0.4
"""A lattice that is filled to this share is left as fine as it is."""

Params = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Axis:
    """One parameter's levels. values: the value of each, or the middle of its bin when `binned`.

    places: int64[trials], the level of each trial. ordered: neighbouring levels are neighbours.
    """

    name: str
    values: tuple[Any, ...]
    binned: bool
    ordered: bool
    places: Ints

    def __len__(self) -> int:
        return len(self.values)


def column_of(params: Params, name: str) -> npt.NDArray[Any]:
    """One parameter of all trials: numbers as float64, others as objects. InputError for an unknown name."""
    known = params.space.names if isinstance(params, Points) else tuple(params[0] if params else ())
    if name not in known:
        raise InputError(
            f"there is no parameter {name} in this search",
            code="PARAMETER_UNKNOWN",
            field=name,
            fix=f"use one of {', '.join(known)}",
        )
    if isinstance(params, Points):
        parameter = params.space[name]
        column = params.columns[known.index(name)]
        if is_number(parameter):
            return numbers_of(parameter, column)
        return np.array([parameter.value(code) for code in column.tolist()], object)
    values = [params[trial][name] for trial in range(len(params))]
    if all(isinstance(value, int | float) and not isinstance(value, bool) for value in values):
        return np.array(values, np.float64)
    return np.array(values, object)


def axis_of(params: Params, name: str, levels_max: int = LEVELS_MAX) -> Axis:
    """The levels of one parameter, `levels_max` at most if they are numbers. Raises InputError for an unknown name."""
    values = column_of(params, name)
    if values.dtype == object:
        names = sorted({str(value): value for value in values.tolist()}.items())
        place = {text: index for index, (text, _) in enumerate(names)}
        places = np.array([place[str(value)] for value in values.tolist()], np.int64)
        kept = tuple(value for _, value in names)
        return Axis(name=name, values=kept, binned=False, ordered=False, places=places)
    levels, places = np.unique(values, return_inverse=True)
    if len(levels) <= levels_max:
        return Axis(
            name=name,
            values=tuple(_plain(params, name, level) for level in levels.tolist()),
            binned=False,
            ordered=True,
            places=places.astype(np.int64),
        )
    by_ratio = _by_ratio(params, name)
    scaled = np.log(values) if by_ratio else values
    edges = np.linspace(scaled.min(), scaled.max(), levels_max + 1)
    bins = np.clip(np.searchsorted(edges, scaled, side="right") - 1, 0, levels_max - 1)
    middles = (edges[1:] + edges[:-1]) / 2
    shown = np.exp(middles) if by_ratio else middles
    return Axis(
        name=name,
        values=tuple(shown.tolist()),
        binned=True,
        ordered=True,
        places=bins.astype(np.int64),
    )


def _plain(params: Params, name: str, level: float) -> float:
    """A whole parameter's level as a whole number."""
    sample = params[0][name]
    return int(level) if isinstance(sample, int) and level == int(level) else level


def _by_ratio(params: Params, name: str) -> bool:
    if not isinstance(params, Points):
        return False
    parameter = params.space[name]
    return isinstance(parameter, Range) and parameter.log


def lattice_of(params: Params) -> list[Axis]:
    """The axes of all parameters, coarse enough that a neighbourhood holds trials. See the module."""
    names = params.space.names if isinstance(params, Points) else tuple(params[0])
    axes = [axis_of(params, name) for name in names]
    levels = [len(axis) for axis in axes]
    if math.prod(levels) <= CELLS_MAX and len(params) >= _DENSE * math.prod(levels):
        return axes
    ordered = [axis.ordered for axis in axes]
    while expected_trials(levels, ordered, len(params)) < NEIGHBOURS_WANTED:
        widest = max(range(len(axes)), key=lambda place: levels[place] * ordered[place])
        if not ordered[widest] or levels[widest] <= 3:
            break
        levels[widest] -= 1
    while math.prod(levels) > CELLS_MAX:
        # So many parameters that the lattice would not fit: the widest is halved, whatever it is.
        widest = max(range(len(axes)), key=lambda place: levels[place])
        levels[widest] = (levels[widest] + 1) // 2
    return [_coarser(axis, count) for axis, count in zip(axes, levels, strict=True)]


def expected_trials(levels: Sequence[int], ordered: Sequence[bool], trials: int) -> float:
    """Trials in a neighbourhood if they lay evenly."""
    return trials * math.prod(
        min(3 if near else 1, count) / count for count, near in zip(levels, ordered, strict=True)
    )


def _coarser(axis: Axis, levels: int) -> Axis:
    """The same with fewer levels, each of a run of those before."""
    before = len(axis)
    if levels == before:
        return axis
    kept = tuple(axis.values[(2 * index + 1) * before // (2 * levels)] for index in range(levels))
    return replace(axis, values=kept, binned=True, places=axis.places * levels // before)
