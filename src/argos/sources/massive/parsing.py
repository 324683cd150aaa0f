"""Massive's snapshot of all tickers: bytes in, prices out. Every part but the ticker may be missing."""

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from argos.sources.documents import items, moment_of_ns, object_of, part, price, whole
from argos.sources.reasons import SourceReason

_MS_MAX = 253_000_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """One ticker. price: of the last trade, else of the last minute, else of the day. minute_ms: when the last minute
    bar began. has_session: the day has prices; until about 04:00 in New York they are all zero.
    """

    symbol: str
    price: Decimal | None
    minute_ms: int | None
    minute_close: Decimal | None
    vwap: Decimal | None
    high: Decimal | None
    low: Decimal | None
    previous_close: Decimal | None
    updated_at: datetime | None
    has_session: bool


def parse_snapshots(body: bytes) -> dict[str, Snapshot] | SourceReason:
    """Snapshots by symbol. `DELAYED` is a word about freshness, which `updated` tells better; it is no error."""
    document = object_of(body)
    if document is None:
        return SourceReason.BODY_UNREADABLE
    status = document.get("status")
    if status == "NOT_AUTHORIZED":
        return SourceReason.NOT_ENTITLED
    if status not in ("OK", "DELAYED") or not isinstance(document.get("tickers"), list):
        return SourceReason.BODY_UNREADABLE
    found = (_snapshot(item) for item in items(document, "tickers"))
    return {snapshot.symbol: snapshot for snapshot in found if snapshot is not None}


def _snapshot(item: Any) -> Snapshot | None:
    symbol = item.get("ticker") if isinstance(item, dict) else None
    if not isinstance(symbol, str):
        return None
    day, minute = part(item, "day"), part(item, "min")
    day_close = price(day.get("c"))
    minute_ms = whole(minute.get("t"))
    if minute_ms is not None and not 0 < minute_ms < _MS_MAX:
        minute_ms = None
    return Snapshot(
        symbol=symbol,
        price=price(part(item, "lastTrade").get("p")) or price(minute.get("c")) or day_close,
        minute_ms=minute_ms,
        minute_close=price(minute.get("c")),
        vwap=price(day.get("vw")),
        high=price(day.get("h")),
        low=price(day.get("l")),
        previous_close=price(part(item, "prevDay").get("c")),
        updated_at=moment_of_ns(item.get("updated")) or _of_ms(minute_ms),
        has_session=day_close is not None,
    )


def _of_ms(milliseconds: int | None) -> datetime | None:
    if milliseconds is None:
        return None
    return datetime.fromtimestamp(milliseconds // 1000, tz=UTC)
