"""True time for an exchange that replays other days: its clock, held against ours at each look."""

from bisect import bisect_right
from collections import deque
from datetime import datetime, timedelta
from typing import Final

REAL_WITHIN: Final = timedelta(hours=1)
"""An exchange whose clock is this near to ours lives in true time, and its moments are taken as they are."""
READINGS_MAX: Final = 2_000


class ExchangeTime:
    """Readings of both clocks, oldest first. Between two of them time is taken to have passed evenly.

    Beyond the first and the last it goes on as fast as between these two, or, with one reading, as fast as ours.
    """

    def __init__(self) -> None:
        self._readings: deque[tuple[datetime, datetime]] = deque(maxlen=READINGS_MAX)

    @property
    def is_replayed(self) -> bool:
        return bool(self._readings)

    def observe(self, told: datetime, *, now: datetime) -> None:
        """The exchange says that it is `told` when it is `now`. One that was set back begins anew."""
        if abs(told - now) <= REAL_WITHIN:
            self._readings.clear()
            return
        if self._readings and (told <= self._readings[-1][0] or now <= self._readings[-1][1]):
            self._readings.clear()
        self._readings.append((told, now))

    def true(self, told: datetime) -> datetime:
        """When it was, or will be, what the exchange calls `told`."""
        readings = self._readings
        if not readings:
            return told
        place = bisect_right(readings, told, key=lambda reading: reading[0])
        if 0 < place < len(readings):
            before, after = readings[place - 1], readings[place]
            return before[1] + (told - before[0]) / _speed(before, after)
        near = readings[0] if place == 0 else readings[-1]
        return near[1] + (told - near[0]) / _speed(readings[0], readings[-1])


def _speed(first: tuple[datetime, datetime], last: tuple[datetime, datetime]) -> float:
    passed = last[1] - first[1]
    return (last[0] - first[0]) / passed if passed else 1.0
