"""The general engines on the benchmark's workload give what a loop written for nothing else gives."""

import numpy as np
import pytest

from argos.backtest.bars import bars_of
from argos.backtest.run import run
from argos.backtest.strategies.ema_cross import EmaCross, EmaCrossByBar
from argos.backtest.sweep import sweep
from argos.core.errors import InputError
from unit.backtest.arbiter import play, random_walk

COLUMNS = ("entry_bar", "exit_bar", "side", "reason", "qty", "entry_price", "exit_price", "net_pnl")


@pytest.mark.parametrize("engine", ["compiled", "plain"])
@pytest.mark.parametrize("form", [EmaCross, EmaCrossByBar])
@pytest.mark.parametrize(("fast", "slow"), [(20, 100), (5, 50)])
def test_trades_and_equity_equal_the_arbiters_to_the_last_bit(engine, form, fast, slow, workload):
    market = random_walk(20_000)
    trades, equity = play(market, fast=fast, slow=slow)
    result = run(form(fast=fast, slow=slow), bars_of(**market), settings=workload, engine=engine)
    assert {trade[3] for trade in trades} >= {0, 1, 2}, "the market must stop, take and reverse"
    for place, name in enumerate(COLUMNS):
        assert result.trades[name].tolist() == [trade[place] for trade in trades], name
    assert result.equity.tolist() == equity


def test_a_sweep_has_the_figures_of_the_single_runs(minutes, workload):
    grid = [{"fast": fast, "slow": slow} for fast in (5, 11, 20) for slow in (50, 100)]
    swept = sweep(EmaCross(), minutes, grid, settings=workload, threads=2, returns="bar")
    for trial, params in enumerate(grid):
        single = run(EmaCross(**params), minutes, settings=workload, returns="bar")
        figures = swept.figures[trial]
        assert figures["total_return"] == single.equity[-1] / 1_000_000.0 - 1.0
        assert figures["trades"] == len(single.trades)
        assert np.array_equal(swept.return_sums[trial], single.return_sums)
        assert figures["win_rate"] == (single.trades["net_pnl"] > 0).mean()
    assert swept.done == len(grid)


def test_a_sweep_that_is_stopped_keeps_what_was_played(minutes, workload):
    grid = [{"fast": fast, "slow": 50} for fast in range(2, 30)]
    told: list[int] = []
    swept = sweep(
        EmaCross(),
        minutes.head(2000),
        grid,
        settings=workload,
        engine="plain",
        progress=told.append,
        stopped=lambda: len(told) >= 3,
    )
    assert swept.done == 3
    assert told == [1, 2, 3]
    assert (swept.figures["trades"] > 0).tolist() == [True] * 3
    assert swept.numbers.tolist() == [0, 1, 2]
    assert list(swept.params) == grid[:3]
    assert 0 <= swept.overfitting_probability() <= 1 or np.isnan(swept.overfitting_probability())


def test_a_strategy_that_fails_ends_the_sweep_with_its_own_error(minutes, workload):
    played: list[int] = []

    def fails(market, *, number):
        played.append(number)
        if number == 2:
            raise ZeroDivisionError
        return EmaCross().signals(market)

    with pytest.raises(ZeroDivisionError):
        sweep(
            fails,
            minutes.head(500),
            [{"number": n} for n in range(50)],
            settings=workload,
            engine="plain",
        )
    assert played == [0, 1, 2]


def test_a_sweep_names_what_it_cannot_play(minutes):
    with pytest.raises(InputError, match="STRATEGY_PARAM") as caught:
        sweep(EmaCross(), minutes.head(500), [{"fats": 3}], engine="plain")
    assert caught.value.fix == "its parameters are fast, slow"
    with pytest.raises(InputError, match="STRATEGY_BY_BAR"):
        sweep(EmaCrossByBar(), minutes.head(500), [{}], engine="plain")
