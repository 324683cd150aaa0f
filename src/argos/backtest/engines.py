"""The two equal engines behind one face: compiled for size, plain Python for a quick start."""

import sys
from collections.abc import Callable
from importlib import import_module
from threading import Timer
from typing import ClassVar, Final, Literal, Protocol

from argos.backtest.binding import address, bind
from argos.backtest.preparing import grown, overwrite
from argos.backtest.reference import Simulation
from argos.backtest.tables import Book, Change, Clock, Feed, Fine, Orders, cells
from argos.core.errors import InputError

EngineName = Literal["auto", "compiled", "plain"]

KERNEL: Final = "argos.backtest.compiled.kernel"
SLICE_BARS: Final = 200_000
"""Bars of all symbols together that are played in one go."""
TELL_AFTER_S: Final = 1.5
"""Loading the compiler's library and the machine code from disk takes less."""
Progress = Callable[[int], None]
"""Told how many bars are played."""
PLAIN_BARS_MAX: Final = 50_000
"""Up to so many bars of all symbols together the plain engine is done before the compiler's library is loaded."""


class Engine(Protocol):
    """Plays a run bar by bar or in one go."""

    book: Book

    @property
    def event_bar(self) -> int:
        """The next bar on which something may happen without a new signal."""
        ...

    def advance(self, stop_bar: int, known: int) -> None:
        """Plays up to bar `stop_bar`, which is not played; signals of bars before `known` are final."""
        ...

    def change(self, change: Change) -> None:
        """Other rules from `change.bar` on, which is the next to be played. Levels that a holding has, it keeps."""
        ...

    def finish(self) -> Book:
        """The book with trades and fills cut to what was written."""
        ...


class PlainEngine:
    """`reference.Simulation` behind the engine's face."""

    name: ClassVar = "plain"

    def __init__(self, feed: Feed, fine: Fine, orders: Orders, clock: Clock, book: Book) -> None:
        self.book = book
        self._simulation = Simulation(feed, fine, orders, clock, book)

    @property
    def event_bar(self) -> int:
        return len(self._simulation.equity)

    def advance(self, stop_bar: int, known: int) -> None:
        for i in range(len(self._simulation.equity), stop_bar):
            self._simulation.play(i)
        self._simulation.show(self.book)

    def change(self, change: Change) -> None:
        overwrite(self.book, change)
        self._simulation.read_rules(self.book)

    def finish(self) -> Book:
        return self._simulation.write(self.book)


class CompiledEngine:
    """The compiled kernel behind the engine's face."""

    name: ClassVar = "compiled"

    def __init__(self, feed: Feed, fine: Fine, orders: Orders, clock: Clock, book: Book) -> None:
        self.book = book
        self._kept = (feed, fine, orders, clock)
        self._bars = len(book.equity)
        self._advance = kernel()
        self._bind()
        self._event_bar: memoryview[int] = cells(book.account["event_bar"])

    def _bind(self) -> None:
        self._table = bind(*self._kept, self.book)
        self._table_at = address(self._table)

    @property
    def event_bar(self) -> int:
        return self._event_bar[0]

    def advance(self, stop_bar: int, known: int) -> None:
        assert known <= self._bars >= stop_bar, "there are no bars beyond"
        while self._advance(stop_bar, known, self._table_at):
            self.book = grown(self.book)
            self._bind()

    def change(self, change: Change) -> None:
        overwrite(self.book, change)
        # Under other rules each symbol's next bar may be another one: all are looked at anew.
        self.book.positions["next_bar"] = change.bar

    def finish(self) -> Book:
        account = self.book.account[0]
        return self.book._replace(
            trades=self.book.trades[: account["trades"]], fills=self.book.fills[: account["fills"]]
        )


def in_slices(engine: Engine, first: int, last: int, known: int, progress: Progress | None) -> None:
    """Plays bars first .. last - 1. Between slices Python is asked, so that Ctrl-C is heard and progress told."""
    for stop in slice_ends(first, last, len(engine.book.positions)):
        engine.advance(stop, known)
        if progress is not None:
            progress(stop)


def slice_ends(first: int, last: int, symbols: int) -> list[int]:
    """Where the slices of bars first .. last - 1 end, `last` among them: a tenth of a second each at the worst."""
    step = max(SLICE_BARS // symbols, 1)
    return [*range(first + step, last, step), last]


def kernel() -> Callable[[int, int, int], int]:
    """The compiled loop; the compiler's library is loaded here and nowhere else."""
    advance: Callable[[int, int, int], int] = import_module(KERNEL).advance
    return advance


def compile_kernel() -> None:
    """Has the kernel's machine code made, or loaded from disk."""
    import_module(KERNEL).compile_now()


def prepare_kernel(
    tell: Callable[[], None],
    *,
    engine: EngineName,
    bars: int,
    tell_after_s: float = TELL_AFTER_S,
    prepare: Callable[[], None] = compile_kernel,
) -> None:
    """Loads what a run of `bars` bars of all symbols together will play on, so that the run itself does not wait.

    The first time on a machine the kernel is compiled, some ten seconds: `tell` is called, from another thread, once it
    takes longer than loading it does. Nothing is done where the plain engine will play.
    """
    if engine_for(engine, bars) is PlainEngine:
        return
    waiting = Timer(tell_after_s, tell)
    waiting.daemon = True
    waiting.start()
    try:
        prepare()
    finally:
        waiting.cancel()


def engine_for(name: EngineName, bars: int) -> type[PlainEngine | CompiledEngine]:
    """Which engine plays a run of `bars` bars of all symbols together; a compiled kernel that is loaded is used."""
    if name == "auto":
        name = "compiled" if bars > PLAIN_BARS_MAX or KERNEL in sys.modules else "plain"
    if name == "compiled":
        return CompiledEngine
    if name == "plain":
        return PlainEngine
    raise InputError(
        f"there is no engine {name!r}",
        code="BACKTEST_SETTING",
        field="engine",
        fix="use auto, compiled or plain",
    )
