"""Purged K-fold and combinatorial purged cross-validation (CPCV) of the choice among parameter sets.

Each set is played once over all bars; what a split's training and test came to is summed from that run's returns. A
test so has holdings that were entered before it, by the same set: they are that set's own past. Nothing of a test is in
training: returns of a trade that lived on both sides of a border between them are left out of training, and an embargo
after the test, too.

Source: Lopez de Prado, Advances in Financial Machine Learning (2018), chapters 7, 12.
"""

import math
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from argos.backtest.bars import Bars
from argos.backtest.engines import EngineName, PlainEngine, engine_for
from argos.backtest.lanes import Params
from argos.backtest.layout import Floats, Ints
from argos.backtest.metrics import periods_per_year, returns_of
from argos.backtest.objectives import best_of
from argos.backtest.run import Returns, run
from argos.backtest.score_table import ScoreTable, running_sums
from argos.backtest.settings import Settings
from argos.backtest.splits import Lives, lives_across, margins, splits_of
from argos.backtest.stability import rank_correlation
from argos.backtest.strategy import Market, Strategy
from argos.backtest.sweep import sweep
from argos.backtest.trials import Play
from argos.core.errors import InputError

CELLS_MAX: Final = 10_000_000
"""Trials times splits at most: their scores in training and test take about 32 bytes each."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CrossValidation:
    """group_bars: int64[groups + 1], the bar with which each group begins. tests: bool[splits, groups].

    chosen: int64[splits], the place in `params` of the set with the best training score of each split. train_scores,
    test_scores: float64[splits], its Sharpe ratios there, annualised; test_ranks: share of all sets that are worse in
    the test, ties by half, 0 to 1: 0.5 is what chance gives. rank_correlations: float64[splits], of all sets' training
    and test scores. paths: int64[paths, groups], the split whose test is each part of a path; path_sharpes:
    float64[paths], annualised. periods: returns in all, days or bars; purged: mean share of the training periods that
    was left out. trials: parameter sets played, each once.
    """

    params: Sequence[Params]
    group_bars: Ints
    tests: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]
    chosen: Ints
    train_scores: Floats
    test_scores: Floats
    test_ranks: Floats
    rank_correlations: Floats
    paths: Ints
    path_sharpes: Floats
    periods: int
    purged: float
    trials: int

    @property
    def overfit(self) -> float:
        """Share of splits whose chosen set is in the lower half of its test: as PBO, with unequal halves."""
        return float(np.mean(self.test_ranks <= 0.5))

    @property
    def rank_correlation(self) -> float:
        """Mean over splits."""
        told = self.rank_correlations[~np.isnan(self.rank_correlations)]
        return float(told.mean()) if len(told) else math.nan


def purged_kfold(
    strategy: Strategy,
    bars: Bars,
    params: Sequence[Params],
    *,
    folds: int = 5,
    embargo: int = 0,
    purge: int | None = None,
    settings: Settings | None = None,
    threads: int = 1,
    engine: EngineName = "auto",
    returns: Returns = "day",
    progress: Callable[[int], None] | None = None,
    stopped: Callable[[], bool] = lambda: False,
) -> CrossValidation:
    """`cpcv` with one group tested at a time: as many splits as folds, and one path."""
    return cpcv(
        strategy,
        bars,
        params,
        groups=folds,
        tested=1,
        embargo=embargo,
        purge=purge,
        settings=settings,
        threads=threads,
        engine=engine,
        returns=returns,
        progress=progress,
        stopped=stopped,
    )


def cpcv(
    strategy: Strategy,
    bars: Bars,
    params: Sequence[Params],
    *,
    groups: int = 10,
    tested: int = 2,
    embargo: int = 0,
    purge: int | None = None,
    settings: Settings | None = None,
    threads: int = 1,
    engine: EngineName = "auto",
    returns: Returns = "day",
    progress: Callable[[int], None] | None = None,
    stopped: Callable[[], bool] = lambda: False,
) -> CrossValidation:
    """All splits of `groups` equal stretches of time into `tested` ones and training; the best Sharpe ratio is chosen.

    embargo, purge: counted in returns, that is days or bars. purge None: returns of the trades of each set that lived
    across a border between test and training are left out of its training, exactly; one run for each set. A number: so
    many returns on either side of each border, whatever lived there; one sweep, which is faster, and as strict where no
    trade lives longer. A set that is always in one trade has no training left and cannot be chosen: give a number then.
    What is open at the end is closed there.

    Raises InputError: SPLITS_INVALID, PARAMS_NONE, CROSSVALIDATION_SIZE for more than CELLS_MAX sets times splits,
    CROSSVALIDATION_STOPPED when `stopped` said so: what was played of the sets is no fair choice among them.
    """
    given = settings or Settings()
    size = bars.close.size * max(len(params), 1)
    play = Play(
        strategy=strategy,
        bars=bars,
        settings=replace(given, filling=replace(given.filling, close_at_end=True)),
        engine="plain" if engine_for(engine, size) is PlainEngine else "compiled",
        returns=returns,
        threads=threads,
        stopped=stopped,
    )
    play.check(params)
    ends = np.arange(len(bars)) if returns == "bar" else bars.day_ends()
    splits = splits_of(len(ends), groups=groups, tested=tested)
    if len(params) * len(splits.tests) > CELLS_MAX:
        raise InputError(
            f"{len(params)} parameter sets times {len(splits.tests)} splits are too many",
            code="CROSSVALIDATION_SIZE",
            field="groups",
            fix=f"use fewer groups or sets: at most {CELLS_MAX} together",
        )
    table = ScoreTable(splits, len(params))
    if purge is None:
        _by_runs(play, params, table, ends, embargo, progress)
    else:
        _by_sweep(
            play, params, table, ends, margins(splits, purge=purge, embargo=embargo), progress
        )
    yearly = math.sqrt(periods_per_year(bars, per_bar=returns == "bar"))
    first_bars = np.concatenate([[0], ends + 1])[splits.borders]
    return _judged(table, params, first_bars, yearly)


def _by_runs(
    play: Play,
    params: Sequence[Params],
    table: ScoreTable,
    ends: Ints,
    embargo: int,
    progress: Callable[[int], None] | None,
) -> None:
    """One run for each set, its trades known; a few at a time, as each has an equity curve."""
    market = Market(bars=play.bars, shared=True)
    lock, done = threading.Lock(), 0

    def judge(trial: int) -> None:
        nonlocal done
        if play.stopped():
            return
        chosen, arguments = play.chosen(params[trial])
        result = run(
            chosen,
            market,
            params=arguments,
            settings=play.settings_on(params[trial], 0, len(play.bars)),
            engine=play.engine,
            returns=play.returns,
        )
        begins, gone = (
            np.searchsorted(ends, result.trades[name]) for name in ("entry_bar", "exit_bar")
        )
        lives = lives_across(table.splits, begins, gone, embargo=embargo)
        table.take(trial, running_sums(returns_of(result)), *table.splits.training(lives))
        with lock:
            done += 1
            told = done
        if progress is not None:
            progress(told)

    with ThreadPoolExecutor(play.threads) as pool:
        try:
            for finished in [pool.submit(judge, trial) for trial in range(len(params))]:
                finished.result()
        except BaseException:
            # A strategy's own, or Ctrl-C here: no more are begun.
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    _require_all(done, len(params))


def _by_sweep(
    play: Play,
    params: Sequence[Params],
    table: ScoreTable,
    ends: Ints,
    lives: Lives,
    progress: Callable[[int], None] | None,
) -> None:
    """One sweep whose time blocks end where groups and their margins do: no equity curve is kept."""
    cuts = np.unique(np.concatenate([table.splits.borders, *lives]))
    swept = sweep(
        play.strategy,
        play.bars,
        params,
        settings=play.settings,
        threads=play.threads,
        returns=play.returns,
        engine=play.engine,
        blocks=ends[cuts[1:] - 1] + 1,
        progress=progress,
        stopped=play.stopped,
    )
    _require_all(swept.done, len(params))
    begin, end = table.splits.training(lives)
    for trial, blocks in enumerate(swept.return_sums):
        sums = np.zeros((len(cuts), 2))
        np.cumsum(blocks[:, :2], axis=0, out=sums[1:])
        table.take(trial, sums, begin, end, cuts)


def _require_all(done: int, trials: int) -> None:
    if done < trials:
        raise InputError(
            f"stopped after {done} of {trials} parameter sets",
            code="CROSSVALIDATION_STOPPED",
            field="stopped",
            fix="let it run to its end: a choice among some of the sets is not the one to be judged",
        )


def _judged(
    table: ScoreTable, params: Sequence[Params], group_bars: Ints, yearly: float
) -> CrossValidation:
    trials, splits = table.train.shape
    chosen = np.array([best_of(scores) or 0 for scores in table.train.T])
    here = np.arange(splits)
    held = table.held()
    mine = held[chosen, here]
    worse = (held < mine).sum(axis=0) + 0.5 * ((held == mine).sum(axis=0) - 1)
    return CrossValidation(
        params=params,
        group_bars=group_bars,
        tests=table.splits.tests,
        chosen=chosen,
        train_scores=table.train[chosen, here] * yearly,
        test_scores=mine * yearly,
        test_ranks=worse / (trials - 1) if trials > 1 else np.full(splits, np.nan),
        rank_correlations=np.array(
            [rank_correlation(table.train[:, split], held[:, split]) for split in here]
        ),
        paths=table.splits.paths(),
        path_sharpes=table.on_paths(chosen) * yearly,
        periods=int(table.splits.borders[-1]),
        purged=table.purged(),
        trials=trials,
    )
