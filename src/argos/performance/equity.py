"""What an account was worth over time, and which changes of its balance no trade made. Floating results count."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Final

from argos.core.money import ZERO

NEAR: Final = timedelta(seconds=10)
"""A balance that was seen within this of an execution may show it or not: it is compared with none."""
STANDS: Final = timedelta(seconds=60)
"""So old must a balance be: what its executions say of it may still be on its way."""
TOLD_WITHIN: Final = timedelta(days=4)
"""A venue tells of a booking so much later at most: some list it by the day, and days may be a weekend apart."""
TOLERANCE: Final = Decimal("0.02")
"""Of the balance for each execution: rounding, which is a result."""
TRANSFERS: Final = frozenset(
    {"2", "3", "6", "CSD", "CSW", "JNL", "JNLC", "JNLS", "TRANS", "ACATC", "ACATS"}
)
"""Kinds of bookings that bring money in or take it out, not as a result: MT5's balance, credit and bonus deals, and
Alpaca's deposits, withdrawals, journals and account transfers. All others (fees, interest, dividends, tax) are results.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class EquitySpan:
    """A stretch of time: the first and last snapshot seen in it, and the lowest and highest equity of all between."""

    began_at: datetime
    ended_at: datetime
    first_balance: Decimal
    first_equity: Decimal
    low_equity: Decimal
    low_at: datetime
    high_equity: Decimal
    high_at: datetime
    balance: Decimal
    equity: Decimal
    credit: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BalanceMove:
    """What one execution did to the balance of a margin account (`booked`), and to a cash account's (`paid`)."""

    at: datetime
    booked: Decimal
    paid: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Booking:
    """A booking that belongs to no execution, in the venue's words; `at` is when a node told of it."""

    at: datetime
    kind: str
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """Money that came in (above 0) or went out by `at`, no result. `told`: the venue has said so; without that it is
    only known that no execution explains it.
    """

    at: datetime
    amount: Decimal
    told: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Flows:
    """`charges`: bookings that are results, added up: fees and tax below 0, interest and dividends above."""

    transfers: tuple[Transfer, ...]
    charges: Decimal


def flows_of(
    spans: Sequence[EquitySpan],
    *,
    moves: Sequence[BalanceMove],
    bookings: Iterable[Booking],
    now: datetime,
) -> Flows:
    """What moved the balance and was no execution: held against what the venue told, else unexplained.

    The balance less what the executions did is level but for bookings. Whether executions book their result or pay
    for what they buy, the levels tell: by one of the two they move less. Credit that a snapshot tells is a transfer.
    """
    candidates = [
        _steps(spans, moves, [getattr(move, name) for move in moves], now=now)
        for name in ("booked", "paid")
    ]
    steps = min(candidates, key=lambda found: sum((abs(step) for _, step in found), ZERO))
    left = list(bookings)
    transfers, charges = [], ZERO
    for at, step in steps:
        booking = _told(step, at, left)
        if booking is not None:
            left.remove(booking)
        if booking is not None and booking.kind not in TRANSFERS:
            charges += step
            continue
        transfers.append(Transfer(at=at, amount=step, told=booking is not None))
    for before, after in pairwise(spans):
        if before.credit is not None and after.credit is not None and before.credit != after.credit:
            amount = after.credit - before.credit
            transfers.append(Transfer(at=after.ended_at, amount=amount, told=True))
    return Flows(transfers=tuple(sorted(transfers, key=lambda item: item.at)), charges=charges)


def _told(step: Decimal, at: datetime, bookings: Sequence[Booking]) -> Booking | None:
    """The booking of that amount that was told nearest to it."""
    fitting = [
        item
        for item in bookings
        if item.amount == step and -NEAR - STANDS <= item.at - at <= TOLD_WITHIN
    ]
    return min(fitting, key=lambda item: abs(item.at - at), default=None)


def _steps(
    spans: Sequence[EquitySpan],
    moves: Sequence[BalanceMove],
    amounts: Sequence[Decimal],
    *,
    now: datetime,
) -> list[tuple[datetime, Decimal]]:
    """Changes of the level that stand, each at the first look that showed it."""
    found: list[tuple[datetime, Decimal]] = []
    made, number, last_number = ZERO, 0, 0
    level: Decimal | None = None
    for at, balance in _looks(spans):
        while number < len(moves) and moves[number].at <= at:
            made += amounts[number]
            number += 1
        is_near = (number and at - moves[number - 1].at < NEAR) or (
            number < len(moves) and moves[number].at - at < NEAR
        )
        if is_near or (level is not None and now - at < STANDS):
            continue
        step = ZERO if level is None else balance - made - level
        if abs(step) > TOLERANCE * (number - last_number):
            found.append((at, step))
        level, last_number = balance - made, number
    return found


def _looks(spans: Iterable[EquitySpan]) -> Iterable[tuple[datetime, Decimal]]:
    for span in spans:
        yield span.began_at, span.first_balance
        if span.ended_at > span.began_at:
            yield span.ended_at, span.balance


@dataclass(frozen=True, slots=True, kw_only=True)
class CurvePoint:
    """The time-weighted value of one unit of money: `low` and `high` within the span, `value` at its end."""

    at: datetime
    value: float
    low: float
    low_at: datetime
    high: float
    high_at: datetime


def curve_of(spans: Sequence[EquitySpan], transfers: Sequence[Transfer]) -> list[CurvePoint]:
    """One point per span from the first with equity above 0 on; 1 is what it began with. It ends where equity does.

    A transfer counts at the end of its span, after the span's result. Extremes of such a span are read as before it or
    as after it, whichever is less extreme: they err towards small.
    """
    value, before, number = 1.0, ZERO, 0
    points: list[CurvePoint] = []
    for span in spans:
        flow, late = ZERO, ZERO
        while number < len(transfers) and transfers[number].at <= span.ended_at:
            flow += transfers[number].amount
            late += transfers[number].amount if transfers[number].at > span.began_at else ZERO
            number += 1
        if before <= 0:
            before, flow = span.first_equity, late
            if before <= 0:
                if points:
                    break
                continue
        end = value * float((span.equity - flow) / before)
        low = value * float(span.low_equity / before)
        high = value * float(span.high_equity / before)
        if flow and span.equity > 0:
            low = max(low, end * float(span.low_equity / span.equity))
            high = min(high, end * float(span.high_equity / span.equity))
        points.append(
            CurvePoint(
                at=span.ended_at, value=end, low=min(low, end), low_at=span.low_at,
                high=max(high, end), high_at=span.high_at,
            )
        )  # fmt: skip
        if end <= 0:
            break
        value, before = end, span.equity
    return points


@dataclass(frozen=True, slots=True, kw_only=True)
class Fall:
    """The deepest fall, floating results counted: a fraction of the peak, 0 or above; `back_at` None while below it."""

    fraction: float
    peak_at: datetime
    trough_at: datetime
    back_at: datetime | None


def fall_of(points: Sequence[CurvePoint], *, began_at: datetime) -> Fall:
    """Within one span high and low are taken in the order in which they were seen."""
    peak, peak_at = 1.0, began_at
    deepest = Fall(fraction=0.0, peak_at=began_at, trough_at=began_at, back_at=began_at)
    deepest_peak = 1.0
    for point in points:
        marks = sorted(
            [(point.low_at, point.low), (point.high_at, point.high), (point.at, point.value)],
            key=lambda mark: mark[0],
        )
        for at, value in marks:
            if value >= peak:
                peak, peak_at = value, at
            if deepest.back_at is None and value >= deepest_peak:
                deepest = Fall(
                    fraction=deepest.fraction, peak_at=deepest.peak_at,
                    trough_at=deepest.trough_at, back_at=at,
                )  # fmt: skip
            fraction = 1 - value / peak
            if fraction > deepest.fraction:
                deepest_peak = peak
                deepest = Fall(fraction=fraction, peak_at=peak_at, trough_at=at, back_at=None)
    return deepest
