"""One pass over a leg's executions: what opened, what closed, what it cost, what was odd about it.

To which side a fill belongs is told by the role of the order that caused it; where no order of this leg
did, by the order whose position it closed and by the venue's own word. A fill that closed the position
of another trade belongs to that trade. An `inout` fill of a netting account is split: what closed goes
to the trade it closed, with the venue's profit and swap and its share by quantity of commission and fee;
what opened goes to the order that caused it, with the rest.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

from argos.core.execution import Entry, Execution, FillReason
from argos.core.intent import Intent, OrderType, Side
from argos.core.money import ZERO
from argos.reconcile.result import MONEY_STEP, Divergence
from argos.reconcile.story import LegExecution
from argos.reconcile.traces import OrderTrace

_ORDERED_AT_BROKER: Final = frozenset({FillReason.SL, FillReason.TP})


@dataclass(slots=True)
class FillTally:
    """What the fills add up to. `net_qty` and `cash` are signed: a buy adds quantity and takes cash."""

    side: Side | None
    traces: Mapping[UUID, OrderTrace]
    intents: Mapping[UUID, Intent]
    external: bool = False
    symbol: str = ""
    entry_qty: Decimal = ZERO
    entry_notional: Decimal = ZERO
    exit_qty: Decimal = ZERO
    exit_notional: Decimal = ZERO
    net_qty: Decimal = ZERO
    cash: Decimal = ZERO
    commission: Decimal = ZERO
    swap: Decimal = ZERO
    fee: Decimal = ZERO
    venue_profit: Decimal = ZERO
    referenced_exit_qty: Decimal = ZERO
    referenced_exit_notional: Decimal = ZERO
    exit_slippage: Decimal = ZERO
    lead: OrderTrace | None = None
    all_traced: bool = True
    opened_at: datetime | None = None
    closed_at: datetime | None = None
    exec_ids: set[str] = field(default_factory=set)
    steps: list[tuple[Decimal, Decimal]] = field(default_factory=list)
    divergence: set[Divergence] = field(default_factory=set)

    def realised(self) -> Decimal:
        """What the closed quantity earned in price times quantity, at average cost while something is open."""
        if not self.net_qty:
            return self.cash
        if not self.exit_qty:
            return ZERO
        return realised_at_average_cost(self.steps)


def realised_at_average_cost(steps: Iterable[tuple[Decimal, Decimal]]) -> Decimal:
    """Profit, in price times quantity, of what was closed in steps of (signed quantity, price)."""
    held = basis = realised = ZERO
    for qty, price in steps:
        rest = qty
        if held * qty < 0:
            closing = -held if abs(qty) > abs(held) else qty
            released = basis if closing == -held else -basis * closing / held
            realised -= closing * price + released
            held, basis, rest = held + closing, basis - released, qty - closing
        held, basis = held + rest, basis + rest * price
    return realised


def tally_fills(
    executions: Iterable[LegExecution],
    *,
    side: Side | None,
    traces: Mapping[UUID, OrderTrace],
    intents: Mapping[UUID, Intent],
    external: bool = False,
) -> FillTally:
    """The sum of the distinct executions; also writes into each trace what its order filled."""
    distinct: dict[str, LegExecution] = {}
    for item in executions:
        exec_id = item.execution.venue_exec_id
        known = distinct.get(exec_id)
        if known is None or (item is not known and _seniority(item) < _seniority(known)):
            distinct[exec_id] = item
    tally = FillTally(side=side, traces=traces, intents=intents, external=external)
    for item in sorted(distinct.values(), key=_moment):
        _add(tally, item)
    return tally


def _moment(item: LegExecution) -> tuple[datetime, str]:
    return (item.execution.occurred_at, item.execution.venue_exec_id)


def _seniority(item: LegExecution) -> tuple[bool, bool, datetime, str]:
    """Of two tellings of one fill the one that knows its order counts, then the first heard."""
    return (item.order_id is None, item.opening_order_id is None, item.received_at, repr(item))


def _add(tally: FillTally, item: LegExecution) -> None:
    execution = item.execution
    trace = tally.traces.get(item.order_id) if item.order_id is not None else None
    tally.exec_ids.add(execution.venue_exec_id)
    closing, opening = _parts(tally, item, trace)
    qty = closing + opening
    if trace is not None:
        trace.absorbed_qty += execution.qty - qty
        trace.filled_qty += qty
        if execution.venue_order_id:
            trace.venue_order_ids.add(execution.venue_order_id)
    if not qty:
        return
    if not tally.symbol:
        tally.symbol = execution.symbol
    if tally.side is None:
        tally.side = execution.side if opening else execution.side.opposite
    _charge(tally, execution, closing=closing, opening=opening)
    signed = qty if execution.side is Side.BUY else -qty
    tally.net_qty += signed
    tally.cash -= signed * execution.price
    tally.steps.append((signed, execution.price))
    if opening:
        _open(tally, item, trace, opening)
    if closing:
        _close(tally, execution, trace, closing)
    _judge(tally, item, trace, opening=opening)


def _parts(
    tally: FillTally, item: LegExecution, trace: OrderTrace | None
) -> tuple[Decimal, Decimal]:
    """Of this fill, the units that closed and the units that opened for this trade."""
    execution, opener = item.execution, item.opening_order_id
    qty = execution.qty
    if trace is None:
        return _parts_without_order(tally, item)
    if not trace.is_entry:
        target = trace.order.closes_order_id if opener is None else opener
        return (qty, ZERO) if target is None or target in tally.traces else (ZERO, ZERO)
    if opener is None or opener == item.order_id or execution.entry is Entry.IN:
        turned = item.closing_qty if execution.entry is Entry.INOUT else None
        return ZERO, qty - (turned or ZERO)
    if opener in tally.traces:
        closing = _closing_part(tally, item)
        return closing, qty - closing
    # It met the position of another trade, and what it closed there is that trade's.
    return ZERO, (ZERO if execution.entry is not Entry.INOUT else qty - (item.closing_qty or ZERO))


def _parts_without_order(tally: FillTally, item: LegExecution) -> tuple[Decimal, Decimal]:
    """Parts of a fill that no order of this leg caused: a stop, a person, another trade's order."""
    execution = item.execution
    opener = tally.traces.get(item.opening_order_id) if item.opening_order_id is not None else None
    closing = _closing_part(tally, item)
    if opener is not None:
        if execution.entry is Entry.IN:
            closing = ZERO if execution.side is opener.order.side else execution.qty
            return closing, execution.qty - closing
        return closing, ZERO  # what an inout fill opened belongs to whoever caused it
    if item.opening_order_id is not None and execution.entry is not Entry.INOUT:
        return ZERO, ZERO
    if item.opening_order_id is not None:
        return ZERO, execution.qty - closing
    return closing, execution.qty - closing


def _closing_part(tally: FillTally, item: LegExecution) -> Decimal:
    execution = item.execution
    if execution.entry is Entry.IN:
        return ZERO
    if execution.entry is not Entry.INOUT:
        return execution.qty
    if item.closing_qty is not None:
        return item.closing_qty
    against = tally.net_qty * execution.side.sign < 0
    return min(execution.qty, abs(tally.net_qty)) if against else ZERO


def _charge(tally: FillTally, execution: Execution, *, closing: Decimal, opening: Decimal) -> None:
    if closing + opening == execution.qty:
        tally.commission += execution.commission
        tally.fee += execution.fee
        tally.swap += execution.swap
        tally.venue_profit += execution.profit
        return
    # The opening part takes the remainder, so that the two parts add up to what was charged.
    tally.commission += _share(execution.commission, execution, closing=closing, opening=opening)
    tally.fee += _share(execution.fee, execution, closing=closing, opening=opening)
    if closing:
        tally.swap += execution.swap
        tally.venue_profit += execution.profit


def _share(amount: Decimal, execution: Execution, *, closing: Decimal, opening: Decimal) -> Decimal:
    elsewhere = execution.qty - opening
    of_closing = (amount * (closing or elsewhere) / execution.qty).quantize(MONEY_STEP)
    return of_closing if closing else amount - of_closing


def _open(tally: FillTally, item: LegExecution, trace: OrderTrace | None, qty: Decimal) -> None:
    execution = item.execution
    notional = qty * execution.price
    tally.entry_qty += qty
    tally.entry_notional += notional
    if tally.opened_at is None:
        tally.opened_at = execution.occurred_at
    if trace is None:
        tally.all_traced = False
        return
    if tally.lead is None:
        tally.lead = trace
    if trace.first_fill_at is None:
        trace.first_fill_at = execution.occurred_at
    if trace.bid is None and trace.ask is None:
        trace.bid, trace.ask = item.bid_at_send, item.ask_at_send
    trace.entry_qty += qty
    trace.entry_notional += notional


def _close(tally: FillTally, execution: Execution, trace: OrderTrace | None, qty: Decimal) -> None:
    tally.exit_qty += qty
    tally.exit_notional += qty * execution.price
    tally.closed_at = execution.occurred_at
    intent = tally.intents.get(trace.order.intent_id) if trace is not None else None
    if intent is None or intent.entry_price is None:
        return
    reference = intent.entry_price
    tally.referenced_exit_qty += qty
    tally.referenced_exit_notional += qty * reference
    tally.exit_slippage += qty * (execution.price - reference) * execution.side.sign


def _judge(
    tally: FillTally, item: LegExecution, trace: OrderTrace | None, *, opening: Decimal
) -> None:
    """What is odd about this one fill."""
    execution, found = item.execution, tally.divergence
    if trace is None:
        if not tally.external:
            _judge_without_order(tally, item, opening=opening)
        return
    order = trace.order
    if execution.side is not order.side:
        found.add(Divergence.SIDE)
    if execution.symbol != order.symbol:
        found.add(Divergence.SYMBOL)
    if order.order_type is not OrderType.MARKET:
        limit = trace.limit_price()
        if limit is not None and (execution.price - limit) * order.side.sign > 0:
            found.add(Divergence.PRICE_BEYOND_LIMIT)
    moment = execution.occurred_at
    if (order.valid_until is not None and trace.is_entry and moment > order.valid_until) or (
        trace.ended_at is not None and moment > trace.ended_at
    ):
        found.add(Divergence.LATE)


def _judge_without_order(tally: FillTally, item: LegExecution, *, opening: Decimal) -> None:
    execution, found = item.execution, tally.divergence
    at_broker = execution.reason in _ORDERED_AT_BROKER and not opening
    if item.order_id is None and not at_broker:
        found.add(Divergence.UNEXPECTED)
    opener = tally.traces.get(item.opening_order_id) if item.opening_order_id is not None else None
    if opener is not None and execution.symbol != opener.order.symbol:
        found.add(Divergence.SYMBOL)
    if tally.side is not None and (execution.side is tally.side) != bool(opening):
        found.add(Divergence.SIDE)
