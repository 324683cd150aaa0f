"""The arrays that both engines work on, bundled under names. Built by `engine.py`; an absent array has no elements."""

from typing import Any, Final, NamedTuple

import numpy.typing as npt

from argos.backtest.layout import Codes, Floats, Ints, Records

BOUNDS: Final = ("leverage", "maintenance", "end_close")
"""What of an account may change while a run goes on."""


def cells(values: npt.NDArray[Any]) -> "memoryview[Any]":
    """One number at a time, at a third of the price: the same memory as [n] numbers of Python."""
    return values.data


class Feed(NamedTuple):
    """float64[symbols, bars], C order; block_high and block_low float64[symbols, blocks]."""

    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats
    block_high: Floats
    block_low: Floats


class Fine(NamedTuple):
    """float64[symbols, fine]; start int64[bars + 1], or all empty."""

    open: Floats
    high: Floats
    low: Floats
    close: Floats
    start: Ints


class Orders(NamedTuple):
    """side: int8[symbols, padded], padded a multiple of 8 with zeros at the end; words: the same bytes as int64.

    The others float64[symbols, bars] or [0, 0]; the fields of `strategy.Signals`.
    """

    side: Codes
    words: Ints
    limit_price: Floats
    stop_price: Floats
    stop_distance: Floats
    take_distance: Floats
    trail_distance: Floats
    target: Floats
    size: Floats
    confidence: Floats
    volatility: Floats


EXTRAS: Final = Orders._fields[2:]
"""Names of the arrays that go with a signal."""


class Clock(NamedTuple):
    """nights, entries, flat_after: int8[bars] or [0]. period_ends: int64[periods], bars at which returns are taken.

    block_ends: int64[blocks], the bar after the last of each time block.
    """

    nights: Codes
    entries: Codes
    flat_after: Codes
    period_ends: Ints
    block_ends: Ints


class Change(NamedTuple):
    """From bar `bar` on other rules: RULES[symbols], and of the account ACCOUNT[1] the fields named in BOUNDS."""

    bar: int
    rules: Records
    account: Records


class Book(NamedTuple):
    """rules RULES[symbols], account ACCOUNT[1], positions POSITION[symbols], trades TRADE[n], fills FILL[m].

    equity float64[bars]; return_sums float64[blocks, 4]. With n = 0 trades are counted but not written; so are fills.
    """

    rules: Records
    account: Records
    positions: Records
    trades: Records
    fills: Records
    equity: Floats
    return_sums: Floats
