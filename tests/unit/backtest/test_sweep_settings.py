"""A sweep over settings is what single runs under these settings are, to the last bit."""

import threading
from collections import Counter
from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from argos.backtest.assignments import settings_with, split
from argos.backtest.layout import SizeMode
from argos.backtest.run import run
from argos.backtest.settings import Settings
from argos.backtest.strategies.ema_cross import EmaCross
from argos.backtest.strategy import Market, Signals
from argos.backtest.sweep import sweep
from argos.core.errors import InputError
from unit.backtest.random_markets import random_run

CHANGES = {
    "exits.stop_fraction": st.sampled_from([0.0, 0.004, 0.02]),
    "exits.hold_bars_max": st.integers(0, 5),
    "costs.spread_bps": st.sampled_from([0, 1.5, "3"]),
    "sizing.mode": st.sampled_from(["units", "EQUITY_FRACTION", 2]),
    "sizing.value": st.sampled_from([0.1, 2]),
    "filling.close_at_end": st.booleans(),
    "filling.volume_share_max": st.sampled_from([0.0, 0.05]),
    "account.cash": st.sampled_from([5_000, 20_000.0]),
    "account.leverage_max": st.sampled_from([0.5, 3.0]),
}
"""Text, whole and decimal values on purpose: each is made the type of its field."""


@settings(deadline=None, max_examples=40)
@given(
    st.integers(0, 10_000),
    st.lists(
        st.fixed_dictionaries({"part": st.integers(1, 3)}, optional=CHANGES),
        min_size=1,
        max_size=12,
    ),
    st.sampled_from(["plain", "compiled"]),
)
def test_each_trial_is_the_single_run_whatever_the_order(seed, trials, engine):
    given_run = random_run(seed, bars=70, symbols=2)

    class Part:
        """Every n-th of the signals: stands for any strategy."""

        whole_market = True

        def __call__(self, market, *, part):
            told = given_run.signals
            keep = np.arange(told.side.size).reshape(told.side.shape) % part == 0
            names = [name for name in Signals.__slots__ if name != "side"]
            return Signals(
                side=np.where(keep, told.side, 0).astype(np.int8),
                **{name: getattr(told, name) for name in names},
            )

    swept = sweep(
        Part(),
        given_run.bars,
        trials,
        settings=given_run.settings,
        threads=2,
        returns="bar",
        engine=engine,
    )
    assert list(swept.params) == trials
    for trial, params in enumerate(trials):
        own, changes = split(params)
        changed = settings_with(given_run.settings, changes)
        single = run(
            Part(),
            given_run.bars,
            settings=changed,
            params=own,
            engine=engine,
            returns="bar",
        )
        assert np.array_equal(swept.return_sums[trial], single.return_sums)
        figures, account = swept.figures[trial], single.account[0]
        assert figures["trades"] == len(single.trades)
        assert figures["total_return"] == single.equity[-1] / changed.account.cash - 1.0
        assert figures["drawdown"] == account["drawdown"]
        assert figures["costs"] == pytest.approx(single.costs.total, rel=1e-12)


@dataclass(frozen=True)
class Counting:
    """Counts how often each of its parameter sets is asked."""

    fast: int = 5
    asked: Counter = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def signals(self, market: Market) -> Signals:
        with self.lock:
            self.asked[self.fast] += 1
        return EmaCross(fast=self.fast, slow=50).signals(market)


def test_equal_signals_are_not_computed_again(minutes, workload):
    counting = Counting()
    # The setting runs slowest: in this order the signals would change with every trial.
    trials = [
        {"exits.stop_fraction": stop / 1000, "fast": fast}
        for stop in range(1, 9)
        for fast in range(5, 25)
    ]
    swept = sweep(
        counting, minutes.head(3000), trials, settings=workload, threads=2, engine="plain"
    )
    assert counting.asked == dict.fromkeys(range(5, 25), 1)
    assert list(swept.params) == trials


def test_one_long_group_is_shared_among_the_lanes(minutes, workload):
    counting = Counting()
    trials = [{"exits.stop_fraction": stop / 1000} for stop in range(1, 65)]
    sweep(counting, minutes.head(1000), trials, settings=workload, threads=2, engine="plain")
    # In 16 pieces, each of which asks once.
    assert counting.asked == {5: 16}


def test_values_that_are_equal_but_not_the_same_are_asked_apart(minutes, workload):
    asked = []

    def strategy(market, *, fast):
        asked.append(fast)
        return EmaCross(fast=int(fast)).signals(market)

    trials = [{"fast": fast, "exits.take_fraction": 0.1} for fast in (1, True, 1.0, [1], [1])]
    with pytest.raises(TypeError):
        sweep(strategy, minutes.head(300), trials, settings=workload, engine="plain")
    assert [(type(value), value) for value in asked] == [
        (int, 1),
        (bool, True),
        (float, 1.0),
        (list, [1]),
    ]


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"exits.stop": 0.1}, "exits.stop"),
        ({"stops.at": 0.1}, "stops.at"),
        ({"exits.stop_fraction": 1.5}, "stop_fraction"),
        ({"exits.stop_fraction": "wide"}, "exits.stop_fraction"),
        ({"exits.stop_fraction": [0.1]}, "exits.stop_fraction"),
        ({"exits.hold_bars_max": 1.5}, "exits.hold_bars_max"),
        ({"sizing.mode": "all_in"}, "sizing.mode"),
        ({"sizing.by_confidence": 1}, "sizing.by_confidence"),
        ({"costs.spread_bps": True}, "costs.spread_bps"),
    ],
)
def test_a_setting_that_cannot_be_is_named(minutes, params, field):
    with pytest.raises(InputError, match=r"BACKTEST_(SETTING|VALUE)") as caught:
        sweep(EmaCross(), minutes.head(200), [params], engine="plain")
    assert caught.value.field == field
    assert caught.value.fix


def test_texts_and_numbers_become_the_fields_own_type():
    changed = settings_with(
        Settings(), {"sizing.mode": "risk_fraction", "costs.spread_bps": 0.1, "sizing.value": 1}
    )
    assert changed.sizing.mode is SizeMode.RISK_FRACTION
    assert str(changed.costs.spread_bps) == "0.1"
    assert isinstance(changed.sizing.value, float)
