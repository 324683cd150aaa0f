"""Cross-validation against the same done by hand: each split's days marked one by one."""

import math
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from argos.backtest.crossvalidation import cpcv, purged_kfold
from argos.backtest.metrics import metrics_of, returns_of
from argos.backtest.run import run
from argos.backtest.settings import Exits, Settings, Sizing
from argos.backtest.strategies.ema_cross import EmaCross, EmaCrossByBar
from argos.backtest.strategy import Signals
from argos.backtest.sweep import sweep
from argos.core.errors import InputError
from unit.backtest.test_walkforward import CHANGES, SPANS, STOPS, market

HOUR_NS = 3_600_000_000_000
SHORT = Settings(exits=Exits(hold_bars_max=6), sizing=Sizing(value=1.0, cap_fraction=1.0))


def sharpe(returns):
    if len(returns) < 2:
        return math.nan
    return returns.mean() / returns.std(ddof=1) if returns.std() > 1e-12 else 0.0


def by_hand(bars, params, *, groups, tested, embargo, purge, returns, given_settings):
    """Chosen sets, training and test Sharpe ratios per return, and the Sharpe ratio of each path."""
    runs = [
        run(EmaCross(**{**given}), bars, settings=given_settings, returns=returns)
        for given in params
    ]
    ends = np.arange(len(bars)) if returns == "bar" else bars.day_ends()
    count = len(ends)
    group = np.searchsorted(np.arange(groups + 1) * count // groups, np.arange(count), "right") - 1
    all_returns = [returns_of(one) for one in runs]
    chosen, train, test = [], [], []
    splits = list(combinations(range(groups), tested))
    for split in splits:
        is_test = np.isin(group, split)
        scores = []
        for one, series in zip(runs, all_returns, strict=True):
            keep = ~is_test
            for place in np.flatnonzero(is_test):
                keep[place : place + embargo + 1] = False
                if purge is not None and not (place + 1 < count and is_test[place + 1]):
                    keep[place : place + purge + 1] = False
                if purge is not None and not (place > 0 and is_test[place - 1]):
                    keep[max(place - purge, 0) : place] = False
            if purge is None:
                for trade in one.trades:
                    life = slice(
                        np.searchsorted(ends, trade["entry_bar"]),
                        np.searchsorted(ends, trade["exit_bar"]) + 1,
                    )
                    if is_test[life].any():
                        keep[life] = False
            scores.append(sharpe(series[keep]))
        best = 0 if np.isnan(scores).all() else int(np.nanargmax(scores))
        chosen.append(best)
        train.append(scores[best])
        test.append(sharpe(all_returns[best][is_test]))
    paths = []
    for path in range(math.comb(groups - 1, tested - 1)):
        parts = [
            all_returns[chosen[[s for s, split in enumerate(splits) if g in split][path]]][
                group == g
            ]
            for g in range(groups)
        ]
        paths.append(sharpe(np.concatenate(parts)))
    return chosen, train, test, paths


@settings(max_examples=15, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    groups=st.integers(2, 6),
    data=st.data(),
    embargo=st.integers(0, 15),
    purge=st.one_of(st.none(), st.integers(0, 20)),
    returns=st.sampled_from(["day", "bar"]),
    step_hours=st.sampled_from([5, 24]),
)
def test_all_of_it_is_what_marking_days_one_by_one_gives(
    seed, groups, data, embargo, purge, returns, step_hours
):
    tested = data.draw(st.integers(1, groups - 1))
    bars = market(seed, 400, step_ns=step_hours * HOUR_NS)
    arguments = {"groups": groups, "tested": tested, "embargo": embargo, "purge": purge}
    found = cpcv(EmaCross(), bars, SPANS, settings=SHORT, returns=returns, **arguments)
    chosen, train, test, paths = by_hand(
        bars, SPANS, returns=returns, given_settings=SHORT, **arguments
    )
    yearly = math.sqrt(252 if returns == "day" else len(bars) / bars.years())
    assert found.train_scores == pytest.approx(np.array(train) * yearly, abs=1e-8, nan_ok=True)
    # Sets with a single return in training have one and the same ratio, and rounding chooses among them.
    same = found.chosen == chosen
    assert found.test_scores[same] == pytest.approx(np.array(test)[same] * yearly, abs=1e-8)
    if same.all():
        assert found.path_sharpes == pytest.approx(np.array(paths) * yearly, abs=1e-8)


@pytest.mark.parametrize("returns", ["day", "bar"])
@pytest.mark.parametrize("engine", ["plain", "compiled"])
def test_time_blocks_may_end_at_any_bar(returns, engine):
    bars = market(2, 500, step_ns=5 * HOUR_NS)
    ends = np.array([0, 7, 7, 160, 401, 500])
    swept = sweep(EmaCross(), bars, SPANS, returns=returns, engine=engine, blocks=ends)
    last_bars = np.arange(500) if returns == "bar" else bars.day_ends()
    block = np.searchsorted(ends, last_bars, side="right")
    assert swept.period_counts.tolist() == np.bincount(block, minlength=6).tolist()
    for trial, spans in enumerate(SPANS):
        series = returns_of(run(EmaCross(**spans), bars, returns=returns))
        for place in range(6):
            powers = [(series[block == place] ** power).sum() for power in (1, 2, 3, 4)]
            assert swept.return_sums[trial, place] == pytest.approx(powers, rel=1e-9, abs=1e-18)


def test_more_is_purged_the_longer_the_embargo_and_all_paths_are_told():
    bars = market(3, 600)
    several = [
        cpcv(EmaCross(), bars, SPANS, groups=6, tested=2, embargo=embargo, settings=SHORT)
        for embargo in (0, 5, 20)
    ]
    assert [len(one.path_sharpes) for one in several] == [5, 5, 5]
    assert several[0].purged < several[1].purged < several[2].purged < 0.5
    assert (several[0].periods, several[0].trials) == (600, 9)
    assert several[0].group_bars.tolist() == [0, 100, 200, 300, 400, 500, 600]


def test_kfold_has_one_path_and_as_many_splits_as_folds():
    found = purged_kfold(EmaCross(), market(4, 500), SPANS, folds=5, embargo=3, settings=SHORT)
    assert (len(found.path_sharpes), len(found.chosen)) == (1, 5)
    assert found.tests.tolist() == np.eye(5, dtype=bool).tolist()


def test_skill_is_found_in_all_paths_and_chance_in_none():
    def known(market, *, skill):
        # Tomorrow's direction, right in so many of 100 cases: an edge that only a test can have.
        right = np.random.default_rng(6).random(len(market.close)) < skill / 100
        ahead = np.sign(np.diff(market.close, append=market.close[-1]))
        return Signals(side=np.where(right, ahead, -ahead).astype(np.int8))

    clever = [{"skill": skill} for skill in (45, 50, 55, 70)]
    bars = market(7, 600)
    full = Settings(sizing=Sizing(value=1.0, cap_fraction=1.0), exits=Exits(hold_bars_max=1))
    found = cpcv(known, bars, clever, groups=6, tested=2, settings=full)
    assert set(found.chosen.tolist()) == {3}
    # The same set in all splits: each path is its one run.
    whole = metrics_of(run(known, bars, params=clever[3], settings=full))
    assert found.path_sharpes == pytest.approx([whole.sharpe] * 5)
    assert whole.sharpe > 2
    assert (found.overfit, found.test_ranks.min()) == (0.0, 1.0)
    assert found.rank_correlation > 0.8

    chance, below = [], []
    for seed in range(40):
        blind = cpcv(EmaCross(), market(2000 + seed, 600), SPANS, groups=6, tested=2, purge=10)
        chance.append(blind.path_sharpes.mean())
        below.append(blind.overfit)
    # 600 days: a Sharpe ratio has a standard deviation of about 0.65, 40 markets bring it to 0.1.
    assert abs(np.mean(chance)) < 0.3
    assert 0.35 < np.mean(below) < 0.75


def test_a_set_that_is_always_in_one_trade_is_not_chosen():
    def holder(market, *, always):
        side = np.zeros(len(market.close), np.int8)
        side[:: 1 if always else 10] = 1
        if not always:
            side[5::10] = 2
        return Signals(side=side)

    sets = [{"always": 1}, {"always": 0}]
    bars = market(8, 300)
    exact = cpcv(holder, bars, sets, groups=4, tested=1)
    assert set(exact.chosen.tolist()) == {1}
    by_margin = cpcv(holder, bars, sets, groups=4, tested=1, purge=5)
    assert not np.isnan(by_margin.rank_correlations).all()
    alone = cpcv(holder, bars, sets[:1], groups=4, tested=1)
    assert np.isnan(alone.train_scores).all()
    assert not np.isnan(alone.path_sharpes).any()


def test_settings_several_symbols_threads_and_bar_by_bar_give_the_same():
    bars = market(9, 300, 2)
    found = [
        cpcv(strategy, bars, [*STOPS, *CHANGES], groups=5, tested=2, threads=threads)
        for strategy, threads in ((EmaCross(), 1), (EmaCross(), 3))
    ]
    single = market(9, 300)
    found_by_bar = [
        cpcv(strategy, single, [*STOPS, *CHANGES], groups=5, tested=2)
        for strategy in (EmaCross(), EmaCrossByBar)
    ]
    for one, other in (found, found_by_bar):
        for name in ("chosen", "train_scores", "test_scores", "path_sharpes", "test_ranks"):
            assert np.array_equal(getattr(one, name), getattr(other, name), equal_nan=True), name


@pytest.mark.parametrize("purge", [None, 4])
def test_a_choice_among_some_of_the_sets_is_not_told(purge):
    told = []
    with pytest.raises(InputError, match="CROSSVALIDATION_STOPPED"):
        cpcv(
            EmaCross(),
            market(10),
            SPANS,
            groups=4,
            tested=2,
            purge=purge,
            progress=told.append,
            stopped=lambda: len(told) > 3,
        )
    assert told == [1, 2, 3, 4]


@pytest.mark.parametrize("purge", [None, 4])
def test_what_cannot_be_validated_is_told_first(purge):
    with pytest.raises(InputError, match="PARAMS_NONE"):
        cpcv(EmaCross(), market(11), [], purge=purge)
    with pytest.raises(InputError, match="SPLITS_INVALID"):
        cpcv(EmaCross(), market(11), SPANS, groups=400, purge=purge)
    with pytest.raises(InputError, match="CROSSVALIDATION_SIZE"):
        cpcv(EmaCross(), market(11), SPANS * 300, groups=16, tested=8, purge=purge)
    with pytest.raises(InputError, match="BACKTEST_SETTING"):
        cpcv(EmaCross(), market(11), [{"exits.stop": 1}], purge=purge)
