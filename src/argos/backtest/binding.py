"""The tables of a run as one record of addresses, for the compiled kernel.

The kernel checks no bound. So what it is given is checked here, once for each record: kind, order and extent of every
array. A wrong one is an InvariantError, never a crash.
"""

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from argos.backtest.layout import (
    ACCOUNT,
    BLOCK_BARS,
    FILL,
    POSITION,
    RETURN_SUMS,
    RULES,
    TRADE,
    WORD,
    Ints,
)
from argos.backtest.tables import EXTRAS, Book, Clock, Feed, Fine, Orders
from argos.core.errors import InvariantError

Array = npt.NDArray[Any]

_ADDRESSES: Final = (
    *Feed._fields,
    *(f"fine_{name}" for name in Fine._fields),
    *(name for name in Orders._fields if name != "words"),
    *Clock._fields,
    *Book._fields,
)
_NUMBERS: Final = (
    "bars",
    "symbols",
    "padded",
    "blocks",
    "fine",
    "periods",
    "trades_room",
    "fills_room",
)
TABLE: Final = np.dtype(
    [(name, np.int64) for name in _ADDRESSES] + [(name, np.int64) for name in _NUMBERS]
)
"""Addresses of all tables, 0 for an absent one, and their sizes. Whoever makes it must keep the arrays alive."""

PLACES: Final = {name: place for place, name in enumerate((*_ADDRESSES, *_NUMBERS))}
"""Where each field stands in the record, counted in int64."""


def address(array: Array) -> int:
    """Where the elements are; 0 without any."""
    if not array.size:
        return 0
    # Of an array of records numpy would spell out every field first.
    plain = array.view(np.uint8) if array.dtype.names else array
    return int(plain.__array_interface__["data"][0])


def bind(feed: Feed, fine: Fine, orders: Orders, clock: Clock, book: Book) -> Ints:
    """The record over these tables as int64[fields]: numba is slow to tell the type of an array of records.

    Raises InvariantError (TABLE_EXTENT) for an array that the kernel would read or write past its end.
    """
    symbols, bars = _two(feed.close, "close")
    _check_feed(feed, symbols, bars)
    _check_fine(fine, symbols, bars)
    check_orders(orders, symbols, bars)
    _check_clock(clock, bars, len(book.return_sums))
    _check_book(book, symbols, bars)
    named: dict[str, Array] = {
        **feed._asdict(),
        **{f"fine_{name}": values for name, values in fine._asdict().items()},
        **orders._asdict(),
        **clock._asdict(),
        **book._asdict(),
    }
    numbers = {
        "bars": bars,
        "symbols": symbols,
        "padded": orders.side.shape[1],
        "blocks": feed.block_high.shape[1],
        "fine": fine.close.shape[-1],
        "periods": len(clock.period_ends),
        "trades_room": len(book.trades),
        "fills_room": len(book.fills),
    }
    return np.array(
        [address(named[name]) for name in _ADDRESSES] + [numbers[name] for name in _NUMBERS],
        np.int64,
    )


def check_orders(orders: Orders, symbols: int, bars: int) -> None:
    """Raises InvariantError (TABLE_EXTENT) unless the orders are those of such a market."""
    _must(orders.side, "side", np.int8, (symbols, -(-bars // WORD) * WORD))
    for name, values in zip(EXTRAS, orders[2:], strict=True):
        if values.size:
            _must(values, name, np.float64, (symbols, bars))


def _check_feed(feed: Feed, symbols: int, bars: int) -> None:
    for name, values in zip(Feed._fields[:5], feed[:5], strict=True):
        _must(values, name, np.float64, (symbols, bars))
    for name, values in zip(Feed._fields[5:], feed[5:], strict=True):
        _must(values, name, np.float64, (symbols, -(-bars // BLOCK_BARS)))


def _check_fine(fine: Fine, symbols: int, bars: int) -> None:
    if not any(column.size for column in fine):
        return
    _must(fine.start, "fine_start", np.int64, (bars + 1,))
    count = _two(fine.close, "fine_close")[1]
    for name, values in zip(Fine._fields[:4], fine[:4], strict=True):
        _must(values, f"fine_{name}", np.float64, (symbols, count))
    # The places are numbers that the kernel goes to; they rise, since `bars_of` has looked.
    if not 0 <= fine.start[0] <= fine.start[-1] <= count:
        raise _wrong("fine_start", f"it ends at {fine.start[-1]}, there are {count} finer bars")


def _check_clock(clock: Clock, bars: int, blocks: int) -> None:
    for name, flags in zip(Clock._fields[:3], clock[:3], strict=True):
        if flags.size:
            _must(flags, name, np.int8, (bars,))
    _must(clock.block_ends, "block_ends", np.int64, (blocks,))
    _must(clock.period_ends, "period_ends", np.int64, (len(clock.period_ends),))
    if not len(clock.block_ends) or clock.block_ends[-1] != bars:
        raise _wrong("block_ends", f"the last block must end at {bars}")
    if len(clock.period_ends) and not 0 <= clock.period_ends[0] <= clock.period_ends[-1] < bars:
        raise _wrong("period_ends", f"they must be bars below {bars}")


def _check_book(book: Book, symbols: int, bars: int) -> None:
    _must(book.rules, "rules", RULES, (symbols,))
    _must(book.account, "account", ACCOUNT, (1,))
    _must(book.positions, "positions", POSITION, (symbols,))
    _must(book.trades, "trades", TRADE, (len(book.trades),))
    _must(book.fills, "fills", FILL, (len(book.fills),))
    _must(book.equity, "equity", np.float64, (bars,))
    _must(book.return_sums, "return_sums", np.float64, (len(book.return_sums), RETURN_SUMS))
    for name, values in zip(Book._fields[1:], book[1:], strict=True):
        if not values.flags.writeable:
            raise _wrong(name, "it is locked, and the kernel writes to it")


def _two(array: Array, name: str) -> tuple[int, int]:
    if array.ndim != 2:
        raise _wrong(name, f"it has {array.ndim} dimensions, not 2")
    return array.shape[0], array.shape[1]


def _must(array: Array, name: str, kind: Any, shape: tuple[int, ...]) -> None:
    """The kernel reads `shape` elements of `kind`, one after the other."""
    flags = array.flags
    # dtype objects of numpy's own kinds are singletons, and those of ours are made once.
    if array.dtype != kind or array.shape != shape or not (flags.c_contiguous and flags.aligned):
        raise _wrong(name, f"{array.dtype} {array.shape}, not {np.dtype(kind)} {shape} in C order")


def _wrong(name: str, what: str) -> InvariantError:
    return InvariantError(f"the table {name} does not fit: {what}", code="TABLE_EXTENT")
