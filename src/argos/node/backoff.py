"""Bounded, jittered waiting between tries."""

import random

from argos.node.settings import NodeTimings


class Backoff:
    """Doubles from `ms_min` to `ms_max`; jitter keeps many nodes from returning together."""

    def __init__(self, *, ms_min: int, ms_max: int) -> None:
        self._ms_min = ms_min
        self._ms_max = ms_max
        self._failures = 0

    @classmethod
    def of(cls, timings: NodeTimings) -> "Backoff":
        """Between the tries of what a node must get done."""
        return cls(ms_min=timings.retry_ms_min, ms_max=timings.retry_ms_max)

    def reset(self) -> None:
        self._failures = 0

    def next_s(self) -> float:
        """Seconds to wait before the next try: half to all of the current step."""
        step_ms = min(self._ms_max, self._ms_min * 2 ** min(self._failures, 20))
        self._failures += 1
        return random.uniform(step_ms / 2, step_ms) / 1000
