"""What a search makes greatest: one of the figures of a sweep, or a function of them."""

from collections.abc import Callable
from typing import Final

import numpy as np

from argos.backtest.layout import Floats, Records
from argos.backtest.sweep import FIGURES
from argos.core.errors import InputError

Objective = str | Callable[[Records], Floats]
"""A name in FIGURES, or `f(figures) -> float64[trials]` over FIGURES[trials], the higher the better:
`lambda figures: figures["sharpe"] - 2 * figures["drawdown"]`. NaN is a trial that cannot be judged.
"""

LOWER_IS_BETTER: Final = frozenset({"drawdown", "costs"})
"""Figures whose score is their negative."""


def scores_of(figures: Records, objective: Objective) -> Floats:
    """Scores of FIGURES[trials]: float64[trials], the higher the better, NaN where there is none.

    Raises InputError (OBJECTIVE_INVALID) for an unknown figure or a function that gives something else.
    """
    if isinstance(objective, str):
        names = FIGURES.names or ()
        if objective not in names:
            raise InputError(
                f"there is no figure {objective}",
                code="OBJECTIVE_INVALID",
                field="objective",
                fix=f"use one of {', '.join(names)}",
            )
        sign = -1.0 if objective in LOWER_IS_BETTER else 1.0
        found: Floats = sign * figures[objective].astype(np.float64)
        return found
    given = np.asarray(objective(figures), np.float64)
    if given.shape != figures.shape:
        raise InputError(
            f"the objective gives shape {given.shape} for {len(figures)} trials",
            code="OBJECTIVE_INVALID",
            field="objective",
            fix="give one number per trial, NaN where there is none",
        )
    return given


def objective_name(objective: Objective) -> str:
    """How it is called on a page."""
    if isinstance(objective, str):
        return objective
    return getattr(objective, "__name__", type(objective).__name__)


def best_of(scores: Floats) -> int | None:
    """The first trial of the highest score; None if none has one."""
    if not np.isfinite(scores).any():
        return None
    return int(np.nanargmax(np.where(np.isfinite(scores), scores, np.nan)))
