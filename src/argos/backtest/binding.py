"""The tables of a run as one record of addresses, for the compiled kernel."""

from typing import Final

import numpy as np
import numpy.typing as npt

from argos.backtest.layout import Ints
from argos.backtest.tables import Book, Clock, Feed, Fine, Orders

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


def address(array: npt.NDArray[np.generic]) -> int:
    """Where the elements are; 0 without any."""
    if not array.size:
        return 0
    # Of an array of records numpy would spell out every field first.
    plain = array.view(np.uint8) if array.dtype.names else array
    return int(plain.__array_interface__["data"][0])


def bind(feed: Feed, fine: Fine, orders: Orders, clock: Clock, book: Book) -> Ints:
    """The record over these tables as int64[fields]: numba is slow to tell the type of an array of records."""
    named: dict[str, npt.NDArray[np.generic]] = {
        **feed._asdict(),
        **{f"fine_{name}": values for name, values in fine._asdict().items()},
        **orders._asdict(),
        **clock._asdict(),
        **book._asdict(),
    }
    symbols, bars = feed.close.shape
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
