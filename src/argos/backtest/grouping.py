"""In which order the trials of a sweep are played, so that those with equal signals come one after another."""

from collections.abc import Hashable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from argos.backtest.layout import Ints
from argos.backtest.points import Points


class Turns(NamedTuple):
    """order: int64[trials], which trial is played when. ends: int64[groups], where in `order` each group ends.

    Trials of one group differ in settings only.
    """

    order: Ints
    ends: Ints


def turns_of(params: Sequence[Mapping[str, Any]]) -> Turns | None:
    """Groups in the order of their first trials, or sorted for `Points`; None where no trial changes a setting."""
    if isinstance(params, Points):
        return _of_columns(params)
    if not any("." in name for each in params for name in each):
        return None
    groups: dict[Hashable, list[int]] = {}
    for trial, each in enumerate(params):
        groups.setdefault(_key(each, trial), []).append(trial)
    lengths = [len(group) for group in groups.values()]
    order = [trial for group in groups.values() for trial in group]
    return Turns(np.array(order, np.int64), np.cumsum(lengths, dtype=np.int64))


def _key(params: Mapping[str, Any], trial: int) -> Hashable:
    # 1, 1.0 and True are equal, but not the same to a strategy.
    own = [(name, type(value), value) for name, value in params.items() if "." not in name]
    key = tuple(sorted(own, key=lambda item: item[0]))
    try:
        hash(key)
    except TypeError:
        return trial
    return key


def _of_columns(points: Points) -> Turns | None:
    names = points.space.names
    own = [name for name in names if "." not in name]
    if len(own) == len(names):
        return None
    order = points.grouped(own)
    changed = np.zeros(max(len(points) - 1, 0), bool)
    for name, column in zip(names, points.columns, strict=True):
        if name in own:
            changed |= np.diff(column[order]) != 0
    return Turns(order, np.append(np.flatnonzero(changed) + 1, len(points)).astype(np.int64))
