"""Day anchors and peaks of an account, kept by us: no venue tells afterwards what an account had at a past moment."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from argos.core.account import AccountSnapshot
from argos.core.risk_limits import RiskLimits
from argos.core.rule_set import RuleAccount
from argos.core.standing import DayAnchor, Peaks

NEAR: Final = timedelta(seconds=90)
"""A snapshot within this of the day's start tells what the account had at it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnchorBook:
    """What is stored of one account: the day's anchor, the peaks, and the snapshot that was seen last."""

    day: DayAnchor
    peaks: Peaks
    last: DayAnchor
    """Figures of the last snapshot; its `opened_at` is the day that it fell into."""


def day_clock(limits: RiskLimits, firm: RuleAccount | None) -> tuple[str, time]:
    """Whose midnight, or other moment, begins an account's day: the firm's before the operator's own."""
    if firm is not None:
        return firm.rules.timezone, firm.rules.reset_at
    return limits.day_timezone or "UTC", time(0)


def is_of_today(
    day: DayAnchor, *, at: datetime, limits: RiskLimits, firm: RuleAccount | None
) -> bool:
    """Whether no other day has begun since: what yesterday began with says nothing of what may be lost today."""
    timezone, reset_at = day_clock(limits, firm)
    return day.opened_at >= day_start(at, timezone=timezone, reset_at=reset_at)


def day_start(at: datetime, *, timezone: str, reset_at: time = time(0)) -> datetime:
    """The latest start of a trading day that is not after `at`, in UTC; over a change of the clock as well.

    Raises ZoneInfoNotFoundError (a KeyError) for a zone that does not exist.
    """
    zone = ZoneInfo(timezone)
    local_day = at.astimezone(zone).date()
    utc = ZoneInfo("UTC")
    for back in (0, 1):
        start = datetime.combine(local_day - timedelta(days=back), reset_at, tzinfo=zone)
        if (started := start.astimezone(utc)) <= at:
            return started
    raise AssertionError("a day ago there was a start")


def roll(
    book: AnchorBook | None,
    snapshot: AccountSnapshot,
    *,
    timezone: str,
    reset_at: time = time(0),
) -> AnchorBook:
    """The book after `snapshot`. A snapshot that is not newer than the last one changes nothing.

    A new day's anchor is the first snapshot after its start, or the last before it, where one of them was near.
    Otherwise it is estimated: of both, the higher balance and the higher equity, which allow the smaller loss. So it is
    where days begin at another time than before: what the account had then was not kept, and the old anchor counts.
    """
    if book is not None and snapshot.taken_at <= book.last.taken_at:
        return book
    start = day_start(snapshot.taken_at, timezone=timezone, reset_at=reset_at)
    seen = DayAnchor(
        opened_at=start,
        taken_at=snapshot.taken_at,
        balance=snapshot.balance,
        equity=snapshot.equity,
    )
    if book is None:
        day = _estimated(seen, seen) if _far(seen) else seen
        peaks = Peaks(equity=day.equity, balance=day.balance, day_balance=day.balance)
        return AnchorBook(day=day, peaks=peaks, last=seen)
    opened_at = book.day.opened_at
    if day_start(opened_at, timezone=timezone, reset_at=reset_at) != opened_at:
        day = _estimated(_estimated(seen, book.last), book.day)
    else:
        day = book.day if start <= opened_at else _opened(seen, book.last)
    peaks = Peaks(
        equity=max(book.peaks.equity, seen.equity),
        balance=max(book.peaks.balance, seen.balance),
        day_balance=max(book.peaks.day_balance, day.balance),
    )
    return AnchorBook(day=day, peaks=peaks, last=seen)


def _opened(seen: DayAnchor, before: DayAnchor) -> DayAnchor:
    if not _far(seen):
        return seen
    if seen.opened_at - before.taken_at <= NEAR:
        return DayAnchor(
            opened_at=seen.opened_at,
            taken_at=before.taken_at,
            balance=before.balance,
            equity=before.equity,
        )
    return _estimated(seen, before)


def _far(seen: DayAnchor) -> bool:
    return seen.taken_at - seen.opened_at > NEAR


def _estimated(seen: DayAnchor, before: DayAnchor) -> DayAnchor:
    return DayAnchor(
        opened_at=seen.opened_at,
        taken_at=seen.taken_at,
        balance=max(seen.balance, before.balance),
        equity=max(seen.equity, before.equity),
        estimated=True,
    )
