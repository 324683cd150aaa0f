"""The tables of a run as one record of addresses, for the compiled kernel."""

from typing import Final

import numpy as np
import numpy.typing as npt

from argos.backtest.layout import Records
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
    "time_blocks",
    "trades_room",
    "fills_room",
)
TABLE: Final = np.dtype(
    [(name, np.int64) for name in _ADDRESSES] + [(name, np.int64) for name in _NUMBERS]
)
"""Addresses of all tables, 0 for an absent one, and their sizes. Whoever makes it must keep the arrays alive."""


def address(array: npt.NDArray[np.generic]) -> int:
    """Where the elements are; 0 without any."""
    return int(array.__array_interface__["data"][0]) if array.size else 0


def bind(feed: Feed, fine: Fine, orders: Orders, clock: Clock, book: Book) -> Records:
    """TABLE[1] over these tables."""
    table = np.zeros(1, TABLE)
    row = table[0]
    named: dict[str, npt.NDArray[np.generic]] = {
        **feed._asdict(),
        **{f"fine_{name}": values for name, values in fine._asdict().items()},
        **orders._asdict(),
        **clock._asdict(),
        **book._asdict(),
    }
    for name in _ADDRESSES:
        row[name] = address(named[name])
    row["symbols"], row["bars"] = feed.close.shape
    row["padded"] = orders.side.shape[1]
    row["blocks"] = feed.block_high.shape[1]
    row["fine"] = fine.close.shape[-1]
    row["periods"] = len(clock.period_ends)
    row["time_blocks"] = len(book.return_sums)
    row["trades_room"] = len(book.trades)
    row["fills_room"] = len(book.fills)
    return table
