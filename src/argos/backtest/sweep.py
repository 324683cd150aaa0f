"""One strategy under many parameter sets: figures of each, and what the number of trials does to them.

Threads share the market and its indicators; each has one set of buffers, so memory does not grow with the number of
parameter sets beyond one line of figures and the return sums of each.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from argos.backtest.bars import Bars
from argos.backtest.engines import EngineName, PlainEngine, engine_for
from argos.backtest.lanes import Lanes, Params
from argos.backtest.layout import Floats, Ints, Records
from argos.backtest.metrics import periods_per_year
from argos.backtest.overfitting import (
    Moments,
    deflated_sharpe,
    moments_of,
    overfitting_probability,
    probabilistic_sharpe,
    splits_played,
)
from argos.backtest.points import Points
from argos.backtest.preparing import TIME_BLOCKS, period_counts
from argos.backtest.run import Returns
from argos.backtest.settings import Settings
from argos.backtest.strategy import BarStrategy, Market, Strategy, VectorStrategy
from argos.core.errors import InputError

FIGURES: Final = np.dtype(
    [
        ("total_return", np.float64),
        ("sharpe", np.float64),  # annualised
        ("drawdown", np.float64),  # deepest, > 0
        ("win_rate", np.float64),
        ("profit_factor", np.float64),  # NaN without a loss
        ("trades", np.int64),
        ("costs", np.float64),  # commission, financing, spread and slippage
    ]
)
"""What a sweep keeps of each parameter set. NaN where a figure has no meaning."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sweep:
    """The trials that were played, in the order in which they were given: all, unless the sweep was interrupted.

    figures: FIGURES[trials]; return_sums: float64[trials, blocks, 4]; numbers: int64[trials], the place of each among
    the parameter sets that were given.
    """

    params: Sequence[Params]
    numbers: Ints
    figures: Records
    return_sums: Floats
    period_counts: Ints

    @property
    def done(self) -> int:
        """How many were played."""
        return len(self.figures)

    def moments(self, trial: int) -> Moments:
        return moments_of(self.return_sums[trial], self.period_counts)

    def sharpe_variance(self) -> float:
        """Variance (ddof 1) of the trials' Sharpe ratios per period; trials without variation count as 0."""
        if self.done < 2:
            return 0.0
        return float(np.var(self._sharpes(), ddof=1))

    def probabilistic_sharpe(self, trial: int) -> float:
        """Probability that this trial's true Sharpe is above 0, as if it had been the only one."""
        return probabilistic_sharpe(self.moments(trial))

    def deflated_sharpe(self, trial: int) -> float:
        """The same against the best of as many worthless trials as were played."""
        return deflated_sharpe(
            self.moments(trial), sharpe_variance=self.sharpe_variance(), trials=self.done
        )

    def overfitting_probability(self) -> float:
        """Probability that the best in one half of the time is below the median in the other.

        Over all splits of the time, or for very many trials over `overfitting_splits` of them.
        """
        splits = self.overfitting_splits
        return overfitting_probability(self.return_sums, self.period_counts, splits_max=splits)

    @property
    def overfitting_splits(self) -> int:
        """Splits that the probability of overfitting is taken over, each both ways."""
        return splits_played(self.done, len(self.period_counts))

    def _sharpes(self) -> Floats:
        n = self.period_counts.sum()
        total = self.return_sums.sum(axis=1)
        mean = total[:, 0] / n
        variance = np.maximum(total[:, 1] / n - mean**2, 0.0) * n / max(n - 1, 1)
        safe = np.where(variance > 1e-30, variance, 1.0)
        found: Floats = np.where(variance > 1e-30, mean / np.sqrt(safe), 0.0)
        return found


def sweep(
    strategy: Strategy,
    bars: Bars | Market,
    params: Sequence[Params],
    *,
    settings: Settings | None = None,
    threads: int = 1,
    returns: Returns = "day",
    engine: EngineName = "auto",
    blocks: int | Ints = TIME_BLOCKS,
    progress: Callable[[int], None] | None = None,
    stopped: Callable[[], bool] = lambda: False,
) -> Sweep:
    """Plays `strategy` once for each of `params`: fields to replace in a dataclass, or arguments of a function.

    A name with a dot is one of `settings`: `exits.stop_fraction`, `costs.spread_bps`; see `assignments`. Trials that
    differ in settings alone share their signals, for which they may be played in another order than they are told in.
    Vectorised strategies only. `blocks`: the time blocks of the return sums, see `clock_of`. `progress` is told after
    each trial how many are done, from any thread. When `stopped` says so, the sweep ends after the trials in play; so
    it does on an exception, which is raised again.
    """
    if isinstance(strategy, BarStrategy) and not isinstance(strategy, VectorStrategy):
        raise InputError(
            f"{type(strategy).__name__} is asked bar by bar, which a sweep does not do",
            code="STRATEGY_BY_BAR",
            fix="write it over arrays, with signals(market), or call run() for each parameter set",
        )
    market = shared_market(bars)
    bars_all = market.bars.close.size * max(len(params), 1)
    lanes = Lanes(
        strategy,
        market,
        params,
        settings=settings or Settings(),
        per_bar=returns == "bar",
        plain=engine_for(engine, bars_all) is PlainEngine,
        blocks=blocks,
        progress=progress,
        stopped=stopped,
    )
    lanes.play(threads)
    return swept(lanes)


def swept(lanes: Lanes, numbers: Ints | None = None) -> Sweep:
    """What these lanes have played so far; of that, these numbers."""
    numbers = np.flatnonzero(lanes.played) if numbers is None else numbers
    params, accounts, sums = lanes.params, lanes.accounts, lanes.return_sums
    cash = lanes.cash
    if len(numbers) < len(params):
        accounts, sums, cash = accounts[numbers], sums[numbers], cash[numbers]
        params = (
            params.take(numbers)
            if isinstance(params, Points)
            else [params[number] for number in numbers.tolist()]
        )
    counts = period_counts(lanes.clock, per_bar=lanes.per_bar)
    yearly = periods_per_year(lanes.market.bars, per_bar=lanes.per_bar)
    return Sweep(
        params=params,
        numbers=numbers,
        figures=figures_of(accounts, sums, counts, cash=cash, yearly=yearly),
        return_sums=sums,
        period_counts=counts,
    )


def shared_market(bars: Bars | Market) -> Market:
    """The market whose indicators all trials share."""
    return (
        bars
        if isinstance(bars, Market) and bars.shared
        else Market(bars=bars.bars if isinstance(bars, Market) else bars, shared=True)
    )


def figures_of(
    accounts: Records, return_sums: Floats, counts: Ints, *, cash: Floats, yearly: float
) -> Records:
    """FIGURES[trials] from ACCOUNT[trials], their return sums and start capital; `yearly`: return periods a year."""
    found = np.zeros(len(accounts), FIGURES)
    with np.errstate(invalid="ignore", divide="ignore"):
        found["total_return"] = accounts["equity"] / cash - 1.0
        found["win_rate"] = accounts["wins"] / accounts["trades"]
        found["profit_factor"] = np.where(
            accounts["lost"] > 0, accounts["won"] / accounts["lost"], np.nan
        )
    found["drawdown"], found["trades"] = accounts["drawdown"], accounts["trades"]
    for name in ("commission", "financing", "spread_cost", "slippage_cost"):
        found["costs"] += accounts[name]
    n = counts.sum()
    total = return_sums.sum(axis=1)
    mean = total[:, 0] / n
    variance = np.maximum(total[:, 1] - n * mean**2, 0.0) / max(n - 1, 1)
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = mean / np.sqrt(variance) * math.sqrt(yearly)
        found["sharpe"] = np.where(variance > 1e-30, ratio, np.nan)
    return found
