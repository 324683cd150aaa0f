"""Entries: one order that takes new risk, sized and gated."""

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from argos.core.decision import Assessment, Purpose, RiskRequest
from argos.core.errors import InvariantError
from argos.core.ids import client_order_id_of, command_uuid, magic_of, order_uuid
from argos.core.intent import OrderType, Side, Size, SizeMode
from argos.core.order import CommandKind, Order, OrderRole
from argos.routing.context import OpenEntry
from argos.routing.exposure import (
    held_after_closing,
    opposing_entries,
    positions_after_entry,
    working_entries,
)
from argos.routing.leg import LegTask
from argos.routing.planned import PlannedCommand, PlannedOrder
from argos.routing.ticks import price_on_tick, stop_on_tick, target_on_tick


def plan_entry(
    task: LegTask, *, closing: Sequence[OpenEntry] = (), depends_on: tuple[UUID, ...] = ()
) -> PlannedOrder:
    """The entry of an open or reverse. `closing` are the entries that a reverse closes before it.

    At a netting account an entry waits for the exits that are still on their way on the other side, as a reverse
    waits for its own, and goes no more than that one if they fail.

    Raises InvariantError when the intent has no side: whoever validated it lets no such entry pass.
    """
    if task.intent.side is None:
        raise InvariantError(
            f"entry without a side: intent={task.intent.intent_id}", code="INTENT_SIDE_MISSING"
        )
    opposing = opposing_entries(
        task.context, symbol=task.symbol, side=task.intent.side, closing=closing
    )
    request = _request(task, side=task.intent.side, closing=closing, opposing=opposing)
    assessment = task.assess(request)
    order = _order(task, request, assessment)
    leaving = tuple(
        order_id
        for entry in opposing
        if entry.is_being_closed
        for order_id in entry.closing_order_ids
    )
    command = None
    if not assessment.denied:
        command = _command(task, order, depends_on=depends_on + leaving)
    return PlannedOrder(order=order, command=command, checks=assessment.checks)


def _request(
    task: LegTask, *, side: Side, closing: Sequence[OpenEntry], opposing: Sequence[OpenEntry]
) -> RiskRequest:
    intent, instrument = task.intent, task.instrument(task.symbol)

    def on_tick(price: Decimal | None, order_type: OrderType) -> Decimal | None:
        return price_on_tick(price, instrument=instrument, side=side, order_type=order_type)

    pending = intent.order_type is not OrderType.MARKET
    asked = task.context.needs_holdings(task.symbol) or _is_consensus(task.size)
    opposed = {entry.order.trade_id for entry in opposing if not entry.is_being_closed}
    return RiskRequest(
        purpose=Purpose.ENTRY,
        intent=intent,
        route=task.route,
        leg=task.leg,
        account=task.context.account,
        snapshot=task.context.snapshot,
        symbol=task.symbol,
        side=side,
        order_type=intent.order_type,
        price=on_tick(intent.entry_price, intent.order_type) if pending else None,
        stop_limit_price=on_tick(intent.stop_limit_price, OrderType.LIMIT),
        sl=stop_on_tick(intent.sl, instrument=instrument, side=side),
        tp=target_on_tick(intent.tp, instrument=instrument),
        valid_until=task.valid_until,
        positions_after=positions_after_entry(task.context, symbol=task.symbol, closing=closing),
        opposed_trades=tuple(sorted(opposed)),
        held=held_after_closing(task.context, closing=closing) if asked else (),
        working=working_entries(task.context, closing=closing) if asked else (),
        standing=task.context.standing,
        halts=task.halts,
        now=task.now,
    )


def _is_consensus(size: Size | None) -> bool:
    return size is not None and size.mode is SizeMode.CONSENSUS


def _order(task: LegTask, request: RiskRequest, assessment: Assessment) -> Order:
    order_id = order_uuid(intent=task.intent.intent_id, account=task.account, role="entry")
    denied = assessment.denied
    return Order(
        order_id=order_id,
        intent_id=task.intent.intent_id,
        trade_id=task.intent.trade_id,
        account=task.account,
        route=task.route.route,
        role=OrderRole.ENTRY,
        symbol=request.symbol,
        side=request.side,
        order_type=request.order_type,
        qty=assessment.qty,
        price=request.price,
        stop_limit_price=request.stop_limit_price,
        sl=request.sl,
        tp=request.tp,
        valid_until=request.valid_until,
        magic=magic_of(order_id),
        client_order_id=client_order_id_of(order_id),
        planned_at=task.now,
        denial_code=denied.code.value if denied else None,
        denial_text=denied.text if denied else None,
    )


def _command(task: LegTask, order: Order, *, depends_on: tuple[UUID, ...]) -> PlannedCommand:
    return PlannedCommand(
        command_id=command_uuid(
            order=order.order_id, kind=CommandKind.SUBMIT.value, intent=order.intent_id
        ),
        order_id=order.order_id,
        intent_id=order.intent_id,
        account=order.account,
        symbol=order.symbol,
        kind=CommandKind.SUBMIT,
        is_exit=False,
        deviation_points=task.deviation_points,
        price=order.price,
        sl=order.sl,
        tp=order.tp,
        valid_until=order.valid_until,
        depends_on=depends_on,
    )
