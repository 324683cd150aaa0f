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
    """IOC takes at once what it gets, FOK all or nothing; OPG and CLS wait for the day's first or last price."""

    GTC = "gtc"
    DAY = "day"
    IOC = "ioc"
    FOK = "fok"
    OPG = "opg"
    CLS = "cls"


AUCTIONS: Final = frozenset({TimeInForce.OPG, TimeInForce.CLS})
AT_ONCE: Final = frozenset({TimeInForce.IOC, TimeInForce.FOK})


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerOrder:
    """One order. `price` is the limit, or the trigger of a stop; `stop_limit_price` the limit behind a trigger.

    `position_id` names the position it shall close, or that it has opened; 0 before it opens one.
    `parent` is the order that a leg belongs to and `oco` the group of which only one may fill, under the number of
    the target in it; both 0 if there is none. `reason` SL or TP marks a leg. `received_at` is when the request
    reached the broker, `created_at` when the broker had worked on it.

    A trailing stop is a stop whose `price` follows `hwm`, the best price seen, at `trail_price` or `trail_percent`.
    `notional` is the money it was sized by. An order taken while its market is closed is `queued` until it opens;
    only `extended_hours` orders fill before the open and after the close.
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
    trail_price: Decimal | None = None
    trail_percent: Decimal | None = None
    hwm: Decimal | None = None
    notional: Decimal | None = None
    extended_hours: bool = False
    queued: bool = False

    @property
    def is_trailing(self) -> bool:
        return self.trail_price is not None or self.trail_percent is not None

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
