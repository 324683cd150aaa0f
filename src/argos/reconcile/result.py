"""The reconciled leg: what one trade came to at one account (contracts, section 3)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from argos.core.intent import OrderType, Side

PRICE_STEP: Final = Decimal("1E-10")
BPS_STEP: Final = Decimal("1E-4")
MONEY_STEP: Final = Decimal("1E-8")
RATIO_STEP: Final = Decimal("1E-6")
"""Results are rounded half-even to these steps, once, at the end; sums inside are exact."""


class Outcome(StrEnum):
    """`open`: not over yet. Win, loss and breakeven are told by `net_pnl` once the position is flat."""

    OPEN = "open"
    WIN = "win"
    LOSS = "loss"
    BREAKEVEN = "breakeven"
    DENIED = "denied"
    REJECTED = "rejected"
    EXPIRED = "expired"
    CANCELED = "canceled"
    IN_DOUBT = "in_doubt"
    EXTERNAL = "external"


class SlippageReference(StrEnum):
    """The price a fill is held against: the strategy's, the mid at receipt, the far side quoted at send."""

    SIGNAL = "signal"
    ARRIVAL = "arrival"
    BROKER = "broker"


class Divergence(StrEnum):
    """How the outcome differs from what was wanted. `meaning` says it in a sentence."""

    SIDE = "SIDE"
    SYMBOL = "SYMBOL"
    QTY = "QTY"
    SL_MISSING = "SL_MISSING"
    TP_MISSING = "TP_MISSING"
    PRICE_BEYOND_LIMIT = "PRICE_BEYOND_LIMIT"
    DUPLICATE = "DUPLICATE"
    MISSING = "MISSING"
    UNEXPECTED = "UNEXPECTED"
    LATE = "LATE"

    @property
    def meaning(self) -> str:
        return _MEANINGS[self]


_MEANINGS: Final[Mapping[Divergence, str]] = MappingProxyType(
    {
        Divergence.SIDE: "An order or a fill is on the other side than was asked for.",
        Divergence.SYMBOL: "A fill is in another symbol than its order.",
        Divergence.QTY: (
            "The entry ended with another quantity than planned, an order was overfilled, "
            "or more was closed than had been opened."
        ),
        Divergence.SL_MISSING: "The order had a stop, and its position at the venue shows none.",
        Divergence.TP_MISSING: "The order had a target, and its position at the venue shows none.",
        Divergence.PRICE_BEYOND_LIMIT: "A fill is at a worse price than its order's limit.",
        Divergence.DUPLICATE: "The venue holds more than one order for one order of ours.",
        Divergence.MISSING: "A fill was reported for an order and is not among the executions.",
        Divergence.UNEXPECTED: (
            "A fill that no order of ours asked for: by hand, by a margin call, or unexplained."
        ),
        Divergence.LATE: (
            "The entry was sent or filled after its valid_until, "
            "or an order was filled after it had been reported as ended."
        ),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReconciledLeg:
    """One trade at one account. Money is in `currency`; quantities in units; slippage adverse > 0.

    `slippage_price` and `slippage_bps` hold the entry's average price against `slippage_reference`, the first of
    signal, arrival and broker that is known for every entry fill; None without one. The three
    `slippage_*_bps` are each None unless their reference is known for every entry fill.
    `slippage_cost` is the same in money, plus the exits against the price their intents named, where they did
    (`exit_price_intended`); stops and targets have no such price. Unknown slippage adds nothing to `net_cost`.
    `gross_pnl` and `net_pnl` cover what has been closed; `net_pnl` = gross_pnl - commission - swap - fee:
    slippage is in the prices already. `venue_profit` is the venue's own word for gross_pnl.
    `r_multiple` is net_pnl over the risk at entry; None unless flat and every entry order had a stop.
    `order_type` is that of the leading entry; only a market order's time to its fill is a latency of ours.
    `fill_ratio` is None when nothing was intended and something was filled.
    """

    trade_id: str
    account: str
    currency: str
    symbol: str
    side: Side | None
    bot_version: str
    order_type: OrderType | None
    outcome: Outcome
    reason_code: str | None
    reason_text: str | None
    intended_qty: Decimal
    filled_qty: Decimal
    exit_qty: Decimal
    fill_ratio: Decimal | None
    entry_price_intended: Decimal | None
    entry_price_filled: Decimal | None
    exit_price_intended: Decimal | None
    exit_price_filled: Decimal | None
    slippage_reference: SlippageReference | None
    slippage_price: Decimal | None
    slippage_bps: Decimal | None
    slippage_cost: Decimal | None
    slippage_signal_bps: Decimal | None
    slippage_arrival_bps: Decimal | None
    slippage_broker_bps: Decimal | None
    latency_ms: Mapping[str, float | None]
    commission: Decimal
    swap: Decimal
    fee: Decimal
    net_cost: Decimal
    gross_pnl: Decimal
    net_pnl: Decimal
    venue_profit: Decimal
    r_multiple: Decimal | None
    divergence: tuple[Divergence, ...]
    opened_at: datetime | None
    closed_at: datetime | None
    revision: int
    reconciled_at: datetime

    @property
    def is_flat(self) -> bool:
        return self.closed_at is not None
