"""Accounts and routes as the operator configured them, and an account's last known state."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time
from decimal import Decimal
from enum import StrEnum
from typing import Any

from argos.core.instrument import Instrument, Quote
from argos.core.intent import Size
from argos.core.position import Position
from argos.core.risk_limits import NO_RISK_LIMITS, RiskLimits
from argos.core.rule_set import RuleAccount
from argos.core.standing import MarketSession


class TradingMode(StrEnum):
    """What an account, route or strategy may do. `reducing` lets exits through, `halted` nothing."""

    ACTIVE = "active"
    REDUCING = "reducing"
    HALTED = "halted"


class HaltScope(StrEnum):
    GLOBAL = "global"
    ACCOUNT = "account"
    ROUTE = "route"
    STRATEGY = "strategy"


@dataclass(frozen=True, slots=True, kw_only=True)
class Halt:
    """A brake in force. `key` is the account, route or bot_version it holds; empty when global."""

    scope: HaltScope
    key: str
    mode: TradingMode
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountLimits:
    """The operator's own ceilings; None means none set.

    `terms_age_s_max`: how old the values of a symbol's ticks may be for a size that is measured by them.
    `commission_per_lot`: what the broker charges on one side of a lot (of `contract_size` units), in the account's
    currency, where the operator states it; no venue tells it beforehand. `firm`: whose rules the account is under.
    """

    qty_max: Decimal | None = None
    notional_max: Decimal | None = None
    positions_max: int | None = None
    snapshot_age_s_max: int = 60
    terms_age_s_max: int = 300
    commission_per_lot: Decimal | None = None
    risk: RiskLimits = NO_RISK_LIMITS
    firm: RuleAccount | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    account: str
    venue: str
    currency: str
    enabled: bool
    hedging: bool
    limits: AccountLimits


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountSnapshot:
    """What a node last saw of its account. Money is in the account's currency; None is what a venue does not tell.

    `terms_at` is when the node last read `instruments` from the venue and found them so. `fifo`: of the positions in a
    symbol the oldest must be closed first. `node`: what the node says of itself and of its terminal, flags and the
    like, for people to see; nothing is decided by it.

    `blocks`: the venue's reasons for which the account may not trade, in its words; none of them is an account that
    may, None a node that does not tell. `buying_power`: what the venue lets be used for new orders, at their full
    notional. `market`: the session of all that the account trades, in true time, whatever clock the venue keeps.
    `credit`: lent by the broker, part of equity and not of balance.
    """

    account: str
    currency: str
    balance: Decimal
    equity: Decimal
    margin_free: Decimal
    hedging: bool
    taken_at: datetime
    positions: tuple[Position, ...] = ()
    open_orders: int = 0
    quotes: Mapping[str, Quote] = field(default_factory=dict)
    instruments: Mapping[str, Instrument] = field(default_factory=dict)
    terms_at: datetime | None = None
    fifo: bool = False
    margin: Decimal | None = None
    credit: Decimal | None = None
    leverage: int | None = None
    blocks: tuple[str, ...] | None = None
    buying_power: Decimal | None = None
    market: MarketSession | None = None
    node: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class TradingHours:
    """Window in which a leg takes entries: weekdays (Monday is 0) and local times; `to` is exclusive.

    A window whose end is not after its start runs over midnight and belongs to the day it starts on.
    """

    days: frozenset[int]
    start: time
    end: time
    timezone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteLeg:
    """One account behind a route. `share` scales the size; 1 is the size as stated."""

    account: str
    share: Decimal
    size: Size | None
    symbol_map: Mapping[str, str]
    hours: tuple[TradingHours, ...]
    enabled: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    route: str
    enabled: bool
    size: Size | None
    expiry_s: int
    alert_age_s_max: int
    legs: tuple[RouteLeg, ...]
