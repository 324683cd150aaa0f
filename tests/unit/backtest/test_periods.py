"""Months, falls and rolling ratios against their definitions, computed another way."""

import math
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from argos.backtest.bars import bars_of
from argos.backtest.metrics import metrics_of
from argos.backtest.periods import monthly_returns, rolling_sharpe, underwater, worst_drawdowns
from argos.backtest.run import run
from argos.backtest.settings import Account, Settings
from argos.backtest.strategies.buy_and_hold import BuyAndHold


def held(close, *, since=datetime(2019, 11, 5, tzinfo=UTC), step=timedelta(days=1), cash=1000.0):
    """A run that holds what these closes were; equity starts with the first one's worth."""
    close = np.asarray(close, dtype=float)
    opened = (
        int(since.timestamp()) * 10**9 + np.arange(len(close)) * int(step.total_seconds()) * 10**9
    )
    bars = bars_of(opened_ns=opened, open=close, high=close, low=close, close=close)
    return run(BuyAndHold(), bars, settings=Settings(account=Account(cash=cash)))


@pytest.fixture(scope="module")
def years():
    dice = np.random.default_rng(4)
    return held(100 * np.exp(np.cumsum(dice.normal(0.0003, 0.02, 900))))


def test_months_compound_to_years_and_years_to_the_whole(years):
    found = monthly_returns(years)
    assert found.years == (2019, 2020, 2021, 2022)
    for months, total in zip(found.months, found.totals, strict=True):
        assert np.prod(1 + months[~np.isnan(months)]) == pytest.approx(1 + total)
    assert np.prod(1 + found.totals) == pytest.approx(1 + metrics_of(years).total_return)


def test_a_month_ends_with_its_last_close(years):
    opened = [datetime.fromtimestamp(ns / 1e9, tz=UTC) for ns in years.bars.opened_ns.tolist()]
    march = [i for i, at in enumerate(opened) if (at.year, at.month) == (2020, 3)]
    expected = years.equity[march[-1]] / years.equity[march[0] - 1] - 1
    found = monthly_returns(years).months
    assert found[1, 2] == pytest.approx(expected)
    assert np.isnan(found[0, :10]).all()
    assert not np.isnan(found[0, 10:]).any()


def test_the_first_month_is_held_against_the_start_capital():
    found = monthly_returns(held([100, 100, 110, 121], cash=500.0))
    assert found.months[0, 10] == pytest.approx(0.21)
    assert found.totals.tolist() == [pytest.approx(0.21)]


def test_a_month_without_a_bar_is_not_told():
    run_of_weeks = held([10, 11, 12], step=timedelta(days=60))
    found = monthly_returns(run_of_weeks)
    assert np.isnan(found.months[1, 1])
    assert found.months[1, 2] == pytest.approx(12 / 11 - 1)


def test_under_water_is_the_fall_from_the_highest_so_far(years):
    fallen = underwater(years)
    equity = np.concatenate([[1000.0], years.equity])
    assert fallen == pytest.approx((1 - equity / np.maximum.accumulate(equity))[1:])
    assert fallen.max() == pytest.approx(metrics_of(years).drawdown)


def test_drawdowns_are_told_from_peak_to_return_deepest_first():
    result = held([100, 100, 120, 90, 120, 125, 120, 130, 65, 100])
    found = worst_drawdowns(result, count=2)
    assert [(fall.peak_bar, fall.trough_bar, fall.back_bar) for fall in found] == [
        (7, 8, None),
        (2, 3, 4),
    ]
    assert [fall.depth for fall in found] == [pytest.approx(0.5), pytest.approx(0.25)]
    assert worst_drawdowns(result, count=9)[-1].depth == pytest.approx(1 - 120 / 125)


def test_a_fall_from_the_start_has_its_peak_before_the_first_bar():
    costly = held([100, 100, 90])
    first = worst_drawdowns(costly, count=1)[0]
    assert (first.peak_bar, first.back_bar) == (1, None)
    assert worst_drawdowns(held([100, 100, 100]), count=3) == []


def test_the_rolling_sharpe_of_all_days_is_the_sharpe():
    returns = np.random.default_rng(2).normal(0.001, 0.01, 250)
    found = rolling_sharpe(returns, window=60)
    assert np.isnan(found[:59]).all()
    last = returns[-60:]
    assert found[-1] == pytest.approx(last.mean() / last.std(ddof=1) * math.sqrt(252))


def test_no_variation_and_too_few_days_have_no_rolling_sharpe():
    assert np.isnan(rolling_sharpe(np.zeros(30), window=10)).all()
    assert np.isnan(rolling_sharpe(np.ones(5), window=10)).all()
