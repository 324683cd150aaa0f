"""Groups of trades add up to all of them."""

import numpy as np
import pytest

from argos.backtest.groups import by_reason, by_side, by_symbol, costs_by_trade
from argos.backtest.layout import Reason
from argos.backtest.metrics import metrics_of
from argos.backtest.run import run
from unit.backtest.random_markets import random_run


@pytest.fixture(scope="module")
def result():
    given = random_run(8, bars=600, symbols=3)
    return run(given.signals, given.bars, settings=given.settings)


@pytest.mark.parametrize("grouped", [by_reason, by_side, by_symbol])
def test_groups_add_up_to_the_whole(result, grouped):
    groups, figures = grouped(result), metrics_of(result)
    assert sum(group.trades for group in groups) == figures.trades > 20
    assert sum(group.wins for group in groups) / figures.trades == pytest.approx(figures.win_rate)
    assert sum(group.net for group in groups) == pytest.approx(result.trades["net_pnl"].sum())
    assert [group.trades for group in groups] == sorted((g.trades for g in groups), reverse=True)


def test_a_group_holds_what_its_name_says(result):
    trades = result.trades
    for group in by_reason(result):
        mine = trades[trades["reason"] == Reason[group.name.upper()]]
        assert group.trades == len(mine)
        assert group.bars_mean == pytest.approx((mine["exit_bar"] - mine["entry_bar"]).mean())
        assert group.net_mean == pytest.approx(mine["net_pnl"].mean())
    longs = next(group for group in by_side(result) if group.name == "long")
    assert longs.trades == (trades["side"] > 0).sum()
    assert {group.name for group in by_symbol(result)} == {
        result.bars.symbols[index] for index in np.unique(trades["symbol"])
    }


def test_costs_of_trades_add_up_to_those_of_the_account(result):
    assert not result.holdings()[:, -1].any(), "what is open has costs, but is no trade yet"
    assert costs_by_trade(result).sum() == pytest.approx(result.costs.total)
