"""Whatever people keep prices in, the bars are theirs to the last bit."""

import gzip
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from argos.prices.digest import bars_sha256
from argos.prices.read import read_bars
from unit.prices.markets import (
    COLUMNS,
    arrow_long,
    check_bars,
    markets,
    pandas_by_time,
    pandas_long,
    pandas_wide,
    polars_long,
    rows,
    write_csv,
    write_long_csv,
)

FEW = settings(max_examples=25, deadline=None)


@FEW
@given(markets())
def test_a_csv_file_with_a_column_of_symbols(market):
    with TemporaryDirectory() as folder:
        path = Path(folder, "all.csv")
        write_long_csv(path, market)
        check_bars(read_bars(path, symbols=list(market)), market)


@FEW
@given(rows(), st.sampled_from(["\t", ";", ",", "|"]), st.booleans())
def test_a_csv_file_of_one_symbol_is_named_by_its_file(of_symbol, delimiter, packed):
    with TemporaryDirectory() as folder:
        path = Path(folder, "EURUSD.csv")
        header = ("<Time>", *(name.upper() for name in COLUMNS))
        write_csv(path, of_symbol, header=header, delimiter=delimiter)
        if packed:
            plain, path = path, Path(folder, "EURUSD.csv.gz")
            path.write_bytes(gzip.compress(plain.read_bytes()))
        check_bars(read_bars(path), {"EURUSD": of_symbol})


@FEW
@given(st.dictionaries(st.sampled_from(["AAPL", "EURUSD", "x y"]), rows(), min_size=1))
def test_a_folder_with_a_file_of_each_symbol(market):
    with TemporaryDirectory() as folder:
        for symbol, of_symbol in market.items():
            write_csv(Path(folder, f"{symbol}.csv"), of_symbol)
        Path(folder, "notes.md").write_text("not prices", encoding="utf-8")
        check_bars(read_bars(folder), dict(sorted(market.items())))


@FEW
@given(rows(count_min=2), st.data())
def test_parts_of_one_symbol_are_put_together_whatever_their_order(of_symbol, data):
    cut = data.draw(st.integers(1, len(of_symbol) - 1))
    parts = data.draw(st.permutations([of_symbol[:cut], of_symbol[cut:]]))
    frames = [pandas_long({"A": part}).drop(columns="symbol") for part in parts]
    check_bars(read_bars({"A": frames}), {"A": of_symbol})


@FEW
@given(markets())
def test_parquet(market):
    with TemporaryDirectory() as folder:
        path = Path(folder, "all.parquet")
        pq.write_table(arrow_long(market), path)
        check_bars(read_bars(path, symbols=list(market)), market)


@pytest.mark.parametrize(
    "frame", [pandas_long, pandas_by_time, pandas_wide, polars_long, arrow_long]
)
@FEW
@given(market=markets())
def test_frames(frame, market):
    check_bars(read_bars(frame(market), symbols=list(market)), market)


@FEW
@given(markets())
def test_a_mapping_of_symbols_to_frames(market):
    frames = {
        symbol: polars_long({symbol: of_symbol}).drop("symbol")
        for symbol, of_symbol in market.items()
    }
    check_bars(read_bars(frames), market)


@FEW
@given(markets())
def test_the_digest_does_not_depend_on_the_container(market):
    symbols = list(market)
    digests = {
        bars_sha256(read_bars(frame(market), symbols=symbols))
        for frame in (pandas_long, pandas_wide, polars_long, arrow_long)
    }
    assert len(digests) == 1


@FEW
@given(markets(), st.data())
def test_a_part_is_what_opens_from_since_to_until(market, data):
    times = sorted({row.at_ns for of_symbol in market.values() for row in of_symbol})
    first, last = sorted(data.draw(st.tuples(*[st.integers(0, len(times) - 1)] * 2)))
    kept = {
        symbol: [row for row in of_symbol if times[first] <= row.at_ns <= times[last]]
        for symbol, of_symbol in market.items()
    }
    if not all(kept.values()):
        return
    whole = read_bars(arrow_long(market), symbols=list(market))
    texts = {row.at_ns: row.time_text for of_symbol in market.values() for row in of_symbol}
    after = "2099-01-01T00:00:00Z" if last + 1 == len(times) else texts[times[last + 1]]
    part = read_bars(
        arrow_long(market), symbols=list(market), since=texts[times[first]], until=after
    )
    assert part.opened_ns.tolist() == times[first : last + 1]
    assert bars_sha256(part) == bars_sha256(whole.between(first, last + 1))
