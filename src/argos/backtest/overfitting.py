"""How far to believe the best of many: probabilistic and deflated Sharpe ratio, probability of backtest overfitting.

Sources: Bailey and Lopez de Prado, The Sharpe Ratio Efficient Frontier (2012) and The Deflated Sharpe Ratio (2014);
Bailey, Borwein, Lopez de Prado and Zhu, The Probability of Backtest Overfitting (2015).
"""

import math
from dataclasses import dataclass
from itertools import combinations
from statistics import NormalDist
from typing import Final

import numpy as np

from argos.backtest.layout import Floats, Ints

EULER_GAMMA: Final = 0.5772156649015329
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


def overfitting_probability(return_sums: Floats, counts: Ints) -> float:
    """Share of splits in which the best of one half is below the median of the other half (PBO, by CSCV).

    return_sums: float64[trials, blocks, 4], counts: int64[blocks]; blocks even. Ranks are by Sharpe; trials without
    variation count as 0. NaN for fewer than two trials or an empty half.
    """
    trials, blocks, _ = return_sums.shape
    if trials < 2 or blocks < 2 or blocks % 2:
        return math.nan
    halves = np.array(list(combinations(range(blocks), blocks // 2)))
    # Each split and its mirror image both stand in the list.
    inside = np.zeros((len(halves), blocks))
    np.put_along_axis(inside, halves, 1.0, axis=1)
    below = 0.0
    for start in range(0, len(inside), _SPLITS_AT_ONCE):
        train = inside[start : start + _SPLITS_AT_ONCE]
        trained = _sharpes(train, return_sums, counts)
        tested = _sharpes(1.0 - train, return_sums, counts)
        if np.isnan(trained).any() or np.isnan(tested).any():
            return math.nan
        chosen = tested[np.arange(len(train)), trained.argmax(axis=1)][:, None]
        rank = (tested < chosen).sum(axis=1) + 0.5 * ((tested == chosen).sum(axis=1) - 1)
        # Relative rank at or below one half: the choice did no better than a coin among the others.
        below += float((rank / (trials - 1) <= 0.5).sum())
    return below / len(inside)


_SPLITS_AT_ONCE: Final = 512


def _sharpes(blocks: Floats, return_sums: Floats, counts: Ints) -> Floats:
    """float64[splits, trials]; NaN where a split has fewer than two returns."""
    n = blocks @ counts.astype(np.float64)
    if (n < 2).any():
        return np.full((len(blocks), len(return_sums)), np.nan)
    mean = (blocks @ return_sums[:, :, 0].T) / n[:, None]
    square = (blocks @ return_sums[:, :, 1].T) / n[:, None]
    variance = np.maximum(square - mean**2, 0.0)
    safe = np.where(variance > 1e-30, variance, 1.0)
    found: Floats = np.where(variance > 1e-30, mean / np.sqrt(safe), 0.0)
    return found
