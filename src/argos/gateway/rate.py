"""Token buckets in memory: one per hook and gateway process."""

from typing import Final

BUCKETS_MAX: Final = 10_000


class RateLimit:
    """Allows `rate_per_minute` on average, and a burst of as many, per key. The clock is handed in."""

    def __init__(self) -> None:
        self._buckets: dict[str, tuple[float, float]] = {}

    def allows(self, key: str, *, rate_per_minute: int, now_s: float) -> bool:
        """Take one token; False when none is left."""
        tokens, then = self._buckets.get(key, (float(rate_per_minute), now_s))
        tokens = min(float(rate_per_minute), tokens + (now_s - then) * rate_per_minute / 60)
        if tokens < 1:
            self._buckets[key] = (tokens, now_s)
            return False
        if len(self._buckets) >= BUCKETS_MAX:
            self._buckets.clear()
        self._buckets[key] = (tokens - 1, now_s)
        return True
