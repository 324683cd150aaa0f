"""From the clock to a `Calendar`: nights for which swap is due, and the session in which trading is allowed."""

from datetime import UTC, datetime, time, tzinfo
from typing import Final

import numpy as np

from argos.backtest.bars import DAY_NS, Bars
from argos.backtest.layout import Codes, Ints
from argos.backtest.settings import Calendar

HOUR_NS: Final = 3_600_000_000_000
MINUTE_NS: Final = 60_000_000_000
QUARTER_NS: Final = 15 * MINUTE_NS
WEDNESDAY: Final = 2
FRIDAY: Final = 4
EPOCH_WEEKDAY: Final = 3
"""1970-01-01 was a Thursday."""
NIGHTS_MAX: Final = 127


def calendar_of(
    bars: Bars,
    *,
    zone: tzinfo = UTC,
    rollover: time = time(0, 0),
    triple_weekday: int | None = None,
    session: tuple[time, time] | None = None,
    weekdays: tuple[int, ...] = (0, 1, 2, 3, 4),
    flat_at_end: bool = False,
) -> Calendar:
    """The calendar of these bars; times are local to `zone`.

    `rollover`: when a holding is charged for a night. Each night counts once; with a `triple_weekday` (0 is Monday) the
    rollovers on Mondays to Fridays count once, those of that weekday three times, the weekend's not. In currencies that
    is usually 2 at 17:00 in New York, or 3 at midnight of the server's clock.
    `session`: from and until when entries may fill, on `weekdays` (bars that open then); without it always. A session
    ends with the last bar of it, at whose close everything is closed when `flat_at_end`.
    """
    local = bars.opened_ns + offsets_ns(bars.opened_ns, zone)
    entries: Codes = np.zeros(0, np.int8)
    flat: Codes = entries
    if session is not None:
        inside = _inside(local, session, weekdays)
        entries = inside.astype(np.int8)
        if flat_at_end:
            flat = np.zeros(len(local), np.int8)
            flat[:-1] = inside[:-1] & (~inside[1:] | (local[1:] // DAY_NS != local[:-1] // DAY_NS))
            flat[-1] = inside[-1]
    return Calendar(
        nights=_nights(local, rollover, triple_weekday), entries=entries, flat_after=flat
    )


def offsets_ns(opened: Ints, zone: tzinfo) -> Ints:
    """Nanoseconds that local time is ahead of UTC; a zone changes at a quarter of an hour at the finest."""
    quarters, place = np.unique(opened // QUARTER_NS, return_inverse=True)
    found = np.empty(len(quarters), np.int64)
    for index, quarter in enumerate(quarters.tolist()):
        moment = datetime.fromtimestamp(quarter * QUARTER_NS // 1_000_000_000, tz=UTC)
        offset = moment.astimezone(zone).utcoffset()
        assert offset is not None
        found[index] = int(offset.total_seconds()) * 1_000_000_000
    return found[place]


def _since_midnight_ns(moment: time) -> int:
    return moment.hour * HOUR_NS + moment.minute * MINUTE_NS + moment.second * 1_000_000_000


def _inside(
    local: Ints, session: tuple[time, time], weekdays: tuple[int, ...]
) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    start, end = (_since_midnight_ns(moment) for moment in session)
    of_day = local % DAY_NS
    day = local // DAY_NS
    if start < end:
        within = (of_day >= start) & (of_day < end)
    else:
        # Over midnight: what comes before `end` belongs to the day before.
        within = (of_day >= start) | (of_day < end)
        day = day - (of_day < end)
    return within & np.isin((day + EPOCH_WEEKDAY) % 7, weekdays)


def _nights(local: Ints, rollover: time, triple_weekday: int | None) -> Codes:
    """Charged nights between each bar and the one before: int8[bars]."""
    day = (local - _since_midnight_ns(rollover)) // DAY_NS
    if triple_weekday is None:
        passed = np.diff(day, prepend=day[:1])
    else:
        charged = np.diff(_charged_until(day, triple_weekday), prepend=0)
        charged[0] = 0
        passed = charged
    return np.minimum(passed, NIGHTS_MAX).astype(np.int8)


def _charged_until(day: Ints, triple_weekday: int) -> Ints:
    """Nights charged from a Monday long ago to the rollover that begins `day`, that rollover included."""
    weights = np.array([1 if weekday <= FRIDAY else 0 for weekday in range(7)])
    weights[triple_weekday] = 3
    week, weekday = np.divmod(day + EPOCH_WEEKDAY, 7)
    found: Ints = week * weights.sum() + np.cumsum(weights)[weekday]
    return found
