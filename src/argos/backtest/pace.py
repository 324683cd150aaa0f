"""How fast a long piece of work goes and when it will be done."""

import math
from dataclasses import dataclass
from typing import Final

HALF_LIFE_S: Final = 3.0
"""After so long a measured rate counts half: what was slow at first, such as compiling, is forgotten."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """rate_per_s: pieces done a second, lately; NaN before anything can be told. left_s: what remains at that rate."""

    done: int
    total: int
    elapsed_s: float
    rate_per_s: float
    left_s: float


class Pace:
    """Told how many pieces are done at which moment (seconds of any steady clock), it estimates the rest."""

    def __init__(self, total: int, *, done: int, now_s: float) -> None:
        """`done`: pieces that were there at the beginning, such as a journal's; they tell nothing about the rate."""
        self._total, self._done = total, done
        self._began_s = self._last_s = now_s
        self._pieces = self._seconds = 0.0

    def at(self, done: int, *, now_s: float) -> Progress:
        passed = max(now_s - self._last_s, 0.0)
        fading = 0.5 ** (passed / HALF_LIFE_S)
        self._pieces = self._pieces * fading + (done - self._done)
        self._seconds = self._seconds * fading + passed
        self._done, self._last_s = done, now_s
        known = self._seconds > 0 and self._pieces > 0
        rate = self._pieces / self._seconds if known else math.nan
        left = 0.0 if done >= self._total else (self._total - done) / rate
        return Progress(
            done=done,
            total=self._total,
            elapsed_s=now_s - self._began_s,
            rate_per_s=rate,
            left_s=left,
        )
