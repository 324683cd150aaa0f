"""The backtester's front door: a strategy, bars and settings in, a result out."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np

from argos.backtest.bars import Bars
from argos.backtest.barwise import BARWISE_ROWS, Stretch, play
from argos.backtest.engines import EngineName, engine_for
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
from argos.backtest.tables import Book

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
) -> Result:
    """Backtests a strategy, or ready-made signals, on `bars`.

    Give a `Market` instead of `Bars` to share indicators between runs. `params` go to a strategy that is a function.
    Both engines give the same trades and equity to the last bit. `returns`: what the return sums are taken of.
    `changes`: other rules from a bar on; the levels that a holding was entered with stay. Not bar by bar.
    Raises InputError for signals or settings that cannot be used.
    """
    market = bars if isinstance(bars, Market) else Market(bars=bars)
    chosen = settings or Settings()
    data = market.bars
    per_bar = returns == "bar"
    symbols, count = data.close.shape
    feed = feed_of(data)
    clock = clock_of(data, chosen.calendar, per_bar=per_bar)
    make = engine_for(engine, symbols * count)
    to_come = [change_of(bar, later, data.symbols) for bar, later in changes]
    if isinstance(strategy, BarStrategy):
        book = book_of(data, chosen, per_bar=per_bar, rows=BARWISE_ROWS)
        asked = Stretch(strategy=strategy, market=market, first=0, last=count)
        done, _ = play(
            [asked], bars=data, engine=make, feed=feed, clock=clock, book=book, changes=to_come
        )
    else:
        signals = (
            strategy
            if isinstance(strategy, Signals)
            else signals_of(strategy, market, dict(params or {}))
        )
        orders = orders_of(signals, symbols, count)
        # A signal can end one trade and begin one, so there are never more trades than signals, but for partial fills.
        rows = int(np.count_nonzero(orders.side)) + 8 * symbols
        book = book_of(data, chosen, per_bar=per_bar, rows=rows)
        playing = make(feed, fine_of(data), orders, clock, book)
        for change in to_come:
            playing.advance(change.bar, count)
            playing.change(change)
        playing.advance(count, count)
        done = playing.finish()
    return _result(
        strategy,
        data,
        chosen,
        params,
        make.name,
        returns,
        done,
        period_counts(clock, per_bar=per_bar),
    )


def _result(
    strategy: Strategy | Signals,
    bars: Bars,
    settings: Settings,
    params: Mapping[str, Any] | None,
    engine: str,
    returns: Returns,
    book: Book,
    counts: np.ndarray[Any, Any],
) -> Result:
    name = getattr(strategy, "__name__", type(strategy).__name__)
    return Result(
        bars=bars,
        settings=settings,
        strategy=name,
        params={} if isinstance(strategy, Signals) else params_of(strategy, params),
        engine=engine,
        returns=returns,
        trades=book.trades,
        fills=book.fills,
        equity=book.equity,
        account=book.account,
        return_sums=book.return_sums,
        period_counts=counts,
    )
