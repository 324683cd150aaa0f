"""The intent: what a strategy wants, validated, before routing and risk."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final
from uuid import UUID


class Side(StrEnum):
    BUY = "buy"
    SELL = "sell"

    @property
    def sign(self) -> int:
        return 1 if self is Side.BUY else -1

    @property
    def opposite(self) -> "Side":
        return Side.SELL if self is Side.BUY else Side.BUY


class Action(StrEnum):
    OPEN = "open"
    CLOSE = "close"
    REVERSE = "reverse"
    MODIFY = "modify"
    CANCEL = "cancel"


class OrderType(StrEnum):
    MARKET = "market"
    LIMIT = "limit"
    STOP = "stop"
    STOP_LIMIT = "stop_limit"


class SizeMode(StrEnum):
    LOTS = "lots"
    UNITS = "units"
    NOTIONAL = "notional"
    EQUITY_FRACTION = "equity_fraction"
    RISK_FRACTION = "risk_fraction"
    CONSENSUS = "consensus"


ENTRY_ACTIONS: Final = frozenset({Action.OPEN, Action.REVERSE})
"""Actions that take new risk: they expire, need a side and pass every gate. The others are exits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How large: `value` is lots, units, quote-currency notional, or a fraction from 0 to 1.

    Of CONSENSUS it is the fraction of equity that a confidence at the bar of signals takes (`risk.consensus_sizing`).
    """

    mode: SizeMode
    value: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """A strategy's wish. `sequence` is the order of acceptance; it decides the order inside a lane."""

    intent_id: UUID
    source: str
    event_id: UUID
    weak_id: bool
    trade_id: str
    bot_version: str
    account_route: str
    action: Action
    symbol: str
    side: Side | None
    order_type: OrderType
    entry_price: Decimal | None
    stop_limit_price: Decimal | None
    sl: Decimal | None
    tp: Decimal | None
    size: Size | None
    close_fraction: Decimal
    confidence: Decimal | None
    expires_at: datetime | None
    features: Mapping[str, Any] | None
    timestamp_tv: datetime
    received_at: datetime
    sequence: int = 0

    @property
    def is_entry(self) -> bool:
        return self.action in ENTRY_ACTIONS
