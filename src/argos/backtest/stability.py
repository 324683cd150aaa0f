"""How steadily a walk chose its parameters, and whether what was good in training was good after it."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np

from argos.backtest.layout import Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class ParamStability:
    """One parameter over all folds. values: what each fold chose, in order; candidates: how many there were to choose.

    share: of folds that chose the most frequent value. spread: standard deviation of the chosen ones' places among the
    sorted candidates, over that of places drawn evenly; 0 is always the same, 1 is as by dice, above it (to about 1.7)
    is to and fro between the ends. drift: rank correlation of the value with the fold's number, -1 to 1; 0 if it never
    changed. Spread and drift are NaN for values that have no order.
    """

    name: str
    values: tuple[Any, ...]
    candidates: int
    most_frequent: Any
    share: float
    spread: float
    drift: float

    @property
    def distinct(self) -> int:
        """How many values were ever chosen."""
        return len(set(self.values))


def stability_of(
    chosen: Sequence[Mapping[str, Any]], candidates: Sequence[Mapping[str, Any]]
) -> tuple[ParamStability, ...]:
    """Of each parameter that any candidate has, in the order in which they are named."""
    names = dict.fromkeys(name for given in candidates for name in given)
    return tuple(_of_one(name, chosen, candidates) for name in names)


def _of_one(
    name: str, chosen: Sequence[Mapping[str, Any]], candidates: Sequence[Mapping[str, Any]]
) -> ParamStability:
    values = tuple(given.get(name) for given in chosen)
    all_values = list(dict.fromkeys(given.get(name) for given in candidates))
    most_frequent, times = Counter(values).most_common(1)[0]
    spread = drift = math.nan
    order: list[Any] = all_values if len(all_values) == 1 else []
    with suppress(TypeError):
        order = sorted(all_values)
    if order:
        places: Floats = np.array([order.index(value) for value in values], np.float64)
        evenly = math.sqrt((len(order) ** 2 - 1) / 12)
        spread = float(places.std()) / evenly if evenly > 0 else 0.0
        moved = len(set(values)) > 1
        drift = rank_correlation(places, np.arange(0.0, len(places))) if moved else 0.0
    return ParamStability(
        name=name,
        values=values,
        candidates=len(all_values),
        most_frequent=most_frequent,
        share=times / len(values),
        spread=spread,
        drift=drift,
    )


def rank_correlation(one: Floats, other: Floats) -> float:
    """Spearman's, ties sharing their mean rank; pairs with a NaN are left out, and it is NaN without variation."""
    kept = ~(np.isnan(one) | np.isnan(other))
    if kept.sum() < 2:
        return math.nan
    first, second = (_ranks(values[kept]) for values in (one, other))
    first, second = first - first.mean(), second - second.mean()
    scale = math.sqrt(float((first**2).sum() * (second**2).sum()))
    return float((first * second).sum()) / scale if scale > 0 else math.nan


def _ranks(values: Floats) -> Floats:
    _, place, count = np.unique(values, return_inverse=True, return_counts=True)
    found: Floats = (np.cumsum(count) - (count - 1) / 2)[place]
    return found
