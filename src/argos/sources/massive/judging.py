"""Price action and trend: what a snapshot and the minutes before it speak for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final

from argos.consensus.vote import Vote
from argos.core.texts import decimal_text, optional_decimal_text
from argos.sources.indicators import ema
from argos.sources.massive.parsing import Snapshot
from argos.sources.reasons import SourceReason
from argos.sources.voting import ONE, About, abstention, clip, lean_vote

MINUTES_MIN: Final = 20
MINUTES_KEPT: Final = 40
_FAST: Final = 5
_SLOW: Final = 20
_FULL_VWAP: Final = Decimal("0.005")
_FULL_DAY: Final = Decimal("0.02")
_FULL_TREND: Final = Decimal("0.002")
"""Distances that count as a full lean: 0.5 % from the day's mean price, 2 % since yesterday, 0.2 % of two means."""
WEIGHTS: Final[Mapping[str, Decimal]] = {
    "vwap": Decimal("0.35"),
    "day": Decimal("0.25"),
    "range": Decimal("0.15"),
    "trend": Decimal("0.25"),
}


@dataclass(frozen=True, slots=True)
class Minute:
    """The close of one minute bar as we saw it."""

    began_ms: int
    close: Decimal


def judge(
    about: About, snapshot: Snapshot | None, minutes: Sequence[Minute], *, stale_s: float
) -> Vote:
    """A vote on one symbol. minutes: oldest first. What is missing adds nothing; the others do not gain by it."""
    if snapshot is None:
        return abstention(about, SourceReason.NO_DATA)
    if not snapshot.has_session:
        return abstention(about, SourceReason.SESSION_NOT_BEGUN)
    if snapshot.price is None or snapshot.updated_at is None:
        return abstention(about, SourceReason.NO_DATA)
    if about.fetched_at - snapshot.updated_at > timedelta(seconds=stale_s):
        return abstention(about, SourceReason.DATA_TOO_OLD, as_of=snapshot.updated_at)
    parts = leans(snapshot, snapshot.price, minutes)
    lean = sum((WEIGHTS[name] * value for name, value in parts.items()), Decimal(0))
    return lean_vote(
        about, lean, as_of=snapshot.updated_at, inputs=_inputs(about.symbol, snapshot, minutes)
    )


def leans(snapshot: Snapshot, price: Decimal, minutes: Sequence[Minute]) -> dict[str, Decimal]:
    """What each part speaks for, -1 to 1."""
    found = {}
    if snapshot.vwap is not None:
        found["vwap"] = clip((price / snapshot.vwap - 1) / _FULL_VWAP)
    if snapshot.previous_close is not None:
        found["day"] = clip((price / snapshot.previous_close - 1) / _FULL_DAY)
    high, low = snapshot.high, snapshot.low
    if high is not None and low is not None and high > low:
        found["range"] = clip(2 * (price - low) / (high - low) - ONE)
    if len(minutes) >= MINUTES_MIN:
        closes = [minute.close for minute in minutes]
        found["trend"] = clip((ema(closes, _FAST) / ema(closes, _SLOW) - 1) / _FULL_TREND)
    return found


def with_minute(minutes: Sequence[Minute], snapshot: Snapshot) -> tuple[Minute, ...]:
    """The minutes and the one in the snapshot: a new one, or the last one further on. Older ones are dropped."""
    began_ms, close = snapshot.minute_ms, snapshot.minute_close
    if began_ms is None or close is None or (minutes and began_ms < minutes[-1].began_ms):
        return tuple(minutes)
    kept = minutes[:-1] if minutes and minutes[-1].began_ms == began_ms else minutes
    return (*kept, Minute(began_ms, close))[-MINUTES_KEPT:]


def _inputs(symbol: str, snapshot: Snapshot, minutes: Sequence[Minute]) -> dict[str, Any]:
    return {
        "symbol": symbol,
        "price": optional_decimal_text(snapshot.price),
        "vwap": optional_decimal_text(snapshot.vwap),
        "high": optional_decimal_text(snapshot.high),
        "low": optional_decimal_text(snapshot.low),
        "previous_close": optional_decimal_text(snapshot.previous_close),
        "minutes": [[minute.began_ms, decimal_text(minute.close)] for minute in minutes],
    }
