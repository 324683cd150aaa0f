"""Walk-forward: parameters chosen on one stretch of time are judged on the next, again and again.

Nothing that chooses lies at or after the begin of a test: strategy and engine are given bars that end with training.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal, get_args

import numpy as np

from argos.backtest.bars import Bars
from argos.backtest.engines import EngineName
from argos.backtest.lanes import Params
from argos.backtest.layout import Floats
from argos.backtest.objectives import Objective, best_of, objective_name, scores_of
from argos.backtest.plateaus import plateau_of
from argos.backtest.result import Result
from argos.backtest.run import Returns
from argos.backtest.settings import Settings
from argos.backtest.stability import ParamStability, rank_correlation, stability_of
from argos.backtest.stitching import Piece, stitched
from argos.backtest.strategy import Strategy
from argos.backtest.sweep import FIGURES, Sweep
from argos.backtest.telling import Telling
from argos.backtest.trials import Play, play_trials
from argos.backtest.windows import Window, Windows
from argos.core.errors import InputError

Choose = Literal["best", "plateau"] | Callable[[Sweep, Floats], int]
"""The highest score; the middle of the best neighbourhood (`plateaus`); or a function of a training sweep and its
scores that gives the number of a trial. The first trial if none has a score."""
FIXED: Final = "account.cash"


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a walk is; a trial is one parameter set on one span, training and tests counted."""

    folds_done: int
    folds: int
    trials_done: int
    trials: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Fold:
    """One choice and its test. Bars as in `Window`. params: the chosen set, `chosen` its place among the candidates.

    Scores are of the objective. Both spans are played from flat to flat with the start capital, so that a fold does not
    depend on another one: train_return and test_return are their total returns, and do not multiply to the return of
    the stitched run, in which holdings carry over. trials: parameter sets played in training. pbo, dsr: of the training
    sweep, the dsr of the chosen set. train_scores, test_scores: float64[trials], of all sets; test_scores is NaN for
    those that were not played there. rank_correlation: of the two, NaN if only one was tested.
    """

    train_first: int
    train_last: int
    test_first: int
    test_last: int
    params: Params
    chosen: int
    train_score: float
    test_score: float
    train_return: float
    test_return: float
    train_trades: int
    test_trades: int
    train_years: float
    test_years: float
    trials: int
    pbo: float
    dsr: float
    train_scores: Floats
    test_scores: Floats
    rank_correlation: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class WalkForward:
    """folds: those that were completed, of `planned`. result: one run over all their tests. params: the candidates.

    untested_bars: at the end, after the last test.
    """

    windows: Windows
    objective: str
    params: Sequence[Params]
    folds: tuple[Fold, ...]
    planned: int
    result: Result
    stability: tuple[ParamStability, ...]
    untested_bars: int

    @property
    def interrupted(self) -> bool:
        """Whether it was stopped before the last fold."""
        return len(self.folds) < self.planned

    @property
    def trials(self) -> int:
        """Parameter sets played in training, over all folds: how often chance had an opportunity."""
        return sum(fold.trials for fold in self.folds)

    @property
    def efficiency(self) -> float:
        """Mean yearly return of the tests over that of the trainings that chose for them; simple, not compounded.

        1: what was promised was kept. NaN when training promised nothing above 0.
        """
        train = np.mean([fold.train_return / fold.train_years for fold in self.folds])
        test = np.mean([fold.test_return / fold.test_years for fold in self.folds])
        return float(test / train) if train > 0 else math.nan

    @property
    def rank_correlation(self) -> float:
        """Mean over folds of the rank correlation of all sets' scores in training and test, -1 to 1.

        At 0 training says nothing about which set will be good. Folds where it is NaN are left out.
        """
        found = [fold.rank_correlation for fold in self.folds]
        told = [value for value in found if not math.isnan(value)]
        return float(np.mean(told)) if told else math.nan

    @property
    def rank_correlation_n(self) -> int:
        """Folds in that mean."""
        return sum(not math.isnan(fold.rank_correlation) for fold in self.folds)

    @property
    def positive_folds(self) -> float:
        """Share of folds whose test return is above 0."""
        return sum(fold.test_return > 0 for fold in self.folds) / len(self.folds)


def walk_forward(
    strategy: Strategy,
    bars: Bars,
    params: Sequence[Params],
    *,
    windows: Windows,
    settings: Settings | None = None,
    objective: Objective = "sharpe",
    choose: Choose = "best",
    threads: int = 1,
    engine: EngineName = "auto",
    returns: Returns = "day",
    flat_at_seams: bool = False,
    test_all: bool = True,
    progress: Callable[[Progress], None] | None = None,
    stopped: Callable[[], bool] = lambda: False,
) -> WalkForward:
    """Chooses among `params` on each window's training span, and plays the choices over the test spans as one run.

    params: a strategy's own names, and settings with a dot (`exits.stop_fraction`). objective: a figure's name, or a
    function of the figures, see `objectives`. choose: which of the scores; the single best is the most overfitted one.
    test_all: every set is played on each test, too, for the rank correlation; the choice never sees it. flat_at_seams:
    what is open is closed with each test's last close, and its last decision dropped. A strategy by bar (an instance,
    or its class) is played one run after the other, and so much slower.

    When `stopped` says so, folds that are complete are kept. Raises InputError: WALK_NONE if not one is; WINDOWS_*;
    for wrong settings, parameters or calendars what `run` raises.
    """
    play = Play(
        strategy=strategy,
        bars=bars,
        settings=settings or Settings(),
        engine=engine,
        returns=returns,
        threads=threads,
        stopped=stopped,
    )
    _check(play, params, objective, choose)
    planned = windows.split(bars)
    each = len(params) + (len(params) if test_all else 1)
    every = {"folds": len(planned), "trials": len(planned) * each}
    tell = Telling(
        None
        if progress is None
        else lambda folds, trials: progress(
            Progress(folds_done=folds, trials_done=trials, **every)
        ),
        each=each,
    )
    folds: list[Fold] = []
    for window in planned:
        fold = _fold(play, params, window, windows, objective, choose, test_all, tell)
        if fold is None:
            break
        folds.append(fold)
        tell.fold_done()
    if not folds:
        raise InputError(
            "stopped before the first fold was complete",
            code="WALK_NONE",
            field="stopped",
            fix="let it run longer, or give fewer parameter sets",
        )
    pieces = _pieces(folds, windows, flat_at_seams)
    return WalkForward(
        windows=windows,
        objective=objective_name(objective),
        params=params,
        folds=tuple(folds),
        planned=len(planned),
        result=stitched(play, pieces),
        stability=stability_of([fold.params for fold in folds], params),
        untested_bars=len(bars) - folds[-1].test_last,
    )


def _check(play: Play, params: Sequence[Params], objective: Objective, choose: Choose) -> None:
    """Wrong settings are told before the first fold is played."""
    if isinstance(choose, str) and choose not in get_args(get_args(Choose)[0]):
        raise InputError(
            f"nothing is chosen by {choose}",
            code="WALK_CHOOSE",
            field="choose",
            fix="use best or plateau, or give a function of a sweep and its scores",
        )
    if isinstance(objective, str):
        scores_of(np.zeros(0, FIGURES), objective)
    play.check(params)
    for given in params:
        if FIXED in given:
            raise InputError(
                f"{FIXED} cannot change on the way",
                code="WALK_PARAMS",
                field=FIXED,
                fix="give it in the settings, for all folds alike",
            )


def _fold(
    play: Play,
    params: Sequence[Params],
    window: Window,
    windows: Windows,
    objective: Objective,
    choose: Choose,
    test_all: bool,
    tell: Telling,
) -> Fold | None:
    """Training, choice and test; None if it was stopped."""
    train = play_trials(
        play,
        params,
        first=window.train_first,
        last=window.train_last,
        warm_first=windows.warm_first(window.train_first),
        progress=tell.trials_done(0),
    )
    if train.done < len(params):
        return None
    scores = scores_of(train.figures, objective)
    best = _chosen(choose, train, scores)
    tested = params if test_all else [params[best]]
    test = play_trials(
        play,
        tested,
        first=window.test_first,
        last=window.test_last,
        warm_first=windows.warm_first(window.test_first),
        progress=tell.trials_done(len(params)),
    )
    if test.done < len(tested):
        return None
    place = best if test_all else 0
    test_scores = np.full(len(params), np.nan)
    test_scores[slice(None) if test_all else slice(best, best + 1)] = scores_of(
        test.figures, objective
    )
    return Fold(
        train_first=window.train_first,
        train_last=window.train_last,
        test_first=window.test_first,
        test_last=window.test_last,
        params=params[best],
        chosen=best,
        train_score=float(scores[best]),
        test_score=float(test_scores[best]),
        train_return=float(train.figures["total_return"][best]),
        test_return=float(test.figures["total_return"][place]),
        train_trades=int(train.figures["trades"][best]),
        test_trades=int(test.figures["trades"][place]),
        train_years=play.bars.between(window.train_first, window.train_last).years(),
        test_years=play.bars.between(window.test_first, window.test_last).years(),
        trials=train.done,
        pbo=train.overfitting_probability(),
        dsr=train.deflated_sharpe(best),
        train_scores=scores,
        test_scores=test_scores,
        rank_correlation=rank_correlation(scores, test_scores),
    )


def _pieces(folds: Sequence[Fold], windows: Windows, flat_at_seams: bool) -> list[Piece]:
    """Where tests do not follow each other, the one before ends flat in any case."""
    nexts = [fold.test_first for fold in folds[1:]]
    return [
        Piece(
            params=fold.params,
            first=fold.test_first,
            last=fold.test_last,
            warm_first=windows.warm_first(fold.test_first),
            flat=after is not None and (flat_at_seams or after > fold.test_last),
        )
        for fold, after in zip(folds, [*nexts, None], strict=True)
    ]


def _chosen(choose: Choose, sweep: Sweep, scores: Floats) -> int:
    if choose == "best":
        return best_of(scores) or 0
    if choose == "plateau":
        plateau = plateau_of(sweep.params, scores)
        return plateau.trial if plateau else 0
    return int(choose(sweep, scores))
