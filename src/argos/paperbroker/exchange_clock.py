"""The exchange's own clock: the real one, or, in a replay, one that the feed sets and that runs on by itself."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final

_TICK: Final = timedelta(microseconds=1)


def real_now() -> datetime:
    return datetime.now(tz=UTC)


class ExchangeClock:
    """Tells the time in UTC. Once set, no two readings are equal: lists of orders are sorted by them."""

    def __init__(self, *, elapsed_s: Callable[[], float] = time.monotonic) -> None:
        self._elapsed_s = elapsed_s
        self._set_to: datetime | None = None
        self._set_at_s = 0.0
        self._speed = 1.0
        self._last = datetime.min.replace(tzinfo=UTC)

    def now(self) -> datetime:
        if self._set_to is None:
            return real_now()
        passed_s = (self._elapsed_s() - self._set_at_s) * self._speed
        reading = self._set_to + timedelta(seconds=passed_s)
        self._last = max(reading, self._last + _TICK)
        return self._last

    def set(self, moment: datetime, *, speed: Decimal) -> None:
        """From now on it is `moment`, and time passes `speed` times as fast as outside.

        A reading that was given is never taken back: a little early, the clock stands until it is right again; set back
        by more than an hour, it starts anew.
        """
        moment = moment.astimezone(UTC)
        if self._last - moment > timedelta(hours=1):
            self._last = moment - _TICK
        self._set_to, self._set_at_s, self._speed = moment, self._elapsed_s(), float(speed)
