"""Threads that play the trials of a sweep, each in one set of buffers.

They share the market and its indicators. What a trial leaves behind is one account record and its return sums.
"""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from argos.backtest.assignments import settings_with, split, strategy_with
from argos.backtest.binding import PLACES, address, bind
from argos.backtest.engines import PlainEngine, kernel
from argos.backtest.grouping import turns_of
from argos.backtest.layout import RETURN_SUMS, Ints, Records
from argos.backtest.preparing import (
    TIME_BLOCKS,
    book_of,
    clock_of,
    empty_side,
    feed_of,
    fine_of,
    orders_of,
)
from argos.backtest.settings import Settings
from argos.backtest.strategy import Market, Strategy, signals_of
from argos.backtest.tables import EXTRAS, Book, Orders

Params = Mapping[str, Any]

_SIDE, _ACCOUNT, _SUMS = (PLACES[name] for name in ("side", "account", "return_sums"))
_EXTRAS: Final = tuple(PLACES[name] for name in EXTRAS)
TERMS_MAX: Final = 4096
"""Settings that are remembered as numbers."""
PIECES_PER_LANE: Final = 8
"""A group of trials with equal signals is shared out in pieces no larger than leaves each lane so many."""


MEANWHILE_S: Final = 0.5


class Terms(NamedTuple):
    """One trial's settings as the engine's numbers: rules as bytes, ACCOUNT[1], the cash it begins with."""

    rules: npt.NDArray[np.uint8]
    account: Records
    cash: float


class Lanes:
    """The trials of one sweep, handed out to as many lanes as there are threads.

    accounts: ACCOUNT[trials]; return_sums: float64[trials, blocks, 4]; cash: float64[trials], at the start;
    played: bool[trials]. The rest of the arrays is without meaning.
    """

    def __init__(
        self,
        strategy: Strategy,
        market: Market,
        params: Sequence[Params],
        *,
        settings: Settings,
        per_bar: bool,
        plain: bool,
        blocks: int | Ints = TIME_BLOCKS,
        progress: Callable[[int], None] | None = None,
        stopped: Callable[[], bool] = lambda: False,
    ) -> None:
        self.strategy, self.market, self.params, self.settings = strategy, market, params, settings
        self.per_bar, self.plain = per_bar, plain
        self.progress, self.stopped = progress, stopped
        data = market.bars
        self.symbols, self.bars = data.close.shape
        self.feed, self.fine = feed_of(data), fine_of(data)
        self.clock = clock_of(data, settings.calendar, per_bar=per_bar, blocks=blocks)
        self.return_sums = np.zeros((len(params), len(self.clock.block_ends), RETURN_SUMS))
        self.turns = turns_of(params)
        fresh = book_of(data, settings, per_bar=per_bar, rows=0)
        self.positions = fresh.positions.view(np.uint8)
        self.accounts = np.repeat(fresh.account, len(params))
        self.cash = np.full(len(params), settings.account.cash)
        self.played = np.zeros(len(params), bool)
        self._accounts_at, self._sums_at = address(self.accounts), address(self.return_sums)
        self._sums_bytes = self.return_sums.strides[0]
        self._terms: dict[tuple[tuple[str, Any], ...], Terms] = {}
        self._lock = threading.Lock()
        self.halted = False
        self._next = self._group = self._done = 0
        self._piece = len(params)

    def play(self, threads: int, *, meanwhile: Callable[[], None] | None = None) -> None:
        """Plays all trials. An exception, be it Ctrl-C here or a strategy's own in a lane, stops the other lanes after
        the trials in play and is raised again; what was played stays. `meanwhile` is called here every MEANWHILE_S.
        """
        if not self.plain:
            kernel()
        self._piece = max(1, len(self.params) // (threads * PIECES_PER_LANE))
        with ThreadPoolExecutor(threads) as pool:
            lanes = [pool.submit(self._lane) for _ in range(threads)]
            try:
                waiting = set(lanes)
                while waiting and not any(lane.done() and lane.exception() for lane in lanes):
                    every_s = None if meanwhile is None else MEANWHILE_S
                    _, waiting = wait(waiting, timeout=every_s, return_when=FIRST_EXCEPTION)
                    if meanwhile is not None:
                        meanwhile()
            finally:
                self.halted = True
            for lane in lanes:
                lane.result()

    def _ended(self) -> bool:
        return self.halted or self.stopped()

    def _take(self) -> tuple[int, int] | None:
        """The next trials to be played in one go, as places in the order; None when there are none, or no more."""
        with self._lock:
            first = self._next
            if first >= len(self.params) or self._ended():
                return None
            last = first + 1
            if self.turns is not None:
                end = int(self.turns.ends[self._group])
                last = min(first + self._piece, end)
                self._group += last == end
            self._next = last
            return first, last

    def _trials(self) -> Iterator[tuple[int, bool]]:
        """Trials for one lane, each with whether its signals are those of the one before."""
        while (piece := self._take()) is not None:
            for place in range(*piece):
                if place > piece[0] and self._ended():
                    return
                trial = place if self.turns is None else int(self.turns.order[place])
                yield trial, place > piece[0]

    def _lane(self) -> None:
        """Plays trials until there are no more, in one set of buffers."""
        side = empty_side(self.symbols, self.bars)
        equity = np.empty(self.bars)
        book = book_of(self.market.bars, self.settings, per_bar=self.per_bar, rows=0, equity=equity)
        rules = book.rules.view(np.uint8)
        advance = None if self.plain else kernel()
        table: Ints | None = None
        orders: Orders | None = None
        for trial, same in self._trials():
            if not same:
                orders = self._orders(trial, side)
            assert orders is not None, "the first trial of a piece has no one before it"
            if self.turns is not None:
                self._set_terms(trial, rules)
            # As bytes: numpy copies records field by field.
            book.positions.view(np.uint8)[:] = self.positions
            if advance is None:
                own = self._book(book, trial)
                playing = PlainEngine(self.feed, self.fine, orders, self.clock, own)
                playing.advance(self.bars, self.bars)
                playing.finish()
            else:
                if table is None:
                    table = bind(self.feed, self.fine, orders, self.clock, self._book(book, 0))
                if not same:
                    table[_SIDE] = address(orders.side)
                    for place, values in zip(_EXTRAS, orders[2:], strict=True):
                        table[place] = address(values)
                table[_ACCOUNT] = self._accounts_at + trial * self.accounts.itemsize
                table[_SUMS] = self._sums_at + trial * self._sums_bytes
                advance(self.bars, self.bars, address(table))
            self.played[trial] = True
            with self._lock:
                self._done += 1
                done = self._done
            if self.progress is not None:
                self.progress(done)

    def _orders(self, trial: int, side: npt.NDArray[np.int8]) -> Orders:
        params = self.params[trial]
        strategy, arguments = strategy_with(
            self.strategy, params if self.turns is None else split(params)[0]
        )
        signals = signals_of(strategy, self.market, arguments)
        return orders_of(signals, self.symbols, self.bars, side)

    def _set_terms(self, trial: int, rules: npt.NDArray[np.uint8]) -> None:
        """Writes the trial's own settings where its lane and its account have theirs."""
        terms = self._terms_of(split(self.params[trial])[1])
        rules[:] = terms.rules
        self.accounts[trial : trial + 1].view(np.uint8)[:] = terms.account.view(np.uint8)
        self.cash[trial] = terms.cash

    def _terms_of(self, changes: dict[str, Any]) -> Terms:
        key = tuple(changes.items())
        try:
            found = self._terms.get(key)
        except TypeError:
            # A value that cannot be looked up is no number or text: the settings will say what they think of it.
            found = None
        if found is None:
            settings = settings_with(self.settings, changes)
            data, none = self.market.bars, np.empty(0)
            book = book_of(data, settings, per_bar=self.per_bar, rows=0, equity=none)
            found = Terms(book.rules.view(np.uint8), book.account, settings.account.cash)
            if len(self._terms) >= TERMS_MAX:
                self._terms.clear()
            self._terms[key] = found
        return found

    def _book(self, book: Book, trial: int) -> Book:
        """The lane's book with its account and sums in the trial's own lines."""
        return book._replace(
            account=self.accounts[trial : trial + 1], return_sums=self.return_sums[trial]
        )
