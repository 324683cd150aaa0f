"""An intent as the database keeps it: written as JSON with a hash of its content, and read back."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson

from argos.core.intent import Action, Intent, OrderType, Side, Size, SizeMode
from argos.protocol.values import (
    canonical_json,
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
class IntentRecord:
    """What is stored of an intent: `document` is its JSON, decimals as strings, moments in RFC 3339.

    `content_hash` is the SHA-256 of what the sender said, identity and the spelling of numbers left out.
    """

    intent: Intent
    document: bytes
    content_hash: bytes


def record_of(intent: Intent) -> IntentRecord:
    content, features = _content_of(intent), intent.features
    document = {
        "intent_id": str(intent.intent_id),
        "source": intent.source,
        "event_id": str(intent.event_id),
        "weak_id": intent.weak_id,
        "received_at": moment_text(intent.received_at),
        "features": features,
        **content,
    }
    if features is not None:
        content["features"] = orjson.Fragment(canonical_json(features))
    return IntentRecord(
        intent=intent,
        document=orjson.dumps(document, default=_verbatim),
        content_hash=hashlib.sha256(canonical_json(content)).digest(),
    )


def _content_of(intent: Intent) -> dict[str, Any]:
    """What the sender said, but for features: of them the document keeps every number as it was sent."""
    size = intent.size
    return {
        "trade_id": intent.trade_id,
        "bot_version": intent.bot_version,
        "account_route": intent.account_route,
        "action": intent.action.value,
        "symbol": intent.symbol,
        "side": intent.side.value if intent.side else None,
        "order_type": intent.order_type.value,
        "entry_price": optional_decimal_text(intent.entry_price),
        "stop_limit_price": optional_decimal_text(intent.stop_limit_price),
        "sl": optional_decimal_text(intent.sl),
        "tp": optional_decimal_text(intent.tp),
        "size": {"mode": size.mode.value, "value": decimal_text(size.value)} if size else None,
        "close_fraction": decimal_text(intent.close_fraction),
        "confidence": optional_decimal_text(intent.confidence),
        "expires_at": optional_moment_text(intent.expires_at),
        "timestamp_tv": moment_text(intent.timestamp_tv),
    }


def _verbatim(value: object) -> orjson.Fragment:
    return orjson.Fragment(str(value))


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
