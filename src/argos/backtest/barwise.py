"""Plays a strategy that is asked at the close of each bar, and hands its decisions to the engine."""

from typing import Any, Final

import numpy as np

from argos.backtest.bars import Bars
from argos.backtest.context import Clock as BarClock
from argos.backtest.context import Context
from argos.backtest.engines import CompiledEngine, PlainEngine, engine_for
from argos.backtest.layout import Signal
from argos.backtest.preparing import EXTRAS, book_of, clock_of, empty_side, feed_of, fine_of
from argos.backtest.settings import Settings
from argos.backtest.strategy import BarStrategy, Market
from argos.backtest.tables import Book, Clock, Feed, Orders
from argos.core.errors import InputError

BARWISE_ROWS: Final = 1024
"""Trades for which there is room at first; it doubles as needed."""


class Decisions:
    """The tables that a bar-by-bar strategy fills as it goes. Extras are made when first used."""

    def __init__(self, symbols: int, bars: int) -> None:
        side = empty_side(symbols, bars)
        shape = (symbols, bars)
        # Untouched pages take no memory: zeros stand for "nothing said" until a bar is decided on.
        extras = {name: np.zeros(shape) for name in EXTRAS}
        self.orders = Orders(side=side, words=side.view(np.int64), **extras)
        self._extras = extras
        self._side = side
        self.bar = -1
        self.given = False

    def __call__(self, symbol: int, signal: Signal, extras: dict[str, float]) -> None:
        bar = self.bar
        self._side[symbol, bar] = signal
        self.given = True
        if "confidence" not in extras:
            self._extras["confidence"][symbol, bar] = np.nan
        for name, value in extras.items():
            column = self._extras.get(name)
            if column is None:
                raise InputError(
                    f"an order knows no {name}",
                    code="ORDER_EXTRA",
                    field=name,
                    fix=f"use one of {', '.join(EXTRAS)}",
                )
            column[symbol, bar] = value


def play(
    strategy: BarStrategy,
    market: Market,
    *,
    engine: type[PlainEngine | CompiledEngine],
    feed: Feed,
    clock: Clock,
    book: Book,
) -> tuple[Book, Orders]:
    """The whole run, and what was decided. The engine is asked only where something happens: an order, or an event."""
    bars: Bars = market.bars
    count = len(bars)
    decisions = Decisions(len(bars.symbols), count)
    engine_now = engine(feed, fine_of(bars), decisions.orders, clock, book)
    seen = BarClock()
    context = _context(bars, seen, engine_now.book, decisions)
    start: Any = getattr(strategy, "start", None)
    if start is not None:
        start(market, context)
    on_bar = strategy.on_bar
    event = 0
    for bar in range(count):
        if decisions.given or event == bar:
            engine_now.advance(bar + 1, bar)
            event = engine_now.event_bar
            decisions.given = False
        seen.bar = decisions.bar = bar
        on_bar(context)
    engine_now.advance(count, count)
    return engine_now.finish(), decisions.orders


def decide(strategy: BarStrategy, market: Market, settings: Settings) -> Orders:
    """What the strategy decides on this market under these settings."""
    bars = market.bars
    return play(
        strategy,
        market,
        engine=engine_for("auto", bars.close.size),
        feed=feed_of(bars),
        clock=clock_of(bars, settings.calendar, per_bar=False),
        book=book_of(bars, settings, per_bar=False, rows=BARWISE_ROWS),
    )[1]


def _context(bars: Bars, seen: BarClock, book: Book, decisions: Decisions) -> Context:
    columns = [
        {
            "open": bars.open[s],
            "high": bars.high[s],
            "low": bars.low[s],
            "close": bars.close[s],
            "volume": bars.volume[s],
        }
        for s in range(len(bars.symbols))
    ]

    def equity() -> float:
        account, positions = book.account[0], book.positions
        total = float(account["cash"])
        for s, row in enumerate(positions):
            if row["qty"]:
                total += float(row["qty"] * bars.close[s, seen.bar])
        return total

    return Context(
        columns=columns,
        clock=seen,
        positions=book.positions,
        account=book.account[0],
        intake=decisions,
        equity=equity,
    )
