"""Local times to UTC, and the hours that a change of clocks leaves out or has twice."""

from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np

from argos.backtest.bars import DAY_NS
from argos.backtest.layout import Ints
from argos.core.errors import InputError

_EPOCH: Final = datetime(1970, 1, 1)  # noqa: DTZ001 - a local time has no zone yet
_SECOND_NS: Final = 1_000_000_000


class InUtc(NamedTuple):
    """utc_ns: int64[n]. absent, twice: the first row whose local time did not exist, or existed twice."""

    utc_ns: Ints
    absent: int | None
    twice: int | None


def zone_of(name: str) -> ZoneInfo:
    """By IANA name. Raises InputError for a name that is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise InputError(
            f"{name!r} is no time zone",
            code="PRICES_ZONE",
            field="zone",
            fix='give an IANA name such as "America/New_York", "Europe/Berlin" or "UTC"',
        ) from error


def to_utc(local_ns: Ints, zone: ZoneInfo) -> InUtc:
    """Nanoseconds since 1970 as a wall clock in `zone` shows them, int64[n], as true UTC.

    A time that exists twice is taken as its first; one that did not exist as that much after the change.
    """
    days, place = np.unique(local_ns // DAY_NS, return_inverse=True)
    offsets = np.empty(len(days), np.int64)
    changing = np.zeros(len(days), bool)
    for index, day in enumerate(days.tolist()):
        start = _EPOCH + timedelta(days=day)
        seen = {_offset_ns(start + step, zone, fold) for step in _ENDS for fold in (0, 1)}
        offsets[index], changing[index] = min(seen), len(seen) > 1
    offset = offsets[place]
    absent = twice = None
    # Only on days on which the clocks change is each time looked at alone.
    for row in np.flatnonzero(changing[place]).tolist():
        seconds, rest = divmod(int(local_ns[row]), _SECOND_NS)
        moment = _EPOCH + timedelta(seconds=seconds)
        first, second = (_offset_ns(moment, zone, fold) for fold in (0, 1))
        offset[row] = first
        if first < second and absent is None:
            absent = row
        if first > second and twice is None:
            twice = row
        assert 0 <= rest < _SECOND_NS
    return InUtc(local_ns - offset, absent, twice)


_ENDS: Final = (timedelta(0), timedelta(days=1))


def _offset_ns(local: datetime, zone: ZoneInfo, fold: int) -> int:
    offset = local.replace(tzinfo=zone, fold=fold).utcoffset()
    assert offset is not None
    return int(offset.total_seconds()) * _SECOND_NS


def moment_ns(moment: datetime) -> int:
    """Nanoseconds since 1970 of an aware moment, exact."""
    passed = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return (passed.days * 86_400 + passed.seconds) * _SECOND_NS + passed.microseconds * 1_000


def utc_text(at_ns: int) -> str:
    """2026-01-31T12:00:00Z, as people read it; parts of a second only where there are any."""
    text = str(np.datetime64(at_ns, "ns"))
    return text.rstrip("0").rstrip(".") + "Z"
