"""What differs between the orders of a leg and their fills, once all of them have been read."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final
from uuid import UUID

from argos.core.intent import Intent
from argos.reconcile.fills import FillTally
from argos.reconcile.result import Divergence
from argos.reconcile.traces import OrderTrace

_ORDER: Final = tuple(Divergence)


def find_divergence(
    tally: FillTally, *, intents: Mapping[UUID, Intent], intended_qty: Decimal
) -> tuple[Divergence, ...]:
    """All codes of the leg, each once, in the order of `Divergence`."""
    found = tally.divergence
    for trace in tally.traces.values():
        _judge_order(trace, tally, found)
        if trace.is_entry:
            _judge_entry(trace, intents, found)
    if _quantity_differs(tally, intended_qty):
        found.add(Divergence.QTY)
    return tuple(code for code in _ORDER if code in found) if found else ()


def _judge_order(trace: OrderTrace, tally: FillTally, found: set[Divergence]) -> None:
    if len(trace.venue_order_ids) > 1 and len(trace.venue_order_ids - _replacements(trace)) > 1:
        found.add(Divergence.DUPLICATE)
    if trace.filled_qty + trace.absorbed_qty > trace.effective_qty:
        found.add(Divergence.QTY)
    if not trace.fill_ids <= tally.exec_ids and not _belongs_elsewhere(trace, tally):
        found.add(Divergence.MISSING)


def _judge_entry(trace: OrderTrace, intents: Mapping[UUID, Intent], found: set[Divergence]) -> None:
    order = trace.order
    intent = intents.get(order.intent_id)
    if intent is not None and intent.side is not None and intent.side is not order.side:
        found.add(Divergence.SIDE)
    limit, sent = order.valid_until, trace.sent
    if limit is not None and sent is not None and sent.at > limit:
        found.add(Divergence.LATE)
    for record in trace.records:
        if not record.position_seen:
            continue
        if record.position_sl is None and trace.expected_stop("sl") is not None:
            found.add(Divergence.SL_MISSING)
        if record.position_tp is None and trace.expected_stop("tp") is not None:
            found.add(Divergence.TP_MISSING)


def _replacements(trace: OrderTrace) -> set[str]:
    """Ids that venues gave to a changed order: the same order under another name."""
    named = (change.body.get("venue_order_id") for change in trace.changes)
    return {str(venue_order_id) for venue_order_id in named if venue_order_id}


def _belongs_elsewhere(trace: OrderTrace, tally: FillTally) -> bool:
    """Whether this order closes another trade's position: its fills are told there."""
    closes = trace.order.closes_order_id
    return not trace.is_entry and closes is not None and closes not in tally.traces


def _quantity_differs(tally: FillTally, intended_qty: Decimal) -> bool:
    if tally.external:
        return False
    filled = tally.entry_qty
    if tally.exit_qty > filled or filled > intended_qty:
        return True
    if filled == intended_qty:
        return False
    entries: Sequence[OrderTrace] = [trace for trace in tally.traces.values() if trace.is_entry]
    taken = filled + sum(trace.absorbed_qty for trace in entries)
    return taken > 0 and all(trace.is_over() for trace in entries)
