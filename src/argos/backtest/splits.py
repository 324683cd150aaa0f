"""Purged K-fold and combinatorial purged splits of a stretch of time, and the paths that the splits' tests make up.

Source: Lopez de Prado, Advances in Financial Machine Learning (2018), chapters 7 and 12. Time is cut into groups; a
split tests some of them and trains on the others, also on later ones. What touches a test is purged from training: a
trade that lived on both sides of a border between them, and an embargo of some time after each test.

All places are counted in one unit, bars or days, and every range is `first` .. `last` - 1.
"""

from dataclasses import dataclass
from itertools import combinations
from math import comb
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from argos.backtest.layout import Ints
from argos.core.errors import InputError

SPLITS_MAX: Final = 20_000
"""Splits of one cross-validation; 16 groups choose 8 are 12,870."""


class Lives(NamedTuple):
    """int64[groups + 1] each: at a border between groups, what lives on both sides of it does so from `early` on, and
    has ended, as has the embargo, before `late`.
    """

    early: Ints
    late: Ints


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Splits:
    """tests: bool[splits, groups], whether a split tests a group. borders: int64[groups + 1], where groups begin.

    Every group is tested by equally many splits, so that the tests can be laid end to end as `paths`.
    """

    borders: Ints
    tests: npt.NDArray[np.bool_]

    @property
    def groups(self) -> int:
        return len(self.borders) - 1

    def paths(self) -> Ints:
        """int64[paths, groups]: the split whose test of that group belongs to the path.

        There are k / N * C(N, k) paths for N groups and k tested at once; together they use each test of each split
        once.
        """
        return np.stack([np.flatnonzero(tested) for tested in self.tests.T], axis=1)

    def training(self, lives: Lives) -> tuple[Ints, Ints]:
        """What each split may train on: begin and end within each group, int64[splits, groups]; empty where equal.

        So nothing that lives across a border between a test and training is in training.
        """
        none_before, none_after = self._nearest_tests()
        begin = np.broadcast_to(self.borders[:-1], self.tests.shape)
        end = np.broadcast_to(self.borders[1:], self.tests.shape)
        # The border at which the test before ends; the first border, where nothing is, stands for no test.
        after = np.maximum(begin, np.where(none_before >= 0, lives.late[none_before], 0))
        before = np.minimum(
            end, np.where(none_after >= 0, lives.early[none_after], self.borders[-1])
        )
        empty = self.tests | (after >= before)
        return np.where(empty, begin, after), np.where(empty, begin, before)

    def _nearest_tests(self) -> tuple[Ints, Ints]:
        """The border that ends the last test before each group, and that which begins the next; -1 for none."""
        splits, groups = self.tests.shape
        before = np.full((splits, groups), -1)
        after = np.full((splits, groups), -1)
        for group in range(1, groups):
            before[:, group] = np.where(self.tests[:, group - 1], group, before[:, group - 1])
            place = groups - 1 - group
            after[:, place] = np.where(self.tests[:, place + 1], place + 1, after[:, place + 1])
        return before, after


def splits_of(length: int, *, groups: int, tested: int) -> Splits:
    """All ways to test `tested` of `groups` equal groups of `length` bars or days; 1 is purged K-fold.

    Raises InputError (SPLITS_INVALID) for numbers that do not fit, or for more than SPLITS_MAX splits.
    """
    if not (2 <= groups <= length and 1 <= tested < groups and comb(groups, tested) <= SPLITS_MAX):
        raise InputError(
            f"{groups} groups of {length}, {tested} tested at once",
            code="SPLITS_INVALID",
            field="groups",
            fix=f"use 2 groups or more, each of one at least, test fewer than all, at most {SPLITS_MAX} splits",
        )
    chosen = np.array(list(combinations(range(groups), tested)))
    tests = np.zeros((len(chosen), groups), np.bool_)
    np.put_along_axis(tests, chosen, True, axis=1)
    borders = np.arange(groups + 1, dtype=np.int64) * length // groups
    return Splits(borders=borders, tests=tests)


def lives_across(splits: Splits, begins: Ints, ends: Ints, *, embargo: int) -> Lives:
    """For things that live from `begins` to `ends`, both inclusive; the embargo lies after each border."""
    borders = splits.borders
    early, late = borders.copy(), np.minimum(borders + embargo, borders[-1])
    for place in range(1, splits.groups):
        border = borders[place]
        across = (begins < border) & (ends >= border)
        if across.any():
            early[place] = begins[across].min()
            late[place] = max(late[place], ends[across].max() + 1)
    return Lives(early, late)


def margins(splits: Splits, *, purge: int, embargo: int) -> Lives:
    """The same for things that live `purge` at the longest, whatever they are."""
    borders = splits.borders
    early = np.maximum(borders - purge, 0)
    return Lives(early, np.minimum(borders + max(purge, embargo), borders[-1]))
