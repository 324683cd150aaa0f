"""Facts: what a node tells the gateway, and their JSON shape (node protocol, version 1).

A fact's id is a pure function of what it states, so a repeated observation repeats its id.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from argos.core.errors import InputError
from argos.core.execution import Entry, Execution, FillReason
from argos.core.ids import fact_uuid
from argos.core.intent import Side
from argos.protocol.values import decimal_text, moment_text, parse_decimal, parse_moment


class ReportKind(StrEnum):
    """All kinds of the wire. The first nine speak of an order or a request, the others of the account."""

    SEND_STARTED = "send_started"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    FILL = "fill"
    CANCELED = "canceled"
    EXPIRED = "expired"
    MODIFIED = "modified"
    IN_DOUBT = "in_doubt"
    NOT_FOUND = "not_found"
    UNSENT = "unsent"
    POSITION = "position"
    SNAPSHOT = "snapshot"
    DEAL = "deal"
    HEARTBEAT = "heartbeat"


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One fact as it travels. `body` holds the kind's own fields (see docs/reference/node-protocol.md)."""

    fact_id: UUID
    kind: ReportKind
    order_id: UUID | None
    command_id: UUID | None
    at: datetime
    body: Mapping[str, Any]


MAGIC_MAX: Final = 2**63 - 1
_ENVELOPE: Final = ("fact_id", "kind", "order_id", "command_id", "at")


def _storable(value: Any) -> Any:
    """A venue's words may hold what no database keeps, NUL or half a surrogate pair: marked, never passed on."""
    if not isinstance(value, str):
        return value
    return value.replace("\0", "\ufffd").encode("utf-8", "replace").decode("utf-8")


def encode_report(report: Report) -> dict[str, Any]:
    return {
        **{name: _storable(value) for name, value in report.body.items()},
        "fact_id": str(report.fact_id),
        "kind": report.kind.value,
        "order_id": str(report.order_id) if report.order_id else None,
        "command_id": str(report.command_id) if report.command_id else None,
        "at": moment_text(report.at),
    }


def decode_report(body: Mapping[str, Any]) -> Report:
    """The fact in `body`; InputError with a code when it cannot be read."""
    try:
        order_id, command_id = body.get("order_id"), body.get("command_id")
        return Report(
            fact_id=UUID(body["fact_id"]),
            kind=ReportKind(body["kind"]),
            order_id=UUID(order_id) if order_id else None,
            command_id=UUID(command_id) if command_id else None,
            at=parse_moment(body["at"], field="at"),
            body={key: value for key, value in body.items() if key not in _ENVELOPE},
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError(f"not a fact: {error!r}", code="FACT_MALFORMED") from error


def command_fact_id(*, account: str, kind: ReportKind, command_id: UUID, attempt: int = 1) -> UUID:
    """Identity of an answer to a command, one per kind and sending attempt."""
    return fact_uuid(account=account, kind=kind.value, key=f"{command_id}:{attempt}")


def execution_fact_id(*, account: str, venue_exec_id: str) -> UUID:
    """Identity of a fill, whichever way it was seen: in an answer, by an event or by a scan."""
    return fact_uuid(account=account, kind="execution", key=venue_exec_id)


def claim_fact_id(*, account: str, venue_exec_id: str) -> UUID:
    """Identity of the news whose a fill is, when it had been told as nobody's: another thing is stated of it."""
    return fact_uuid(account=account, kind="claim", key=venue_exec_id)


def encode_execution(execution: Execution) -> dict[str, Any]:
    """The body of a `fill` (ours) or `deal` (nobody's we know) fact."""
    raw_time = execution.venue_time_ms
    return {
        **({} if raw_time is None else {"venue_time_ms": raw_time}),
        "venue_exec_id": execution.venue_exec_id,
        "venue_order_id": execution.venue_order_id,
        "position_id": execution.position_id,
        "symbol": execution.symbol,
        "side": execution.side.value,
        "entry": execution.entry.value,
        "price": decimal_text(execution.price),
        "qty": decimal_text(execution.qty),
        "commission": decimal_text(execution.commission),
        "swap": decimal_text(execution.swap),
        "fee": decimal_text(execution.fee),
        "profit": decimal_text(execution.profit),
        "reason": execution.reason.value,
        "occurred_at": moment_text(execution.occurred_at),
        "magic": str(execution.magic),
        "client_order_id": execution.client_order_id,
        "comment": execution.comment,
    }


def decode_execution(body: Mapping[str, Any]) -> Execution:
    """The execution in a fact's body; InputError (FACT_MALFORMED, VALUE_...) when a field is missing or wrong."""

    def amount(name: str) -> Decimal:
        return parse_decimal(body[name], field=name)

    try:
        execution = Execution(
            venue_exec_id=str(body["venue_exec_id"]),
            venue_order_id=str(body["venue_order_id"]),
            position_id=str(body["position_id"]),
            symbol=body["symbol"],
            side=Side(body["side"]),
            entry=Entry(body["entry"]),
            price=amount("price"),
            qty=amount("qty"),
            commission=amount("commission"),
            swap=amount("swap"),
            fee=amount("fee"),
            profit=amount("profit"),
            reason=FillReason(body["reason"]),
            occurred_at=parse_moment(body["occurred_at"], field="occurred_at"),
            magic=int(body["magic"]),
            client_order_id=body["client_order_id"],
            comment=body["comment"],
            venue_time_ms=int(body["venue_time_ms"]) if "venue_time_ms" in body else None,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"not an execution: {error!r}", code="FACT_MALFORMED") from error
    if execution.qty <= 0 or abs(execution.magic) > MAGIC_MAX:
        raise InputError(
            "an execution has a quantity and a magic of 64 bits", code="FACT_MALFORMED"
        )
    return execution
