"""What an account would hold with one more entry: how many positions, and on which sides."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Final

from argos.core.intent import Side
from argos.core.money import ZERO
from argos.core.order import OrderStatus
from argos.core.position import Position
from argos.core.standing import WorkingEntry
from argos.routing.context import AccountContext, OpenEntry

AT_VENUE: Final = frozenset(
    {
        OrderStatus.ACCEPTED,
        OrderStatus.PARTIALLY_FILLED,
        OrderStatus.PENDING_CANCEL,
        OrderStatus.PENDING_REPLACE,
    }
)
RESERVED_AFTER: Final = timedelta(seconds=60)
"""An order that is at its venue and was planned this long before the snapshot is in the snapshot's figures."""


def positions_after_entry(
    context: AccountContext, *, symbol: str, closing: Sequence[OpenEntry] = ()
) -> int:
    """Positions once every open entry has filled, those in `closing` have closed, and one more is opened.

    A hedging account opens a position per entry, a netting account holds one per symbol. What a snapshot shows
    and what we opened ourselves is matched by the identities the venue keeps; what cannot be matched counts
    twice for a moment, which errs towards fewer positions.
    """
    closing_ids = {entry.order.order_id for entry in closing}
    staying = [
        entry
        for entry in context.open_entries
        if entry.is_open and entry.order.order_id not in closing_ids
    ]
    seen = context.snapshot.positions if context.snapshot else ()
    if context.account.hedging:
        held = [position for position in seen if not _is_among(position, closing)]
        unseen = [entry for entry in staying if not any(entry.is_in(other) for other in held)]
        return len(held) + len(unseen) + 1
    symbols = {position.symbol for position in seen} | {entry.order.symbol for entry in staying}
    return len(symbols | {symbol})


def opposing_entries(
    context: AccountContext, *, symbol: str, side: Side, closing: Sequence[OpenEntry] = ()
) -> tuple[OpenEntry, ...]:
    """Open entries that a netting account would set off against one on `side`; those in `closing` are left out.

    A hedging account holds both sides beside each other: none.
    """
    if context.account.hedging:
        return ()
    closing_ids = {entry.order.order_id for entry in closing}
    return tuple(
        entry
        for entry in context.open_entries
        if entry.is_open
        and entry.order.symbol == symbol
        and entry.order.side is not side
        and entry.order.order_id not in closing_ids
    )


def held_after_closing(
    context: AccountContext, *, closing: Sequence[OpenEntry] = ()
) -> tuple[Position, ...]:
    """The snapshot's positions, less what closes first: of a net one only the closing trades' part."""
    seen = context.snapshot.positions if context.snapshot else ()
    if context.account.hedging:
        return tuple(position for position in seen if not _is_among(position, closing))
    staying = []
    for position in seen:
        going: Decimal = sum(
            (entry.expected_qty for entry in closing if entry.is_in(position)), ZERO
        )
        if position.qty > going:
            staying.append(replace(position, qty=position.qty - going))
    return tuple(staying)


def working_entries(
    context: AccountContext, *, closing: Sequence[OpenEntry] = ()
) -> tuple[WorkingEntry, ...]:
    """What of our own open entries no position of the snapshot shows, those in `closing` left out.

    Of an entry that a position shows in part, what may still fill; of any other, all of it: what filled after the
    snapshot was taken is counted, and what closed since is counted for a moment too long.
    """
    closing_ids = {entry.order.order_id for entry in closing}
    seen = context.snapshot.positions if context.snapshot else ()
    found = []
    for entry in context.open_entries:
        if not entry.is_open or entry.order.order_id in closing_ids:
            continue
        qty = entry.expected_qty
        if any(entry.is_in(position) for position in seen):
            qty = max(ZERO, entry.order.qty - entry.filled_qty) if entry.working else ZERO
        if qty > 0:
            found.append(_working(context, entry, qty=qty))
    return tuple(found)


def _working(context: AccountContext, entry: OpenEntry, *, qty: Decimal) -> WorkingEntry:
    order, levels = entry.order, entry.modified
    snapshot = context.snapshot
    told = snapshot is not None and snapshot.taken_at - order.planned_at >= RESERVED_AFTER
    return WorkingEntry(
        symbol=order.symbol,
        side=order.side,
        qty=qty,
        price=levels.price if levels and levels.price is not None else order.price,
        sl=levels.sl if levels else order.sl,
        reserved=told and entry.status in AT_VENUE,
    )


def _is_among(position: Position, entries: Iterable[OpenEntry]) -> bool:
    return any(entry.is_in(position) for entry in entries)
