"""When US shares trade: the days and hours of the New York Stock Exchange, 2000 to 2029.

Holidays follow the exchange's Rule 7.2; what no rule foresees is listed: days of mourning, 11 September 2001,
hurricane Sandy. The tests hold this against every day of the bundled prices.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

NEW_YORK: Final = ZoneInfo("America/New_York")
FIRST_DAY: Final = date(2000, 1, 3)
LAST_DAY: Final = date(2029, 12, 31)

OPEN: Final = time(9, 30)
CLOSE: Final = time(16)
CLOSE_EARLY: Final = time(13)
PRE_OPEN: Final = time(4)
POST_CLOSE: Final = time(20)
POST_CLOSE_EARLY: Final = time(17)

_MONDAY, _THURSDAY, _FRIDAY = 0, 3, 4
_ONE: Final = timedelta(days=1)

_CLOSED_ONCE: Final = frozenset(
    {
        *(date(2001, 9, day) for day in (11, 12, 13, 14)),
        date(2004, 6, 11),
        date(2007, 1, 2),
        date(2012, 10, 29),
        date(2012, 10, 30),
        date(2018, 12, 5),
        date(2025, 1, 9),
    }
)
_EARLY_ONCE: Final = frozenset({date(2002, 7, 5), date(2003, 12, 26)})
_LATE_ONCE: Final = frozenset({date(2002, 7, 3)})

_SETTLED_AFTER: Final = ((date(2024, 5, 28), 1), (date(2017, 9, 5), 2), (date.min, 3))
"""From which trade date on trades settle after how many trading days."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One trading day; all moments aware, in New York's time. `pre_open` to `post_close` holds the extended hours."""

    day: date
    pre_open: datetime
    open: datetime
    close: datetime
    post_close: datetime

    def is_open(self, moment: datetime) -> bool:
        """True in regular hours; the close itself is outside."""
        return self.open <= moment < self.close

    def is_extended(self, moment: datetime) -> bool:
        """True before the open or after the close, while the extended hours last."""
        return self.pre_open <= moment < self.post_close and not self.is_open(moment)


@lru_cache(maxsize=4096)
def session_on(day: date) -> Session | None:
    """The session of a date; None if the exchange is closed all day, or the date is out of this calendar."""
    if not FIRST_DAY <= day <= LAST_DAY or day.weekday() > _FRIDAY or day in _CLOSED_ONCE:
        return None
    if day in _holidays(day.year):
        return None
    early = _closes_early(day)
    return Session(
        day=day,
        pre_open=_at(day, PRE_OPEN),
        open=_at(day, OPEN),
        close=_at(day, CLOSE_EARLY if early else CLOSE),
        post_close=_at(day, POST_CLOSE_EARLY if early else POST_CLOSE),
    )


def session_at(moment: datetime) -> Session | None:
    """The session of the date that `moment` falls on in New York, open or not."""
    return session_on(moment.astimezone(NEW_YORK).date())


def session_after(day: date) -> Session:
    """The first session later than `day`. Raises LookupError past the end of the calendar."""
    while day < LAST_DAY:
        day += _ONE
        session = session_on(day)
        if session is not None:
            return session
    raise LookupError(f"no session after {day}: the calendar ends {LAST_DAY}")


def sessions_between(start: date, end: date) -> list[Session]:
    """All sessions from `start` to `end`, both included."""
    first, last = max(start, FIRST_DAY), min(end, LAST_DAY)
    days = (first + timedelta(days=number) for number in range((last - first).days + 1))
    return [session for day in days if (session := session_on(day)) is not None]


def next_open(moment: datetime) -> datetime:
    """When the exchange opens next, later than `moment`."""
    session = session_at(moment)
    if session is not None and moment < session.open:
        return session.open
    return session_after(moment.astimezone(NEW_YORK).date()).open


def next_close(moment: datetime) -> datetime:
    """When the exchange closes next, later than `moment`."""
    session = session_at(moment)
    if session is not None and moment < session.close:
        return session.close
    return session_after(moment.astimezone(NEW_YORK).date()).close


def settlement_date(day: date) -> date:
    """When a trade of `day` settles, by trading days. A bank holiday on which shares trade is not left out."""
    lag = next(days for since, days in _SETTLED_AFTER if day >= since)
    for _ in range(lag):
        day = session_after(day).day
    return day


def _at(day: date, clock: time) -> datetime:
    return datetime.combine(day, clock, tzinfo=NEW_YORK)


@lru_cache(maxsize=64)
def _holidays(year: int) -> frozenset[date]:
    fixed = [date(year, 7, 4), date(year, 12, 25)]
    if year >= 2022:
        fixed.append(date(year, 6, 19))
    new_year = date(year, 1, 1)
    days = {_observed(day) for day in fixed}
    # A New Year on a Saturday is not observed: the Friday before ends the accounting year.
    if new_year.weekday() != 5:
        days.add(_observed(new_year))
    return frozenset(
        days
        | {
            _nth(year, 1, _MONDAY, 3),
            _nth(year, 2, _MONDAY, 3),
            _easter(year) - timedelta(days=2),
            _last_monday_of_may(year),
            _nth(year, 9, _MONDAY, 1),
            _nth(year, 11, _THURSDAY, 4),
        }
    )


def _closes_early(day: date) -> bool:
    if day in _EARLY_ONCE:
        return True
    if day in _LATE_ONCE:
        return False
    after_thanksgiving = _nth(day.year, 11, _THURSDAY, 4) + _ONE
    eves = {(7, 3), (12, 24)}
    return day == after_thanksgiving or ((day.month, day.day) in eves and day.weekday() < _FRIDAY)


def _observed(day: date) -> date:
    """A Saturday's holiday is kept on the Friday before it, a Sunday's on the Monday after."""
    if day.weekday() == 5:
        return day - _ONE
    return day + _ONE if day.weekday() == 6 else day


def _nth(year: int, month: int, weekday: int, number: int) -> date:
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (number - 1))


def _last_monday_of_may(year: int) -> date:
    last = date(year, 5, 31)
    return last - timedelta(days=last.weekday())


def _easter(year: int) -> date:
    """Easter Sunday by Gauss's method; its two exceptions fall on years outside this calendar (1981, 2049)."""
    century = year // 100
    moon = (15 + century - century // 4 - (13 + 8 * century) // 25) % 30
    sunday = (4 + century - century // 4) % 7
    full = (19 * (year % 19) + moon) % 30
    week = (2 * (year % 4) + 4 * (year % 7) + 6 * full + sunday) % 7
    return date(year, 3, 1) + timedelta(days=21 + full + week)
