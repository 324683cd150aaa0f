"""What the kernel is given is checked against what it will read: a wrong table is an error, never a crash."""

import contextlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from argos.backtest.engines import CompiledEngine
from argos.backtest.preparing import book_of, clock_of, feed_of, fine_of, orders_of
from argos.backtest.tables import Book, Clock, Feed, Fine, Orders
from argos.core.errors import InvariantError
from unit.backtest.random_markets import random_run

TABLES = {"feed": Feed, "fine": Fine, "orders": Orders, "clock": Clock, "book": Book}
COLUMNS = [
    (table, name) for table, kind in TABLES.items() for name in kind._fields if name != "words"
]


def tables_of(seed: int, *, bars: int, symbols: int) -> dict:
    played = random_run(seed, bars=bars, symbols=symbols)
    return {
        "feed": feed_of(played.bars),
        "fine": fine_of(played.bars),
        "orders": orders_of(played.signals, symbols, bars),
        "clock": clock_of(played.bars, played.settings.calendar, per_bar=False),
        "book": book_of(played.bars, played.settings, per_bar=False, rows=8 * symbols),
    }


def shortened(array):
    return array[..., :-1]


def lengthened(array):
    return np.concatenate([array, array[..., -1:]], axis=-1)


def of_less(array):
    return array[..., ::2].copy() if array.shape[-1] > 1 else array[..., :0]


def scattered(array):
    """The same elements with others between them."""
    return np.repeat(array, 2, axis=-1)[..., ::2]


def of_another_kind(array):
    return np.zeros(array.shape, np.int16) if array.dtype.names is None else array.view(np.uint8)


def flat(array):
    return array.reshape(-1) if array.ndim > 1 else array[None]


WRONG = [shortened, lengthened, of_less, scattered, of_another_kind, flat]


@given(
    seed=st.integers(0, 2**32 - 1),
    bars=st.integers(2, 70),
    symbols=st.integers(1, 3),
    place=st.sampled_from(COLUMNS),
    wrong=st.sampled_from(WRONG),
)
@settings(max_examples=300, deadline=None)
def test_a_table_of_the_wrong_extent_is_an_error_and_no_crash(seed, bars, symbols, place, wrong):
    tables = tables_of(seed, bars=bars, symbols=symbols)
    table, name = place
    array = getattr(tables[table], name)
    if array.size == 0:
        return
    changed = wrong(array)
    tables[table] = tables[table]._replace(**{name: changed})
    if name in {"trades", "fills", "period_ends"} and wrong in {shortened, lengthened, of_less}:
        # Tables of any length: it is enough that nothing beyond their end is touched.
        with contextlib.suppress(InvariantError):
            CompiledEngine(**tables).advance(bars, bars)
    elif wrong is not scattered or not changed.flags.c_contiguous:
        with pytest.raises(InvariantError, match="TABLE_EXTENT"):
            CompiledEngine(**tables)


@pytest.mark.parametrize("name", ["equity", "account", "positions", "return_sums", "trades"])
def test_a_table_that_is_locked_against_writing_is_an_error(name):
    tables = tables_of(3, bars=20, symbols=2)
    array = getattr(tables["book"], name)
    array.flags.writeable = False
    with pytest.raises(InvariantError, match="locked"):
        CompiledEngine(**tables)


@pytest.mark.parametrize("ends", [[3, 20], [-1, 19], [19, 25]])
def test_places_beyond_the_bars_are_an_error(ends):
    tables = tables_of(3, bars=20, symbols=1)
    tables["clock"] = tables["clock"]._replace(period_ends=np.array(ends))
    with pytest.raises(InvariantError, match="period_ends"):
        CompiledEngine(**tables)


def test_no_bar_beyond_the_market_is_played():
    engine = CompiledEngine(**tables_of(3, bars=20, symbols=1))
    with pytest.raises(AssertionError):
        engine.advance(21, 20)
    with pytest.raises(AssertionError):
        engine.advance(20, 21)
