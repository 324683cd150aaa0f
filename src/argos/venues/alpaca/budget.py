"""How many requests a minute are left for what, so that looking never keeps an order from being sent."""

from collections import deque
from typing import Final

WINDOW_S: Final = 60.0
ORDERS_SHARE: Final = 4
"""One request in so many is kept for orders and what is asked for their sake."""
BURST_SHARE: Final = 6
"""One in so many may be spent on looks at once, after a quiet time."""

WAIT_S_MIN: Final = 0.01
_TOKEN_EPSILON: Final = 1e-9


class RequestBudget:
    """Counts what was sent in the last 60 s. Times are seconds of a monotonic clock.

    Orders are never held back here: what is too much for Alpaca, it says itself. Looks come at an even pace, with a
    small burst, and leave the orders their share; a minute of both together stays within `per_minute`. 0 is no limit.
    """

    def __init__(self, per_minute: int) -> None:
        self._per_minute = per_minute
        self._burst = per_minute / BURST_SHARE
        looks = per_minute - per_minute / ORDERS_SHARE - self._burst
        self._pace = looks / WINDOW_S
        self._tokens = self._burst
        self._counted_at_s = 0.0
        self._sent: deque[float] = deque()
        self._held_until_s = 0.0

    def count(self, *, now_s: float) -> None:
        """A request goes out now."""
        if not self._per_minute:
            return
        self._sent.append(now_s)
        self._forget(now_s)

    def hold(self, *, until_s: float) -> None:
        """Alpaca has said that it is too much: nothing is looked at before then."""
        self._held_until_s = max(self._held_until_s, until_s)

    def wait_s(self, requests: int, *, idle: bool, now_s: float) -> float:
        """How long a look of so many requests has to wait; 0 when it may begin, and then it is counted as begun.

        An idle one, for which there is no reason but the time, leaves the burst whole for those that have one.
        """
        if now_s < self._held_until_s:
            return self._held_until_s - now_s
        if not self._per_minute:
            return 0.0
        self._forget(now_s)
        passed_s = max(0.0, now_s - self._counted_at_s) if self._counted_at_s else 0.0
        self._counted_at_s = now_s
        self._tokens = min(self._burst, self._tokens + passed_s * self._pace)
        wanted = min(float(requests), self._burst)
        needed = self._burst if idle else wanted
        if needed - self._tokens > _TOKEN_EPSILON:
            return max(WAIT_S_MIN, (needed - self._tokens) / self._pace)
        left = self._per_minute - len(self._sent)
        if left < requests and self._sent:
            return max(WAIT_S_MIN, self._sent[0] + WINDOW_S - now_s)
        self._tokens -= wanted
        return 0.0

    def _forget(self, now_s: float) -> None:
        while self._sent and self._sent[0] <= now_s - WINDOW_S:
            self._sent.popleft()
