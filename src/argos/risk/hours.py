"""Whether a moment lies inside a leg's trading hours, in the time zone that the operator named."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from argos.core.account import TradingHours


def is_inside(windows: Sequence[TradingHours], *, at: datetime) -> bool:
    """True when any window holds `at`, or when there is none: no hours set means always.

    Raises KeyError when a window names a time zone that does not exist.
    """
    return not windows or any(_holds(window, at=at) for window in windows)


def _holds(window: TradingHours, *, at: datetime) -> bool:
    local = at.astimezone(ZoneInfo(window.timezone))
    today, moment = local.weekday(), local.time()
    if window.start < window.end:
        return today in window.days and window.start <= moment < window.end
    began_today = today in window.days and moment >= window.start
    began_yesterday = (today - 1) % 7 in window.days and moment < window.end
    return began_today or began_yesterday
