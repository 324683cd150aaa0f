"""How a strategy is written: arrays in, signals out; or one closed bar at a time.

Vectorised: a frozen dataclass whose fields are its parameters, with `signals(market) -> Signals`. Bar by bar: a class
with `on_bar(context)` and, for indicators, `start(market, context)`. Either decides at the close of a bar and is filled
from the next bar's open on; there is no way to be filled on the bar that was decided on.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from argos.backtest.bars import Bars
from argos.backtest.context import Context
from argos.backtest.layout import Codes, Floats, Ints, Signal
from argos.backtest.tables import EXTRAS
from argos.core.errors import InputError

MEMO_BYTES_MAX: Final = 256 * 2**20
"""Indicators that a market remembers for the next parameter set; the oldest go first."""


@dataclass(slots=True, kw_only=True, eq=False)
class Signals:
    """Decisions at the close of each bar, and what goes with them. Arrays [bars], or [symbols, bars] for several.

    side: int8, a `Signal` code: LONG or SHORT enters (and closes an opposite holding at the same open; the side that is
    held already is left alone), EXIT closes, TARGET moves the holding to `target` times equity (signed), NONE does
    nothing. All others are float64, read at the bar of the signal, NaN where they say nothing:
    limit_price, stop_price: an entry that rests at this price instead of going to market. If an opposite holding is
    open, it is closed at the next open and the entry rests.
    stop_distance, take_distance, trail_distance: > 0, price distance from the fill; before `Exits`' fractions.
    target: signed multiple of equity. size: the value of `Sizing` for this entry. confidence: 0 to 1.
    volatility: of one period, > 0, for VOLATILITY_TARGET.
    """

    side: Codes
    limit_price: Floats | None = None
    stop_price: Floats | None = None
    stop_distance: Floats | None = None
    take_distance: Floats | None = None
    trail_distance: Floats | None = None
    target: Floats | None = None
    size: Floats | None = None
    confidence: Floats | None = None
    volatility: Floats | None = None

    def between(self, first: int, last: int) -> "Signals":
        """Those of bars first .. last - 1, as views."""
        part = Signals(side=self.side[..., first:last])
        for name in EXTRAS:
            values = getattr(self, name)
            if values is not None:
                setattr(part, name, values[..., first:last])
        return part

    @classmethod
    def of_targets(cls, target: Floats) -> "Signals":
        """Signals from target weights: NaN leaves the holding as it is, 0 closes it."""
        return cls(side=np.where(np.isnan(target), 0, Signal.TARGET).astype(np.int8), target=target)


@dataclass(slots=True, kw_only=True, eq=False)
class Market:
    """What a strategy is given: the bars, and a memory for indicators that parameter sets share.

    `shared`: other runs will ask for the same indicators; a strategy may choose its way by that, never its signals.
    """

    bars: Bars
    shared: bool = False
    _memo: dict[tuple[Any, ...], npt.NDArray[Any]] = field(default_factory=dict, repr=False)
    _memo_bytes: int = 0
    _each: list["Market"] = field(default_factory=list, repr=False)
    _places: Ints | None = field(default=None, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _local: threading.local = field(default_factory=threading.local, repr=False)

    @property
    def open(self) -> Floats:
        """float64[bars] of a single symbol, else [symbols, bars]; so are high, low, close and volume."""
        return self._rows(self.bars.open)

    @property
    def high(self) -> Floats:
        return self._rows(self.bars.high)

    @property
    def low(self) -> Floats:
        return self._rows(self.bars.low)

    @property
    def close(self) -> Floats:
        return self._rows(self.bars.close)

    @property
    def volume(self) -> Floats:
        return self._rows(self.bars.volume)

    def _rows(self, values: Floats) -> Floats:
        return values[0] if len(values) == 1 else values

    def each(self) -> list["Market"]:
        """One market for each symbol, with the bars that it has and no others, remembered with its indicators."""
        with self._lock:
            if not self._each:
                self._each = [self._alone(index) for index in range(len(self.bars.symbols))]
            return self._each

    def _alone(self, symbol: int) -> "Market":
        bars = self.bars.only(symbol)
        if not bars.has_gaps():
            return Market(bars=bars, shared=self.shared)
        places = np.flatnonzero(~np.isnan(bars.open[0]))
        return Market(bars=bars.at(places), shared=self.shared, _places=places)

    def spread(self, signals: Signals, bars: int) -> Signals:
        """Signals about one of `each`, laid out over all `bars` of the market that it is of."""
        places = self._places
        if places is None:
            return signals
        if np.shape(signals.side) != places.shape:
            raise InputError(
                f"signals have shape {np.shape(signals.side)}, {self.bars.symbols[0]} has {len(places)} bars",
                code="SIGNALS_SHAPE",
                field="side",
                fix="give one signal for each bar of the market that is asked about",
            )
        found = Signals(side=np.zeros(bars, np.int8))
        found.side[places] = signals.side
        for name in EXTRAS:
            values = getattr(signals, name)
            if values is not None:
                column = np.full(bars, np.nan)
                column[places] = values
                setattr(found, name, column)
        return found

    def blank_side(self) -> Codes:
        """int8 zeros in the shape of `close`, to write signals into.

        In a sweep the next parameter set of the same thread is given the same memory: do not keep it.
        """
        shape = self.close.shape
        if not self.shared:
            return np.zeros(shape, np.int8)
        side: Codes | None = getattr(self._local, "side", None)
        if side is None:
            side = self._local.side = np.empty(shape, np.int8)
        side.fill(0)
        return side

    def indicator(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """`function(*arguments)`, remembered. Arguments are bound to this market: name columns by text.

        A text argument "open", "high", "low", "close" or "volume" is replaced by that column. The rest must be
        hashable: `market.indicator(ema, "close", 20)`.
        """
        key = (function, *arguments)
        found = self._memo.get(key)
        if found is None:
            columns = {"open", "high", "low", "close", "volume"}
            found = function(
                *(
                    getattr(self, item) if isinstance(item, str) and item in columns else item
                    for item in arguments
                )
            )
            self._remember(key, found)
        return found

    def _remember(self, key: tuple[Any, ...], value: Any) -> None:
        with self._lock:
            self._memo_bytes += _bytes_of(value) - _bytes_of(self._memo.pop(key, None))
            while self._memo_bytes > MEMO_BYTES_MAX and self._memo:
                self._memo_bytes -= _bytes_of(self._memo.pop(next(iter(self._memo))))
            self._memo[key] = value


def _bytes_of(value: Any) -> int:
    """Memory of an indicator, which may be several arrays."""
    parts = value if isinstance(value, tuple) else (value,)
    return sum(getattr(part, "nbytes", 0) for part in parts)


@runtime_checkable
class VectorStrategy(Protocol):
    """A strategy over arrays."""

    def signals(self, market: Market) -> Signals:
        """Signals for all bars. The value at bar i may use bars 0 .. i only; `lookahead.py` checks that."""
        ...


@runtime_checkable
class BarStrategy(Protocol):
    """A strategy that is asked at the close of each bar.

    If it has `start(market, context)`, that is called once before: there indicators are computed, each kept as
    `context.series(values)`.
    """

    def on_bar(self, context: Context) -> None:
        """Looks at closed bars through `context` and says what to do from the next open on."""
        ...


SignalFunction = Callable[..., Signals]
"""A plain function `f(market, **params) -> Signals` is a strategy, too."""

Strategy = VectorStrategy | BarStrategy | SignalFunction


def signals_of(strategy: Strategy, market: Market, params: dict[str, Any] | None = None) -> Signals:
    """What a vectorised strategy says about `market`. Raises InputError if it is none.

    It is asked about each symbol on its own, with arrays [bars] of the bars that this symbol has; one that has none is
    not asked about. With a true attribute `whole_market` it is asked once, with arrays [symbols, bars], gaps and all.
    """
    # Asking for the attribute is what isinstance of a protocol does, in a tenth of the time.
    by_arrays: Callable[..., Signals] | None = getattr(strategy, "signals", None)
    if by_arrays is None and not callable(strategy):
        raise InputError(
            f"{type(strategy).__name__} has neither signals(market) nor on_bar(context)",
            code="STRATEGY_INVALID",
            fix="give it one of the two, or pass a function f(market, **params)",
        )
    ask: Callable[..., Signals] = by_arrays or strategy  # type: ignore[assignment]  # it is callable: see above
    given = {} if by_arrays else params or {}
    single = len(market.bars.symbols) == 1 and not market.bars.has_gaps()
    if single or getattr(strategy, "whole_market", False):
        return ask(market, **given)
    count = len(market.bars)
    silent = Signals(side=np.zeros(count, np.int8))
    return _stacked(
        [
            alone.spread(ask(alone, **given), count) if len(alone.bars) else silent
            for alone in market.each()
        ]
    )


def _stacked(parts: list[Signals]) -> Signals:
    """Signals of single symbols as those of a market."""
    found = Signals(side=np.stack([part.side for part in parts]))
    for name in EXTRAS:
        columns = [getattr(part, name) for part in parts]
        if any(column is not None for column in columns):
            empty = np.full(found.side.shape[1], np.nan)
            setattr(found, name, np.stack([empty if c is None else c for c in columns]))
    return found
