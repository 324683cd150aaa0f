"""Plays a strategy that is asked at the close of each bar, and hands its decisions to the engine."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import numpy as np

from argos.backtest.bars import Bars
from argos.backtest.context import Clock as BarClock
from argos.backtest.context import Context
from argos.backtest.engines import CompiledEngine, PlainEngine, Progress, engine_for, slice_ends
from argos.backtest.layout import Signal
from argos.backtest.preparing import book_of, clock_of, empty_side, feed_of, fine_of
from argos.backtest.settings import Settings
from argos.backtest.strategy import BarStrategy, Market
from argos.backtest.tables import EXTRAS, Book, Change, Clock, Feed, Orders, cells
from argos.core.errors import InputError

NAN: Final = math.nan
BARWISE_ROWS: Final = 1024
"""Trades for which there is room at first; it doubles as needed."""


class Decisions:
    """The tables that a bar-by-bar strategy fills as it goes."""

    def __init__(self, symbols: int, bars: int) -> None:
        side = empty_side(symbols, bars)
        shape = (symbols, bars)
        # Untouched pages take no memory: zeros stand for "nothing said" until a bar is decided on.
        extras = {name: np.zeros(shape) for name in EXTRAS}
        self.orders = Orders(side=side, words=side.view(np.int64), **extras)
        self._side = [cells(row) for row in side]
        self._extras = {name: [cells(row) for row in rows] for name, rows in extras.items()}
        self._confidence = self._extras["confidence"]
        self.bar = -1
        self.given = False

    def __call__(self, symbol: int, signal: int, extras: dict[str, float]) -> None:
        bar = self.bar
        self._side[symbol][bar] = signal
        self.given = True
        self._confidence[symbol][bar] = NAN
        for name, value in extras.items():
            column = self._extras.get(name)
            if column is None:
                raise InputError(
                    f"an order knows no {name}",
                    code="ORDER_EXTRA",
                    field=name,
                    fix=f"use one of {', '.join(EXTRAS)}",
                )
            column[symbol][bar] = value

    def forget(self) -> None:
        """Takes back what was decided at the last bar."""
        for row in self._side:
            row[self.bar] = Signal.NONE


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Bars `first` .. `last` - 1 of a run, on which one strategy is asked.

    It sees `market`, in which the run's bar 0 is bar `shift`. `flat_after`: everything is closed at the last bar's
    close, and what is decided there is dropped.
    """

    strategy: BarStrategy
    market: Market
    first: int
    last: int
    shift: int = 0
    flat_after: bool = False


def play(
    stretches: Sequence[Stretch],
    *,
    bars: Bars,
    engine: type[PlainEngine | CompiledEngine],
    feed: Feed,
    clock: Clock,
    book: Book,
    changes: Sequence[Change] = (),
    progress: Progress | None = None,
) -> tuple[Book, Orders]:
    """The whole run, and what was decided. The engine is asked only where something happens: an order, or an event."""
    count = len(bars)
    decisions = Decisions(len(bars.symbols), count)
    engine_now = engine(feed, fine_of(bars), decisions.orders, clock, book)
    changed = {change.bar: change for change in changes}
    for stretch in stretches:
        seen = BarClock()
        context = Context(
            bars=stretch.market.bars, clock=seen, book=engine_now.book, intake=decisions
        )
        start: Any = getattr(stretch.strategy, "start", None)
        if start is not None:
            start(stretch.market, context)
        within = [bar for bar in changed if stretch.first < bar < stretch.last]
        pieces = {
            stretch.first,
            *within,
            *slice_ends(stretch.first, stretch.last, len(bars.symbols)),
        }
        for first, last in pairwise(sorted(pieces)):
            engine_now.advance(first, first)
            if first in changed:
                engine_now.change(changed[first])
            _ask(stretch, first, last, seen, context, decisions, engine_now)
            if progress is not None:
                progress(last)
        if stretch.flat_after:
            decisions.forget()
    engine_now.advance(count, count)
    return engine_now.finish(), decisions.orders


def _ask(
    stretch: Stretch,
    first: int,
    last: int,
    seen: BarClock,
    context: Context,
    decisions: Decisions,
    engine: PlainEngine | CompiledEngine,
) -> None:
    """Asks at the close of each bar; the first one is played in any case."""
    on_bar, shift, advance = stretch.strategy.on_bar, stretch.shift, engine.advance
    event = first
    for bar in range(first, last):
        if decisions.given or event == bar:
            advance(bar + 1, bar)
            event = engine.event_bar
            decisions.given = False
        decisions.bar = bar
        seen.bar = bar + shift
        seen.count = seen.bar + 1
        on_bar(context)


def decide(strategy: BarStrategy, market: Market, settings: Settings) -> Orders:
    """What the strategy decides on this market under these settings."""
    bars = market.bars
    return play(
        [Stretch(strategy=strategy, market=market, first=0, last=len(bars))],
        bars=bars,
        engine=engine_for("auto", bars.close.size),
        feed=feed_of(bars),
        clock=clock_of(bars, settings.calendar, per_bar=False),
        book=book_of(bars, settings, per_bar=False, rows=BARWISE_ROWS),
    )[1]
