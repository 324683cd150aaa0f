"""A finished parameter search as a record: all trials, the best, the plateau, and how far to believe it."""

import math
from dataclasses import dataclass
from typing import Literal

from argos.backtest.layout import Floats
from argos.backtest.plateaus import Plateau
from argos.backtest.points import Points
from argos.backtest.spaces import Space, Value
from argos.backtest.sweep import Sweep

Method = Literal["grid", "random", "optuna"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Search:
    """All trials that were played, in the order of their numbers.

    points: their parameter sets as columns; sweep: the same with figures and return sums (`sweep.params` is `points`).
    scores: float64[trials], the objective, higher is better, NaN where there is none. total: trials that were asked for
    (a grid's or finite space's own count if that is less). repeats: suggestions of optuna that had been played before;
    they were not played again and count once. resumed: trials that a journal held already. elapsed_s: of this call.
    interrupted: fewer were played than asked for. best: number of the highest score; plateau: see `plateaus`; both None
    if no trial has a score. pbo: probability of overfitting over all trials, NaN for fewer than two;
    from `sweep.overfitting_splits` splits of the time.
    """

    strategy: str
    space: Space
    method: Method
    seed: int
    objective: str
    points: Points
    sweep: Sweep
    scores: Floats
    total: int
    repeats: int
    resumed: int
    elapsed_s: float
    interrupted: bool
    best: int | None
    plateau: Plateau | None
    pbo: float

    @property
    def counted(self) -> int:
        """Trials that the deflated Sharpe ratio knows of: every one that was played, good or bad."""
        return self.sweep.done

    @property
    def best_params(self) -> dict[str, Value] | None:
        return None if self.best is None else self.points[self.best]

    @property
    def plateau_params(self) -> dict[str, Value] | None:
        return None if self.plateau is None else self.points[self.plateau.trial]

    def deflated_sharpe(self, trial: int | None = None) -> float:
        """Of the best trial, or of another; NaN without one."""
        chosen = self.best if trial is None else trial
        return math.nan if chosen is None else self.sweep.deflated_sharpe(chosen)
