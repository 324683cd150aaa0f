"""Who owns a close that no order of ours made, at an account where several trades share one position.

The venue closes a part of the net position and names no trade. What is closed is taken from the entries in the order in
which they were filled: first in, first out. A rule, not a fact: it decides which trade ends, never how much is held.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from argos.core.execution import Execution
from argos.core.intent import Side
from argos.core.money import ZERO
from argos.reconcile.result import MONEY_STEP


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldEntry:
    """What an entry still holds of the net position, in units."""

    order_id: UUID
    trade_id: str
    symbol: str
    side: Side
    open_qty: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """A part of one execution. `opening_order_id` is None for what no entry of ours held."""

    opening_order_id: UUID | None
    trade_id: str
    qty: Decimal
    commission: Decimal
    swap: Decimal
    fee: Decimal
    profit: Decimal


def share_close(
    execution: Execution, entries: Iterable[HeldEntry], *, rest_trade_id: str
) -> tuple[Share, ...]:
    """The parts of `execution`, first in, first out; empty when no entry holds anything on its other side.

    `entries` are in the order in which they were filled. What is left over goes to `rest_trade_id`. Costs and profit
    are shared by quantity; the last part takes the remainder, so that the parts add up.
    """
    parts: list[tuple[UUID | None, str, Decimal]] = []
    left = execution.qty
    for entry in entries:
        opposite = entry.symbol == execution.symbol and entry.side is not execution.side
        qty = min(left, entry.open_qty) if opposite else ZERO
        if qty > 0:
            parts.append((entry.order_id, entry.trade_id, qty))
            left -= qty
    if parts and left > 0:
        parts.append((None, rest_trade_id, left))
    return _with_costs(execution, parts)


def _with_costs(
    execution: Execution, parts: Sequence[tuple[UUID | None, str, Decimal]]
) -> tuple[Share, ...]:
    left = {name: getattr(execution, name) for name in ("commission", "swap", "fee", "profit")}
    shares: list[Share] = []
    for number, (order_id, trade_id, qty) in enumerate(parts, start=1):
        last = number == len(parts)
        amounts = {
            name: left[name]
            if last
            else (getattr(execution, name) * qty / execution.qty).quantize(MONEY_STEP)
            for name in left
        }
        left = {name: left[name] - amounts[name] for name in left}
        shares.append(Share(opening_order_id=order_id, trade_id=trade_id, qty=qty, **amounts))
    return tuple(shares)


def after_close(entries: Iterable[HeldEntry], shares: Iterable[Share]) -> tuple[HeldEntry, ...]:
    """The entries with what they hold after `shares` were taken from them."""
    taken = {share.opening_order_id: share.qty for share in shares}
    return tuple(
        HeldEntry(
            order_id=entry.order_id,
            trade_id=entry.trade_id,
            symbol=entry.symbol,
            side=entry.side,
            open_qty=entry.open_qty - taken.get(entry.order_id, ZERO),
        )
        for entry in entries
    )
