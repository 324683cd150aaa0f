"""Reading a stored intent back: the inverse of `intent_body.encode_intent`."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from argos.core.intent import Action, Intent, OrderType, Side, Size, SizeMode
from argos.protocol.values import (
    optional_decimal,
    optional_moment,
    parse_decimal,
    parse_moment,
)


def decode_size(body: Mapping[str, Any] | None) -> Size | None:
    if body is None:
        return None
    return Size(mode=SizeMode(body["mode"]), value=parse_decimal(body["value"], field="size.value"))


def decode_intent(body: Mapping[str, Any], *, sequence: int) -> Intent:
    """The intent that was stored as `body`; `sequence` is its place in the order of acceptance."""

    def price(name: str) -> Any:
        return optional_decimal(body[name], field=name)

    return Intent(
        intent_id=UUID(body["intent_id"]),
        source=body["source"],
        event_id=UUID(body["event_id"]),
        weak_id=body["weak_id"],
        trade_id=body["trade_id"],
        bot_version=body["bot_version"],
        account_route=body["account_route"],
        action=Action(body["action"]),
        symbol=body["symbol"],
        side=Side(body["side"]) if body["side"] else None,
        order_type=OrderType(body["order_type"]),
        entry_price=price("entry_price"),
        stop_limit_price=price("stop_limit_price"),
        sl=price("sl"),
        tp=price("tp"),
        size=decode_size(body["size"]),
        close_fraction=parse_decimal(body["close_fraction"], field="close_fraction"),
        confidence=price("confidence"),
        expires_at=optional_moment(body["expires_at"], field="expires_at"),
        features=body["features"],
        timestamp_tv=parse_moment(body["timestamp_tv"], field="timestamp_tv"),
        received_at=parse_moment(body["received_at"], field="received_at"),
        sequence=sequence,
    )
