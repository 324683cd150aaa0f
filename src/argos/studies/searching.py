"""A parameter search from its first trial to its record: by grid, at random or by optuna, in threads or on Ray."""

import contextlib
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final, Literal

import numpy as np

from argos.backtest.bars import Bars
from argos.backtest.engines import EngineName
from argos.backtest.objectives import Objective, best_of, objective_name, scores_of
from argos.backtest.pace import Progress
from argos.backtest.plateaus import plateau_of
from argos.backtest.points import Points, points_of
from argos.backtest.preparing import clock_of, period_counts
from argos.backtest.run import Returns
from argos.backtest.searching import Method, Search
from argos.backtest.settings import Settings
from argos.backtest.spaces import Space
from argos.backtest.strategy import Market, Strategy
from argos.backtest.sweep import Sweep, shared_market
from argos.core.errors import InputError
from argos.studies.asking import Asker
from argos.studies.crews import Crew, Played, ThreadCrew, cores
from argos.studies.journal import Journal
from argos.studies.planning import Plan, plan_of, strategy_name
from argos.studies.ray_crew import RayCrew
from argos.studies.recording import Recorded

Workers = Literal["threads", "ray"]
BATCH: Final = 16
"""Suggestions of optuna that are made before the first of them is answered."""


def search(
    strategy: Strategy,
    bars: Bars | Market,
    space: Space | Iterable[str],
    *,
    method: Method = "grid",
    trials: int | None = None,
    seed: int = 0,
    objective: Objective = "sharpe",
    settings: Settings | None = None,
    returns: Returns = "day",
    engine: EngineName = "auto",
    threads: int | None = None,
    batch: int = BATCH,
    journal: Path | None = None,
    workers: Workers = "threads",
    progress: Callable[[Progress], None] | None = None,
    stopped: Callable[[], bool] = lambda: False,
) -> Search:
    """Plays a strategy over arrays under the parameter sets of `space` (a `Space`, or its texts: see `space_text`).

    A grid is played whole; random and optuna want `trials`. `threads`: all processors unless given; with workers="ray"
    the processors of a cluster that is started here. `journal`: finished trials are written there, and the same search
    called again goes on from it, to a record that is equal to the last bit. Ctrl-C and `stopped` end the search after
    the trials in play; what was finished is in the record, which then is `interrupted`. `progress` is told about twice
    a second, in this thread. Raises InputError before anything is played for what does not fit, StoreError
    (JOURNAL_WRITE) if the disk fails.
    """
    began = time.perf_counter()
    plan = plan_of(
        strategy,
        shared_market(bars),
        space,
        method=method,
        trials=trials,
        seed=seed,
        batch=batch,
        objective=objective,
        settings=settings or Settings(),
        returns=returns,
        engine=engine,
        journal=journal,
    )
    parameters = len(plan.space.parameters)
    with contextlib.ExitStack() as closing:
        written = None
        if journal is not None:
            written = Journal(journal, plan.head(), parameters=parameters)
            closing.callback(written.close)
        recorded = Recorded(
            plan.total, parameters, journal=written, points=plan.points, progress=progress
        )
        crew = _crew_of(workers, plan, threads, stopped)
        closing.callback(crew.close)
        repeats, exhausted = _play(plan, crew, recorded)
    return _search_of(
        plan,
        recorded,
        repeats=repeats,
        exhausted=exhausted,
        elapsed_s=time.perf_counter() - began,
    )


def _crew_of(
    workers: Workers, plan: Plan, threads: int | None, stopped: Callable[[], bool]
) -> Crew:
    task = plan.task(stopped)
    if workers == "threads":
        return ThreadCrew(task, threads or cores())
    if workers == "ray":
        return RayCrew(task, threads or cores())
    raise InputError(
        f"there are no workers {workers}",
        code="SEARCH_SETTING",
        field="workers",
        fix="use threads or ray",
    )


def _play(plan: Plan, crew: Crew, recorded: Recorded) -> tuple[int, bool]:
    """Plays what is missing. Gives optuna's repeats and whether it had no new suggestions left."""
    if plan.points is None:
        asker = Asker(plan.space, seed=plan.seed, batch=plan.batch)
        # While optuna thinks, nothing is lost by Ctrl-C: what was played is recorded.
        with contextlib.suppress(KeyboardInterrupt):
            _follow(asker, plan, crew, recorded)
        return asker.repeats, asker.exhausted
    points = plan.points
    own = [name for name in plan.space.names if "." not in name]
    # Trials of equal signals together: they are computed once.
    order = points.grouped(own)
    missing = order[~recorded.played[order]]

    def record(played: Played) -> None:
        recorded.add(points, played)

    crew.play(points, missing, record)
    return 0, False


def _follow(asker: Asker, plan: Plan, crew: Crew, recorded: Recorded) -> None:
    """Asks, plays and tells batch by batch; a journal's trials are told without being played."""
    first = 0
    while first < plan.total and not asker.exhausted:
        points = asker.ask(plan.total - first)
        last = first + len(points)
        missing = recorded.missing(points, first)

        def record(played: Played, points: Points = points, first: int = first) -> None:
            recorded.add(points, played, first)

        crew.play(points, missing, record)
        if crew.interrupted or not recorded.played[first:last].all():
            return
        asker.tell(points, scores_of(recorded.figures[first:last], plan.objective))
        first = last


def _search_of(
    plan: Plan, recorded: Recorded, *, repeats: int, exhausted: bool, elapsed_s: float
) -> Search:
    numbers = np.flatnonzero(recorded.played)
    figures, sums, codes = recorded.figures, recorded.return_sums, recorded.codes
    points = plan.points
    if len(numbers) < len(figures):
        figures, sums, codes = figures[numbers], sums[numbers], codes[numbers]
        points = None if points is None else points.take(numbers)
    if points is None:
        points = points_of(plan.space, codes)
    per_bar = plan.returns == "bar"
    clock = clock_of(plan.market.bars, plan.settings.calendar, per_bar=per_bar)
    sweep = Sweep(
        params=points,
        numbers=numbers,
        figures=figures,
        return_sums=sums,
        period_counts=period_counts(clock, per_bar=per_bar),
    )
    scores = scores_of(figures, plan.objective)
    total = len(numbers) if exhausted else plan.total
    return Search(
        strategy=strategy_name(plan.strategy),
        space=plan.space,
        method=plan.method,
        seed=plan.seed,
        objective=objective_name(plan.objective),
        points=points,
        sweep=sweep,
        scores=scores,
        total=total,
        repeats=repeats,
        resumed=recorded.resumed,
        elapsed_s=elapsed_s,
        interrupted=len(numbers) < total,
        best=best_of(scores),
        plateau=plateau_of(points, scores),
        pbo=sweep.overfitting_probability(),
    )
