"""A run is played in slices: progress is told between them, and an end that is asked for is heard."""

import subprocess
import sys

import numpy as np
import pytest

from argos.backtest.bars import Bars, bars_of
from argos.backtest.engines import SLICE_BARS, slice_ends
from argos.backtest.run import run
from argos.backtest.strategies.ema_cross import EmaCross, EmaCrossByBar
from unit.backtest.arbiter import random_walk

INTERRUPTED = """
import os, signal, threading
import numpy as np
from argos.backtest.bars import bars_of
from argos.backtest.engines import SLICE_BARS
from argos.backtest.run import run
from argos.backtest.strategy import Signals
bars_all = 4_000_000
close = 100.0 + np.arange(bars_all) % 3
bars = bars_of(opened_ns=np.arange(bars_all), open=close, high=close, low=close, close=close)
side = np.where(np.arange(bars_all) % 2, 1, -1).astype(np.int8)
told, begun = [], threading.Event()

def interrupt():
    begun.wait()
    os.kill(os.getpid(), signal.SIGINT)

def progress(done):
    told.append(done)
    if len(told) == 3:
        begun.set()

threading.Thread(target=interrupt, daemon=True).start()
try:
    for _ in range(50):
        told.clear()
        run(Signals(side=side), bars, engine="compiled", progress=progress)
    print("never heard")
except KeyboardInterrupt:
    print("heard" if len(told) < bars_all // SLICE_BARS else "heard at the end")
"""


@pytest.fixture(scope="module")
def long() -> Bars:
    columns = random_walk(25_000)
    tiled = {name: np.tile(values, 18) for name, values in columns.items()}
    return bars_of(**tiled | {"opened_ns": np.arange(450_000)})


def test_slices_end_at_the_last_bar_and_are_shorter_for_more_symbols():
    assert slice_ends(0, 5, 1) == [5]
    assert slice_ends(100, 100 + 2 * SLICE_BARS, 1) == [100 + SLICE_BARS, 100 + 2 * SLICE_BARS]
    assert slice_ends(0, SLICE_BARS + 1, 4) == [SLICE_BARS // 4 * k for k in (1, 2, 3, 4)] + [
        SLICE_BARS + 1
    ]


@pytest.mark.parametrize("strategy", [EmaCross(), EmaCrossByBar()])
def test_progress_counts_up_to_the_last_bar(strategy, long, workload):
    told: list[int] = []
    run(strategy, long, settings=workload, engine="compiled", progress=told.append)
    assert told == slice_ends(0, len(long), 1)
    assert len(told) == 3


def test_what_progress_raises_ends_the_run(long, workload):
    told: list[int] = []

    def enough(bars):
        told.append(bars)
        raise TimeoutError

    with pytest.raises(TimeoutError):
        run(EmaCross(), long, settings=workload, engine="compiled", progress=enough)
    assert told == [SLICE_BARS]


def test_an_interrupt_is_heard_while_the_kernel_plays():
    ran = subprocess.run(
        [sys.executable, "-c", INTERRUPTED], capture_output=True, text=True, check=True
    )
    assert ran.stdout == "heard\n"
