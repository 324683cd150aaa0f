"""From bars, signals and settings to the tables that both engines work on."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from argos.backtest.bars import Bars
from argos.backtest.binding import address
from argos.backtest.layout import (
    FILL,
    POSITION,
    RETURN_SUMS,
    TRADE,
    WORD,
    Codes,
    Floats,
    Ints,
    Records,
    Signal,
)
from argos.backtest.settings import Calendar, Settings, account_of, rules_of
from argos.backtest.strategy import Signals
from argos.backtest.tables import BOUNDS, EXTRAS, Book, Change, Clock, Feed, Fine, Orders
from argos.core.errors import InputError

TIME_BLOCKS: Final = 16
"""Time blocks in which return sums are kept; even, for combinatorially symmetric cross-validation."""
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


def clock_of(
    bars: Bars, calendar: Calendar, *, per_bar: bool, blocks: int | Ints = TIME_BLOCKS
) -> Clock:
    """`blocks`: how many time blocks, or the bar after the last of each: int64[blocks], not falling, to the last bar.

    As a number: `per_bar` returns have blocks of equally many bars, others equal runs of UTC days. A day belongs to the
    block in which its last bar lies.
    """
    check_calendar(calendar, bars)
    days = bars.day_ends()
    return Clock(
        nights=np.ascontiguousarray(calendar.nights, np.int8),
        entries=np.ascontiguousarray(calendar.entries, np.int8),
        flat_after=np.ascontiguousarray(calendar.flat_after, np.int8),
        period_ends=np.zeros(0, np.int64) if per_bar else days,
        block_ends=_block_ends(blocks, len(bars), None if per_bar else days),
    )


def check_calendar(calendar: Calendar, bars: Bars) -> None:
    """Raises InputError (CALENDAR_LENGTH) if its arrays are not over these bars."""
    for name in ("nights", "entries", "flat_after"):
        if len(getattr(calendar, name)) not in (0, len(bars)):
            raise InputError(
                f"the calendar's {name} has {len(getattr(calendar, name))} bars, the market {len(bars)}",
                code="CALENDAR_LENGTH",
                field=name,
                fix="build the calendar from these bars",
            )


def _block_ends(blocks: int | Ints, bars: int, days: Ints | None) -> Ints:
    """The bar after the last of each time block; the kernel looks for the block of a bar without checking."""
    if not isinstance(blocks, int):
        ends = np.ascontiguousarray(blocks, np.int64)
        assert len(ends), "there is a block"
        assert (np.diff(ends, prepend=0) >= 0).all(), "blocks follow each other"
        assert ends[-1] == bars, "and reach to the last bar"
        return ends
    places = np.arange(1, blocks + 1, dtype=np.int64)
    if days is None:
        return places * bars // blocks
    # Block j has the days d with d * blocks // days == j.
    found: Ints = np.concatenate([[0], days + 1])[-(-places * len(days) // blocks)]
    return found


def period_counts(clock: Clock, *, per_bar: bool) -> Ints:
    """Returns in each time block: int64[blocks]."""
    if per_bar:
        return np.diff(clock.block_ends, prepend=0)
    which = np.searchsorted(clock.block_ends, clock.period_ends, side="right")
    return np.bincount(which, minlength=len(clock.block_ends)).astype(np.int64)


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
    # A slice may begin anywhere; the kernel reads whole words.
    if bars % WORD or address(given) % WORD:
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


def change_of(bar: int, settings: Settings, symbols: tuple[str, ...]) -> Change:
    """The rules of these settings, to be played from `bar` on."""
    return Change(bar, rules_of(settings, symbols), account_of(settings, per_bar=False))


def overwrite(book: Book, change: Change) -> None:
    """The rules of `book` in place: the compiled kernel knows the address."""
    book.rules[:] = change.rules
    for name in BOUNDS:
        book.account[name] = change.account[name]


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
