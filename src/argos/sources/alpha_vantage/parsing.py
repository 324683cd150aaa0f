"""Alpha Vantage's daily series: bytes in, closes out. Its errors come as HTTP 200; the body's keys tell them apart."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from argos.sources.documents import object_of, price
from argos.sources.reasons import SourceReason

ROWS_MAX: Final = 20_000
NEW_YORK: Final = ZoneInfo("America/New_York")
CLOSE: Final = time(16)
_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class DailySeries:
    """Closes of whole sessions, oldest first, as traded: nothing is adjusted for splits."""

    dates: tuple[date, ...]
    closes: tuple[Decimal, ...]

    @property
    def by_day(self) -> Mapping[date, Decimal]:
        return dict(zip(self.dates, self.closes, strict=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why there is no series. words: of the provider, for the log, which must mask the key: it echoes that."""

    reason: SourceReason
    words: str = ""


def parse_daily(body: bytes, *, now: datetime) -> DailySeries | Refusal:
    """The series without the session that is not over yet. An unreadable row makes all of it unreadable."""
    document = object_of(body)
    if document is None:
        return Refusal(reason=SourceReason.BODY_UNREADABLE)
    refusal = _refusal(document)
    if refusal is not None:
        return refusal
    rows = next((rows for name, rows in document.items() if name.startswith("Time Series")), None)
    if not isinstance(rows, Mapping) or not 0 < len(rows) <= ROWS_MAX:
        return Refusal(reason=SourceReason.BODY_UNREADABLE)
    found = {}
    for day_text, row in rows.items():
        day, close = _day(day_text), _close(row)
        if day is None or close is None:
            return Refusal(reason=SourceReason.BODY_UNREADABLE)
        if close_at(day) <= now:
            found[day] = close
    days = sorted(found)
    return DailySeries(dates=tuple(days), closes=tuple(found[day] for day in days))


def close_at(day: date) -> datetime:
    """When the session of a day ends, in UTC. Half days end earlier: their data then look younger by three hours."""
    return datetime.combine(day, CLOSE, tzinfo=NEW_YORK).astimezone(UTC)


def _refusal(document: Mapping[str, Any]) -> Refusal | None:
    if not document:
        return Refusal(reason=SourceReason.NO_DATA)
    for name, told in document.items():
        words = told if isinstance(told, str) else ""
        lowered = words.lower()
        if name == "Error Message":
            is_key = "apikey" in lowered or "api key" in lowered
            reason = SourceReason.KEY_REFUSED if is_key else SourceReason.SYMBOL_UNKNOWN
            return Refusal(reason=reason, words=words)
        if name in {"Note", "Information"}:
            return Refusal(reason=_information(lowered), words=words)
    return None


def _information(lowered: str) -> SourceReason:
    """The texts speak of bursts, of the day's limit and of premium plans in one breath, so the order matters."""
    if "sparingly" in lowered or "spread" in lowered:
        return SourceReason.RATE_LIMITED
    if "per day" in lowered or "daily" in lowered:
        return SourceReason.DAY_LIMIT_REACHED
    if any(word in lowered for word in ("rate limit", "requests per", "calls per", "frequency")):
        return SourceReason.RATE_LIMITED
    return SourceReason.NOT_ENTITLED if "premium" in lowered else SourceReason.REQUEST_REFUSED


def _day(text: str) -> date | None:
    if _DATE.fullmatch(text) is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _close(row: Any) -> Decimal | None:
    return price(row.get("4. close")) if isinstance(row, Mapping) else None
