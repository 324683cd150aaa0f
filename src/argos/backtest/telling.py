"""Counts how far a walk is, fold by fold and trial by trial, for whoever asked for it."""

from collections.abc import Callable

Tell = Callable[[int, int], None]
"""Told the folds that are done, and the trials."""


class Telling:
    """`each`: trials of one fold."""

    def __init__(self, tell: Tell | None, *, each: int) -> None:
        self._tell, self._each = tell, each
        self._done = 0

    def trials_done(self, before: int) -> Callable[[int], None] | None:
        """For a sweep of this fold that begins after `before` trials of it."""
        tell, sofar = self._tell, self._done * self._each + before
        return None if tell is None else lambda done: tell(self._done, sofar + done)

    def fold_done(self) -> None:
        self._done += 1
        if self._tell is not None:
            self._tell(self._done, self._done * self._each)
