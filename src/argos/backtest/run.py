"""The backtester's front door: a strategy, bars and settings in, a result out."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np

from argos.backtest.bars import Bars
from argos.backtest.barwise import BARWISE_ROWS, Stretch, play
from argos.backtest.engines import EngineName, Progress, engine_for, in_slices
from argos.backtest.preparing import (
    book_of,
    change_of,
    clock_of,
    feed_of,
    fine_of,
    orders_of,
    params_of,
    period_counts,
)
from argos.backtest.result import Result
from argos.backtest.settings import Settings
from argos.backtest.strategy import BarStrategy, Market, Signals, Strategy, signals_of
from argos.core.errors import InputError

Returns = Literal["day", "bar"]
Changes = Sequence[tuple[int, Settings]]
"""Bars, rising, and the settings whose rules are played from there on. Cash and calendar of a run never change."""


def run(
    strategy: Strategy | Signals,
    bars: Bars | Market,
    *,
    settings: Settings | None = None,
    params: Mapping[str, Any] | None = None,
    engine: EngineName = "auto",
    returns: Returns = "day",
    changes: Changes = (),
    warm_up: int = 0,
    progress: Progress | None = None,
) -> Result:
    """Backtests a strategy, or ready-made signals, on `bars`.

    Give a `Market` instead of `Bars` to share indicators between runs. `params` go to a strategy that is a function.
    Both engines give the same trades and equity to the last bit. `returns`: what the return sums are taken of.
    `changes`: other rules from a bar on; the levels that a holding was entered with stay.
    `warm_up`: the strategy sees all bars, but the run begins so many later: its bars, its signals if ready-made, the
    calendar and `changes` count from there. A strategy by bar is asked from there on; its indicators see the rest.
    `progress`: told now and then how many bars are played; what it raises ends the run. So does Ctrl-C, within a
    second.
    Raises InputError for signals or settings that cannot be used.
    """
    market = bars if isinstance(bars, Market) else Market(bars=bars)
    count = len(market.bars)
    if not 0 <= warm_up < count:
        raise InputError(
            f"a warm-up of {warm_up} leaves no bar of {count} to play",
            code="BACKTEST_SETTING",
            field="warm_up",
            fix="give 0 or more, and fewer than there are bars",
        )
    decided: Signals | Sequence[Stretch]
    if isinstance(strategy, Signals):
        decided = strategy
    elif isinstance(strategy, BarStrategy):
        decided = [
            Stretch(strategy=strategy, market=market, first=0, last=count - warm_up, shift=warm_up)
        ]
    else:
        found = signals_of(strategy, market, dict(params or {}))
        decided = found.between(warm_up, count) if warm_up else found
    return play_decided(
        decided,
        market.bars.between(warm_up, count) if warm_up else market.bars,
        strategy=getattr(strategy, "__name__", type(strategy).__name__),
        params={} if isinstance(strategy, Signals) else params_of(strategy, params),
        settings=settings or Settings(),
        engine=engine,
        returns=returns,
        changes=changes,
        progress=progress,
    )


def play_decided(
    decided: Signals | Sequence[Stretch],
    bars: Bars,
    *,
    strategy: str,
    params: dict[str, Any],
    settings: Settings,
    engine: EngineName,
    returns: Returns,
    changes: Changes,
    progress: Progress | None = None,
) -> Result:
    """One run on all of `bars`: of signals, or of strategies that are asked bar by bar, one stretch after another."""
    per_bar = returns == "bar"
    symbols, count = bars.close.shape
    feed = feed_of(bars)
    clock = clock_of(bars, settings.calendar, per_bar=per_bar)
    make = engine_for(engine, symbols * count)
    to_come = [change_of(bar, later, bars.symbols) for bar, later in changes]
    if isinstance(decided, Signals):
        orders = orders_of(decided, symbols, count)
        # A signal can end one trade and begin one, so there are never more trades than signals, but for partial fills.
        rows = int(np.count_nonzero(orders.side)) + 8 * symbols
        book = book_of(bars, settings, per_bar=per_bar, rows=rows)
        playing = make(feed, fine_of(bars), orders, clock, book)
        began = 0
        for change in to_come:
            in_slices(playing, began, change.bar, count, progress)
            playing.change(change)
            began = change.bar
        in_slices(playing, began, count, count, progress)
        done = playing.finish()
    else:
        book = book_of(bars, settings, per_bar=per_bar, rows=BARWISE_ROWS)
        done, _ = play(
            decided,
            bars=bars,
            engine=make,
            feed=feed,
            clock=clock,
            book=book,
            changes=to_come,
            progress=progress,
        )
    return Result(
        bars=bars,
        settings=settings,
        strategy=strategy,
        params=params,
        engine=make.name,
        returns=returns,
        trades=done.trades,
        fills=done.fills,
        equity=done.equity,
        account=done.account,
        return_sums=done.return_sums,
        period_counts=period_counts(clock, per_bar=per_bar),
    )
