"""Trials of a space as columns: a million parameter sets in a few arrays, each made into words when it is asked for."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, overload

import numpy as np

from argos.backtest.layout import Floats, Ints
from argos.backtest.spaces import Choices, Column, Parameter, Range, Space, Value
from argos.core.errors import InputError

GRID_MAX: Final = 10_000_000
"""Trials of a grid, conditions counted in."""
COMBINATIONS_MAX: Final = 1_000_000_000
"""Combinations that are looked at to find those that fulfil the conditions."""
LISTED_MAX: Final = 1_000_000
"""Up to so many combinations a random search shuffles them all; beyond that it draws and leaves repeats out."""
_CHUNK: Final = 1 << 20
_DRAWS: Final = 4096
_EMPTY_DRAWS_MAX: Final = 64


@dataclass(frozen=True, kw_only=True, eq=False)
class Points(Sequence[Mapping[str, Value]]):
    """Parameter sets of `space`, in the order of their numbers. columns: one per parameter, see `Column`."""

    space: Space
    columns: tuple[Column, ...]

    def __len__(self) -> int:
        return len(self.columns[0])

    @overload
    def __getitem__(self, index: int) -> dict[str, Value]: ...
    @overload
    def __getitem__(self, index: slice) -> "Points": ...
    def __getitem__(self, index: int | slice) -> "dict[str, Value] | Points":
        if isinstance(index, slice):
            return self.take(index)
        return {
            parameter.name: parameter.value(column[index].item())
            for parameter, column in zip(self.space.parameters, self.columns, strict=True)
        }

    def __iter__(self) -> Iterator[dict[str, Value]]:
        return (self[index] for index in range(len(self)))

    def take(self, which: slice | Ints) -> "Points":
        """Those of these numbers."""
        return Points(space=self.space, columns=tuple(column[which] for column in self.columns))

    def codes(self) -> Floats:
        """float64[trials, parameters]: numbers as they are, choices as places among them."""
        return np.stack([column.astype(np.float64) for column in self.columns], axis=1)

    def grouped(self, names: Sequence[str]) -> Ints:
        """The numbers of all trials, those that agree in `names` one after another: int64[trials]."""
        chosen = [c for n, c in zip(self.space.names, self.columns, strict=True) if n in names]
        if not chosen or len(chosen) == len(self.columns):
            return np.arange(len(self), dtype=np.int64)
        return np.lexsort(chosen[::-1]).astype(np.int64)


def points_of(space: Space, codes: Floats) -> Points:
    """From `Points.codes`."""
    return Points(
        space=space,
        columns=tuple(
            column.copy() if _is_decimal(parameter) else column.astype(np.int64)
            for parameter, column in zip(space.parameters, codes.T, strict=True)
        ),
    )


def _is_decimal(parameter: Parameter) -> bool:
    return isinstance(parameter, Range) and not parameter.whole


def grid_count(space: Space) -> int:
    """Trials of the grid, conditions counted in. Raises InputError (SPACE_INVALID, SPACE_TOO_LARGE)."""
    if not space.conditions:
        return _product(space)
    return sum(len(part) for part in _fulfilling(space))


def grid(space: Space) -> Points:
    """All combinations that fulfil the conditions, the last parameter running fastest.

    Raises InputError for a continuous parameter (SPACE_INVALID) or more than GRID_MAX trials (SPACE_TOO_LARGE).
    """
    count = grid_count(space)
    if count > GRID_MAX:
        raise _too_large(count)
    return _at_places(space, np.concatenate([*_fulfilling(space), np.zeros(0, np.int64)]))


def random_points(space: Space, trials: int, seed: int) -> Points:
    """`trials` different parameter sets; fewer if there are not so many. The same seed gives the same, and of more
    trials the first ones are those of fewer.

    Raises InputError (SPACE_EMPTY) if the conditions leave nothing to be found.
    """
    dice = np.random.default_rng(seed)
    product = space.product
    if product is not None and product <= LISTED_MAX:
        places = np.concatenate([*_fulfilling(space), np.zeros(0, np.int64)])
        if not len(places):
            raise _empty()
        return _at_places(space, dice.permutation(places)[:trials])
    return _drawn(space, trials, dice)


def _drawn(space: Space, trials: int, dice: np.random.Generator) -> Points:
    seen: set[bytes] = set()
    kept: list[Floats] = []
    empty = 0
    while len(seen) < trials and empty < _EMPTY_DRAWS_MAX:
        columns = tuple(_draw(parameter, dice) for parameter in space.parameters)
        good = space.allowed(dict(zip(space.names, columns, strict=True)))
        codes = Points(space=space, columns=columns).codes()[good]
        before = len(seen)
        for row in codes:
            key = row.tobytes()
            if key not in seen and len(seen) < trials:
                seen.add(key)
                kept.append(row)
        empty = empty + 1 if len(seen) == before else 0
    if not kept:
        raise _empty()
    return points_of(space, np.stack(kept))


def _draw(parameter: Parameter, dice: np.random.Generator) -> Column:
    if isinstance(parameter, Choices) or (parameter.count is not None and not _by_ratio(parameter)):
        return parameter.at(dice.integers(0, parameter.count or 1, _DRAWS))
    low, high = float(parameter.low), float(parameter.high)
    if not parameter.log:
        return np.clip(dice.uniform(low, high, _DRAWS), low, high)
    if not parameter.whole:
        return np.clip(np.exp(dice.uniform(np.log(low), np.log(high), _DRAWS)), low, high)
    # A whole number k owns the ratios from k to k + 1.
    drawn = np.exp(dice.uniform(np.log(low), np.log(high + 1), _DRAWS))
    return np.clip(np.floor(drawn), low, high).astype(np.int64)


def _by_ratio(parameter: Range) -> bool:
    return parameter.log and parameter.points is None and parameter.low < parameter.high


def _product(space: Space) -> int:
    for parameter in space.parameters:
        if parameter.count is None:
            raise InputError(
                f"{parameter.name}: a grid cannot walk all numbers between two",
                code="SPACE_INVALID",
                field=parameter.name,
                fix="give a step (0.5..2.0:0.25) or points (0.001..0.1:log8), or search at random",
            )
    product = space.product
    assert product is not None
    return product


def _fulfilling(space: Space) -> Iterator[Ints]:
    """Places of the grid that fulfil the conditions, in order, in pieces."""
    product = _product(space)
    if product > (COMBINATIONS_MAX if space.conditions else GRID_MAX):
        raise _too_large(product)
    ends = [*range(0, product, _CHUNK), product]
    for first, last in pairwise(ends):
        places = np.arange(first, last, dtype=np.int64)
        if space.conditions:
            places = places[space.allowed(_columns(space, places))]
        yield places


def _columns(space: Space, places: Ints) -> dict[str, Column]:
    counts = tuple(parameter.count or 1 for parameter in space.parameters)
    steps = np.unravel_index(places, counts)
    return {
        parameter.name: parameter.at(step.astype(np.int64))
        for parameter, step in zip(space.parameters, steps, strict=True)
    }


def _at_places(space: Space, places: Ints) -> Points:
    return Points(space=space, columns=tuple(_columns(space, places).values()))


def _too_large(count: int) -> InputError:
    return InputError(
        f"a grid of {count} combinations is too large",
        code="SPACE_TOO_LARGE",
        field="space",
        fix="take larger steps, or search at random",
    )


def _empty() -> InputError:
    return InputError(
        "no parameter set fulfils the conditions",
        code="SPACE_EMPTY",
        field="space",
        fix="loosen the conditions, or widen the ranges",
    )
