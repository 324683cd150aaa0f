"""One strategy under many parameter sets: figures of each, and what the number of trials does to them.

Threads share the market and its indicators; each has one set of buffers, so memory does not grow with the number of
parameter sets beyond one line of figures and the return sums of each.
"""

import math
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any, Final

import numpy as np

from argos.backtest.bars import Bars
from argos.backtest.binding import PLACES, address, bind
from argos.backtest.engines import EngineName, PlainEngine, engine_for, kernel
from argos.backtest.layout import RETURN_SUMS, Floats, Ints, Records
from argos.backtest.metrics import periods_per_year
from argos.backtest.overfitting import (
    Moments,
    deflated_sharpe,
    moments_of,
    overfitting_probability,
    probabilistic_sharpe,
)
from argos.backtest.preparing import (
    TIME_BLOCKS,
    book_of,
    clock_of,
    empty_side,
    feed_of,
    fine_of,
    orders_of,
    period_counts,
)
from argos.backtest.run import Returns
from argos.backtest.settings import Settings
from argos.backtest.strategy import (
    BarStrategy,
    Market,
    Signals,
    Strategy,
    VectorStrategy,
    signals_of,
)
from argos.backtest.tables import EXTRAS, Book, Orders
from argos.core.errors import InputError

Params = Mapping[str, Any]

FIGURES: Final = np.dtype(
    [
        ("total_return", np.float64),
        ("sharpe", np.float64),  # annualised
        ("drawdown", np.float64),  # deepest, > 0
        ("win_rate", np.float64),
        ("profit_factor", np.float64),  # NaN without a loss
        ("trades", np.int64),
        ("costs", np.float64),  # commission, financing, spread and slippage
    ]
)
"""What a sweep keeps of each parameter set. NaN where a figure has no meaning."""


_SIDE, _ACCOUNT, _SUMS = (PLACES[name] for name in ("side", "account", "return_sums"))
_EXTRAS: Final = tuple(PLACES[name] for name in EXTRAS)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sweep:
    """All trials, in the order of `params`. figures: FIGURES[trials]; return_sums: float64[trials, blocks, 4].

    `done`: how many were played; the rest of the arrays is zero when a sweep was interrupted.
    """

    params: Sequence[Params]
    figures: Records
    return_sums: Floats
    period_counts: Ints
    done: int

    def moments(self, trial: int) -> Moments:
        return moments_of(self.return_sums[trial], self.period_counts)

    def sharpe_variance(self) -> float:
        """Variance (ddof 1) of the trials' Sharpe ratios per period; trials without variation count as 0."""
        if self.done < 2:
            return 0.0
        return float(np.var(self._sharpes(), ddof=1))

    def probabilistic_sharpe(self, trial: int) -> float:
        """Probability that this trial's true Sharpe is above 0, as if it had been the only one."""
        return probabilistic_sharpe(self.moments(trial))

    def deflated_sharpe(self, trial: int) -> float:
        """The same against the best of as many worthless trials as were played."""
        return deflated_sharpe(
            self.moments(trial), sharpe_variance=self.sharpe_variance(), trials=self.done
        )

    def overfitting_probability(self) -> float:
        """Probability that the best in one half of the time is below the median in the other."""
        return overfitting_probability(self.return_sums[: self.done], self.period_counts)

    def _sharpes(self) -> Floats:
        n = self.period_counts.sum()
        total = self.return_sums[: self.done].sum(axis=1)
        mean = total[:, 0] / n
        variance = np.maximum(total[:, 1] / n - mean**2, 0.0) * n / max(n - 1, 1)
        safe = np.where(variance > 1e-30, variance, 1.0)
        found: Floats = np.where(variance > 1e-30, mean / np.sqrt(safe), 0.0)
        return found


def sweep(
    strategy: Strategy,
    bars: Bars | Market,
    params: Sequence[Params],
    *,
    settings: Settings | None = None,
    threads: int = 1,
    returns: Returns = "day",
    engine: EngineName = "auto",
    progress: Callable[[int], None] | None = None,
    stopped: Callable[[], bool] = lambda: False,
) -> Sweep:
    """Plays `strategy` once for each of `params`: fields to replace in a dataclass, or arguments of a function.

    Vectorised strategies only. `progress` is told after each trial how many are done, from any thread. When `stopped`
    says so, the sweep ends after the trials in play; so it does on an exception, which is raised again.
    """
    if isinstance(strategy, BarStrategy) and not isinstance(strategy, VectorStrategy):
        raise InputError(
            f"{type(strategy).__name__} is asked bar by bar, which a sweep does not do",
            code="STRATEGY_BY_BAR",
            fix="write it over arrays, with signals(market), or call run() for each parameter set",
        )
    chosen = settings or Settings()
    market = _shared(bars)
    per_bar = returns == "bar"
    bars_all = market.bars.close.size * max(len(params), 1)
    work = _Work(strategy, market, params, chosen, per_bar, progress, stopped)
    plain = engine_for(engine, bars_all) is PlainEngine
    if not plain:
        kernel()
    with ThreadPoolExecutor(threads) as pool:
        lanes = [pool.submit(work.lane, plain) for _ in range(threads)]
        try:
            for lane in lanes:
                lane.result()
        finally:
            # After an exception, be it Ctrl-C here or a strategy's own in a lane, the others stop at their next trial.
            work.halted = True
    return work.finish()


def strategy_with(strategy: Strategy, params: Params) -> tuple[Strategy, dict[str, Any]]:
    """The strategy under these parameters, and the arguments left for it if it is a function."""
    if not is_dataclass(strategy) or isinstance(strategy, type):
        return strategy, dict(params)
    try:
        return replace(strategy, **params), {}
    except TypeError as error:
        known = ", ".join(field.name for field in fields(strategy))
        raise InputError(
            f"{type(strategy).__name__}: {error}",
            code="STRATEGY_PARAM",
            field=", ".join(params),
            fix=f"its parameters are {known}",
        ) from error


def _shared(bars: Bars | Market) -> Market:
    return (
        bars
        if isinstance(bars, Market) and bars.shared
        else Market(bars=bars.bars if isinstance(bars, Market) else bars, shared=True)
    )


class _Work:
    """The trials, handed out one by one to the lanes."""

    def __init__(
        self,
        strategy: Strategy,
        market: Market,
        params: Sequence[Params],
        settings: Settings,
        per_bar: bool,
        progress: Callable[[int], None] | None,
        stopped: Callable[[], bool],
    ) -> None:
        self.strategy, self.market, self.params, self.settings = strategy, market, params, settings
        self.per_bar, self.progress, self.stopped = per_bar, progress, stopped
        data = market.bars
        self.symbols, self.bars = data.close.shape
        self.feed, self.fine = feed_of(data), fine_of(data)
        self.clock = clock_of(data, settings.calendar, per_bar=per_bar)
        self.return_sums = np.zeros((len(params), TIME_BLOCKS, RETURN_SUMS))
        fresh = book_of(data, settings, per_bar=per_bar, rows=0)
        self.accounts = np.repeat(fresh.account, len(params))
        self.positions = fresh.positions.view(np.uint8)
        self._accounts_at, self._sums_at = address(self.accounts), address(self.return_sums)
        self._sums_bytes = self.return_sums.strides[0]
        self._lock = threading.Lock()
        self.halted = False
        self._next = 0
        self._done = 0

    def take(self) -> int | None:
        """The next trial, or None when there is none or the sweep was stopped."""
        with self._lock:
            if self.halted or self._next >= len(self.params) or self.stopped():
                return None
            self._next += 1
            return self._next - 1

    def lane(self, plain: bool) -> None:
        """Plays trials until there are no more, in one set of buffers."""
        side = empty_side(self.symbols, self.bars)
        equity = np.empty(self.bars)
        book = book_of(self.market.bars, self.settings, per_bar=self.per_bar, rows=0, equity=equity)
        advance = None if plain else kernel()
        table: Ints | None = None
        while (trial := self.take()) is not None:
            signals = self._signals(trial)
            orders = orders_of(signals, self.symbols, self.bars, side)
            # As bytes: numpy copies records field by field.
            book.positions.view(np.uint8)[:] = self.positions
            if advance is None:
                playing = PlainEngine(
                    self.feed, self.fine, orders, self.clock, self._book(book, trial)
                )
                playing.advance(self.bars, self.bars)
                playing.finish()
            else:
                if table is None:
                    table = bind(self.feed, self.fine, orders, self.clock, self._book(book, 0))
                self._rebind(table, orders, trial)
                advance(self.bars, self.bars, table)
            with self._lock:
                self._done += 1
                done = self._done
            if self.progress is not None:
                self.progress(done)

    def _signals(self, trial: int) -> Signals:
        strategy, arguments = strategy_with(self.strategy, self.params[trial])
        return signals_of(strategy, self.market, arguments)

    def _book(self, book: Book, trial: int) -> Book:
        """The lane's book with its account and sums in the trial's own lines."""
        return book._replace(
            account=self.accounts[trial : trial + 1], return_sums=self.return_sums[trial]
        )

    def _rebind(self, table: Ints, orders: Orders, trial: int) -> None:
        """The addresses that differ from trial to trial."""
        table[_SIDE] = address(orders.side)
        for place, values in zip(_EXTRAS, orders[2:], strict=True):
            table[place] = address(values)
        table[_ACCOUNT] = self._accounts_at + trial * self.accounts.itemsize
        table[_SUMS] = self._sums_at + trial * self._sums_bytes

    def finish(self) -> Sweep:
        done = self._next
        counts = period_counts(self.clock, per_bar=self.per_bar)
        return Sweep(
            params=self.params,
            figures=figures_of(
                self.accounts,
                self.return_sums,
                counts,
                cash=self.settings.account.cash,
                yearly=periods_per_year(self.market.bars, per_bar=self.per_bar),
            ),
            return_sums=self.return_sums,
            period_counts=counts,
            done=done,
        )


def figures_of(
    accounts: Records, return_sums: Floats, counts: Ints, *, cash: float | Floats, yearly: float
) -> Records:
    """FIGURES[trials] from ACCOUNT[trials], their return sums and start capital; `yearly`: return periods a year."""
    found = np.zeros(len(accounts), FIGURES)
    with np.errstate(invalid="ignore", divide="ignore"):
        found["total_return"] = accounts["equity"] / cash - 1.0
        found["win_rate"] = accounts["wins"] / accounts["trades"]
        found["profit_factor"] = np.where(
            accounts["lost"] > 0, accounts["won"] / accounts["lost"], np.nan
        )
    found["drawdown"], found["trades"] = accounts["drawdown"], accounts["trades"]
    for name in ("commission", "financing", "spread_cost", "slippage_cost"):
        found["costs"] += accounts[name]
    n = counts.sum()
    total = return_sums.sum(axis=1)
    mean = total[:, 0] / n
    variance = np.maximum(total[:, 1] - n * mean**2, 0.0) / max(n - 1, 1)
    with np.errstate(invalid="ignore", divide="ignore"):
        found["sharpe"] = np.where(
            variance > 1e-30, mean / np.sqrt(variance) * math.sqrt(yearly), np.nan
        )
    return found
