"""What is written comes back to the last bit, finer series and missing bars and all."""

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from argos.backtest.preparing import feed_of
from argos.core.errors import InputError
from argos.prices.digest import bars_sha256
from argos.prices.parquetfile import BARS_KIND, KIND, read_parquet, write_parquet
from argos.prices.read import read_bars
from unit.backtest.random_markets import random_bars

QUOTES = ("open", "high", "low", "close")


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 12), st.integers(1, 3), st.data())
def test_bars_come_back_bit_for_bit(seed, count, symbols, data):
    whole = random_bars(np.random.default_rng(seed), bars=count, symbols=symbols)
    first, last = sorted(data.draw(st.tuples(*[st.integers(0, count - 1)] * 2)))
    bars = whole.between(first, last + 1)
    with TemporaryDirectory() as folder:
        path = Path(folder, "bars.parquet")
        write_parquet(bars, path)
        for back in (read_parquet(path), read_bars(path)):
            assert back.symbols == bars.symbols
            assert back.opened_ns.tobytes() == bars.opened_ns.tobytes()
            for name in (*QUOTES, "volume"):
                got, expected = getattr(back, name), getattr(bars, name)
                assert np.array_equal(got, expected, equal_nan=True)
            assert (back.fine is None) == (bars.fine is None)
            if bars.fine is not None:
                span = slice(int(bars.fine.start[0]), int(bars.fine.start[-1]))
                assert np.array_equal(back.fine.start, bars.fine.start - bars.fine.start[0])
                for name in QUOTES:
                    expected = getattr(bars.fine, name)[:, span]
                    assert np.array_equal(getattr(back.fine, name), expected)
            assert bars_sha256(back) == bars_sha256(bars)


def with_fine(symbols=2):
    markets = (random_bars(np.random.default_rng(n), bars=6, symbols=symbols) for n in range(50))
    return next(
        market for market in markets if market.fine is not None and not np.isnan(market.open).any()
    )


def test_the_file_says_of_itself_what_it_is(tmp_path):
    path = tmp_path / "bars.parquet"
    write_parquet(with_fine(), path)
    assert pq.read_schema(path).metadata[KIND] == BARS_KIND


def test_no_run_needs_a_copy_of_what_was_read(tmp_path):
    """The kernel takes memory that may be written only; what else it is given it would copy for each run."""
    path, bars = tmp_path / "bars.parquet", with_fine(symbols=1)
    write_parquet(bars, path)
    for source in (path, [path]):
        read = read_bars(source)
        assert feed_of(read).close is read.close
        assert feed_of(read).volume is read.volume


def test_symbols_can_be_chosen_from_it(tmp_path):
    path, bars = tmp_path / "bars.parquet", with_fine()
    write_parquet(bars, path)
    chosen = read_bars(path, symbols=["S1"])
    assert bars_sha256(chosen) == bars_sha256(bars.only(1))
    with pytest.raises(InputError, match="BARS_SYMBOL_UNKNOWN"):
        read_bars(path, symbols=["S7"])


def test_a_file_that_was_changed_is_refused(tmp_path):
    path = tmp_path / "bars.parquet"
    write_parquet(with_fine(), path)
    table = pq.read_table(path)
    high = table["high"].to_numpy().copy()
    high[3] = np.nextafter(high[3], np.inf)
    changed = table.set_column(table.column_names.index("high"), "high", pa.array(high))
    for other in (changed, table.slice(0, table.num_rows - 1)):
        pq.write_table(other, path)
        with pytest.raises(InputError, match="PRICES_ALTERED"):
            read_bars(path)


def test_another_parquet_file_is_refused_by_its_own_reader(tmp_path):
    path = tmp_path / "other.parquet"
    pq.write_table(pa.table({"time": [1]}), path)
    with pytest.raises(InputError, match="PRICES_KIND"):
        read_parquet(path)
    path.write_bytes(b"not parquet")
    with pytest.raises(InputError, match="PRICES_UNREADABLE"):
        read_parquet(path)


def test_among_other_files_its_bars_are_rows_like_anybodys(tmp_path):
    path, bars = tmp_path / "bars.parquet", with_fine(symbols=1)
    write_parquet(bars, path)
    again = read_bars([path])
    for name in QUOTES:
        assert np.array_equal(getattr(again, name), getattr(bars, name))
