"""The trials of a search that are finished: in memory, in the journal, and told to whoever watches."""

import time
from collections.abc import Callable

import numpy as np

from argos.backtest.layout import RETURN_SUMS, Ints
from argos.backtest.pace import Pace, Progress
from argos.backtest.points import Points
from argos.backtest.preparing import TIME_BLOCKS
from argos.backtest.sweep import FIGURES
from argos.core.errors import InputError
from argos.studies.crews import Played
from argos.studies.journal import Journal


class Recorded:
    """Of `total` trials: played bool, codes float64[parameters], figures FIGURES, return_sums float64[blocks, 4] each.

    resumed: how many came out of the journal.
    """

    def __init__(
        self,
        total: int,
        parameters: int,
        *,
        journal: Journal | None,
        points: Points | None,
        progress: Callable[[Progress], None] | None,
    ) -> None:
        """Takes in what the journal holds; with `points`, each of its trials must be that of the same number."""
        self.played = np.zeros(total, bool)
        self.codes = np.zeros((total, parameters))
        self.figures = np.zeros(total, FIGURES)
        self.return_sums = np.zeros((total, TIME_BLOCKS, RETURN_SUMS))
        self._journal, self._progress = journal, progress
        if journal is not None:
            self._take_in(journal, points)
        self.resumed = self.done
        self._pace = Pace(total, done=self.done, now_s=time.monotonic())

    @property
    def done(self) -> int:
        return int(np.count_nonzero(self.played))

    def missing(self, points: Points, first: int = 0) -> Ints:
        """Places in `points` that are not played yet; theirs are the numbers from `first` on.

        Raises InputError (JOURNAL_DIFFERENT) if the journal holds another parameter set under such a number.
        """
        part = slice(first, first + len(points))
        known = np.flatnonzero(self.played[part])
        if not np.array_equal(points.take(known).codes(), self.codes[part][known]):
            raise _other_trials()
        return np.flatnonzero(~self.played[part])

    def add(self, points: Points, played: Played, first: int = 0) -> None:
        """Keeps finished trials of `points`, whose numbers begin at `first`; those that it has it leaves alone."""
        fresh = ~self.played[first + played.numbers]
        numbers = first + played.numbers[fresh]
        codes = points.take(played.numbers[fresh]).codes()
        figures, sums = played.figures[fresh], played.return_sums[fresh]
        if self._journal is not None:
            self._journal.append(numbers, codes, figures, sums)
        self.codes[numbers], self.figures[numbers] = codes, figures
        self.return_sums[numbers] = sums
        self.played[numbers] = True
        if self._progress is not None:
            self._progress(self._pace.at(self.done, now_s=time.monotonic()))

    def _take_in(self, journal: Journal, points: Points | None) -> None:
        for block in journal.blocks():
            # A journal of more trials of the same search has the fewer in it.
            block = block[block["number"] < len(self.played)]  # noqa: PLW2901
            numbers = block["number"]
            if points is not None and not np.array_equal(
                points.take(numbers).codes(), block["codes"]
            ):
                raise _other_trials()
            self.codes[numbers], self.figures[numbers] = block["codes"], block["figures"]
            self.return_sums[numbers] = block["sums"]
            self.played[numbers] = True


def _other_trials() -> InputError:
    return InputError(
        "the journal holds other parameter sets than this search would play",
        code="JOURNAL_DIFFERENT",
        field="journal",
        fix="another version of numpy or optuna wrote it: give this search a journal of its own",
    )
