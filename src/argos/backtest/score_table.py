"""What each parameter set came to in training and in each group of a cross-validation, from sums of its returns."""

import numpy as np

from argos.backtest.layout import Floats, Ints
from argos.backtest.splits import Splits


class ScoreTable:
    """Training scores of each set in each split, and what it came to in each group."""

    def __init__(self, splits: Splits, trials: int) -> None:
        self.splits = splits
        self.train = np.empty((trials, len(splits.tests)))
        self.groups = np.empty((trials, splits.groups, 2))
        self.kept = np.empty(trials)

    def take(
        self, trial: int, sums: Floats, begin: Ints, end: Ints, cuts: Ints | None = None
    ) -> None:
        """sums: of r and r^2 before each of `cuts`, or before each period; begin, end: as from `Splits.training`."""
        counts = (end - begin).sum(axis=1)
        borders = self.splits.borders
        if cuts is not None:
            begin, end, borders = (
                np.searchsorted(cuts, places) for places in (begin, end, borders)
            )
        self.train[trial] = sharpe_of((sums[end] - sums[begin]).sum(axis=1), counts)
        self.groups[trial] = np.diff(sums[borders], axis=0)
        self.kept[trial] = counts.sum()

    def held(self) -> Floats:
        """Sharpe ratio of each set in the tests of each split: float64[trials, splits]."""
        tests, lengths = self.splits.tests, np.diff(self.splits.borders)
        return sharpe_of(
            np.einsum("sg,tgk->tsk", tests, self.groups), (tests @ lengths).astype(np.int64)
        )

    def on_paths(self, chosen: Ints) -> Floats:
        """Sharpe ratio of each path, with the set that each split chose: float64[paths]."""
        sums = self.groups[chosen[self.splits.paths()], np.arange(self.splits.groups)].sum(axis=1)
        return sharpe_of(sums, int(self.splits.borders[-1]))

    def purged(self) -> float:
        """Mean share of the periods not tested that was left out of training."""
        untested = ~self.splits.tests @ np.diff(self.splits.borders)
        return 1 - float(self.kept.mean()) / float(untested.sum())


def running_sums(returns: Floats) -> Floats:
    """Sums of r and r^2 before each period: float64[periods + 1, 2]."""
    sums = np.zeros((len(returns) + 1, 2))
    np.cumsum(returns, out=sums[1:, 0])
    np.cumsum(returns**2, out=sums[1:, 1])
    return sums


def sharpe_of(sums: Floats, counts: Ints | int) -> Floats:
    """Per period, from sums of r and r^2 in the last axis: 0 without variation, NaN from fewer than two returns."""
    n = np.asarray(counts, np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = sums[..., 0] / n
        variance = np.maximum(sums[..., 1] / n - mean**2, 0.0) * n / (n - 1)
        found = np.where(variance > 1e-30, mean / np.sqrt(variance), 0.0)
    return np.where(n > 1, found, np.nan)
