"""What Argos itself keeps of an account, beside what its venue shows now: anchors, peak, what was planned lately."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from argos.core.intent import Side
from argos.core.rule_set import RuleAccount


@dataclass(frozen=True, slots=True, kw_only=True)
class DayAnchor:
    """Balance and equity at the start of a trading day, in account currency.

    `opened_at` is that start, `taken_at` when the figures were seen. `estimated`: nobody looked near the start, and
    the figures are the bound that allows less.
    """

    opened_at: datetime
    taken_at: datetime
    balance: Decimal
    equity: Decimal
    estimated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Peaks:
    """The highest figures of an account since they were last reset, in account currency; they survive restarts.

    `equity` and `balance` at any moment, `day_balance` at the start of a trading day.
    """

    equity: Decimal
    balance: Decimal
    day_balance: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketSession:
    """Whether a market is open, as its venue says. `changes_at`: when that changes next, if known."""

    is_open: bool
    seen_at: datetime
    changes_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecentEntry:
    """An entry that was planned and not denied, whatever became of it."""

    intent_id: str
    bot_version: str
    symbol: str
    side: Side
    planned_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkingEntry:
    """An entry of ours, or what is left of it, that no position of the snapshot shows yet. `qty` in units.

    `price` is that of a limit or stop order, None at market. `reserved`: the venue's own figures hold it already.
    """

    symbol: str
    side: Side
    qty: Decimal
    price: Decimal | None = None
    sl: Decimal | None = None
    reserved: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One account's standing when an entry is judged. None, or nothing, is what is not known.

    entries: planned in the last day or longer, in any order. closed_at: symbol to the moment when its last position was
    closed. daily_closes: the account's own name of a symbol to date to closing price. requests_today: what was sent to
    the venue since the day's anchor, changes and cancels included. rules: of the prop firm that the account is with.
    """

    day: DayAnchor | None = None
    peaks: Peaks | None = None
    entries: tuple[RecentEntry, ...] = ()
    closed_at: Mapping[str, datetime] = field(default_factory=dict)
    daily_closes: Mapping[str, Mapping[date, Decimal]] = field(default_factory=dict)
    requests_today: int | None = None
    rules: RuleAccount | None = None


NO_STANDING: Final = Standing()
"""Nothing was asked for, or nothing is kept."""
