"""What a provider may cost: how many calls in which time, how many dollars a day. Decided before anything is sent."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from decimal import ROUND_CEILING, Decimal
from typing import Final

from argos.sources.reasons import SourceReason

MICRO: Final = 1_000_000
PAUSE_MAX: Final = timedelta(days=1)
"""No pause is longer, whatever a provider says: one beyond it was stored by a clock that has gone back since."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """At most `calls_max` calls in any `seconds` on end."""

    seconds: int
    calls_max: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """Limits of one provider; None is no limit. A day is a UTC day, an amount is in millionths of a dollar."""

    windows: tuple[Window, ...] = ()
    calls_per_day: int | None = None
    microdollars_per_day: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What is spent. filling_at: per window of the budget, when the call was made that fills it: of the calls not after
    now, the `calls_max`th, counted from the newest; None where there are fewer.
    """

    calls_today: int
    microdollars_today: int
    filling_at: tuple[datetime | None, ...]
    paused_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Granted:
    """The call may be sent, and is counted already."""

    call_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Not to be sent; `again_at` is the first moment at which it may be."""

    reason: SourceReason
    again_at: datetime


def refusal(budget: Budget, usage: Usage, *, microdollars: int, now: datetime) -> Refused | None:
    """Why a call that may cost so much is not to be sent now, or None. The longest wait is told."""
    return max(
        _refusals(budget, usage, microdollars=microdollars, now=now),
        key=lambda refused: refused.again_at,
        default=None,
    )


def _refusals(budget: Budget, usage: Usage, *, microdollars: int, now: datetime) -> list[Refused]:
    found = []
    if usage.paused_until is not None and now < usage.paused_until <= now + PAUSE_MAX:
        found.append(Refused(reason=SourceReason.PAUSED, again_at=usage.paused_until))
    for window, filling_at in zip(budget.windows, usage.filling_at, strict=True):
        if window.calls_max == 0:
            found.append(Refused(reason=SourceReason.RATE_SPENT, again_at=next_day(now)))
        elif filling_at is not None and now < filling_at + timedelta(seconds=window.seconds):
            again_at = filling_at + timedelta(seconds=window.seconds)
            found.append(Refused(reason=SourceReason.RATE_SPENT, again_at=again_at))
    calls, dollars = budget.calls_per_day, budget.microdollars_per_day
    if calls is not None and usage.calls_today >= calls:
        found.append(Refused(reason=SourceReason.CALLS_SPENT, again_at=next_day(now)))
    if dollars is not None and microdollars and usage.microdollars_today + microdollars > dollars:
        found.append(Refused(reason=SourceReason.DOLLARS_SPENT, again_at=next_day(now)))
    return found


def next_day(now: datetime) -> datetime:
    """The first moment of the next UTC day."""
    return datetime.combine(now.astimezone(UTC).date() + timedelta(days=1), time(), tzinfo=UTC)


def microdollars(amount: Decimal) -> int:
    """Millionths of a dollar, rounded up."""
    return int((amount * MICRO).to_integral_value(ROUND_CEILING))
