"""Follow-ups: an exit that ended before its work was done is followed by another. Pure.

Exits do not expire: what a strategy asked to be closed is asked for again until it is closed, a bounded number of
times. No gate stands before a follow-up, for the exit it follows has passed them; a halt holds it back at its lease.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

from argos.core.decision import Approved, CheckVerdict, number_text
from argos.core.ids import client_order_id_of, magic_of, order_uuid
from argos.core.intent import Intent
from argos.core.money import ONE, ZERO
from argos.core.order import FINAL_STATUSES, Order, OrderStatus
from argos.routing.planned import LegPlan, PlannedOrder, close_command

FOLLOW_UPS_MAX: Final = 5
"""For one exit. They wait 1, 2, 4, 8 and 16 s; after the last a person has to look (EXIT_INCOMPLETE)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DueFollowUp:
    """A notice that an exit ended too soon; `late_fill`: or that its entry was filled after it had ended."""

    outbox_id: int
    attempts: int
    order_id: UUID
    late_fill: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class EndedExit:
    """An exit that has ended, and what it leaves. Quantities in units.

    `held_qty` is what of its entry is still open. `closing_qty` is what exits on their way may close of that;
    `full_close_on_its_way` says that one of them takes all there is. `exits_planned` counts the exits that this
    intent has for the entry, follow-ups included. `late_fill`: the entry was filled after the exit had ended.
    """

    order: Order
    intent: Intent
    status: OrderStatus
    effective_qty: Decimal
    filled_qty: Decimal
    close_fraction: Decimal
    deviation_points: int
    held_qty: Decimal
    closing_qty: Decimal
    full_close_on_its_way: bool
    exits_planned: int
    late_fill: bool = False


def plan_follow_up(ended: EndedExit, *, now: datetime) -> LegPlan | None:
    """A further exit for what `ended` leaves open; None when nothing is left to do, or nothing more will be tried."""
    qty = _missing_qty(ended)
    if ended.status not in FINAL_STATUSES or ended.full_close_on_its_way or qty <= 0:
        return None
    if ended.exits_planned > FOLLOW_UPS_MAX:
        return None
    before = ended.order
    order_id = order_uuid(
        intent=before.intent_id,
        account=before.account,
        role=f"exit:{before.closes_order_id}:after:{before.order_id}",
    )
    order = replace(
        before,
        order_id=order_id,
        qty=qty,
        magic=magic_of(order_id),
        client_order_id=client_order_id_of(order_id),
        planned_at=now,
    )
    check = CheckVerdict(check="follow_up", verdict=Approved(note=_reason(ended)))
    command = close_command(
        order, fraction=ended.close_fraction, deviation_points=ended.deviation_points
    )
    planned = PlannedOrder(order=order, command=command, checks=(check,))
    return LegPlan(account=order.account, orders=(planned,))


def _missing_qty(ended: EndedExit) -> Decimal:
    """All that is open, for an exit that was to close all; else what of its part no other exit is closing."""
    if ended.close_fraction == ONE:
        incomplete = ended.late_fill or ended.filled_qty < ended.effective_qty
        return ended.held_qty if incomplete else ZERO
    rest = ended.effective_qty - ended.filled_qty
    return min(rest, ended.held_qty - ended.closing_qty)


def _reason(ended: EndedExit) -> str:
    if ended.late_fill:
        return f"the entry was filled after {ended.order.order_id} had ended"
    filled, asked = number_text(ended.filled_qty), number_text(ended.effective_qty)
    return f"{ended.order.order_id} ended {ended.status.value} with {filled} of {asked}"
