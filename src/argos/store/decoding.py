"""Rows of configuration and plans back into words of the core."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import time
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final

import orjson

from argos.core.account import (
    Account,
    AccountLimits,
    AccountSnapshot,
    Route,
    RouteLeg,
    TradingHours,
)
from argos.core.errors import InputError
from argos.core.instrument import Instrument
from argos.protocol.intent_store import decode_size
from argos.protocol.risk_limits import decode_risk_limits
from argos.protocol.rule_sets import decode_rule_account
from argos.protocol.snapshots import decode_instrument, decode_snapshot
from argos.protocol.values import optional_decimal, parse_decimal

_STATES_REMEMBERED: Final = 256


def decode_limits(body: Mapping[str, Any]) -> AccountLimits:
    return AccountLimits(
        qty_max=optional_decimal(body.get("qty_max"), field="qty_max"),
        notional_max=optional_decimal(body.get("notional_max"), field="notional_max"),
        positions_max=body.get("positions_max"),
        snapshot_age_s_max=body.get("snapshot_age_s_max", AccountLimits().snapshot_age_s_max),
        terms_age_s_max=body.get("terms_age_s_max", AccountLimits().terms_age_s_max),
        commission_per_lot=optional_decimal(
            body.get("commission_per_lot"), field="commission_per_lot"
        ),
        risk=decode_risk_limits(body.get("risk")),
        firm=decode_rule_account(body.get("firm")),
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
    snapshot = decode_snapshot({**row["snapshot"], "instruments": []})
    return replace(snapshot, instruments=_instruments(orjson.dumps(row["instruments"] or {})))


@lru_cache(maxsize=_STATES_REMEMBERED)
def _instruments(told: bytes) -> Mapping[str, Instrument]:
    """By symbol. The same bytes are the same terms: every decision reads them, and they change once in a while."""
    try:
        bodies = orjson.loads(told).values()
        return MappingProxyType({body["symbol"]: decode_instrument(body) for body in bodies})
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"not instruments: {error!r}", code="SNAPSHOT_MALFORMED") from error


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
