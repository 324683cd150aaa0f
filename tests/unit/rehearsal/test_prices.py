import gzip
from datetime import date
from decimal import Decimal

import pytest

from argos.core.errors import InputError, InvariantError
from argos.rehearsal.prices import (
    PRICE_STEP,
    SYMBOLS,
    DailyBar,
    align,
    load_bars,
    load_trading_days,
)

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


def test_a_range_without_shared_days_is_refused(table):
    path = table("IBM,2008-03-04,1,1,1,1,1,1")
    with pytest.raises(InputError, match="PRICES_RANGE_EMPTY"):
        load_trading_days(symbols=["IBM"], start=date(2009, 1, 1), end=date(2009, 2, 1), path=path)


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


def test_the_packaged_table_covers_all_symbols_from_2004_to_2013():
    days = load_trading_days(start=date(2000, 1, 1), end=date(2013, 12, 31))
    assert set(days[0].bars) == set(SYMBOLS)
    assert (days[0].date, days[-1].date) == (date(2004, 8, 19), date(2013, 3, 1))
    bar = days[0].bars["AAPL"]
    assert bar.open % PRICE_STEP == 0
