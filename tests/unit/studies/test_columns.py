"""Tables of a run hold every bit of it."""

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from argos.backtest.calendars import calendar_of
from argos.backtest.result import Result
from argos.backtest.run import run
from argos.backtest.settings import Calendar
from argos.studies.columns import (
    calendar_from,
    calendar_table,
    differing_columns,
    fill_table,
    trade_table,
)
from unit.backtest.random_markets import random_run


@pytest.fixture(scope="module")
def played() -> Result:
    made = random_run(11, bars=400, symbols=3)
    return run(made.signals, made.bars, settings=made.settings)


def test_a_table_read_back_from_a_file_differs_in_nothing(played: Result, tmp_path: Path) -> None:
    for table in (trade_table(played), fill_table(played)):
        pq.write_table(table, tmp_path / "t.parquet")
        assert len(table)
        assert differing_columns(table, pq.read_table(tmp_path / "t.parquet")) == []


def test_one_bit_is_enough_to_differ(played: Result) -> None:
    ours = trade_table(played)
    played.trades["net_pnl"][0] = np.nextafter(played.trades["net_pnl"][0], np.inf)
    assert differing_columns(ours, trade_table(played)) == ["net_pnl"]


def test_a_missing_row_is_told(played: Result) -> None:
    table = trade_table(played)
    assert differing_columns(table, table.slice(1)) == ["rows"]


def test_a_calendar_comes_back(played: Result) -> None:
    calendar = calendar_of(played.bars)
    back = calendar_from(calendar_table(calendar))
    assert np.array_equal(back.nights, calendar.nights)
    assert back.nights.dtype == np.int8
    assert calendar_table(Calendar()) is None
