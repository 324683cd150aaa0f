"""A leg as JSON, and whether two results say the same. A revision is stored only when they do not."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime
from decimal import Decimal
from operator import attrgetter
from typing import Any, Final

import orjson

from argos.core.intent import OrderType, Side
from argos.core.texts import (
    decimal_text,
    moment_text,
    optional_decimal_text,
    optional_moment_text,
)
from argos.reconcile.latency import STAGES
from argos.reconcile.result import Divergence, Outcome, ReconciledLeg, SlippageReference

_ABOUT_STORAGE: Final = frozenset({"revision", "reconciled_at"})
"""Fields that say when and how often it was found, not what."""

_content = attrgetter(
    *(field.name for field in fields(ReconciledLeg) if field.name not in _ABOUT_STORAGE)
)


def same_result(one: ReconciledLeg, other: ReconciledLeg) -> bool:
    return bool(_content(one) == _content(other))


def next_revision(previous: ReconciledLeg | None, fresh: ReconciledLeg) -> ReconciledLeg | None:
    """`fresh` as the revision to store after `previous`; None when it says nothing new."""
    if previous is None:
        return fresh
    if same_result(previous, fresh):
        return None
    return replace(fresh, revision=previous.revision + 1)


def content_digest(leg: ReconciledLeg) -> str:
    """Hex SHA-256 of what the leg says; equal for equal results, whichever revision they are."""
    return encoded_digest(encode_leg(leg))


def encoded_digest(encoded: Mapping[str, Any]) -> str:
    """`content_digest` of a leg that is encoded already."""
    content = {name: value for name, value in encoded.items() if name not in _ABOUT_STORAGE}
    return hashlib.sha256(_content_document(content)).hexdigest()


def _content_document(content: Mapping[str, Any]) -> bytes:
    return orjson.dumps(content, option=orjson.OPT_SORT_KEYS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """A leg that may be stored. `content` is what it says, as JSON: encoded once, for the digest and for the table."""

    leg: ReconciledLeg
    content: bytes
    digest: str

    @property
    def document(self) -> bytes:
        """The whole leg as JSON, in the words of `encode_leg`."""
        about = orjson.dumps(_encode_about_storage(self.leg))
        return b"%b,%b" % (self.content[:-1], about[1:])

    def numbered(self, number: int) -> "Revision":
        """The same result as revision `number`."""
        return replace(self, leg=replace(self.leg, revision=number))


def revision_of(leg: ReconciledLeg) -> Revision:
    content = _content_document(_encode_content(leg))
    return Revision(leg=leg, content=content, digest=hashlib.sha256(content).hexdigest())


def encode_leg(leg: ReconciledLeg) -> dict[str, Any]:
    """The leg under the names of contracts, section 3: decimals as strings, latencies as numbers."""
    return _encode_content(leg) | _encode_about_storage(leg)


def _encode_about_storage(leg: ReconciledLeg) -> dict[str, Any]:
    return {"revision": leg.revision, "reconciled_at": moment_text(leg.reconciled_at)}


def _encode_content(leg: ReconciledLeg) -> dict[str, Any]:
    return {
        "trade_id": leg.trade_id,
        "account": leg.account,
        "currency": leg.currency,
        "symbol": leg.symbol,
        "side": leg.side.value if leg.side is not None else None,
        "bot_version": leg.bot_version,
        "order_type": leg.order_type.value if leg.order_type else None,
        "outcome": leg.outcome.value,
        "reason_code": leg.reason_code,
        "reason_text": leg.reason_text,
        "intended_qty": decimal_text(leg.intended_qty),
        "filled_qty": decimal_text(leg.filled_qty),
        "exit_qty": decimal_text(leg.exit_qty),
        "fill_ratio": optional_decimal_text(leg.fill_ratio),
        "entry_price_intended": optional_decimal_text(leg.entry_price_intended),
        "entry_price_filled": optional_decimal_text(leg.entry_price_filled),
        "exit_price_intended": optional_decimal_text(leg.exit_price_intended),
        "exit_price_filled": optional_decimal_text(leg.exit_price_filled),
        "slippage_reference": leg.slippage_reference.value if leg.slippage_reference else None,
        "slippage_price": optional_decimal_text(leg.slippage_price),
        "slippage_bps": optional_decimal_text(leg.slippage_bps),
        "slippage_cost": optional_decimal_text(leg.slippage_cost),
        "slippage_signal_bps": optional_decimal_text(leg.slippage_signal_bps),
        "slippage_arrival_bps": optional_decimal_text(leg.slippage_arrival_bps),
        "slippage_broker_bps": optional_decimal_text(leg.slippage_broker_bps),
        "latency_ms": dict(leg.latency_ms),
        "commission": decimal_text(leg.commission),
        "swap": decimal_text(leg.swap),
        "fee": decimal_text(leg.fee),
        "net_cost": decimal_text(leg.net_cost),
        "gross_pnl": decimal_text(leg.gross_pnl),
        "net_pnl": decimal_text(leg.net_pnl),
        "venue_profit": decimal_text(leg.venue_profit),
        "r_multiple": optional_decimal_text(leg.r_multiple),
        "divergence": [code.value for code in leg.divergence],
        "opened_at": optional_moment_text(leg.opened_at),
        "closed_at": optional_moment_text(leg.closed_at),
    }


def decode_leg(body: Mapping[str, Any]) -> ReconciledLeg:
    """The leg that `encode_leg` wrote; KeyError or ValueError for anything else."""

    def number(name: str) -> Decimal:
        return Decimal(body[name])

    def optional_number(name: str) -> Decimal | None:
        return None if body[name] is None else Decimal(body[name])

    def optional_moment(name: str) -> datetime | None:
        return None if body[name] is None else datetime.fromisoformat(body[name])

    latency, reference = body["latency_ms"], body["slippage_reference"]
    return ReconciledLeg(
        trade_id=body["trade_id"],
        account=body["account"],
        currency=body["currency"],
        symbol=body["symbol"],
        side=Side(body["side"]) if body["side"] is not None else None,
        bot_version=body["bot_version"],
        order_type=OrderType(body["order_type"]) if body["order_type"] else None,
        outcome=Outcome(body["outcome"]),
        reason_code=body["reason_code"],
        reason_text=body["reason_text"],
        intended_qty=number("intended_qty"),
        filled_qty=number("filled_qty"),
        exit_qty=number("exit_qty"),
        fill_ratio=optional_number("fill_ratio"),
        entry_price_intended=optional_number("entry_price_intended"),
        entry_price_filled=optional_number("entry_price_filled"),
        exit_price_intended=optional_number("exit_price_intended"),
        exit_price_filled=optional_number("exit_price_filled"),
        slippage_reference=SlippageReference(reference) if reference is not None else None,
        slippage_price=optional_number("slippage_price"),
        slippage_bps=optional_number("slippage_bps"),
        slippage_cost=optional_number("slippage_cost"),
        slippage_signal_bps=optional_number("slippage_signal_bps"),
        slippage_arrival_bps=optional_number("slippage_arrival_bps"),
        slippage_broker_bps=optional_number("slippage_broker_bps"),
        latency_ms={
            stage: None if latency[stage] is None else float(latency[stage]) for stage in STAGES
        },
        commission=number("commission"),
        swap=number("swap"),
        fee=number("fee"),
        net_cost=number("net_cost"),
        gross_pnl=number("gross_pnl"),
        net_pnl=number("net_pnl"),
        venue_profit=number("venue_profit"),
        r_multiple=optional_number("r_multiple"),
        divergence=tuple(Divergence(code) for code in body["divergence"]),
        opened_at=optional_moment("opened_at"),
        closed_at=optional_moment("closed_at"),
        revision=int(body["revision"]),
        reconciled_at=datetime.fromisoformat(body["reconciled_at"]),
    )
