"""Commands: what the gateway asks of a node, and their JSON shape (node protocol, version 1)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from argos.core.intent import OrderType, Side
from argos.core.order import CommandKind
from argos.protocol.values import (
    decimal_text,
    moment_text,
    optional_decimal,
    optional_decimal_text,
    optional_moment,
    optional_moment_text,
    parse_decimal,
    parse_moment,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One instruction to one node.

    submit: send the entry. close: close `qty` units of the position that `target_*` or `position_id` names.
    cancel, modify: change the order `order_id`, recognised by `magic` and `client_order_id`; a modify
    also reaches the position that this order opened. `is_exit` commands have no `valid_until`.
    `attempt` above 1 means: this may have been leased before, look before you send.
    `working_until`: when a pending order that was sent in time shall end; None: it works until somebody ends it.
    `lease_ms` is how long after its arrival the node may still begin to send.
    """

    command_id: UUID
    order_id: UUID
    seq: int
    kind: CommandKind
    symbol: str
    side: Side
    order_type: OrderType
    qty: Decimal
    price: Decimal | None
    stop_limit_price: Decimal | None
    sl: Decimal | None
    tp: Decimal | None
    deviation_points: int
    position_id: str | None
    magic: int
    client_order_id: str
    target_magic: int
    target_client_order_id: str
    comment: str
    valid_until: datetime | None
    is_exit: bool
    attempt: int
    lease_ms: int
    alert_received_at: datetime
    working_until: datetime | None = None


def encode_command(command: Command) -> dict[str, Any]:
    return {
        "command_id": str(command.command_id),
        "order_id": str(command.order_id),
        "seq": command.seq,
        "kind": command.kind.value,
        "symbol": command.symbol,
        "side": command.side.value,
        "order_type": command.order_type.value,
        "qty": decimal_text(command.qty),
        "price": optional_decimal_text(command.price),
        "stop_limit_price": optional_decimal_text(command.stop_limit_price),
        "sl": optional_decimal_text(command.sl),
        "tp": optional_decimal_text(command.tp),
        "deviation_points": command.deviation_points,
        "position_id": command.position_id,
        "magic": str(command.magic),
        "client_order_id": command.client_order_id,
        "target_magic": str(command.target_magic),
        "target_client_order_id": command.target_client_order_id,
        "comment": command.comment,
        "valid_until": optional_moment_text(command.valid_until),
        "is_exit": command.is_exit,
        "attempt": command.attempt,
        "lease_ms": command.lease_ms,
        "alert_received_at": moment_text(command.alert_received_at),
        "working_until": optional_moment_text(command.working_until),
    }


def decode_command(body: Mapping[str, Any]) -> Command:
    """The command in `body`; InputError or KeyError when a field is missing or malformed."""
    return Command(
        command_id=UUID(body["command_id"]),
        order_id=UUID(body["order_id"]),
        seq=int(body["seq"]),
        kind=CommandKind(body["kind"]),
        symbol=body["symbol"],
        side=Side(body["side"]),
        order_type=OrderType(body["order_type"]),
        qty=parse_decimal(body["qty"], field="qty"),
        price=optional_decimal(body["price"], field="price"),
        stop_limit_price=optional_decimal(body["stop_limit_price"], field="stop_limit_price"),
        sl=optional_decimal(body["sl"], field="sl"),
        tp=optional_decimal(body["tp"], field="tp"),
        deviation_points=int(body["deviation_points"]),
        position_id=body["position_id"],
        magic=int(body["magic"]),
        client_order_id=body["client_order_id"],
        target_magic=int(body["target_magic"]),
        target_client_order_id=body["target_client_order_id"],
        comment=body["comment"],
        valid_until=optional_moment(body["valid_until"], field="valid_until"),
        is_exit=bool(body["is_exit"]),
        attempt=int(body["attempt"]),
        lease_ms=int(body["lease_ms"]),
        alert_received_at=parse_moment(body["alert_received_at"], field="alert_received_at"),
        working_until=optional_moment(body.get("working_until"), field="working_until"),
    )
