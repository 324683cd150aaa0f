"""Deals, positions, and what one fill does to a position: the arithmetic of hedging and netting."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from argos.core.execution import Entry, FillReason
from argos.core.instrument import Instrument, Quote
from argos.core.intent import Side
from argos.core.money import ZERO, round_near

PRICE_OPEN_STEP = Decimal("0.00000001")
"""Average opening prices are kept to this step."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deal:
    """One fill as booked. Costs are positive when the client pays; `cash_delta` is what it did to the cash.

    `position_qty` is the signed holding behind `position_id` after the deal. `bid` and `ask` are the quote
    that stood when it was done; `cum_qty` and `leaves_qty` are the order's, after it.
    """

    ticket: int
    account: str
    order: int
    position_id: int
    symbol: str
    side: Side
    entry: Entry
    qty: Decimal
    price: Decimal
    commission: Decimal
    swap: Decimal
    fee: Decimal
    profit: Decimal
    cash_delta: Decimal
    position_qty: Decimal
    cum_qty: Decimal
    leaves_qty: Decimal
    reason: FillReason
    bid: Decimal
    ask: Decimal
    occurred_at: datetime
    magic: int = 0
    client_order_id: str = ""
    comment: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerPosition:
    """A holding. `swap` is what has accrued and is not yet booked on a deal; positive is a cost."""

    position_id: int
    account: str
    symbol: str
    side: Side
    qty: Decimal
    price_open: Decimal
    opened_at: datetime
    updated_at: datetime
    sl: Decimal | None = None
    tp: Decimal | None = None
    swap: Decimal = ZERO
    magic: int = 0
    client_order_id: str = ""
    comment: str = ""

    @property
    def signed_qty(self) -> Decimal:
        return self.qty * self.side.sign

    def floating_profit(self, quote: Quote, *, instrument: Instrument) -> Decimal:
        """What closing at `quote` would earn in account currency, before costs and accrued swap."""
        return instrument.worth((self.mark(quote) - self.price_open) * self.signed_qty)

    def mark(self, quote: Quote) -> Decimal:
        """The price at which it could be closed: the bid of a long, the ask of a short holding."""
        return quote.bid if self.side is Side.BUY else quote.ask


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """What a fill does: the signed holding after it, its opening price, and the result of what it closed."""

    entry: Entry
    signed_qty: Decimal
    price_open: Decimal
    closed_qty: Decimal
    profit: Decimal
    swap: Decimal


def settle(
    position: BrokerPosition | None,
    *,
    side: Side,
    qty: Decimal,
    price: Decimal,
    instrument: Instrument,
    money_step: Decimal,
) -> Settlement:
    """The effect of a fill on the position it meets; None is flat.

    The same side adds at the weighted price; the other side closes first in, at the average price, and turns
    the position over with what is left. Swap is booked in the share that is closed.
    """
    if position is None or position.side is side:
        held = position.qty if position else ZERO
        value = (position.price_open * held if position else ZERO) + price * qty
        return Settlement(
            entry=Entry.IN,
            signed_qty=(held + qty) * side.sign,
            price_open=round_near(value / (held + qty), step=PRICE_OPEN_STEP),
            closed_qty=ZERO,
            profit=ZERO,
            swap=ZERO,
        )
    closed = min(qty, position.qty)
    profit = instrument.worth((price - position.price_open) * closed * position.side.sign)
    share = closed / position.qty
    swap = position.swap if share == 1 else round_near(position.swap * share, step=money_step)
    return Settlement(
        entry=Entry.INOUT if qty > position.qty else Entry.OUT,
        signed_qty=position.signed_qty + qty * side.sign,
        price_open=price if qty > position.qty else position.price_open,
        closed_qty=closed,
        profit=round_near(profit, step=money_step),
        swap=swap,
    )
