"""A run is played in slices: the same trades wherever they end, progress that is told, an end when it is asked for."""

import signal
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from argos.backtest import engines
from argos.backtest.run import run
from argos.backtest.strategies.ema_cross import EmaCross, EmaCrossByBar
from unit.backtest.random_markets import random_run
from unit.backtest.test_engines_agree import assert_same

ENDLESS = """
import sys
import numpy as np
from argos.backtest.bars import bars_of
from argos.backtest.run import run
from argos.backtest.strategy import Signals
close = np.full(2_000, 100.0) + np.arange(2_000) % 3
bars = bars_of(opened_ns=np.arange(2_000), open=close, high=close, low=close, close=close)
side = np.where(np.arange(2_000) % 2, 1, -1).astype(np.int8)
run(Signals(side=side), bars, engine="compiled")
close = np.tile(close, 2_000)
bars = bars_of(opened_ns=np.arange(len(close)), open=close, high=close, low=close, close=close)
side = np.tile(side, 2_000)
told = []
print("playing", flush=True)
try:
    run(Signals(side=side), bars, engine="compiled", progress=told.append)
except KeyboardInterrupt:
    print(len(told) < 20, flush=True)
"""


@pytest.mark.parametrize("engine", ["compiled", "plain"])
@given(
    seed=st.integers(0, 2**32 - 1),
    bars=st.integers(1, 160),
    symbols=st.integers(1, 3),
    step=st.integers(1, 50),
)
@settings(max_examples=40, deadline=None)
def test_slices_of_any_length_give_the_same_run(engine, seed, bars, symbols, step):
    played = random_run(seed, bars=bars, symbols=symbols)
    whole = run(played.signals, played.bars, settings=played.settings, engine=engine)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engines, "SLICE_BARS", step)
        sliced = run(played.signals, played.bars, settings=played.settings, engine=engine)
    assert_same(sliced, whole)


@pytest.mark.parametrize("strategy", [EmaCross(), EmaCrossByBar()])
@pytest.mark.parametrize("engine", ["compiled", "plain"])
def test_progress_counts_up_to_the_last_bar(strategy, engine, minutes, workload, monkeypatch):
    monkeypatch.setattr(engines, "SLICE_BARS", 700)
    told: list[int] = []
    result = run(
        strategy, minutes.head(5_000), settings=workload, engine=engine, progress=told.append
    )
    assert told == [*range(700, 5_000, 700), 5_000]
    unsliced = run(strategy, minutes.head(5_000), settings=workload, engine=engine)
    assert np.array_equal(result.equity, unsliced.equity)


def test_what_progress_raises_ends_the_run(minutes, workload, monkeypatch):
    monkeypatch.setattr(engines, "SLICE_BARS", 700)

    def enough(bars):
        if bars > 2_000:
            raise TimeoutError

    with pytest.raises(TimeoutError):
        run(EmaCross(), minutes, settings=workload, progress=enough)


def test_an_interrupt_is_heard_while_the_kernel_plays():
    process = subprocess.Popen(
        [sys.executable, "-c", ENDLESS], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == "playing\n"
        process.send_signal(signal.SIGINT)
        assert process.stdout.readline() == "True\n"
