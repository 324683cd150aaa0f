"""Trials played by Ray: other processes of this machine, or other machines.

Prices are put into Ray's object store once. A worker process maps them without a copy, keeps the market with its
indicators from task to task, and plays chunks of trials, each long enough that handing it out is little beside it.
"""

import sys
import time
from importlib.machinery import PathFinder
from typing import Any, Final, NamedTuple

import numpy as np

from argos.backtest.bars import Bars
from argos.backtest.engines import kernel
from argos.backtest.layout import Floats, Ints, Records
from argos.backtest.points import Points, points_of
from argos.backtest.settings import Settings
from argos.backtest.spaces import Space
from argos.backtest.strategy import Market, Strategy
from argos.backtest.sweep import swept
from argos.studies.crews import Played, Record, Task, lanes_of
from argos.studies.libraries import ray

TASK_S: Final = 0.2
"""What a chunk aims to last."""
TASK_S_MIN: Final = 0.02
"""What it lasts at the least, where there are trials enough."""
FIRST_TRIALS: Final = 4
CHUNK_MAX: Final = 16_384
AHEAD: Final = 2
"""Chunks handed out per processor: one in play, one waiting."""
WAIT_S: Final = 0.5
STORE_BYTES_MIN: Final = 256 * 2**20


class Load(NamedTuple):
    """What goes into the object store, once."""

    strategy: Strategy
    bars: Bars
    settings: Settings
    space: Space
    per_bar: bool
    plain: bool


class Done(NamedTuple):
    """What comes back from a chunk. seconds: of playing alone."""

    figures: Records
    return_sums: Floats
    seconds: float


_tasks: dict[str, tuple[Task, Space]] = {}
"""In a worker process: what it got out of the object store, by the search's key. One search at a time."""


def play_chunk(boxed: list[Any], key: str, codes: Floats) -> Done:
    """Plays the trials of these codes in a worker process. `boxed` holds the reference to the `Load`."""
    found = _tasks.get(key)
    if found is None:
        _tasks.clear()
        load: Load = ray().get(boxed[0])
        task = Task(
            strategy=load.strategy,
            market=Market(bars=load.bars, shared=True),
            settings=load.settings,
            per_bar=load.per_bar,
            plain=load.plain,
            stopped=lambda: False,
        )
        if not load.plain:
            kernel()
        found = _tasks[key] = task, load.space
    task, space = found
    lanes = lanes_of(task, points_of(space, codes))
    began = time.perf_counter()
    lanes.play(1)
    seconds = time.perf_counter() - began
    done = swept(lanes)
    return Done(done.figures, done.return_sums, seconds)


class RayCrew:
    """Workers of the Ray cluster that this process is connected to; else of one that is started here, and ended."""

    def __init__(self, task: Task, threads: int) -> None:
        """Raises InputError (RAY_MISSING) where Ray is not installed."""
        self._ray = ray()
        self._task = task
        self.interrupted = False
        bars = task.market.bars
        # Derived once here, so that no worker does it again.
        bars.block_extremes()
        bars.day_ends()
        self._ours = not self._ray.is_initialized()
        if self._ours:
            self._ray.init(
                num_cpus=threads,
                include_dashboard=False,
                log_to_driver=False,
                logging_level="error",
                object_store_memory=max(STORE_BYTES_MIN, 4 * _bytes_of(bars)),
            )
        self._remote = self._ray.remote(play_chunk)
        self._box: list[Any] = []
        self._key = ""
        self._trial_s = 0.0
        self._chunk = FIRST_TRIALS

    def play(self, points: Points, numbers: Ints, record: Record) -> None:
        if not self._box:
            self._put(points.space)
        waiting: dict[Any, Ints] = {}
        processors = max(1, int(self._ray.cluster_resources().get("CPU", 1)))
        place = 0
        try:
            while (place < len(numbers) or waiting) and not self._task.stopped():
                while place < len(numbers) and len(waiting) < AHEAD * processors:
                    part = numbers[place : place + self._size(len(numbers) - place, processors)]
                    place += len(part)
                    codes = points.take(part).codes()
                    waiting[self._remote.remote(self._box, self._key, codes)] = part
                self._collect(waiting, record, wait_s=WAIT_S)
        except KeyboardInterrupt:
            self.interrupted = True
        if waiting:
            # What is back is kept; what is in play is given up.
            self._collect(waiting, record, wait_s=0)
            for reference in waiting:
                self._ray.cancel(reference)

    def close(self) -> None:
        self._box = []
        if self._ours:
            self._ray.shutdown()

    def _put(self, space: Space) -> None:
        task = self._task
        _carry(task.strategy, self._ray)
        load = Load(
            strategy=task.strategy,
            bars=task.market.bars,
            settings=task.settings,
            space=space,
            per_bar=task.per_bar,
            plain=task.plain,
        )
        reference = self._ray.put(load)
        # In a list Ray hands on the reference itself; alone it would unpack the load for each task.
        self._box = [reference]
        self._key = reference.hex()

    def _size(self, left: int, processors: int) -> int:
        """Trials of the next chunk: about TASK_S long, shorter towards the end, so that all end together."""
        if not self._trial_s:
            return FIRST_TRIALS
        least = int(np.ceil(TASK_S_MIN / self._trial_s))
        share = -(-left // (AHEAD * processors))
        return min(max(least, min(share, self._chunk)), CHUNK_MAX)

    def _collect(self, waiting: dict[Any, Ints], record: Record, *, wait_s: float) -> None:
        """Records the chunks that are back."""
        ready, _ = self._ray.wait(list(waiting), num_returns=1, timeout=wait_s)
        more, _ = self._ray.wait(list(waiting), num_returns=len(waiting), timeout=0)
        for reference in dict.fromkeys([*ready, *more]):
            done: Done = self._ray.get(reference)
            part = waiting.pop(reference)
            record(Played(part, done.figures, done.return_sums))
            self._trial_s = done.seconds / len(part)
            # The first trials of a process compile and compute indicators: the next chunk is at most 8 times as large.
            self._chunk = max(1, min(int(TASK_S / self._trial_s), 8 * len(part)))


def _bytes_of(bars: Bars) -> int:
    return 5 * bars.close.nbytes


def _carry(strategy: Strategy, library: Any) -> None:
    """A strategy from a file that no other process can import goes along with its code."""
    name = getattr(strategy, "__module__", None) or ""
    module = sys.modules.get(name)
    if module is None or name == "__main__":
        return  # Ray takes the code of the main program along by itself
    # Not `find_spec` of importlib.util, which says yes to whatever is loaded.
    found = PathFinder.find_spec(name.partition(".")[0])
    elsewhere = "." not in name and found is not None and found.origin != module.__file__
    if found is None or elsewhere:
        library.cloudpickle.register_pickle_by_value(module)
