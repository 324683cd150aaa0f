"""Parameter sets played on a stretch of a market, with what lies before it as warm-up; settings may be among them."""

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from argos.backtest.assignments import settings_with, split, strategy_with
from argos.backtest.bars import Bars
from argos.backtest.engines import EngineName
from argos.backtest.lanes import Params
from argos.backtest.layout import ACCOUNT, RETURN_SUMS, Ints
from argos.backtest.metrics import periods_per_year
from argos.backtest.preparing import TIME_BLOCKS, check_calendar
from argos.backtest.run import Returns, run
from argos.backtest.settings import Settings
from argos.backtest.strategy import (
    BarStrategy,
    Market,
    Signals,
    Strategy,
    VectorStrategy,
    signals_of,
)
from argos.backtest.sweep import Sweep, figures_of, sweep
from argos.core.errors import InputError


@dataclass(frozen=True, slots=True, kw_only=True)
class Play:
    """How trials are played: what `walk_forward` and cross-validation were given, and share."""

    strategy: Strategy
    bars: Bars
    settings: Settings
    engine: EngineName = "auto"
    returns: Returns = "day"
    threads: int = 1
    stopped: Callable[[], bool] = lambda: False

    @property
    def by_bar(self) -> bool:
        """Whether it must be asked bar by bar, which no sweep does."""
        return isinstance(self.strategy, BarStrategy) and not isinstance(
            self.strategy, VectorStrategy
        )

    def check(self, params: Sequence[Params]) -> None:
        """Raises InputError for what else would be found out on the way: no sets, wrong settings, a wrong calendar."""
        if not params:
            raise InputError(
                "there are no parameter sets",
                code="PARAMS_NONE",
                field="params",
                fix="give one or more",
            )
        check_calendar(self.settings.calendar, self.bars)
        seen = set()
        for given in params:
            changes = split(given)[1]
            key = repr(changes)
            if key not in seen:
                seen.add(key)
                settings_with(self.settings, changes)

    def settings_on(self, params: Params, first: int, last: int) -> Settings:
        """The settings under these parameters, with the calendar of bars first .. last - 1."""
        found = settings_with(self.settings, split(params)[1])
        return replace(found, calendar=found.calendar.between(first, last))

    def chosen(self, params: Params) -> tuple[Strategy, dict[str, Any]]:
        """A strategy of its own under these parameters, and the arguments left for it if it is a function."""
        own = split(params)[0]
        if self.by_bar:
            return _bar_strategy(self.strategy, own), {}
        return strategy_with(self.strategy, own)


def play_trials(
    play: Play,
    params: Sequence[Params],
    *,
    first: int,
    last: int,
    warm_first: int,
    progress: Callable[[int], None] | None = None,
) -> Sweep:
    """Each of `params` on bars first .. last - 1, from flat to flat; the strategy sees bars from `warm_first` on.

    It never sees a bar from `last` on. Ends early when `stopped` says so: `Sweep.done` tells.
    """
    if play.by_bar:
        return _runs(play, params, first, last, warm_first, progress)
    market = Market(bars=play.bars.between(warm_first, last), shared=True)
    ahead = first - warm_first
    return sweep(
        _begun(play.strategy, market, ahead) if ahead else play.strategy,
        play.bars.between(first, last) if ahead else market,
        params,
        settings=play.settings_on({}, first, last),
        threads=play.threads,
        returns=play.returns,
        engine=play.engine,
        progress=progress,
        stopped=play.stopped,
    )


def _begun(strategy: Strategy, market: Market, ahead: int) -> Strategy:
    """The strategy as one that sees all of `market` and speaks of its bars from `ahead` on."""

    def decided(_: Market, **own: Any) -> Signals:
        chosen, arguments = strategy_with(strategy, own)
        return signals_of(chosen, market, arguments).between(ahead, len(market.bars))

    decided.whole_market = True  # type: ignore[attr-defined]  # as a strategy of all symbols says it
    return decided


def _runs(
    play: Play,
    params: Sequence[Params],
    first: int,
    last: int,
    warm_first: int,
    progress: Callable[[int], None] | None,
) -> Sweep:
    """The same for a strategy that is asked bar by bar: one run after the other, and so slower."""
    market = Market(bars=play.bars.between(warm_first, last), shared=True)
    accounts = np.zeros(len(params), ACCOUNT)
    return_sums = np.zeros((len(params), TIME_BLOCKS, RETURN_SUMS))
    cash = np.full(len(params), play.settings.account.cash)
    counts: Ints = np.zeros(TIME_BLOCKS, np.int64)
    done = 0
    for place, given in enumerate(params):
        if play.stopped():
            break
        settings = play.settings_on(given, first, last)
        result = run(
            play.chosen(given)[0],
            market,
            settings=settings,
            engine=play.engine,
            returns=play.returns,
            warm_up=first - warm_first,
        )
        accounts[place], return_sums[place] = result.account[0], result.return_sums
        cash[place], counts = settings.account.cash, result.period_counts
        done += 1
        if progress is not None:
            progress(done)
    yearly = periods_per_year(play.bars.between(first, last), per_bar=play.returns == "bar")
    return Sweep(
        params=params[:done],
        numbers=np.arange(done),
        figures=figures_of(
            accounts[:done], return_sums[:done], counts, cash=cash[:done], yearly=yearly
        ),
        return_sums=return_sums[:done],
        period_counts=counts,
    )


def _bar_strategy(strategy: Strategy, params: Mapping[str, Any]) -> Strategy:
    """One of its own for each run, as it may remember what it saw."""
    if isinstance(strategy, type):
        try:
            made: Strategy = strategy(**params)
        except TypeError as error:
            raise InputError(
                f"{strategy.__name__}: {error}",
                code="STRATEGY_PARAM",
                field=", ".join(params),
                fix="name arguments of its __init__",
            ) from error
        return made
    if not params:
        return copy.deepcopy(strategy)
    found, left = strategy_with(strategy, params)
    if left:
        raise InputError(
            f"{type(strategy).__name__} was made already and has no fields to replace",
            code="STRATEGY_PARAM",
            field=", ".join(params),
            fix="give the class itself, or make it a dataclass whose fields are its parameters",
        )
    return found
