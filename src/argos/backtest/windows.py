"""Where a walk trains and where it tests: train, embargo, test; then the same again, a step later."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise

import numpy as np

from argos.backtest.bars import Bars
from argos.backtest.spans import Months, Span, length, moved
from argos.core.errors import InputError


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """One fold's bars, last exclusive. The embargo is what lies between `train_last` and `test_first`."""

    train_first: int
    train_last: int
    test_first: int
    test_last: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Windows:
    """train, test, step: all in bars, or all in time (timedelta, Months); a step is as long as a test if not given.

    anchored: training always begins with the first bar. embargo: bars, or a fraction (float) of all bars, that lie
    unused between train and test; in bars training keeps its length and begins earlier, in time it ends earlier.
    A step beyond a test leaves bars between two tests untested. keep_last: whether a last test that the data cut short
    is kept; a test in time is whole when the next bar would open after it. warm_up: bars before a span that indicators
    may see, in training and test alike; None is all there are. They are past, so nothing is seen ahead; without them
    the beginning of each span would be silent, the more so the slower the parameters.
    """

    train: Span
    test: Span
    step: Span | None = None
    anchored: bool = False
    embargo: int | float = 0
    keep_last: bool = False
    warm_up: int | None = None

    def __post_init__(self) -> None:
        spans = {"train": self.train, "test": self.test, "step": self.stride}
        for name, span in spans.items():
            _require(length(span) > 0, name, "is above 0")
            same = isinstance(span, int) == isinstance(self.train, int)
            _require(same, name, "is in bars as train is, or in time as train is")
        bound = 1 if isinstance(self.embargo, float) else math.inf
        _require(0 <= self.embargo < bound, "embargo", "is bars, or a fraction from 0 to below 1")
        _require(self.warm_up is None or self.warm_up >= 0, "warm_up", "is 0 or more, or None")

    @property
    def stride(self) -> Span:
        """From one test's begin to the next one's."""
        return self.test if self.step is None else self.step

    @classmethod
    def of_folds(
        cls,
        bars: int,
        folds: int,
        *,
        train_per_test: float = 4.0,
        anchored: bool = False,
        embargo: int | float = 0,
        warm_up: int | None = None,
    ) -> "Windows":
        """`folds` windows that use all of `bars` bars; training (of the first fold) is `train_per_test` tests long."""
        _require(folds > 0, "folds", "is above 0")
        _require(train_per_test > 0, "train_per_test", "is above 0")
        between = _embargo_bars(embargo, bars)
        test = int((bars - between) / (folds + train_per_test))
        train = bars - between - folds * test
        if test < 1 or train < 1:
            raise InputError(
                f"{bars} bars are too few for {folds} folds",
                code="WINDOWS_NONE",
                field="folds",
                fix="ask for fewer folds, or give more bars",
            )
        return cls(train=train, test=test, anchored=anchored, embargo=embargo, warm_up=warm_up)

    def split(self, bars: Bars) -> tuple[Window, ...]:
        """All windows in these bars, in order.

        Raises InputError: WINDOWS_NONE if not one fits, WINDOWS_OVERLAP if a step is shorter than a test.
        """
        found = tuple(self._windows(bars))
        if not found:
            raise InputError(
                f"no window of train {self.train} and test {self.test} fits into {len(bars)} bars",
                code="WINDOWS_NONE",
                field="train",
                fix="shorten train or test, or give more bars",
            )
        for one, after in pairwise(found):
            if after.test_first < one.test_last:
                raise InputError(
                    f"tests overlap: one ends before bar {one.test_last}, the next begins at {after.test_first}",
                    code="WINDOWS_OVERLAP",
                    field="step",
                    fix="step at least by the length of a test, so that no bar is tested twice",
                )
        return found

    def warm_first(self, first: int) -> int:
        """The bar from which indicators of a span that begins at `first` may see."""
        return 0 if self.warm_up is None else max(first - self.warm_up, 0)

    def _windows(self, bars: Bars) -> Iterator[Window]:
        embargo = _embargo_bars(self.embargo, len(bars))
        for start, test_first, test_last, whole in self._places(bars, embargo):
            train_last = test_first - embargo
            train_first = 0 if self.anchored else start
            fits = train_first < train_last and test_first < min(test_last, len(bars))
            # In time a span may hold no bar at all: there is no fold then.
            if fits and (whole or self.keep_last):
                yield Window(
                    train_first=train_first,
                    train_last=train_last,
                    test_first=test_first,
                    test_last=min(test_last, len(bars)),
                )

    def _places(self, bars: Bars, embargo: int) -> Iterator[tuple[int, int, int, bool]]:
        """Begin of training, begin and end of the test, and whether that end is within the data."""
        train, test, step = self.train, self.test, self.stride
        if isinstance(train, int) and isinstance(test, int) and isinstance(step, int):
            for start in range(0, len(bars) - train - embargo, step):
                end = start + train + embargo + test
                yield start, start + train + embargo, end, end <= len(bars)
            return
        assert not isinstance(train, int), "all three are in time then"
        assert not isinstance(test, int), "all three are in time then"
        assert not isinstance(step, int), "all three are in time then"
        yield from _places_in_time(bars, train, test, step)


def _places_in_time(
    bars: Bars, train: timedelta | Months, test: timedelta | Months, step: timedelta | Months
) -> Iterator[tuple[int, int, int, bool]]:
    opened = bars.opened_ns
    begin = int(opened[0])
    width = int(np.median(np.diff(opened))) if len(bars) > 1 else 0
    first_test = moved(begin, train)
    fold = 0
    while (test_begins := moved(first_test, step, fold)) <= opened[-1]:
        # Where tests follow each other, one ends exactly where the next begins, whatever the month's length.
        ends = moved(first_test, step, fold + 1) if step == test else moved(test_begins, test)
        start, first, last = np.searchsorted(opened, [moved(begin, step, fold), test_begins, ends])
        yield int(start), int(first), int(last), int(opened[-1]) + width >= ends
        fold += 1


def _embargo_bars(embargo: int | float, bars: int) -> int:
    return math.ceil(embargo * bars) if isinstance(embargo, float) else embargo


def _require(good: bool, name: str, what: str) -> None:
    if not good:
        raise InputError(f"{name} {what}", code="WINDOWS_INVALID", field=name, fix=f"{name} {what}")
