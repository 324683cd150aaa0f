"""Trading hours as people write them: `mon-fri 09:30-16:00 America/New_York`."""

import re
from datetime import time
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from argos.core.account import TradingHours
from argos.core.errors import InputError

DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WINDOW: Final = re.compile(r"^(\S+)\s+(\d\d:\d\d)-(\d\d:\d\d)(?:\s+(\S+))?$")


def parse_hours(text: str) -> TradingHours:
    """Days, local times, the end exclusive, and a zone (UTC if none). Raises InputError HOURS_INVALID.

    A window whose end is not after its start runs over midnight.
    """
    match = _WINDOW.match(text.strip())
    if match is None:
        raise _invalid(text, "it reads DAYS HH:MM-HH:MM ZONE")
    days, start, end, zone = match.groups(default="UTC")
    try:
        ZoneInfo(zone)
        return TradingHours(
            days=_days(text, days.lower()),
            start=time.fromisoformat(start),
            end=time.fromisoformat(end),
            timezone=zone,
        )
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise _invalid(text, str(error)) from None


def _days(text: str, days: str) -> frozenset[int]:
    """`mon-fri`, `sat,sun`, `daily`; a range may run over the end of the week."""
    if days == "daily":
        return frozenset(range(7))
    found: set[int] = set()
    for part in days.split(","):
        first, _, last = part.partition("-")
        if first not in DAYS or (last or first) not in DAYS:
            raise _invalid(text, f"{part} names no day")
        start, end = DAYS.index(first), DAYS.index(last or first)
        found |= {day % 7 for day in range(start, end + 1 + (7 if end < start else 0))}
    return frozenset(found)


def _invalid(text: str, why: str) -> InputError:
    return InputError(
        f"{text!r} are no hours: {why}",
        code="HOURS_INVALID",
        field="WINDOW",
        fix="such as 'mon-fri 09:30-16:00 America/New_York', 'sat,sun 00:00-00:00', 'daily 22:00-06:00'",
    )
