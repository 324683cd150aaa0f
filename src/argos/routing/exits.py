"""Exits: orders that close what entries opened, and cancels of what has not filled yet.

An exit closes the quantity of its entry, never more. At a netting account, where the venue holds one position
per symbol, closing a trade thus means trading the trade's own quantity against it: what other trades, or a
person, hold of the same symbol stays. Exits do not expire and no gate but a halt keeps them back.
"""

from dataclasses import dataclass, field
from decimal import Decimal
from uuid import UUID

from argos.core.decision import Assessment, CheckVerdict, Denied, Purpose, number_text
from argos.core.denial import DenialCode
from argos.core.ids import client_order_id_of, magic_of, order_uuid
from argos.core.intent import OrderType, Side
from argos.core.money import ONE, ZERO, round_down
from argos.core.order import CommandKind, Order, OrderRole
from argos.routing.context import OpenEntry
from argos.routing.leg import LegTask, assess_change
from argos.routing.planned import LegRefusal, PlannedCommand, PlannedOrder, close_command


@dataclass(slots=True)
class Unwinding:
    """What it takes to be rid of some entries, as far as it has been planned."""

    cancels: list[PlannedCommand] = field(default_factory=list)
    exits: list[PlannedOrder] = field(default_factory=list)
    refusals: list[LegRefusal] = field(default_factory=list)

    @property
    def exit_order_ids(self) -> tuple[UUID, ...]:
        return tuple(planned.order.order_id for planned in self.exits if planned.command)


def unwind(task: LegTask, entries: tuple[OpenEntry, ...], *, fraction: Decimal) -> Unwinding:
    """Close `fraction` of each entry and cancel what of it still waits at a price."""
    result = Unwinding()
    for entry in entries:
        allowed = assess_change(task, entry, purpose=Purpose.EXIT)
        if entry.is_pending:
            _cancel(task, entry, allowed=allowed, result=result)
        if entry.expected_qty > 0:
            result.exits.append(_exit(task, entry, fraction=fraction, allowed=allowed))
    return result


def cancel_pending(task: LegTask, entries: tuple[OpenEntry, ...]) -> Unwinding:
    """Cancel whatever of `entries` the venue may still be working on; market orders on their way included."""
    result = Unwinding()
    for entry in entries:
        if entry.working:
            allowed = assess_change(task, entry, purpose=Purpose.EXIT)
            _cancel(task, entry, allowed=allowed, result=result)
    return result


def deny_close(task: LegTask) -> PlannedOrder:
    """The row of a close that finds nothing open. Nothing is sent, so its side is only a label."""
    side = task.context.trade_side or task.intent.side or Side.BUY
    denied = Denied(
        code=DenialCode.CLOSE_NOTHING_OPEN,
        text=f"nothing of trade {task.intent.trade_id} is open at {task.account}",
        values={"trade_id": task.intent.trade_id},
    )
    order_id = order_uuid(intent=task.intent.intent_id, account=task.account, role="exit")
    order = _exit_order(
        task, order_id=order_id, symbol=task.symbol, side=side.opposite, qty=ZERO, denied=denied
    )
    check = CheckVerdict(check="something_open", verdict=denied)
    return PlannedOrder(order=order, command=None, checks=(check,))


def _cancel(task: LegTask, entry: OpenEntry, *, allowed: Assessment, result: Unwinding) -> None:
    if allowed.denied:
        result.refusals.append(
            LegRefusal(account=task.account, denied=allowed.denied, checks=allowed.checks)
        )
    else:
        result.cancels.append(task.command(entry, kind=CommandKind.CANCEL))


def _exit(
    task: LegTask, entry: OpenEntry, *, fraction: Decimal, allowed: Assessment
) -> PlannedOrder:
    qty = _closing_qty(task, entry, fraction=fraction)
    checks = allowed.checks
    if isinstance(qty, Denied):
        checks = (*checks, CheckVerdict(check="closing_quantity", verdict=qty))
    denied = allowed.denied or (qty if isinstance(qty, Denied) else None)
    order = _exit_order(
        task,
        order_id=order_uuid(
            intent=task.intent.intent_id, account=task.account, role=f"exit:{entry.order.order_id}"
        ),
        symbol=entry.order.symbol,
        side=entry.order.side.opposite,
        qty=ZERO if isinstance(qty, Denied) else qty,
        denied=denied,
        closes=entry.order,
    )
    command = (
        None
        if denied
        else close_command(order, fraction=fraction, deviation_points=task.deviation_points)
    )
    return PlannedOrder(order=order, command=command, checks=checks)


def _closing_qty(task: LegTask, entry: OpenEntry, *, fraction: Decimal) -> Decimal | Denied:
    """Units to close. All of it, also when another exit is on its way, for that one may yet be refused;
    a fraction is taken of what no other exit is closing, and rounded down to the step.
    """
    if fraction == ONE:
        return entry.expected_qty
    place = f"{entry.order.symbol} at {task.account}"
    free_qty = entry.expected_qty - entry.closing_qty
    if free_qty <= 0:
        return Denied(
            code=DenialCode.CLOSE_NOTHING_OPEN,
            text=f"all {number_text(entry.expected_qty)} of {place} are being closed already",
            values={"closing_qty": number_text(entry.closing_qty)},
        )
    asked, instrument = free_qty * fraction, task.instrument(entry.order.symbol)
    if instrument is None or instrument.qty_step <= 0:
        return asked
    qty = round_down(asked, step=instrument.qty_step)
    if qty > 0 and qty >= instrument.qty_min:
        return qty
    return Denied(
        code=DenialCode.SIZE_BELOW_MINIMUM,
        text=f"closing {number_text(fraction)} of {number_text(free_qty)} is {number_text(asked)},"
        f" below the minimum {number_text(instrument.qty_min)} of {place}",
        values={"qty": number_text(asked), "qty_min": number_text(instrument.qty_min)},
    )


def _exit_order(
    task: LegTask,
    *,
    order_id: UUID,
    symbol: str,
    side: Side,
    qty: Decimal,
    denied: Denied | None,
    closes: Order | None = None,
) -> Order:
    """An exit belongs to the trade that it closes, also when another trade's reverse asked for it."""
    return Order(
        order_id=order_id,
        intent_id=task.intent.intent_id,
        trade_id=closes.trade_id if closes else task.intent.trade_id,
        account=task.account,
        route=task.route.route,
        role=OrderRole.EXIT,
        symbol=symbol,
        side=side,
        order_type=OrderType.MARKET,
        qty=qty,
        price=None,
        stop_limit_price=None,
        sl=None,
        tp=None,
        valid_until=None,
        magic=magic_of(order_id),
        client_order_id=client_order_id_of(order_id),
        planned_at=task.now,
        denial_code=denied.code.value if denied else None,
        denial_text=denied.text if denied else None,
        closes_order_id=closes.order_id if closes else None,
    )
