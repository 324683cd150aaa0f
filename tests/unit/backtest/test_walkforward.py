"""Walk-forward: nothing of a test chooses, one run follows all choices, and what is told of it is true."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from argos.backtest.bars import Bars, bars_of
from argos.backtest.layout import FILL, TRADE, Reason, SizeMode
from argos.backtest.plateaus import plateau_of
from argos.backtest.run import run
from argos.backtest.settings import Calendar, Exits, Settings, Sizing
from argos.backtest.strategies.breakout import Breakout
from argos.backtest.strategies.ema_cross import EmaCross, EmaCrossByBar
from argos.backtest.strategy import Signals
from argos.backtest.walkforward import walk_forward
from argos.backtest.windows import Windows
from argos.core.errors import InputError
from unit.backtest.random_markets import random_bars, random_settings

DAY_NS = 86_400_000_000_000
SPANS = [{"fast": fast, "slow": slow} for fast in (3, 5, 8) for slow in (13, 21, 34)]
STOPS = [{**span, "exits.stop_fraction": stop} for span in SPANS[::4] for stop in (0.004, 0.02)]
CHANGES = [
    {"fast": 3, "slow": slow, "exits.hold_bars_max": hold, "sizing.value": value}
    for slow, hold, value in ((13, 0, 0.1), (21, 4, 0.2), (34, 9, 0.05))
]


def market(seed: int, bars: int = 300, symbols: int = 1, step_ns: int = DAY_NS) -> Bars:
    dice = np.random.default_rng(seed)
    close = 100 * np.exp(np.cumsum(dice.normal(0, 0.01, (symbols, bars)), axis=1))
    open_ = np.concatenate([np.full((symbols, 1), 100.0), close[:, :-1]], axis=1)
    return bars_of(
        opened_ns=np.arange(bars) * step_ns,
        open=open_,
        high=np.maximum(open_, close) * (1 + dice.exponential(0.003, close.shape)),
        low=np.minimum(open_, close) / (1 + dice.exponential(0.003, close.shape)),
        close=close,
        symbols=[f"S{index}" for index in range(symbols)],
    )


def with_other_prices(bars: Bars, first: int, seed: int) -> Bars:
    """The same before bar `first`, another market after it."""
    other = market(seed, len(bars), len(bars.symbols))
    columns = {
        name: np.concatenate(
            [getattr(bars, name)[:, :first], getattr(other, name)[:, first:]], axis=1
        )
        for name in ("open", "high", "low", "close", "volume")
    }
    return bars_of(opened_ns=bars.opened_ns, symbols=bars.symbols, **columns)


def assert_same_fold(one, other):
    for name in one.__dataclass_fields__:
        mine, theirs = getattr(one, name), getattr(other, name)
        if isinstance(mine, float | np.ndarray):
            assert np.array_equal(mine, theirs, equal_nan=True), name
        else:
            assert mine == theirs, name


def assert_same_run(one, other):
    for name in TRADE.names or ():
        assert np.array_equal(one.trades[name], other.trades[name], equal_nan=True), name
    for name in FILL.names or ():
        assert np.array_equal(one.fills[name], other.fills[name]), name
    assert np.array_equal(one.equity, other.equity)


# Nothing is seen ahead.


@settings(max_examples=20, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    first=st.integers(1, 299),
    train=st.integers(30, 120),
    test=st.integers(20, 60),
    embargo=st.integers(0, 10),
    anchored=st.booleans(),
    warm_up=st.one_of(st.none(), st.integers(0, 50)),
)
def test_prices_from_a_bar_on_change_no_choice_and_no_fold_before_it(
    seed, first, train, test, embargo, anchored, warm_up
):
    windows = Windows(train=train, test=test, embargo=embargo, anchored=anchored, warm_up=warm_up)
    bars = market(seed)
    walks = [
        walk_forward(EmaCross(), data, SPANS, windows=windows)
        for data in (bars, with_other_prices(bars, first, seed + 1))
    ]
    for one, other in zip(*(walk.folds for walk in walks), strict=True):
        if one.train_last <= first:
            assert one.params == other.params
            assert np.array_equal(one.train_scores, other.train_scores, equal_nan=True)
        if one.test_last <= first:
            assert_same_fold(one, other)


def sees_tomorrow(market, *, shift):
    ahead = np.roll(market.close, -shift)
    ahead[-shift:] = market.close[-1]
    return Signals(side=np.sign(ahead - market.close).astype(np.int8))


def test_even_a_strategy_that_looks_ahead_cannot_choose_by_its_test():
    # Training bars end with training, so there is no tomorrow in them that a test could change.
    bars, windows = market(3), Windows(train=100, test=40)
    candidates = [{"shift": shift} for shift in (1, 5, 20)]
    for place, window in enumerate(windows.split(bars)):
        changed = with_other_prices(bars, window.test_first, 4)
        walks = [
            walk_forward(sees_tomorrow, data, candidates, windows=windows)
            for data in (bars, changed)
        ]
        one, other = (walk.folds[place] for walk in walks)
        assert one.params == other.params
        assert np.array_equal(one.train_scores, other.train_scores)


# One run over all tests.


@pytest.mark.parametrize("symbols", [1, 3])
@pytest.mark.parametrize("engine", ["plain", "compiled"])
@pytest.mark.parametrize(
    ("strategy", "params"),
    [(EmaCross(), {"fast": 5, "slow": 21}), (Breakout(), {"span": 12, "atr_period": 7})],
)
def test_with_one_parameter_set_a_walk_is_the_plain_run_from_its_first_test_on(
    strategy, params, symbols, engine
):
    bars = market(5, 400, symbols)
    walk = walk_forward(
        strategy, bars, [params], windows=Windows(train=100, test=30, embargo=5), engine=engine
    )
    last = walk.folds[-1].test_last
    plain = run(replace(strategy, **params), bars.head(last), warm_up=105, engine=engine)
    assert len(plain.trades) > 5
    assert_same_run(walk.result, plain)
    assert walk.result.bars.opened_ns[0] == bars.opened_ns[105]


@pytest.mark.parametrize("engine", ["plain", "compiled"])
@pytest.mark.parametrize("flat", [False, True])
@pytest.mark.parametrize(("warm_up", "extra"), [(None, 0), (0, 0), (50, 0), (None, 13), (50, 13)])
def test_bar_by_bar_a_walk_is_the_same_walk(engine, flat, warm_up, extra):
    bars = market(6, 420)
    windows = Windows(train=80, test=40, step=40 + extra, warm_up=warm_up)
    arguments = {"windows": windows, "engine": engine, "flat_at_seams": flat}
    given_sets = [*STOPS, *CHANGES]
    by_array = walk_forward(EmaCross(), bars, given_sets, **arguments)
    by_bar = walk_forward(EmaCrossByBar, bars, given_sets, **arguments)
    assert len({tuple(fold.params.items()) for fold in by_array.folds}) > 2
    for one, other in zip(by_array.folds, by_bar.folds, strict=True):
        assert_same_fold(one, other)
    assert_same_run(by_array.result, by_bar.result)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6), symbols=st.integers(1, 3), flat=st.booleans())
def test_both_engines_walk_alike_on_wild_markets_with_calendars(seed, symbols, flat):
    dice = np.random.default_rng(seed)
    bars = random_bars(dice, bars=200, symbols=symbols)
    given_settings = random_settings(dice, bars=200)
    walks = [
        walk_forward(
            EmaCross(),
            bars,
            CHANGES,
            windows=Windows(train=60, test=35),
            settings=given_settings,
            engine=engine,
            flat_at_seams=flat,
        )
        for engine in ("plain", "compiled")
    ]
    # Sums of returns may differ in their last digits, and with them a choice between equals.
    if [fold.chosen for fold in walks[0].folds] == [fold.chosen for fold in walks[1].folds]:
        assert_same_run(walks[0].result, walks[1].result)


def test_rules_follow_the_parameters_of_the_fold():
    bars = market(7, 600)
    walk = walk_forward(EmaCross(), bars, STOPS, windows=Windows(train=150, test=60))
    stops = {fold.test_first: fold.params["exits.stop_fraction"] for fold in walk.folds}
    assert len(set(stops.values())) == 2
    origin = walk.folds[0].test_first
    for trade in walk.result.trades:
        decided = int(trade["entry_bar"]) - 1 + origin
        fold = max(first for first in stops if first <= decided)
        risked = abs(trade["entry_price"] - trade["stop_price"]) / trade["entry_price"]
        assert risked == pytest.approx(stops[fold])


def test_a_calendar_is_cut_along_with_the_bars():
    bars = market(8, 300)
    nights = np.zeros(300, np.int8)
    nights[::7] = 1
    entries = np.ones(300, np.int8)
    entries[::3] = 0
    calendar = Calendar(nights=nights, entries=entries)
    walk = walk_forward(
        EmaCross(),
        bars,
        SPANS,
        windows=Windows(train=100, test=50),
        settings=Settings(calendar=calendar),
    )
    origin = walk.folds[0].test_first
    entered = walk.result.trades["entry_bar"] + origin
    assert len(entered) > 5
    assert entries[entered].all()
    with pytest.raises(InputError, match="CALENDAR_LENGTH"):
        walk_forward(
            EmaCross(),
            bars,
            SPANS,
            windows=Windows(train=100, test=50),
            settings=Settings(calendar=Calendar(nights=np.zeros(301, np.int8))),
        )


def test_flat_at_seams_the_folds_returns_multiply_to_that_of_the_run():
    bars = market(9, 500)
    walk = walk_forward(
        EmaCross(), bars, STOPS, windows=Windows(train=100, test=40), flat_at_seams=True
    )
    growth = np.prod([1 + fold.test_return for fold in walk.folds])
    assert walk.result.equity[-1] / 1_000_000 == pytest.approx(growth, rel=1e-12)
    seams = [fold.test_last - 1 - walk.folds[0].test_first for fold in walk.folds[:-1]]
    closed = walk.result.trades[walk.result.trades["reason"] == Reason.SESSION]
    assert len(closed) > 3
    assert set(closed["exit_bar"].tolist()) <= set(seams)
    assert not set(walk.result.trades["entry_bar"].tolist()) & {seam + 1 for seam in seams}


def test_between_tests_that_are_apart_nothing_is_held():
    bars = market(10, 500)
    walk = walk_forward(EmaCross(), bars, SPANS, windows=Windows(train=100, test=30, step=50))
    held = walk.result.holdings()[0]
    origin = walk.folds[0].test_first
    for one, after in zip(walk.folds, walk.folds[1:], strict=False):
        assert not held[one.test_last - 1 - origin : after.test_first - origin].any()
    assert held.any()


# What is told.


def test_each_half_of_a_market_chooses_what_is_right_there():
    # Up for 300 bars, then down for 300: the sign is the parameter.
    steps = np.concatenate([np.full(300, 0.002), np.full(300, -0.002)])
    steps += np.random.default_rng(1).normal(0, 1e-4, 600)
    close = 100 * np.exp(np.cumsum(steps))
    bars = bars_of(
        opened_ns=np.arange(600) * DAY_NS, open=close, high=close, low=close, close=close
    )

    def one_side(market, *, side):
        return Signals(side=np.full(len(market.close), side, np.int8))

    walk = walk_forward(
        one_side,
        bars,
        [{"side": -1}, {"side": 1}],
        windows=Windows(train=100, test=50),
        settings=Settings(sizing=Sizing(value=1.0, cap_fraction=1.0)),
    )
    assert [fold.params["side"] for fold in walk.folds] == [1, 1, 1, 1, 1, -1, -1, -1, -1, -1]
    # Tests at bars 300 and 350 come after the turn; by then only the last half of training knows it.
    signs = [fold.test_return > 0 for fold in walk.folds]
    assert signs == [True] * 4 + [False] + [True] * 5
    assert walk.positive_folds == 0.9
    (side,) = walk.stability
    assert (side.distinct, side.share, side.candidates) == (2, 0.5, 2)
    assert side.spread == pytest.approx(1.0)
    assert side.drift < -0.8
    assert walk.rank_correlation == pytest.approx(0.8)
    assert (walk.rank_correlation_n, walk.trials) == (10, 20)


def test_a_strategy_without_an_edge_is_found_out():
    pbo, tested, ranks = [], [], []
    for seed in range(60):
        walk = walk_forward(
            EmaCross(),
            market(1000 + seed, 640),
            SPANS,
            windows=Windows(train=240, test=80),
            settings=Settings(sizing=Sizing(value=1.0, cap_fraction=1.0)),
        )
        pbo += [fold.pbo for fold in walk.folds]
        tested += [fold.test_score for fold in walk.folds]
        ranks.append(walk.rank_correlation)
    # Sharpe ratios of 80 days have a standard deviation of about 1.8; half of 300 folds are independent at the least.
    scores = np.array(tested)
    assert len(scores) == 300
    assert abs(np.nanmean(scores)) < 3 * 1.8 / math.sqrt(150)
    assert 0.35 < np.mean(pbo) < 0.65
    assert abs(np.nanmean(ranks)) < 0.15


def test_threads_and_repetition_change_nothing():
    bars, windows = market(11, 400, 2), Windows(train=100, test=50)
    walks = [
        walk_forward(EmaCross(), bars, STOPS, windows=windows, threads=threads)
        for threads in (1, 3, 1)
    ]
    for walk in walks[1:]:
        for one, other in zip(walks[0].folds, walk.folds, strict=True):
            assert_same_fold(one, other)
        assert_same_run(walks[0].result, walk.result)


def test_only_the_chosen_set_is_tested_when_ranks_are_not_asked_for():
    bars, windows = market(12, 400), Windows(train=100, test=50)
    full, lean = (
        walk_forward(EmaCross(), bars, SPANS, windows=windows, test_all=test_all)
        for test_all in (True, False)
    )
    for one, other in zip(full.folds, lean.folds, strict=True):
        assert (one.chosen, one.test_score, one.test_return) == (
            other.chosen,
            other.test_score,
            other.test_return,
        )
        assert np.isnan(other.test_scores).sum() == len(SPANS) - 1
    assert_same_run(full.result, lean.result)
    assert math.isnan(lean.rank_correlation)


def test_the_middle_of_a_plateau_may_be_chosen_instead():
    bars, windows = market(13, 400), Windows(train=100, test=50)

    def plateau(sweep, scores):
        return plateau_of(sweep.params, scores).trial

    for choose in ("plateau", plateau):
        walk = walk_forward(EmaCross(), bars, SPANS, windows=windows, choose=choose)
        for fold in walk.folds:
            assert fold.chosen == plateau_of(SPANS, fold.train_scores).trial
            assert fold.train_score == fold.train_scores[fold.chosen]


def test_less_drawdown_is_the_better_one():
    walk = walk_forward(
        EmaCross(), market(14), SPANS, windows=Windows(train=100, test=50), objective="drawdown"
    )
    for fold in walk.folds:
        assert fold.train_score == fold.train_scores.max() <= 0
    assert walk.objective == "drawdown"


@pytest.mark.parametrize("strategy", [EmaCross(), EmaCrossByBar])
def test_what_is_complete_is_kept_when_it_is_stopped(strategy):
    bars, windows = market(15, 400), Windows(train=100, test=50)
    told = []
    walk = walk_forward(
        strategy,
        bars,
        SPANS,
        windows=windows,
        progress=told.append,
        stopped=lambda: bool(told) and told[-1].trials_done >= 40,
    )
    # 18 trials a fold: the third was in play.
    assert (len(walk.folds), walk.planned, walk.interrupted) == (2, 6, True)
    assert (told[-1].folds, told[-1].trials) == (6, 6 * 18)
    assert [one.folds_done for one in told if one.trials_done in (18, 36)][-1] == 2
    whole = walk_forward(strategy, bars, SPANS, windows=windows)
    assert not whole.interrupted
    for one, other in zip(walk.folds, whole.folds, strict=False):
        assert_same_fold(one, other)
    with pytest.raises(InputError, match="WALK_NONE"):
        walk_forward(strategy, bars, SPANS, windows=windows, stopped=lambda: True)


def test_bars_that_are_never_tested_are_told():
    bars = market(16, 230)
    walk = walk_forward(EmaCross(), bars, SPANS, windows=Windows(train=100, test=50))
    assert walk.untested_bars == 30
    kept = walk_forward(
        EmaCross(), bars, SPANS, windows=Windows(train=100, test=50, keep_last=True)
    )
    assert (kept.untested_bars, len(kept.folds)) == (0, 3)


@pytest.mark.parametrize(
    ("params", "more", "code", "field"),
    [
        ([], {}, "PARAMS_NONE", "params"),
        ([{"account.cash": 5.0}], {}, "WALK_PARAMS", "account.cash"),
        ([{"fast": 2}, {"exits.stop": 0.1}], {}, "BACKTEST_SETTING", "exits.stop"),
        ([{"fats": 2}], {}, "STRATEGY_PARAM", "fats"),
        ([{"fast": 2}], {"objective": "luck"}, "OBJECTIVE_INVALID", "objective"),
        ([{"fast": 2}], {"choose": "luck"}, "WALK_CHOOSE", "choose"),
    ],
)
def test_what_cannot_be_walked_is_told_before_it_begins(params, more, code, field):
    with pytest.raises(InputError) as caught:
        walk_forward(EmaCross(), market(17), params, windows=Windows(train=100, test=50), **more)
    assert (caught.value.code, caught.value.field) == (code, field)


def test_a_strategy_by_bar_that_was_made_already_has_no_parameters():
    with pytest.raises(InputError, match="STRATEGY_PARAM"):
        walk_forward(EmaCrossByBar(), market(18), SPANS, windows=Windows(train=100, test=50))
    with pytest.raises(InputError, match="STRATEGY_PARAM"):
        walk_forward(EmaCrossByBar, market(18), [{"fats": 2}], windows=Windows(train=100, test=50))


def test_a_set_that_never_trades_can_be_chosen_only_if_none_does():
    bars = market(19)
    never = [{"fast": 3, "slow": 10_000}]
    walk = walk_forward(EmaCross(), bars, [*never, *SPANS], windows=Windows(train=100, test=50))
    assert all(fold.chosen > 0 for fold in walk.folds)
    idle = walk_forward(EmaCross(), bars, never, windows=Windows(train=100, test=50))
    assert len(idle.result.trades) == 0
    assert math.isnan(idle.folds[0].train_score)
    assert math.isnan(idle.efficiency)


def test_efficiency_is_the_yearly_return_of_tests_over_that_of_training():
    walk = walk_forward(
        EmaCross(),
        market(20, 500),
        SPANS,
        windows=Windows(train=100, test=50),
        settings=Settings(sizing=Sizing(mode=SizeMode.NOTIONAL, value=1e5)),
    )
    train = [fold.train_return / (100 / 365.25) for fold in walk.folds]
    test = [fold.test_return / (50 / 365.25) for fold in walk.folds]
    assert walk.efficiency == pytest.approx(np.mean(test) / np.mean(train))


def test_exits_are_walked_by_a_plain_function_too():
    def crossing(market, *, span):
        mean = np.convolve(market.close, np.full(span, 1 / span))[: len(market.close)]
        side = np.where(market.close > mean, 1, -1).astype(np.int8)
        side[:span] = 0
        return Signals(side=side)

    params = [
        {"span": span, "exits.take_fraction": take} for span in (5, 20) for take in (0.01, 0.05)
    ]
    walk = walk_forward(
        crossing,
        market(21),
        params,
        windows=Windows(train=100, test=50),
        settings=Settings(exits=Exits(stop_fraction=0.03)),
    )
    assert {stability.name for stability in walk.stability} == {"span", "exits.take_fraction"}
    assert walk.result.strategy == "crossing"
    assert (walk.result.trades["take_price"] > 0).any()
