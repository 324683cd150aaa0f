"""What is known of one leg - one trade at one account - as it is handed to reconciliation.

A story may hold its parts in any order and more than once; the result does not change.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from argos.core.execution import Execution
from argos.core.intent import Intent
from argos.core.order import Order, OrderFact


@dataclass(frozen=True, slots=True, kw_only=True)
class FactRecord:
    """A stored fact. `at` is when the reporter learned it (its clock), `recorded_at` when we stored it (ours).

    Read from bodies: `bid`, `ask`, `arrival_bid`, `arrival_ask` of send_started; `venue_order_id` of accepted;
    `price`, `sl`, `tp` of modified; `code`, `text` of what ended the order. All may be missing.
    """

    fact: OrderFact
    at: datetime
    recorded_at: datetime
    body: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRecord:
    """An order with its facts. `effective_qty` is what it was sent for: an exit's quantity is fixed at the lease.

    `position_seen` says that a scan showed the position which this order opened; only then do
    `position_sl` and `position_tp` mean anything, None being "none set".
    """

    order: Order
    effective_qty: Decimal
    facts: tuple[FactRecord, ...] = ()
    position_seen: bool = False
    position_sl: Decimal | None = None
    position_tp: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LegExecution:
    """A fill with its place in the story: the order that caused it and the order whose position it closed.

    `closing_qty` matters to `inout` fills alone: the units that closed what stood before; None when unknown
    (see `positions.inout_closing_qty`).
    """

    execution: Execution
    order_id: UUID | None
    opening_order_id: UUID | None
    received_at: datetime
    bid_at_send: Decimal | None = None
    ask_at_send: Decimal | None = None
    closing_qty: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Denial:
    """A refusal of ours that made no order; refused orders carry their own."""

    intent_id: UUID
    code: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LegStory:
    """All that reconciliation may look at. `unit_value`: account currency per unit and price move of 1.0."""

    trade_id: str
    account: str
    currency: str
    unit_value: Decimal
    intents: tuple[Intent, ...] = ()
    orders: tuple[OrderRecord, ...] = ()
    executions: tuple[LegExecution, ...] = ()
    denials: tuple[Denial, ...] = ()
