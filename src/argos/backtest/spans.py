"""Lengths of time: so many bars, so much time, or so many calendar months."""

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import numpy as np

from argos.core.errors import InputError


@dataclass(frozen=True, slots=True, order=True)
class Months:
    """Calendar months; a year is twelve. From the 31st a month later is the last day of a shorter month."""

    count: int


Span = int | timedelta | Months
"""Bars, time, or months."""

_UNITS: Final = {
    "min": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
}
_MONTHS: Final = {"mo": 1, "y": 12}


def span_of(text: str) -> Span:
    """ "250" bars, "90d", "12w", "18mo", "2y", "6h", "30min". Raises InputError (SPAN_INVALID) for anything else."""
    found = re.fullmatch(r"(\d+) *(bars?|min|h|d|w|mo|y)?", text.strip())
    if found is None:
        raise InputError(
            f"{text!r} is no length of time",
            code="SPAN_INVALID",
            field=text,
            fix="write bars as 250, time as 90d, 12w, 18mo, 2y, 6h or 30min",
        )
    count, unit = int(found[1]), found[2]
    if unit in _UNITS:
        return count * _UNITS[unit]
    if unit in _MONTHS:
        return Months(count * _MONTHS[unit])
    return count


def length(span: Span) -> float:
    """How long it is, to see whether it is above 0: bars, seconds or months."""
    if isinstance(span, timedelta):
        return span.total_seconds()
    return span.count if isinstance(span, Months) else span


def moved(moment_ns: int, span: timedelta | Months, times: int = 1) -> int:
    """UTC nanoseconds `times` spans after a moment."""
    if isinstance(span, timedelta):
        return moment_ns + times * round(span / timedelta(microseconds=1)) * 1000
    moment = np.datetime64(moment_ns, "ns")
    month = moment.astype("datetime64[M]")
    into = moment - month
    later = month + np.timedelta64(times * span.count, "M")
    last_day = (later + np.timedelta64(1, "M")).astype("datetime64[D]") - np.timedelta64(1, "D")
    day = min(later.astype("datetime64[D]") + into.astype("timedelta64[D]"), last_day)
    return int((day + into % np.timedelta64(1, "D")).astype("datetime64[ns]").astype(np.int64))
