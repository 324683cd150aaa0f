"""The bundled table: adjusted, complete, and read in one place."""

import gzip
from datetime import date
from decimal import Decimal

import pytest

from argos.core.errors import InputError, InvariantError
from argos.prices.demo import DailyBar, load_bars

HEADER = "Ticker,Date,Open,High,Low,Close,Volume,Adj Close\n"


@pytest.fixture
def table(tmp_path):
    def write(*rows: str):
        path = tmp_path / "stocks.csv.gz"
        path.write_bytes(gzip.compress((HEADER + "\n".join(rows) + "\n").encode()))
        return path

    return write


def whole_range(**kwargs):
    return {"start": date(2000, 1, 1), "end": date(2013, 12, 31), **kwargs}


def test_all_four_prices_are_scaled_by_adjusted_over_raw_close(table):
    path = table("IBM,2008-03-04,100,110,70,80,1200,40")
    [bar] = load_bars(symbols=["IBM"], **whole_range(path=path))["IBM"]
    half = Decimal(40) / Decimal(80)
    assert bar.open == 100 * half
    assert bar.high == 110 * half
    assert bar.low == 70 * half
    assert bar.close == 80 * half
    assert bar.volume == 1200


def test_a_missing_table_is_named(tmp_path):
    with pytest.raises(InputError, match="PRICES_UNREADABLE"):
        load_bars(**whole_range(path=tmp_path / "nowhere.csv.gz"))


def test_a_table_that_is_no_table_is_refused(tmp_path):
    path = tmp_path / "stocks.csv.gz"
    path.write_bytes(b"not gzip")
    with pytest.raises(InputError, match="PRICES_UNREADABLE"):
        load_bars(**whole_range(path=path))


def test_an_unknown_symbol_is_refused_with_the_known_ones(table):
    path = table("IBM,2008-03-04,1,1,1,1,1,1")
    with pytest.raises(InputError, match="no TSLA") as refusal:
        load_bars(symbols=["TSLA"], **whole_range(path=path))
    assert "IBM" in refusal.value.fix


def test_a_bar_whose_close_lies_outside_its_range_cannot_be():
    with pytest.raises(InvariantError, match="BAR_IMPOSSIBLE"):
        DailyBar(
            symbol="IBM",
            date=date(2008, 3, 4),
            open=Decimal(2),
            high=Decimal(3),
            low=Decimal(1),
            close=Decimal(4),
            volume=1,
        )
