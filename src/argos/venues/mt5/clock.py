"""The broker's clock. Every time that a terminal tells is that clock's reading, presented as if it were UTC.

The offset is measured by ticks: one that was not there at the last look was made since, so its time is about now.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND: Final = timedelta(milliseconds=1)
STEP: Final = timedelta(minutes=15)
"""Brokers' clocks differ from UTC by whole quarters of an hour."""
ERROR_MAX: Final = timedelta(minutes=2)
"""A reading further from a whole step tells of an old tick or of a wrong clock here, not of an offset."""
AHEAD_MAX: Final = timedelta(hours=14)
BEHIND_MAX: Final = timedelta(hours=12)
AGREEING: Final = 2
"""So many readings in a row move an offset that was measured before, as when daylight saving begins or ends."""


def moment_msc(msc: int) -> datetime:
    return EPOCH + timedelta(milliseconds=msc)


def offset_of(tick_msc: int, *, now: datetime) -> timedelta | None:
    """The offset that a tick made about `now` speaks for, or None if it cannot have been."""
    difference = moment_msc(tick_msc) - now
    offset = round(difference / STEP) * STEP
    plausible = -BEHIND_MAX <= offset <= AHEAD_MAX and abs(difference - offset) <= ERROR_MAX
    return offset if plausible else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    symbol: str
    time_msc: int


class BrokerClock:
    """`offset` is None until a tick spoke for one; then UTC is the broker's reading minus it."""

    def __init__(self) -> None:
        self.offset: timedelta | None = None
        self.measured = False
        self._last: dict[str, int] = {}
        self._rival: tuple[timedelta, int] | None = None

    def observe(self, ticks: Iterable[Tick], *, now: datetime) -> None:
        """Takes one look at the newest ticks. Without fresh ones a first guess is made from the newest of all."""
        seen = list(ticks)
        fresh = [tick for tick in seen if self._is_fresh(tick)]
        self._last.update({tick.symbol: tick.time_msc for tick in seen if tick.time_msc})
        newest = max((tick.time_msc for tick in fresh), default=0)
        offset = offset_of(newest, now=now) if newest else None
        if offset is not None:
            self._weigh(offset)
        elif self.offset is None and seen:
            # Errs when the market has been closed for a whole number of quarters of an hour.
            self.offset = offset_of(max(tick.time_msc for tick in seen), now=now)

    def utc(self, msc: int) -> datetime:
        """A reading of the broker's clock in UTC; taken for UTC itself while no offset is known."""
        return moment_msc(self.utc_msc(msc))

    def utc_msc(self, msc: int) -> int:
        """The same in milliseconds since 1970."""
        return msc - self.offset // MILLISECOND if self.offset else msc

    def reading_s(self, moment: datetime | None) -> int:
        """What this clock will show then, in whole seconds rounded up; 0 for no moment, or with no offset measured."""
        if moment is None or self.offset is None:
            return 0
        return -((EPOCH - moment - self.offset) // timedelta(seconds=1))

    def _is_fresh(self, tick: Tick) -> bool:
        return self._last.get(tick.symbol, tick.time_msc) < tick.time_msc

    def _weigh(self, offset: timedelta) -> None:
        if not self.measured or offset == self.offset:
            self.offset, self.measured, self._rival = offset, True, None
            return
        times = self._rival[1] + 1 if self._rival and self._rival[0] == offset else 1
        if times >= AGREEING:
            self.offset, self._rival = offset, None
        else:
            self._rival = (offset, times)
