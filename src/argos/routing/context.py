"""What a decision is made from: per account its terms, its last known state and its open entries."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from argos.core.account import Account, AccountSnapshot
from argos.core.intent import OrderType, Side
from argos.core.money import ZERO
from argos.core.order import FINAL_STATUSES, Order, OrderStatus
from argos.core.position import Position
from argos.core.standing import NO_STANDING, Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class DueIntent:
    """An intent to decide now, as it is stored. `attempts` so far; `more_wait`: it is not the only one that waits."""

    outbox_id: int
    attempts: int
    body: Mapping[str, Any]
    sequence: int
    more_wait: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Levels:
    """Price, stop and target as a later modification asked for them."""

    price: Decimal | None
    sl: Decimal | None
    tp: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenEntry:
    """An entry order that works or holds something. Quantities in units.

    `closed_qty` is how much of its fill has been closed again, `closing_qty` how much exits on their way, the
    `closing_order_ids`, may still close. `modified` are the levels that the latest modification asked for; None when
    there was none.
    """

    order: Order
    status: OrderStatus
    filled_qty: Decimal
    closed_qty: Decimal
    closing_qty: Decimal = ZERO
    closing_order_ids: tuple[UUID, ...] = ()
    position_id: str | None = None
    modified: Levels | None = None

    @property
    def working(self) -> bool:
        return self.status not in FINAL_STATUSES

    @property
    def held_qty(self) -> Decimal:
        """What of its fills is still open."""
        return max(ZERO, self.filled_qty - self.closed_qty)

    @property
    def expected_qty(self) -> Decimal:
        """The most that may be open once all that is on its way has arrived: what an exit may have to close.

        A pending order counts in full although it is cancelled first: its fill may cross the cancel. How much is
        really there is settled when the exit is leased, after the cancel has been answered.
        """
        return max(ZERO, self.order.qty - self.closed_qty) if self.working else self.held_qty

    @property
    def is_pending(self) -> bool:
        """A limit or stop order that may still be cancelled."""
        return self.working and self.order.order_type is not OrderType.MARKET

    @property
    def is_open(self) -> bool:
        return self.working or self.held_qty > 0

    @property
    def is_being_closed(self) -> bool:
        """Whether exits that are on their way take all of it."""
        return bool(self.closing_order_ids) and self.closing_qty >= self.expected_qty

    def is_in(self, position: Position) -> bool:
        """Whether this entry is what opened `position`, by the identities that the venue keeps."""
        return (
            (self.position_id is not None and self.position_id == position.position_id)
            or (position.magic > 0 and position.magic == self.order.magic)
            or (
                position.client_order_id != ""
                and position.client_order_id == self.order.client_order_id
            )
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountContext:
    """One account as the decision sees it.

    `open_entries` are in the order of their planning: at least those of the intent's trade and of its route;
    the more of the account's others are there, the sooner positions_max sees entries that are on their way.
    `trade_side` is the side of the trade's newest entry here, ended ones included. `standing` is read only where the
    account's risk limits ask for it.
    """

    account: Account
    snapshot: AccountSnapshot | None
    open_entries: tuple[OpenEntry, ...] = ()
    trade_side: Side | None = None
    standing: Standing = NO_STANDING

    def needs_holdings(self, symbol: str) -> bool:
        """Whether the account asks what else is held and on its way: a risk limit, a firm's rules, a volume limit."""
        if self.account.limits.risk.any_set or self.standing.rules is not None:
            return True
        instrument = self.snapshot.instruments.get(symbol) if self.snapshot else None
        return (
            instrument is not None
            and instrument.venue_terms is not None
            and instrument.venue_terms.volume_limit > 0
        )
