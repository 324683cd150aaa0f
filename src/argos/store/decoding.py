"""Rows of configuration and plans back into words of the core."""

from collections.abc import Mapping
from datetime import time
from decimal import Decimal
from typing import Any
from uuid import UUID

from argos.core.account import (
    Account,
    AccountLimits,
    AccountSnapshot,
    Route,
    RouteLeg,
    TradingHours,
)
from argos.core.intent import OrderType, Side
from argos.core.order import Order, OrderRole
from argos.protocol.intent_store import decode_size
from argos.protocol.snapshots import decode_snapshot
from argos.protocol.values import optional_decimal, optional_moment, parse_decimal, parse_moment


def decode_limits(body: Mapping[str, Any]) -> AccountLimits:
    return AccountLimits(
        qty_max=optional_decimal(body.get("qty_max"), field="qty_max"),
        notional_max=optional_decimal(body.get("notional_max"), field="notional_max"),
        positions_max=body.get("positions_max"),
        snapshot_age_s_max=body.get("snapshot_age_s_max", AccountLimits().snapshot_age_s_max),
    )


def decode_account(row: Mapping[str, Any]) -> Account:
    return Account(
        account=row["account"],
        venue=row["venue"],
        currency=row["currency"],
        enabled=row["enabled"],
        hedging=row["hedging"],
        limits=decode_limits(row["limits"]),
    )


def decode_account_state(row: Mapping[str, Any]) -> AccountSnapshot | None:
    """The account's last snapshot; None when its node has never spoken."""
    if row["snapshot"] is None:
        return None
    instruments = list((row["instruments"] or {}).values())
    return decode_snapshot({**row["snapshot"], "instruments": instruments})


def decode_hours(body: Mapping[str, Any]) -> TradingHours:
    return TradingHours(
        days=frozenset(body["days"]),
        start=time.fromisoformat(body["from"]),
        end=time.fromisoformat(body["to"]),
        timezone=body["timezone"],
    )


def decode_leg(row: Mapping[str, Any]) -> RouteLeg:
    return RouteLeg(
        account=row["account"],
        share=parse_decimal(row["share"], field="share"),
        size=decode_size(row["size"]),
        symbol_map=row["symbol_map"],
        hours=tuple(decode_hours(item) for item in row["hours"]),
        enabled=row["enabled"],
    )


def decode_route(row: Mapping[str, Any], legs: list[Mapping[str, Any]]) -> Route:
    return Route(
        route=row["route"],
        enabled=row["enabled"],
        size=decode_size(row["size"]),
        expiry_s=row["expiry_s"],
        alert_age_s_max=row["alert_age_s_max"],
        legs=tuple(decode_leg(leg) for leg in legs),
    )


def _optional_uuid(text: str | None) -> UUID | None:
    return UUID(text) if text else None


def decode_order(row: Mapping[str, Any]) -> Order:
    """An order whose decimals and moments stand as text (what `to_jsonb` makes of them)."""

    def price(name: str) -> Decimal | None:
        return optional_decimal(row[name], field=name)

    return Order(
        order_id=UUID(row["order_id"]),
        intent_id=UUID(row["intent_id"]),
        trade_id=row["trade_id"],
        account=row["account"],
        route=row["route"],
        role=OrderRole(row["role"]),
        symbol=row["symbol"],
        side=Side(row["side"]),
        order_type=OrderType(row["order_type"]),
        qty=parse_decimal(row["qty"], field="qty"),
        price=price("price"),
        stop_limit_price=price("stop_limit_price"),
        sl=price("sl"),
        tp=price("tp"),
        valid_until=optional_moment(row["valid_until"], field="valid_until"),
        magic=int(row["magic"]),
        client_order_id=row["client_order_id"],
        planned_at=parse_moment(row["planned_at"], field="planned_at"),
        denial_code=row["denial_code"],
        denial_text=row["denial_text"],
        closes_order_id=_optional_uuid(row["closes_order_id"]),
    )
