"""A prop firm's rules as data, and an account that is held to them. What they mean is told in docs/concepts/risk.md."""

from dataclasses import dataclass
from datetime import datetime, time
from decimal import Decimal
from enum import StrEnum
from typing import Final

from argos.core.money import ONE


class DayBase(StrEnum):
    """What of the day's anchor the daily loss is measured from."""

    BALANCE = "balance"
    EQUITY = "equity"
    HIGHER = "higher"


class LimitOf(StrEnum):
    """What a daily fraction is a part of: the initial balance, or what the day is measured from."""

    INITIAL = "initial"
    DAY_BASE = "day_base"


class Trail(StrEnum):
    """What the maximum loss is measured from: the initial balance, or a peak that never falls.

    DAY_BALANCE: the highest balance at the start of a day. BALANCE, EQUITY: the highest at any moment.
    """

    STATIC = "static"
    DAY_BALANCE = "day_balance"
    BALANCE = "balance"
    EQUITY = "equity"


class NewsBlock(StrEnum):
    """What a firm forbids around news. FILL: a pending order that fills there counts as well."""

    OPEN = "open"
    CLOSE = "close"
    FILL = "fill"


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSet:
    """One plan of one firm. Fractions are 0 to 1; None is no such rule.

    The firm's day starts at `reset_at` in `timezone`. `first_day_initial`: the first day is measured from the initial
    balance. `locks_at_initial`: a floor that trails stops at the initial balance. `buffer_fraction`: how much of an
    allowed loss, and of the day's requests, Argos lets entries use. `best_day_fraction_max` is looked at when a
    payout is asked for; it denies nothing.
    """

    name: str
    timezone: str
    reset_at: time = time(0)
    daily_fraction: Decimal | None = None
    daily_limit_of: LimitOf = LimitOf.INITIAL
    daily_base: DayBase = DayBase.BALANCE
    first_day_initial: bool = False
    max_fraction: Decimal | None = None
    trail: Trail = Trail.STATIC
    locks_at_initial: bool = False
    best_day_fraction_max: Decimal | None = None
    news_window_s: int | None = None
    news_blocks: frozenset[NewsBlock] = frozenset()
    lots_per_fx_order_max: Decimal | None = None
    open_orders_max: int | None = None
    requests_per_day_max: int | None = None
    buffer_fraction: Decimal = ONE


@dataclass(frozen=True, slots=True, kw_only=True)
class NewsEvent:
    """A release that the firm lists. `currencies` it concerns; none means all."""

    at: datetime
    title: str
    currencies: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleAccount:
    """An account under a firm's rules. `initial_balance` is what the firm counts from, in account currency.

    `peak`: the highest figure that a trailing floor is measured from, as the firm told it when Argos began to watch.
    """

    rules: RuleSet
    initial_balance: Decimal
    started_at: datetime
    peak: Decimal | None = None
    news: tuple[NewsEvent, ...] = ()


BUFFER: Final = Decimal("0.8")
"""Of an allowed loss by default: gaps and slippage come on top of every worst case."""
