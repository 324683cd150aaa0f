"""How far a walk is, told to whoever asked for it."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a walk is; a trial is one parameter set on one span, training and tests counted."""

    folds_done: int
    folds: int
    trials_done: int
    trials: int


class Telling:
    """Passes on how far the walk is."""

    def __init__(
        self, progress: Callable[[Progress], None] | None, *, folds: int, sets: int, tested: int
    ) -> None:
        self._progress, self._folds, self._each = progress, folds, sets + tested
        self._done = 0

    def _tell(self, trials: int) -> None:
        if self._progress is not None:
            self._progress(
                Progress(
                    folds_done=self._done,
                    folds=self._folds,
                    trials_done=self._done * self._each + trials,
                    trials=self._folds * self._each,
                )
            )

    def trials_done(self, before: int) -> Callable[[int], None] | None:
        """For a sweep of this fold that begins after `before` trials of it."""
        return None if self._progress is None else lambda done: self._tell(before + done)

    def fold_done(self) -> None:
        self._done += 1
        self._tell(0)
