"""From bars, signals and settings to the tables that both engines work on."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from argos.backtest.bars import Bars
from argos.backtest.layout import (
    FILL,
    POSITION,
    RETURN_SUMS,
    TRADE,
    Codes,
    Floats,
    Ints,
    Records,
    Signal,
)
from argos.backtest.settings import Calendar, Settings, account_of, rules_of
from argos.backtest.strategy import Signals
from argos.backtest.tables import Book, Clock, Feed, Fine, Orders
from argos.core.errors import InputError

EXTRAS: Final = Orders._fields[2:]
"""Names of the arrays that go with a signal."""
TIME_BLOCKS: Final = 16
"""Time blocks in which return sums are kept; even, for combinatorially symmetric cross-validation."""
WORD: Final = 8
"""Signals that are looked at together; rows of them are padded to whole words."""
_NO_FLOATS: Final = np.zeros((0, 0))


def _plain(values: Floats) -> Floats:
    """C-contiguous, as the compiled loop takes it; a copy only where it is not. It may be locked against writing."""
    return np.ascontiguousarray(values, np.float64)


def feed_of(bars: Bars) -> Feed:
    block_high, block_low = bars.block_extremes()
    return Feed(
        open=_plain(bars.open),
        high=_plain(bars.high),
        low=_plain(bars.low),
        close=_plain(bars.close),
        volume=_plain(bars.volume),
        block_high=block_high,
        block_low=block_low,
    )


def fine_of(bars: Bars) -> Fine:
    fine = bars.fine
    if fine is None:
        return Fine(_NO_FLOATS, _NO_FLOATS, _NO_FLOATS, _NO_FLOATS, np.zeros(0, np.int64))
    return Fine(
        _plain(fine.open),
        _plain(fine.high),
        _plain(fine.low),
        _plain(fine.close),
        np.ascontiguousarray(fine.start, np.int64),
    )


def clock_of(bars: Bars, calendar: Calendar, *, per_bar: bool, blocks: int = TIME_BLOCKS) -> Clock:
    """`per_bar` returns have blocks of equally many bars, others equal runs of UTC days."""
    for name in ("nights", "entries", "flat_after"):
        if len(getattr(calendar, name)) not in (0, len(bars)):
            raise InputError(
                f"the calendar's {name} has {len(getattr(calendar, name))} bars, the market {len(bars)}",
                code="CALENDAR_LENGTH",
                field=name,
                fix="build the calendar from these bars",
            )
    ends = np.arange(1, blocks + 1, dtype=np.int64) * len(bars) // blocks
    return Clock(
        nights=np.ascontiguousarray(calendar.nights, np.int8),
        entries=np.ascontiguousarray(calendar.entries, np.int8),
        flat_after=np.ascontiguousarray(calendar.flat_after, np.int8),
        period_ends=np.zeros(0, np.int64) if per_bar else bars.day_ends(),
        block_ends=ends,
    )


def period_counts(clock: Clock, *, per_bar: bool) -> Ints:
    """Returns in each time block: int64[blocks]."""
    blocks = len(clock.block_ends)
    if per_bar:
        return np.diff(clock.block_ends, prepend=0)
    periods = len(clock.period_ends)
    which = np.arange(periods) * blocks // periods
    return np.bincount(which, minlength=blocks).astype(np.int64)


def empty_side(symbols: int, bars: int) -> Codes:
    """int8[symbols, padded] of zeros; whole words, so that eight bars can be looked at together."""
    return np.zeros((symbols, -(-bars // WORD) * WORD), np.int8)


def orders_of(signals: Signals, symbols: int, bars: int, side: Codes | None = None) -> Orders:
    """The signals as tables, copied only where needed; `side` may be given as a buffer from `empty_side`.

    Raises InputError (SIGNALS_*) for a wrong shape, an unknown code, or a TARGET without a target.
    """
    given = np.asarray(signals.side)
    if given.shape not in ((bars,), (symbols, bars)) or (given.ndim == 1 and symbols != 1):
        raise InputError(
            f"signals have shape {given.shape}, the market {symbols} x {bars}",
            code="SIGNALS_SHAPE",
            field="side",
            fix="give one signal per bar: [bars] for one symbol, else [symbols, bars]",
        )
    given = np.ascontiguousarray(given, np.int8).reshape(symbols, bars)
    bottom, top = int(given.min(initial=0)), int(given.max(initial=0))
    if bottom < Signal.SHORT or top > Signal.TARGET:
        raise InputError(
            "signals hold a code that is not in Signal",
            code="SIGNALS_CODE",
            field="side",
            fix="use -1, 0, 1, 2 (exit) or 3 (target)",
        )
    if bars % WORD:
        padded = empty_side(symbols, bars) if side is None else side
        padded[:, :bars] = given
        given = padded
    extras = [_extra(signals, name, symbols, bars) for name in EXTRAS]
    orders = Orders(given, given.view(np.int64), *extras)
    if top == Signal.TARGET:
        _check_targets(given[:, :bars], orders.target)
    return orders


def _extra(signals: Signals, name: str, symbols: int, bars: int) -> Floats:
    values = getattr(signals, name)
    if values is None:
        return _NO_FLOATS
    array = _plain(np.atleast_2d(np.asarray(values)))
    if array.shape != (symbols, bars):
        raise InputError(
            f"{name} has shape {np.shape(values)}, the market {symbols} x {bars}",
            code="SIGNALS_SHAPE",
            field=name,
            fix="give one value per bar and symbol, NaN where there is none",
        )
    return array


def _check_targets(side: Codes, target: Floats) -> None:
    if not target.size or not np.isfinite(target[side == Signal.TARGET]).all():
        raise InputError(
            "a TARGET signal has no finite target",
            code="SIGNALS_TARGET",
            field="target",
            fix="give a target for each bar whose signal is TARGET",
        )


def book_of(
    bars: Bars,
    settings: Settings,
    *,
    per_bar: bool,
    rows: int,
    blocks: int = TIME_BLOCKS,
    equity: Floats | None = None,
) -> Book:
    """State before the first bar. `rows`: room for so many trades and twice as many fills; 0 writes none down."""
    symbols = len(bars.symbols)
    account = account_of(settings, per_bar=per_bar)
    account["night_bar"] = account["flat_bar"] = -1
    return Book(
        rules=rules_of(settings, bars.symbols),
        account=account,
        positions=empty_positions(symbols),
        trades=np.empty(rows, TRADE),
        fills=np.empty(2 * rows, FILL),
        equity=np.empty(len(bars)) if equity is None else equity,
        return_sums=np.zeros((blocks, RETURN_SUMS)),
    )


def empty_positions(symbols: int) -> Records:
    positions = np.zeros(symbols, POSITION)
    positions["leaving"] = -1
    positions["used_bar"] = -1
    return positions


def grown(book: Book) -> Book:
    """The same book with room for twice as many trades and fills."""
    trades = np.empty(2 * len(book.trades), TRADE)
    trades[: len(book.trades)] = book.trades
    fills = np.empty(2 * len(book.fills), FILL)
    fills[: len(book.fills)] = book.fills
    return book._replace(trades=trades, fills=fills)


def params_of(strategy: Any, params: Mapping[str, Any] | None) -> dict[str, Any]:
    """The parameters to be told in a result: a dataclass's fields, or what was given."""
    fields = getattr(strategy, "__dataclass_fields__", None)
    if fields is not None:
        return {name: getattr(strategy, name) for name in fields}
    return dict(params or {})
