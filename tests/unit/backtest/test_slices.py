"""A run is played in slices: progress is told between them, and an end that is asked for is heard."""

import signal

import numpy as np
import pytest

from argos.backtest.bars import Bars, bars_of
from argos.backtest.engines import SLICE_BARS, slice_ends
from argos.backtest.run import run
from argos.backtest.strategies.ema_cross import EmaCross, EmaCrossByBar
from unit.backtest.arbiter import random_walk


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


@pytest.fixture
def _interrupts_are_heard():
    """A process that a shell put in the background begins with SIGINT ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("_interrupts_are_heard")
def test_an_interrupt_is_heard_after_the_slice_in_play(long, workload):
    told: list[int] = []

    def ask_for_an_end(bars):
        told.append(bars)
        signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        run(EmaCross(), long, settings=workload, engine="compiled", progress=ask_for_an_end)
    assert told == [SLICE_BARS]
