"""Positions: holdings per account and instrument, net or hedged as the account is."""

from dataclasses import dataclass
from decimal import Decimal

from argos.core.intent import Side


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """A holding. `qty` is positive, in units; `position_id` is the venue's, constant for its life.

    `magic` and `client_order_id` lead back to the order that opened it, where the venue keeps them.
    """

    symbol: str
    side: Side
    qty: Decimal
    price_open: Decimal
    position_id: str
    sl: Decimal | None = None
    tp: Decimal | None = None
    magic: int = 0
    client_order_id: str = ""

    @property
    def signed_qty(self) -> Decimal:
        return self.qty * self.side.sign
