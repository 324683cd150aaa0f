"""How far to believe the best of many: probabilistic and deflated Sharpe ratio, probability of backtest overfitting.

Sources: Bailey and Lopez de Prado, The Sharpe Ratio Efficient Frontier (2012) and The Deflated Sharpe Ratio (2014);
Bailey, Borwein, Lopez de Prado and Zhu, The Probability of Backtest Overfitting (2015).
"""

import math
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from statistics import NormalDist
from typing import Final

import numpy as np

from argos.backtest.compilable import compilable
from argos.backtest.layout import Floats, Ints

EULER_GAMMA: Final = 0.5772156649015329
LANE_CELLS_MIN: Final = 400_000
"""Trials times splits that are worth a further thread: a millisecond."""
SPLIT_TRIALS_MAX: Final = 200_000_000
SPLITS_MIN: Final = 200
_NORMAL: Final = NormalDist()


@dataclass(frozen=True, slots=True, kw_only=True)
class Moments:
    """Of returns per period. `sd` has ddof 1; `kurtosis` is raw, 3 for a normal. NaN where n is too small."""

    n: int
    mean: float
    sd: float
    skew: float
    kurtosis: float

    @property
    def sharpe(self) -> float:
        """Per period, not annualised; NaN without variation."""
        return self.mean / self.sd if self.sd > 0 else math.nan


def moments_of(return_sums: Floats, counts: Ints) -> Moments:
    """From float64[blocks, 4] sums of r, r^2, r^3, r^4 and int64[blocks] counts, all blocks together."""
    n = int(counts.sum())
    s1, s2, s3, s4 = (float(total) for total in return_sums.sum(axis=0))
    if n < 2:
        return Moments(
            n=n, mean=s1 / n if n else math.nan, sd=math.nan, skew=math.nan, kurtosis=math.nan
        )
    mean = s1 / n
    second = max(s2 / n - mean**2, 0.0)
    sd = math.sqrt(second * n / (n - 1))
    if second <= 1e-30:
        return Moments(n=n, mean=mean, sd=0.0, skew=math.nan, kurtosis=math.nan)
    third = s3 / n - 3 * mean * s2 / n + 2 * mean**3
    fourth = s4 / n - 4 * mean * s3 / n + 6 * mean**2 * s2 / n - 3 * mean**4
    return Moments(n=n, mean=mean, sd=sd, skew=third / second**1.5, kurtosis=fourth / second**2)


def probabilistic_sharpe(moments: Moments, *, benchmark: float = 0.0) -> float:
    """Probability that the true Sharpe per period is above `benchmark` (per period, too); NaN if it cannot be told."""
    sharpe = moments.sharpe
    if moments.n < 3 or math.isnan(sharpe) or math.isnan(moments.skew):
        return math.nan
    spread = 1 - moments.skew * sharpe + (moments.kurtosis - 1) / 4 * sharpe**2
    if spread <= 0:
        return math.nan
    return _NORMAL.cdf((sharpe - benchmark) * math.sqrt(moments.n - 1) / math.sqrt(spread))


def expected_best_sharpe(*, sharpe_variance: float, trials: int) -> float:
    """Sharpe per period that the best of `trials` worthless strategies is expected to show.

    `sharpe_variance`: of the trials' Sharpe ratios per period. 0 for a single trial.
    """
    if trials < 2 or not sharpe_variance > 0:
        return 0.0
    first = _NORMAL.inv_cdf(1 - 1 / trials)
    second = _NORMAL.inv_cdf(1 - 1 / (trials * math.e))
    return math.sqrt(sharpe_variance) * ((1 - EULER_GAMMA) * first + EULER_GAMMA * second)


def deflated_sharpe(moments: Moments, *, sharpe_variance: float, trials: int) -> float:
    """Probability that the true Sharpe is above what the best of `trials` worthless ones would show."""
    benchmark = expected_best_sharpe(sharpe_variance=sharpe_variance, trials=trials)
    return probabilistic_sharpe(moments, benchmark=benchmark)


def overfitting_probability(
    return_sums: Floats,
    counts: Ints,
    *,
    splits_max: int | None = None,
    threads: int | None = None,
) -> float:
    """Share of splits in which the best of one half is below the median of the other half (PBO, by CSCV).

    return_sums: float64[trials, blocks, 4], counts: int64[blocks]; blocks even. Ranks are by Sharpe; a trial without
    trades has 0. NaN for fewer than two trials or an empty half. Each split is played both ways; with `splits_max`, at
    most so many of them, drawn without repeats and the same every time: see `splits_played`. threads: one for each
    processor if not given.
    """
    trials, blocks, _ = return_sums.shape
    half = blocks // 2
    if trials < 2 or blocks < 2 or blocks % 2 or int(np.sort(counts)[:half].sum()) < 2:
        return math.nan
    halves = _first_halves(blocks)
    if splits_max is not None and splits_max < len(halves):
        chosen = np.random.default_rng(0).choice(len(halves), splits_max, replace=False)
        halves = halves[np.sort(chosen)]
    by_block = np.ascontiguousarray(return_sums[:, :, :2].transpose(2, 1, 0))
    count, weights = _count_below.compiled, counts.astype(np.float64)
    lanes = min(threads or os.cpu_count() or 1, 1 + trials * len(halves) // LANE_CELLS_MIN)
    with ThreadPoolExecutor(lanes) as pool:
        parts = pool.map(
            lambda part: count(by_block[0], by_block[1], weights, part),
            np.array_split(halves, lanes),
        )
        return sum(parts) / (2 * len(halves))


@lru_cache(maxsize=4)
def _first_halves(blocks: int) -> Ints:
    """int64[splits, blocks / 2]: each split is counted both ways, so those with block 0 in the first half are all."""
    rest = combinations(range(1, blocks), blocks // 2 - 1)
    return np.array([(0, *others) for others in rest], np.int64)


def splits_played(trials: int, blocks: int) -> int:
    """Splits of `blocks` time blocks into halves that a search of `trials` looks at: all while that takes seconds, then
    fewer, 200 at least.

    One standard error of a probability from 2000 of the 6435 splits of 16 blocks is below 0.01, from 200 below 0.04.
    """
    every = math.comb(blocks, blocks // 2) // 2
    return min(every, max(SPLITS_MIN, SPLIT_TRIALS_MAX // max(trials, 1)))


@compilable
def _count_below(sums: Floats, squares: Floats, counts: Floats, halves: Ints) -> int:
    """Splits, both ways, in which the best of one half ranks at or below the middle of the other.

    sums, squares: float64[blocks, trials]; halves: int64[splits, blocks / 2]. A Sharpe ratio ranks as its square with
    its sign, which spares the root.
    """
    trials = sums.shape[1]
    half = halves.shape[1]
    # Row k holds the sums of the first k blocks of a split; the next split begins as this one did.
    ones = np.zeros((half + 1, trials))
    twos = np.zeros((half + 1, trials))
    n = np.zeros(half + 1)
    all_ones = sums.sum(axis=0)
    all_twos = squares.sum(axis=0)
    inside = np.empty(trials)
    outside = np.empty(trials)
    below = 0
    for split in range(len(halves)):
        same = 0
        while split > 0 and same < half and halves[split, same] == halves[split - 1, same]:
            same += 1
        for place in range(same, half):
            block = halves[split, place]
            n[place + 1] = n[place] + counts[block]
            for j in range(trials):
                ones[place + 1, j] = ones[place, j] + sums[block, j]
                twos[place + 1, j] = twos[place, j] + squares[block, j]
        within = 1.0 / n[half]
        without = 1.0 / (counts.sum() - n[half])
        for j in range(trials):
            mean = ones[half, j] * within
            variance = twos[half, j] * within - mean * mean
            inside[j] = mean * abs(mean) / max(variance, 1e-30)
            mean = (all_ones[j] - ones[half, j]) * without
            variance = (all_twos[j] - twos[half, j]) * without - mean * mean
            outside[j] = mean * abs(mean) / max(variance, 1e-30)
        for way in range(2):
            chosen_by = inside if way == 0 else outside
            judged_by = outside if way == 0 else inside
            best = 0
            for j in range(trials):
                if chosen_by[j] > chosen_by[best]:
                    best = j
            chosen = judged_by[best]
            lower = 0
            equal = 0
            for j in range(trials):
                lower += judged_by[j] < chosen
                equal += judged_by[j] == chosen
            # No better than a coin among the others.
            if (lower + 0.5 * (equal - 1)) / (trials - 1) <= 0.5:
                below += 1
    return below
