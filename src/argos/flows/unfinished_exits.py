"""Which new facts show that a close did not do its work, so that another must follow it."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from argos.core.order import FINAL_STATUSES, FactKind, OrderFact, OrderRole, OrderStatus, filled_qty
from argos.ports import POSITION_CLOSED

_NOTHING_OPEN: Final = frozenset({None, "CLOSE_NOTHING_OPEN"})
"""What an exit that was not sent says when there was nothing to close."""


def follow_up_notice(
    row: Mapping[str, Any],
    *,
    after: OrderStatus,
    facts: Sequence[OrderFact],
    qty: Decimal,
    closed_qty: Decimal,
    newly_filled: bool,
) -> dict[str, Any] | None:
    """The notice that one order's new facts call for, if any.

    An exit that ended short of `qty` is to be followed. So is an exit that had ended well when its entry is
    filled once more: a fill that crossed the cancel, or that was reported late. What is really open then is
    judged when the notice is due.
    """
    if row["role"] == OrderRole.EXIT:
        short = after in FINAL_STATUSES and filled_qty(facts) < qty
        if short and not _found_nothing(row, after, facts):
            return {"order_id": row["order_id"], "late_fill": False}
        return None
    if row["ended_close_id"] is None or not newly_filled or filled_qty(facts) <= closed_qty:
        return None
    return {"order_id": row["ended_close_id"], "late_fill": True}


def _found_nothing(row: Mapping[str, Any], after: OrderStatus, facts: Sequence[OrderFact]) -> bool:
    """Whether an exit ended because nothing was open any more: there is nothing to follow it up for.

    A node also leaves unsent what its broker would refuse: a frozen position, one that is not the oldest.
    """
    if after is OrderStatus.EXPIRED_UNSENT:
        unsent = [fact["code"] for fact in row["facts"] if fact["kind"] == FactKind.UNSENT]
        in_vain = any(fact.kind is FactKind.NOT_FOUND for fact in facts)
        return not in_vain and all(code in _NOTHING_OPEN for code in unsent)
    return after is OrderStatus.REJECTED and any(
        fact["code"] == POSITION_CLOSED for fact in row["facts"] if fact["kind"] == "rejected"
    )
