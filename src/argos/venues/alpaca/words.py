"""From Alpaca's words to ours: statuses, fills, positions, and whose order an order was.

Orders that Argos writes besides an entry or exit bear the entry's client id and a suffix: `.r-` an order that
replaced it, `.p-` a stop or target set for its position. What stands before the dot leads back to the entry.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from argos.core.execution import Entry, Execution, FillReason
from argos.core.intent import Side
from argos.core.money import ZERO
from argos.core.position import Position
from argos.core.standing import MarketSession
from argos.ports import VenueIdentity, VenueOrderReport, VenueOrderState
from argos.protocol.values import (
    optional_decimal,
    optional_moment,
    parse_decimal,
    parse_moment,
)

REPLACEMENT_MARK: Final = ".r-"
PROTECTION_MARK: Final = ".p-"

BODY_INVALID: Final = 40010001
NOT_UNIQUE: Final = "client_order_id must be unique"
SOURCE_BY_HAND: Final = "web"
ACTIVE: Final = "ACTIVE"
_BLOCKS: Final = ("account_blocked", "trading_blocked", "trade_suspended_by_user")

ENDED: Final[Mapping[str, VenueOrderState]] = {
    "filled": VenueOrderState.FILLED,
    "canceled": VenueOrderState.CANCELED,
    "expired": VenueOrderState.EXPIRED,
    "rejected": VenueOrderState.REJECTED,
}
REPLACED: Final = "replaced"
"""Every status besides these five is that of a working order, known to us or not."""
_OVER: Final = frozenset({*ENDED, REPLACED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where an order came from: the entry or exit it belongs to, and why it would fill."""

    client_order_id: str
    reason: FillReason


def number(row: Mapping[str, Any], name: str) -> Decimal:
    return parse_decimal(row[name], field=name)


def root_client_id(client_order_id: str) -> str:
    return client_order_id.partition(".")[0]


def is_protection(row: Mapping[str, Any]) -> bool:
    """True for a stop or target: a leg of a bracket, or one set later."""
    return row["parent_order_id"] is not None or PROTECTION_MARK in row["client_order_id"]


def is_reported(row: Mapping[str, Any]) -> bool:
    """Legs belong to their position, and a replaced order lives on in the one that took its place."""
    return row["status"] != REPLACED and not is_protection(row)


def watched_ids(orders: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    """Of the working orders that the next look must tell of, even if they have ended by then."""
    return tuple(
        row["id"] for row in orders if row["status"] not in _OVER and not is_protection(row)
    )


def origin_of(row: Mapping[str, Any], *, root: str) -> Origin:
    """`root` is the client id of the order at the head of its chain of parents."""
    reason = FillReason.COMMAND
    if is_protection(row):
        reason = FillReason.TP if row["type"] == "limit" else FillReason.SL
    elif row["source"] == SOURCE_BY_HAND:
        reason = FillReason.MANUAL
    return Origin(client_order_id=root_client_id(root), reason=reason)


def state_of(row: Mapping[str, Any]) -> VenueOrderState:
    return ENDED.get(row["status"], VenueOrderState.WORKING)


def trigger_of(row: Mapping[str, Any]) -> Decimal | None:
    """The price an order waits for: its stop, or else its limit."""
    stop = optional_decimal(row["stop_price"], field="stop_price")
    limit = optional_decimal(row["limit_price"], field="limit_price")
    return stop if stop is not None else limit


def report_of(row: Mapping[str, Any]) -> VenueOrderReport:
    return VenueOrderReport(
        venue_order_id=row["id"],
        identity=VenueIdentity(magic=0, client_order_id=root_client_id(row["client_order_id"])),
        symbol=row["symbol"],
        side=Side(row["side"]),
        state=state_of(row),
        qty=number(row, "qty"),
        filled_qty=number(row, "filled_qty"),
        price=trigger_of(row),
        position_id=row["symbol"],
        text=row["status"],
    )


def entry_of(*, side: Side, qty: Decimal, position_qty: Decimal) -> Entry:
    """What a fill did to the holding that is `position_qty`, signed, after it."""
    before = position_qty - qty * side.sign
    if before * side.sign >= 0:
        return Entry.IN
    return Entry.OUT if qty <= abs(before) else Entry.INOUT


def execution_of(row: Mapping[str, Any], *, origin: Origin) -> Execution:
    side, qty = Side(row["side"]), number(row, "qty")
    return Execution(
        venue_exec_id=row["id"],
        venue_order_id=row["order_id"],
        position_id=row["symbol"],
        symbol=row["symbol"],
        side=side,
        entry=entry_of(side=side, qty=qty, position_qty=number(row, "position_qty")),
        price=number(row, "price"),
        qty=qty,
        commission=number(row, "commission"),
        swap=ZERO,
        fee=number(row, "fee"),
        profit=number(row, "realized_pl"),
        reason=origin.reason,
        occurred_at=parse_moment(row["transaction_time"], field="transaction_time"),
        client_order_id=origin.client_order_id,
    )


def opens_position(row: Mapping[str, Any]) -> bool:
    """True for the fill that began the holding it left behind: from flat, or turning it over."""
    held = number(row, "position_qty") * Side(row["side"]).sign
    return ZERO < held <= number(row, "qty")


def position_of(
    row: Mapping[str, Any], *, open_orders: Iterable[Mapping[str, Any]], client_order_id: str
) -> Position:
    """`open_orders` of any symbol: the stop and target are found among them."""
    side = Side.BUY if row["side"] == "long" else Side.SELL
    own = [
        item
        for item in open_orders
        if item["symbol"] == row["symbol"]
        and item["side"] == side.opposite.value
        and is_protection(item)
    ]
    stops = (trigger_of(item) for item in own if item["type"] != "limit")
    targets = (trigger_of(item) for item in own if item["type"] == "limit")
    return Position(
        symbol=row["symbol"],
        side=side,
        qty=abs(number(row, "qty")),
        price_open=number(row, "avg_entry_price"),
        position_id=row["symbol"],
        sl=next(stops, None),
        tp=next(targets, None),
        client_order_id=client_order_id,
    )


def snapshot_terms(row: Mapping[str, Any]) -> dict[str, Any]:
    """The money of an account: cash as balance, what is free of it before leverage, and what stands against trading."""
    return {
        "currency": row["currency"],
        "balance": number(row, "cash"),
        "equity": number(row, "equity"),
        "margin_free": number(row, "non_marginable_buying_power"),
        "buying_power": optional_decimal(row.get("buying_power"), field="buying_power"),
        "blocks": blocks_of(row),
    }


def blocks_of(row: Mapping[str, Any]) -> tuple[str, ...]:
    """Why the account may open nothing: flags that are up, by their names, and any status that is not ACTIVE."""
    status = str(row.get("status", ACTIVE))
    flags = tuple(name for name in _BLOCKS if row.get(name) is True)
    return flags if status == ACTIVE else (f"status {status}", *flags)


def session_of(clock: Mapping[str, Any], *, seen_at: datetime) -> MarketSession:
    """The regular session as `/v2/clock` tells it."""
    is_open = bool(clock["is_open"])
    return MarketSession(
        is_open=is_open,
        seen_at=seen_at,
        changes_at=optional_moment(
            clock.get("next_close" if is_open else "next_open"), field="clock"
        ),
    )
