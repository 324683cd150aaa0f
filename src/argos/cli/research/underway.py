"""Long work: a bar with the time left, and Ctrl-C that keeps what is done."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from argos.backtest.bars import Bars
from argos.backtest.engines import prepare_kernel
from argos.cli.frame.printing import messages


class Interrupted:
    """Asked between pieces of work; true once Ctrl-C was pressed. A second Ctrl-C ends the program at once."""

    def __init__(self) -> None:
        self._asked = threading.Event()

    def __call__(self) -> bool:
        return self._asked.is_set()

    def ask(self, number: int, frame: FrameType | None) -> None:
        if self._asked.is_set():
            raise KeyboardInterrupt
        self._asked.set()
        messages().print("stopping; what is done is kept (Ctrl-C again: at once)")


@contextmanager
def interruptible() -> Iterator[Interrupted]:
    """Ctrl-C asks for the end inside, and means what it meant before outside."""
    interrupted = Interrupted()
    before = signal.signal(signal.SIGINT, interrupted.ask)
    try:
        yield interrupted
    finally:
        signal.signal(signal.SIGINT, before)


def made_ready(bars: Bars, *, runs: int = 1) -> None:
    """Loads the engine; the first large run on a machine compiles it, which is said on stderr."""

    def tell() -> None:
        messages().print("compiling the engine, once on this machine: some ten seconds")

    prepare_kernel(tell, engine="auto", bars=bars.close.size * runs)


@contextmanager
def bar(words: str, *, unit: str, shown: bool) -> Iterator[Callable[[int, int], None]]:
    """A progress bar on stderr; told how many are done, of how many."""
    with Progress(
        TextColumn(words),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn(unit),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        console=messages(),
        disable=not shown,
        transient=True,
    ) as progress:
        task = progress.add_task(words, total=None)

        def tell(done: int, total: int) -> None:
            progress.update(task, completed=done, total=total)

        yield tell
