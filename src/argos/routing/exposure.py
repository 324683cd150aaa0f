"""What an account would hold with one more entry: how many positions, and on which sides."""

from collections.abc import Iterable, Sequence

from argos.core.intent import Side
from argos.core.position import Position
from argos.routing.context import AccountContext, OpenEntry


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


def _is_among(position: Position, entries: Iterable[OpenEntry]) -> bool:
    return any(entry.is_in(position) for entry in entries)
