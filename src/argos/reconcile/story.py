"""What is known of one leg - one trade at one account - as it is handed to reconciliation.

A story may hold its parts in any order and more than once; the result does not change.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final, NamedTuple
from uuid import UUID

from argos.core.execution import Execution
from argos.core.intent import Intent
from argos.core.money import ZERO
from argos.core.order import CommandKind, FactKind, Order, OrderFact

_NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})


class FactRecord(NamedTuple):
    """A stored fact. `at` is when the reporter learned it (its clock), `recorded_at` when we stored it (ours).

    Read from bodies: `qty`, `venue_exec_id` of fills; `bid`, `ask`, `arrival_bid`, `arrival_ask` of send_started;
    `venue_order_id` of accepted; `price`, `sl`, `tp` of modified; `code`, `text` of what ended the order. All may
    be missing. A tuple, because a leg has eight of them and a frozen dataclass takes twice the time to make.
    """

    kind: FactKind
    command_kind: CommandKind
    command_id: UUID | None
    at: datetime
    recorded_at: datetime
    body: Mapping[str, Any] = _NOTHING

    @property
    def venue_exec_id(self) -> str:
        return self.body.get("venue_exec_id", "")  # type: ignore[no-any-return]

    @property
    def fact(self) -> OrderFact:
        """What it says to the order's status."""
        qty = self.body.get("qty")
        return OrderFact(
            kind=self.kind,
            command_kind=self.command_kind,
            command_id=self.command_id,
            qty=Decimal(qty) if qty else ZERO,
            venue_exec_id=self.venue_exec_id,
            at=self.at,
        )


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
