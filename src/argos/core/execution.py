"""Executions: fills as the venue told them. Append-only; a correction is another record."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from argos.core.intent import Side


class Entry(StrEnum):
    """What a fill did to the position: opened, closed, turned over, or closed against another."""

    IN = "in"
    OUT = "out"
    INOUT = "inout"
    OUT_BY = "out_by"


class FillReason(StrEnum):
    """Why it happened: our command, a stop or target at the broker, a person, a margin call."""

    COMMAND = "command"
    SL = "sl"
    TP = "tp"
    MANUAL = "manual"
    STOP_OUT = "stop_out"


@dataclass(frozen=True, slots=True, kw_only=True)
class Execution:
    """One fill. Quantity in units; money in account currency, costs positive when we pay.

    `profit` is the venue's own figure for closing fills, before costs. `magic` and `client_order_id` are
    the identity the venue kept: of the order itself, or, on a stop or target close, of the opening order.
    `venue_time_ms` is the reading of the venue's own clock where `occurred_at` had to be worked out from it.
    """

    venue_exec_id: str
    venue_order_id: str
    position_id: str
    symbol: str
    side: Side
    entry: Entry
    price: Decimal
    qty: Decimal
    commission: Decimal
    swap: Decimal
    fee: Decimal
    profit: Decimal
    reason: FillReason
    occurred_at: datetime
    magic: int = 0
    client_order_id: str = ""
    comment: str = ""
    venue_time_ms: int | None = None
