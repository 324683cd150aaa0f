"""Which days a rehearsal replays."""

import gzip
from datetime import date

import pytest

from argos.core.errors import InputError
from argos.prices.demo import PRICE_STEP, SYMBOLS
from argos.rehearsal.prices import align, load_trading_days

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


def test_only_days_that_all_symbols_share_are_replayed(table):
    path = table(
        "IBM,2008-03-04,1,1,1,1,1,1",
        "IBM,2008-03-05,1,1,1,1,1,1",
        "MSFT,2008-03-05,2,2,2,2,1,2",
        "MSFT,2008-03-06,2,2,2,2,1,2",
    )
    [day] = load_trading_days(symbols=["IBM", "MSFT"], **whole_range(path=path))
    assert day.date == date(2008, 3, 5)
    assert set(day.bars) == {"IBM", "MSFT"}


def test_days_come_oldest_first_whatever_the_table_says(table):
    path = table("IBM,2008-03-05,1,1,1,1,1,1", "IBM,2008-03-04,1,1,1,1,1,1")
    days = load_trading_days(symbols=["IBM"], **whole_range(path=path))
    assert [day.date.day for day in days] == [4, 5]


def test_both_ends_of_the_range_are_included(table):
    path = table(*(f"IBM,2008-03-0{n},1,1,1,1,1,1" for n in range(1, 7)))
    days = load_trading_days(
        symbols=["IBM"], start=date(2008, 3, 2), end=date(2008, 3, 4), path=path
    )
    assert [day.date.day for day in days] == [2, 3, 4]


def test_no_symbols_have_no_days():
    assert align({}) == ()


def test_a_range_without_shared_days_is_refused(table):
    path = table("IBM,2008-03-04,1,1,1,1,1,1")
    with pytest.raises(InputError, match="PRICES_RANGE_EMPTY"):
        load_trading_days(symbols=["IBM"], start=date(2009, 1, 1), end=date(2009, 2, 1), path=path)


def test_the_packaged_table_covers_all_symbols_from_2004_to_2013():
    days = load_trading_days(start=date(2000, 1, 1), end=date(2013, 12, 31))
    assert set(days[0].bars) == set(SYMBOLS)
    assert (days[0].date, days[-1].date) == (date(2004, 8, 19), date(2013, 3, 1))
    bar = days[0].bars["AAPL"]
    assert bar.open % PRICE_STEP == 0
