"""Numbers and moments as a person reads them. What cannot be told is an en dash, never "nan"."""

import math
from datetime import UTC, datetime, timedelta
from typing import Final

import numpy as np

from argos.tearsheet.axes import MINUS

NOTHING: Final = "\u2013"
THIN: Final = "\u00a0"
_DAY_S: Final = 86_400
_STEPS: Final = ((_DAY_S, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))
_BIG: Final = 1e15


def number(value: float, digits: int = 2, *, sign: bool = False) -> str:
    """1234.5 -> "1,234.50"; `sign` puts a plus before a gain. Nothing is never minus nothing."""
    if not math.isfinite(value):
        return NOTHING
    if abs(value) >= _BIG:
        return f"{value:.3g}".replace("-", MINUS)
    rounded = round(value, digits) or 0.0
    text = f"{rounded:{'+' if sign and rounded else ''},.{digits}f}"
    return text.replace("-", MINUS)


def percent(value: float, digits: int = 1, *, sign: bool = False) -> str:
    """A fraction: 0.1234 -> "12.3 %"."""
    text = number(value * 100, digits, sign=sign)
    return text if text == NOTHING else f"{text}{THIN}%"


def money(value: float, *, sign: bool = False) -> str:
    """In account currency: cents below 100,000, whole units from there on."""
    return number(value, 2 if abs(value) < 100_000 else 0, sign=sign)


def plain(value: float) -> str:
    """A setting as it was given: 0.015 stays 0.015, 100000.0 becomes 100,000."""
    if not math.isfinite(value):
        return NOTHING if math.isnan(value) else "no bound"
    return f"{value:,.10g}".replace("-", MINUS)


def share(value: float) -> str:
    """A fraction that somebody set, as it was given: 0.08 -> "8 %", 0.0025 -> "0.25 %"."""
    return f"{plain(value * 100)}{THIN}%"


def count(value: int, what: str, many: str = "") -> str:
    """1 -> "1 trade", 1200 -> "1,200 trades"."""
    return f"{value:,}{THIN}{what if value == 1 else many or what + 's'}"


def moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def day(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d}"


def moment_of(opened_ns: int, *, daily: bool) -> str:
    """A bar's opening; the time of day is left out where every bar opens at the same."""
    at = datetime.fromtimestamp(opened_ns / 1e9, tz=UTC)
    return f"{at:%Y-%m-%d}" if daily else f"{at:%Y-%m-%d %H:%M}"


def duration(seconds: float) -> str:
    """The two greatest units that say something: 90,000 -> "1 day 1 hour"; long ones in days or years."""
    whole = round(seconds)
    if whole >= 730 * _DAY_S:
        return f"{whole / (365.25 * _DAY_S):.1f}{THIN}years"
    parts = []
    for step, name in _STEPS:
        many, whole = divmod(whole, step)
        if many:
            parts.append(count(many, name))
        if len(parts) == 2 or (parts and name == "day" and many >= 10):
            break
    return " ".join(parts) or f"{seconds:.3g}{THIN}seconds"


def step_of(opened_ns: np.ndarray[tuple[int, ...], np.dtype[np.int64]]) -> float:
    """Seconds between most bars; 0 for a single bar."""
    return float(np.median(np.diff(opened_ns))) / 1e9 if len(opened_ns) > 1 else 0.0


def bar_width(step_s: float) -> str:
    """ "1-minute", "4-hour", "daily"; empty when there is no telling."""
    if step_s <= 0:
        return ""
    if round(step_s) == _DAY_S:
        return "daily"
    for seconds, name in _STEPS:
        if step_s >= seconds and step_s % seconds == 0:
            return f"{round(step_s / seconds)}-{name}"
    return str(timedelta(seconds=step_s))
