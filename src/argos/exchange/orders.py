"""Orders as a simulated broker keeps them, whatever its outside looks like. Quantities in units."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Final

from argos.core.execution import FillReason
from argos.core.intent import OrderType, Side
from argos.core.money import ZERO


class OrderState(StrEnum):
    """HELD: a bracket leg that waits for its parent."""

    HELD = "held"
    WORKING = "working"
    FILLED = "filled"
    CANCELED = "canceled"
    EXPIRED = "expired"
    REJECTED = "rejected"
    REPLACED = "replaced"


LIVE_STATES: Final = frozenset({OrderState.HELD, OrderState.WORKING})


class TimeInForce(StrEnum):
    GTC = "gtc"
    DAY = "day"
    IOC = "ioc"


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerOrder:
    """One order. `price` is the limit, or the trigger of a stop; `stop_limit_price` the limit behind a trigger.

    `position_id` names the position it shall close, or that it has opened; 0 before it opens one.
    `parent` is the bracket's opening order and `oco` the group of which only one may fill; both 0 if there
    is none. `reason` SL or TP marks a leg. `received_at` is when the request reached the broker,
    `created_at` when the broker had worked on it.
    """

    ticket: int
    account: str
    symbol: str
    side: Side
    order_type: OrderType
    qty: Decimal
    received_at: datetime
    created_at: datetime
    updated_at: datetime
    state: OrderState = OrderState.WORKING
    filled_qty: Decimal = ZERO
    filled_value: Decimal = ZERO
    price: Decimal | None = None
    stop_limit_price: Decimal | None = None
    sl: Decimal | None = None
    tp: Decimal | None = None
    tif: TimeInForce = TimeInForce.GTC
    expires_at: datetime | None = None
    triggered: bool = False
    reason: FillReason = FillReason.COMMAND
    magic: int = 0
    client_order_id: str = ""
    comment: str = ""
    position_id: int = 0
    parent: int = 0
    oco: int = 0
    replaces: int = 0
    replaced_by: int = 0

    @property
    def is_live(self) -> bool:
        return self.state in LIVE_STATES

    @property
    def is_close(self) -> bool:
        """True if it was sent to close a position that another order opened."""
        return self.position_id not in {0, self.ticket}

    @property
    def leaves_qty(self) -> Decimal:
        """What has not been filled, whether or not it still can be."""
        return self.qty - self.filled_qty

    @property
    def price_average(self) -> Decimal | None:
        return self.filled_value / self.filled_qty if self.filled_qty else None
