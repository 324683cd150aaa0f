"""What nodes say, read field by field: the value, or InputError with the field and a fix."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from argos.core.account import AccountSnapshot
from argos.core.errors import InputError
from argos.gateway.node_auth import SignedCall
from argos.protocol.snapshots import decode_snapshot

WAIT_MS_MAX: Final = 25_000
IN_FLIGHT_MAX: Final = 4000


def object_of(value: Any) -> Mapping[str, Any]:
    if isinstance(value, Mapping):
        return value
    raise InputError("expected a JSON object", code="BODY_NOT_AN_OBJECT", fix="send an object")


def text_of(document: Mapping[str, Any], name: str) -> str:
    value = document.get(name)
    if isinstance(value, str) and 0 < len(value) <= 128:
        return value
    raise InputError(f"{name} must be text", code="FIELD_INVALID", field=name, fix="see the docs")


def uuid_of(value: Any, *, field: str) -> UUID:
    try:
        return UUID(value)
    except (ValueError, TypeError, AttributeError):
        raise InputError(
            f"{field} must hold UUIDs", code="FIELD_INVALID", field=field, fix="see the docs"
        ) from None


def log_counter_of(body: Mapping[str, Any]) -> int | None:
    """The highest counter that the node's log has given out, if it says so."""
    value = body.get("log_counter")
    if value is None or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    raise InputError(
        "log_counter must be a whole number",
        code="FIELD_INVALID",
        field="log_counter",
        fix="see the docs",
    )


def in_flight_of(body: Mapping[str, Any]) -> list[UUID]:
    """The newest commands that the node holds already."""
    items = body.get("in_flight", [])
    if isinstance(items, list):
        return [uuid_of(item, field="in_flight") for item in items[:IN_FLIGHT_MAX]]
    raise InputError(
        "in_flight must be a list", code="FIELD_INVALID", field="in_flight", fix="see the docs"
    )


def wait_ms_of(body: Mapping[str, Any]) -> int:
    value = body.get("wait_ms", 0)
    if isinstance(value, int) and not isinstance(value, bool):
        return min(max(value, 0), WAIT_MS_MAX)
    raise InputError(
        "wait_ms must be a whole number", code="FIELD_INVALID", field="wait_ms", fix="see the docs"
    )


def own_snapshot(body: Any, *, call: SignedCall, now: datetime) -> AccountSnapshot | None:
    """The snapshot a node sent, if any. One of another account than the node's own is refused.

    None is from the future: a clock that ran ahead must not keep later looks out until its time has come.
    """
    if body is None:
        return None
    snapshot = decode_snapshot(object_of(body))
    if snapshot.account != call.account:
        raise InputError(
            f"{call.node} speaks for {call.account}, not for {snapshot.account}",
            code="SNAPSHOT_FOREIGN",
            fix="check the node's account setting",
        )
    return snapshot if snapshot.taken_at <= now else replace(snapshot, taken_at=now)
