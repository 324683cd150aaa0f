"""Figures against their definitions, computed another way."""

import math

import numpy as np
import pytest

from argos.backtest.bars import DAY_NS, bars_of
from argos.backtest.metrics import metrics_of, periods_per_year, r_multiples
from argos.backtest.overfitting import (
    Moments,
    deflated_sharpe,
    expected_best_sharpe,
    moments_of,
    overfitting_probability,
    probabilistic_sharpe,
    splits_played,
)
from argos.backtest.run import run
from argos.backtest.settings import Account, Exits, Settings
from argos.backtest.strategies.ema_cross import EmaCross
from argos.backtest.strategy import Signals


@pytest.fixture(scope="module")
def result():
    dice = np.random.default_rng(8)
    close = 100 * np.exp(np.cumsum(dice.normal(0.0005, 0.01, 1500)))
    open_ = np.concatenate([[100.0], close[:-1]])
    bars = bars_of(
        opened_ns=np.arange(1500, dtype=np.int64) * DAY_NS,
        open=open_,
        high=np.maximum(open_, close) * 1.003,
        low=np.minimum(open_, close) * 0.997,
        close=close,
    )
    return run(EmaCross(fast=5, slow=20), bars, settings=Settings(exits=Exits(stop_fraction=0.02)))


def test_return_figures_are_those_of_the_daily_returns(result):
    found = metrics_of(result)
    returns = result.daily_returns()
    assert found.sharpe_n == len(returns) == 1500
    assert found.sharpe == pytest.approx(returns.mean() / returns.std(ddof=1) * math.sqrt(252))
    downside = math.sqrt((np.minimum(returns, 0) ** 2).mean())
    assert found.sortino == pytest.approx(returns.mean() / downside * math.sqrt(252))
    assert found.total_return == pytest.approx(np.prod(1 + returns) - 1)
    assert found.cagr == pytest.approx((1 + found.total_return) ** (365.25 / 1500) - 1)
    assert not found.sharpe_too_short


def test_drawdown_is_against_the_highest_before_the_start_counted(result):
    found = metrics_of(result)
    equity = np.concatenate([[1_000_000.0], result.equity])
    peak = np.maximum.accumulate(equity)
    assert found.drawdown == pytest.approx((1 - equity / peak).max())
    assert found.calmar == pytest.approx(found.cagr / found.drawdown)
    at_peak = np.flatnonzero(equity == peak)
    gaps = np.diff(np.append(at_peak, len(equity) - 1 if at_peak[-1] < len(equity) - 1 else []))
    assert found.drawdown_bars == (gaps[gaps > 1].max() if (gaps > 1).any() else 0)


def test_trade_figures_are_those_of_the_net_profits(result):
    found, net = metrics_of(result), result.trades["net_pnl"]
    assert found.trades == len(net) > 30
    assert found.win_rate == (net > 0).mean()
    assert found.profit_factor == pytest.approx(net[net > 0].sum() / -net[net < 0].sum())
    assert found.expectancy == pytest.approx(net.mean())
    r = r_multiples(result)
    assert found.expectancy_r == pytest.approx(r.mean())
    assert found.sqn == pytest.approx(math.sqrt(min(len(r), 100)) * r.mean() / r.std(ddof=1))
    assert result.equity[-1] - 1_000_000 == pytest.approx(net.sum())


def test_without_trades_nothing_is_made_up():
    flat = np.full(10, 100.0)
    bars = bars_of(opened_ns=np.arange(10) * DAY_NS, open=flat, high=flat, low=flat, close=flat)
    found = metrics_of(run(Signals(side=np.zeros(10, np.int8)), bars))
    assert (found.trades, found.total_return, found.drawdown) == (0, 0.0, 0.0)
    for name in ("sharpe", "psr", "win_rate", "profit_factor", "expectancy", "sqn", "calmar"):
        assert math.isnan(getattr(found, name)), name


def test_a_ruined_account_has_lost_everything():
    close = np.array([100.0, 100, 10, 10])
    bars = bars_of(opened_ns=np.arange(4) * DAY_NS, open=close, high=close, low=close, close=close)
    target = Signals.of_targets(np.array([1.5, np.nan, np.nan, np.nan]))
    found = metrics_of(run(target, bars, settings=Settings(account=Account(cash=1000.0))))
    assert found.total_return == pytest.approx(-1.35)
    assert found.cagr == -1.0


def test_moments_from_power_sums_are_those_of_the_returns():
    r = np.random.default_rng(3).exponential(0.01, 400) - 0.009
    blocks = np.array(
        [[part.sum(), (part**2).sum(), (part**3).sum(), (part**4).sum()] for part in np.split(r, 8)]
    )
    found = moments_of(blocks, np.full(8, 50))
    deviation = r - r.mean()
    assert found.sd == pytest.approx(r.std(ddof=1))
    assert found.skew == pytest.approx((deviation**3).mean() / r.std() ** 3, rel=1e-6)
    assert found.kurtosis == pytest.approx((deviation**4).mean() / r.std() ** 4, rel=1e-6)


def test_a_probabilistic_sharpe_of_normal_returns():
    moments = Moments(n=685, mean=1 / math.sqrt(252), sd=1.0, skew=0.0, kurtosis=3.0)
    # An annual Sharpe of 1 needs about 684 days to be above 0 with 95 %.
    assert probabilistic_sharpe(moments) == pytest.approx(0.95, abs=0.001)
    assert probabilistic_sharpe(moments, benchmark=moments.sharpe) == pytest.approx(0.5)


@pytest.mark.parametrize(("trials", "multiple"), [(10, 1.575), (100, 2.531), (1000, 3.255)])
def test_the_best_of_many_worthless_ones_looks_good(trials, multiple):
    assert expected_best_sharpe(sharpe_variance=0.04, trials=trials) == pytest.approx(
        0.2 * multiple, abs=2e-4
    )


def test_more_trials_deflate_more():
    moments = Moments(n=1000, mean=0.08, sd=1.0, skew=-0.3, kurtosis=5.0)
    one, ten, many = (
        deflated_sharpe(moments, sharpe_variance=0.001, trials=trials) for trials in (1, 10, 1000)
    )
    assert probabilistic_sharpe(moments) == one > ten > many


def sums_of(returns: np.ndarray, blocks: int) -> tuple[np.ndarray, np.ndarray]:
    parts = np.stack(np.split(returns, blocks, axis=1), axis=1)
    sums = np.stack([(parts**power).sum(axis=2) for power in (1, 2, 3, 4)], axis=2)
    return sums, np.full(blocks, parts.shape[2])


def test_pure_chance_is_overfitted_half_of_the_time_and_skill_never():
    dice = np.random.default_rng(4)
    chance = [
        overfitting_probability(*sums_of(dice.normal(0, 0.01, (40, 320)), 8)) for _ in range(30)
    ]
    assert 0.35 < np.mean(chance) < 0.65
    skilled = dice.normal(0, 0.01, (40, 320))
    skilled[7] += 0.01
    assert overfitting_probability(*sums_of(skilled, 8)) == 0.0


def test_overfitting_is_what_all_splits_say():
    sums, counts = sums_of(np.random.default_rng(6).normal(0, 0.01, (5, 60)), 4)
    bad, splits = 0, 0
    for mask in range(16):
        inside = [b for b in range(4) if mask >> b & 1]
        if len(inside) != 2:
            continue
        outside = [b for b in range(4) if b not in inside]

        def sharpe(blocks):
            s1, s2 = sums[:, blocks, 0].sum(axis=1), sums[:, blocks, 1].sum(axis=1)
            n = counts[blocks].sum()
            return (s1 / n) / np.sqrt(s2 / n - (s1 / n) ** 2)

        best = sharpe(inside).argmax()
        rank = (sharpe(outside) < sharpe(outside)[best]).sum()
        bad += rank / 4 <= 0.5
        splits += 1
    assert overfitting_probability(sums, counts) == pytest.approx(bad / splits)


def test_overfitting_is_the_same_however_many_threads_count_it():
    # 16 blocks have 6435 splits with the first block in one half: enough for two threads.
    sums, counts = sums_of(np.random.default_rng(8).normal(0, 0.01, (130, 160)), 16)
    assert (
        len({overfitting_probability(sums, counts, threads=threads) for threads in (1, 2, 3)}) == 1
    )


@pytest.mark.parametrize("returns", ["day", "bar"])
def test_a_single_bar_has_no_length_and_no_annual_figure(returns):
    one = np.full(1, 100.0)
    bars = bars_of(opened_ns=np.zeros(1, np.int64), open=one, high=one, low=one, close=one)
    found = metrics_of(run(Signals(side=np.zeros(1, np.int8)), bars, returns=returns))
    assert (found.total_return, found.trades, found.sharpe_too_short) == (0.0, 0, True)
    for figure in (
        found.cagr,
        found.sharpe,
        found.psr,
        found.sortino,
        found.calmar,
        found.turnover,
    ):
        assert math.isnan(figure)


def test_some_splits_say_nearly_what_all_say_and_the_same_every_time():
    sums, counts = sums_of(np.random.default_rng(9).normal(0, 0.01, (60, 320)), 16)
    everything = overfitting_probability(sums, counts)
    drawn = overfitting_probability(sums, counts, splits_max=2000)
    assert drawn == overfitting_probability(sums, counts, splits_max=2000) != everything
    assert drawn == pytest.approx(everything, abs=4 * 0.01)
    assert overfitting_probability(sums, counts, splits_max=6435) == everything


def test_the_splits_are_all_until_that_would_take_too_long():
    assert splits_played(400, 16) == splits_played(30_000, 16) == 6435
    assert splits_played(100_000, 16) == 2000
    assert splits_played(10**9, 16) == 200
    assert splits_played(10**9, 4) == 3


@pytest.mark.parametrize(("bar_days", "yearly"), [(1, 252.0), (7, 365.25 / 7), (30, 365.25 / 30)])
def test_returns_of_weeks_and_months_are_not_taken_for_daily_ones(bar_days, yearly):
    opened = np.arange(60, dtype=np.int64) * bar_days * DAY_NS
    flat = np.full(60, 10.0)
    bars = bars_of(opened_ns=opened, open=flat, high=flat, low=flat, close=flat)
    assert periods_per_year(bars, per_bar=False) == pytest.approx(yearly)
