"""Who plays the trials of a search: threads of this process. `ray_crew` has those of other processes and machines."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NamedTuple, Protocol

import numpy as np

from argos.backtest.lanes import Lanes
from argos.backtest.layout import Floats, Ints, Records
from argos.backtest.points import Points
from argos.backtest.settings import Settings
from argos.backtest.strategy import Market, Strategy
from argos.backtest.sweep import swept

CHUNK_S: Final = 5.0
"""Trials that are handed out together last about so long; what is finished is told at shorter intervals."""
CHUNK_MAX: Final = 16_384


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Task:
    """What is the same for all trials of a search."""

    strategy: Strategy
    market: Market
    settings: Settings
    per_bar: bool
    plain: bool
    stopped: Callable[[], bool]


class Played(NamedTuple):
    """Finished trials. numbers: their places in the points; figures FIGURES[n]; return_sums float64[n, blocks, 4]."""

    numbers: Ints
    figures: Records
    return_sums: Floats


Record = Callable[[Played], None]


class Crew(Protocol):
    """`interrupted`: Ctrl-C came; what was finished had been told."""

    interrupted: bool

    def play(self, points: Points, numbers: Ints, record: Record) -> None:
        """Plays the trials `numbers` of `points`, in about this order, and tells each once it is finished; from this
        thread. It ends early when the task is stopped or interrupted.
        """
        ...

    def close(self) -> None: ...


def cores() -> int:
    """Processors that this process may use."""
    allowed = getattr(os, "sched_getaffinity", None)
    return len(allowed(0)) if allowed is not None else os.cpu_count() or 1


class ThreadCrew:
    """Threads over the compiled kernel; they share prices and indicators."""

    def __init__(self, task: Task, threads: int) -> None:
        self._task, self._threads = task, threads
        self._chunk = threads * 4
        self.interrupted = False

    def play(self, points: Points, numbers: Ints, record: Record) -> None:
        place = 0
        while place < len(numbers) and not self.interrupted and not self._task.stopped():
            part = numbers[place : place + self._chunk]
            began = time.perf_counter()
            self._play(points.take(part), part, record)
            place += len(part)
            passed = time.perf_counter() - began
            # At most four times as many: the first chunk may have been quick by chance.
            fitting = min(len(part) * CHUNK_S / max(passed, 1e-9), 4.0 * len(part))
            self._chunk = int(np.clip(fitting, self._threads, CHUNK_MAX))

    def _play(self, points: Points, numbers: Ints, record: Record) -> None:
        lanes = lanes_of(self._task, points)
        told = np.zeros(len(numbers), bool)

        def tell() -> None:
            fresh = np.flatnonzero(lanes.played & ~told)
            if len(fresh):
                found = swept(lanes, fresh)
                record(Played(numbers[fresh], found.figures, found.return_sums))
                told[fresh] = True

        try:
            lanes.play(self._threads, meanwhile=tell)
        except KeyboardInterrupt:
            self.interrupted = True
        finally:
            tell()

    def close(self) -> None:
        """Threads end with each chunk."""


def lanes_of(task: Task, points: Points) -> Lanes:
    return Lanes(
        task.strategy,
        task.market,
        points,
        settings=task.settings,
        per_bar=task.per_bar,
        plain=task.plain,
        stopped=task.stopped,
    )
