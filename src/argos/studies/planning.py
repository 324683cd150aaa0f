"""What a search is going to do, checked before the first trial is played."""

import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass, is_dataclass
from pathlib import Path
from typing import Final

import numpy as np

from argos.backtest.assignments import settings_with, split, strategy_with
from argos.backtest.engines import EngineName, PlainEngine, engine_for
from argos.backtest.objectives import Objective, objective_name, scores_of
from argos.backtest.points import Points, grid, random_points
from argos.backtest.run import Returns
from argos.backtest.searching import Method
from argos.backtest.settings import Settings
from argos.backtest.space_text import parse_space, space_lines
from argos.backtest.spaces import Parameter, Range, Space
from argos.backtest.strategy import BarStrategy, Market, Strategy, VectorStrategy
from argos.backtest.sweep import FIGURES
from argos.core.errors import InputError
from argos.prices.digest import bars_sha256
from argos.studies.crews import Task
from argos.studies.journal import Head, head_of
from argos.studies.libraries import optuna
from argos.studies.origin import code_version
from argos.studies.sources import settings_texts, strategy_fields, strategy_sha256

VALUES_CHECKED: Final = 1000
"""Values of one setting that are tried on before the search; of more, the ends are."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Plan:
    """points: all trials, but for optuna, whose trials come one from another. total: how many are wanted."""

    strategy: Strategy
    market: Market
    settings: Settings
    space: Space
    method: Method
    seed: int
    batch: int
    objective: Objective
    returns: Returns
    plain: bool
    points: Points | None
    total: int

    def task(self, stopped: Callable[[], bool]) -> Task:
        return Task(
            strategy=self.strategy,
            market=self.market,
            settings=self.settings,
            per_bar=self.returns == "bar",
            plain=self.plain,
            stopped=stopped,
        )

    def head(self) -> Head:
        """What must be equal for a journal to be this search's. More trials of a random search go on with the first."""
        fields = strategy_fields(self.strategy)
        found = {
            "code_version": code_version(),
            "data_sha256": bars_sha256(self.market.bars),
            "strategy": strategy_name(self.strategy),
            "strategy_sha256": strategy_sha256(self.strategy),
            "space": "; ".join(space_lines(self.space)),
            "method": self.method,
            "returns": self.returns,
            "engine": "plain" if self.plain else "compiled",
        }
        found |= {f"strategy.{n}": t for n, t in fields.items() if n not in self.space.names}
        found |= {f"settings.{n}": t for n, t in settings_texts(self.settings).items()}
        if self.method != "grid":
            found["seed"] = str(self.seed)
        if self.method == "optuna":
            sha256 = "" if isinstance(self.objective, str) else strategy_sha256(self.objective)
            found |= {
                "trials": str(self.total),
                "batch": str(self.batch),
                "objective": f"{objective_name(self.objective)} {sha256}".strip(),
                "optuna": optuna().__version__,
            }
        return found


def plan_of(
    strategy: Strategy,
    market: Market,
    space: Space | Iterable[str],
    *,
    method: Method,
    trials: int | None,
    seed: int,
    batch: int,
    objective: Objective,
    settings: Settings,
    returns: Returns,
    engine: EngineName,
    journal: Path | None,
) -> Plan:
    """The plan of a search. Raises InputError for a strategy, space, method, objective or settings that do not fit."""
    searched = space if isinstance(space, Space) else parse_space(space)
    _check_strategy(strategy)
    points, total = _trials(searched, method, trials, seed)
    _check_values(strategy, market, settings, searched)
    scores_of(np.zeros(1, FIGURES), objective)
    if batch < 1:
        raise InputError(
            f"a batch of {batch} asks for nothing",
            code="SEARCH_SETTING",
            field="batch",
            fix="take 16, or as many as there are processors",
        )
    return Plan(
        strategy=strategy,
        market=market,
        settings=settings,
        space=searched,
        method=method,
        seed=seed,
        batch=batch,
        objective=objective,
        returns=returns,
        plain=_is_plain(engine, market.bars.close.size * total, journal),
        points=points,
        total=total,
    )


def strategy_name(strategy: Strategy) -> str:
    return getattr(strategy, "__name__", type(strategy).__name__)


def _check_strategy(strategy: Strategy) -> None:
    if isinstance(strategy, BarStrategy) and not isinstance(strategy, VectorStrategy):
        raise InputError(
            f"{strategy_name(strategy)} is asked bar by bar, which a search does not do",
            code="STRATEGY_BY_BAR",
            fix="write it over arrays, with signals(market)",
        )


def _trials(
    space: Space, method: Method, trials: int | None, seed: int
) -> tuple[Points | None, int]:
    """All trials but for optuna, and how many."""
    if method == "grid":
        if trials is not None:
            raise InputError(
                f"a grid is played whole, not {trials} trials of it",
                code="SEARCH_SETTING",
                field="trials",
                fix="leave trials away, or search at random",
            )
        points = grid(space)
        if not len(points):
            raise InputError(
                "no parameter set fulfils the conditions",
                code="SPACE_EMPTY",
                field="space",
                fix="loosen the conditions, or widen the ranges",
            )
        return points, len(points)
    if trials is None or trials < 1:
        raise InputError(
            f"a search by {method} must be told how many trials",
            code="SEARCH_SETTING",
            field="trials",
            fix="give 1 or more",
        )
    if method == "random":
        points = random_points(space, trials, seed)
        return points, len(points)
    if method == "optuna":
        return None, trials if space.product is None else min(trials, space.product)
    raise InputError(
        f"there is no method {method}",
        code="SEARCH_SETTING",
        field="method",
        fix="use grid, random or optuna",
    )


def _check_values(strategy: Strategy, market: Market, settings: Settings, space: Space) -> None:
    """Tries on one parameter set, and each value of each setting."""
    own, changes = split(random_points(space, 1, 0)[0])
    _, arguments = strategy_with(strategy, own)
    if not is_dataclass(strategy) and inspect.isroutine(strategy):
        try:
            inspect.signature(strategy).bind(market, **arguments)
        except TypeError as error:
            raise InputError(
                f"{strategy_name(strategy)}: {error}",
                code="STRATEGY_PARAM",
                field=", ".join(own),
                fix=f"it is called as {strategy_name(strategy)}{inspect.signature(strategy)}",
            ) from error
    for name in changes:
        for value in _some_values(space[name]):
            settings_with(settings, {name: value})


def _some_values(parameter: Parameter) -> list[object]:
    count = parameter.count
    if count is None:
        assert isinstance(parameter, Range), "choices can be counted"
        return [parameter.low, parameter.high]
    places = np.arange(count) if count <= VALUES_CHECKED else np.array([0, count - 1])
    return [parameter.value(code) for code in parameter.at(places.astype(np.int64)).tolist()]


def _is_plain(engine: EngineName, bars: int, journal: Path | None) -> bool:
    """Whether the plain engine plays. The last digits of return sums are its own: a journal goes on with its engine."""
    if engine == "auto" and journal is not None:
        head = head_of(journal)
        if head is not None:
            return head.get("engine") == "plain"
    return engine_for(engine, bars) is PlainEngine
