"""From a recorded signal to the body of an intent, and the row that carries it. Pure but for that row."""

import sqlite3
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from argos.consensus.vote import Direction
from argos.core.canonical import sha256_of
from argos.core.errors import InputError
from argos.core.intent import Action, OrderType, Side, SizeMode
from argos.core.money import ONE, round_down, round_up
from argos.core.texts import decimal_text, moment_text, optional_decimal_text, parse_moment
from argos.proofs.records import Record
from argos.signals.outbox import Outbox, OutboxKind
from argos.signals.settings import SignalSettings

SOURCE: Final = "signals"
"""The intents' source: hooks and API keys have theirs behind a colon, so nobody else can be it."""
SIZE_MODE: Final = SizeMode.CONSENSUS
"""Scaled by confidence and volatility where the account is known; see docs/concepts/risk.md."""
CENT: Final = Decimal("0.01")
SUB_PENNY: Final = Decimal("0.0001")
_SIDES: Final = {Direction.LONG.value: Side.BUY, Direction.SHORT.value: Side.SELL}

OnRecorded = Callable[[sqlite3.Connection, Record, Decimal | None], None]


def entry_body(
    record: Record, *, settings: SignalSettings, price: Decimal | None
) -> dict[str, Any]:
    """The intent to open what a valid signal asks for, with the legs of its bracket around `price`.

    Raises InputError NO_PRICE when legs are wanted and there is no price, as an entry without its protection must not
    go out silently; LEG_IMPOSSIBLE when a leg would lie at or below zero.
    """
    signal = record["signal"]
    side = _SIDES[signal["direction"]]
    stop, target = _legs(side, settings, price)
    at = parse_moment(record["at"], field="at")
    return {
        **_names(signal["signal_id"], settings.bot_version, settings.route, signal["symbol"]),
        "event_id": signal["signal_id"],
        "action": Action.OPEN.value,
        "side": side.value,
        "order_type": OrderType.MARKET.value,
        "entry_price": optional_decimal_text(price),
        "sl": optional_decimal_text(stop),
        "tp": optional_decimal_text(target),
        "size": {"mode": SIZE_MODE.value, "value": decimal_text(settings.position_fraction)},
        "confidence": signal["probability"] or signal["score"],
        "expiry": moment_text(at + timedelta(seconds=settings.intent_ttl_s)),
        "timestamp_tv": record["at"],
        "features": {
            "signal_id": signal["signal_id"],
            "record_hash": sha256_of(record),
            "sequence": record["sequence"],
            "simulated": signal["simulated"],
            "votes": {ballot["source"]: ballot["counted"] for ballot in signal["ballots"]},
        },
    }


def close_body(
    *, signal_id: str, bot_version: str, route: str, symbol: str, reason: str, at: datetime
) -> dict[str, Any]:
    """The intent to close all that a signal's trade holds, wherever. It has no expiry: exits are never too late."""
    return {
        **_names(signal_id, bot_version, route, symbol),
        "event_id": f"{signal_id}:close",
        "action": Action.CLOSE.value,
        "timestamp_tv": moment_text(at),
        "features": {"signal_id": signal_id, "reason": reason},
    }


def order_entries(settings: SignalSettings) -> OnRecorded:
    """What is to be called for every valid signal, in the transaction that records it.

    With `auto_execute` it leaves a row for the intent, useless after `intent_ttl_s`; where none can be made, a row that
    is refused at once. Without, it leaves nothing.
    """

    def on_recorded(connection: sqlite3.Connection, record: Record, price: Decimal | None) -> None:
        if not settings.auto_execute:
            return
        subject, at = record["signal"]["signal_id"], parse_moment(record["at"], field="at")
        until = at + timedelta(seconds=settings.intent_ttl_s)
        try:
            body: Mapping[str, Any] = entry_body(record, settings=settings, price=price)
            refusal = None
        except InputError as error:
            body, refusal = {}, error
        is_new = Outbox.add(
            connection,
            kind=OutboxKind.INTENT,
            subject=subject,
            payload=body,
            made_at=at,
            until=until,
        )
        if refusal is not None and is_new:
            Outbox.settle(
                connection,
                kind=OutboxKind.INTENT,
                subject=subject,
                code=refusal.code,
                text=refusal.message,
                at=at,
            )

    return on_recorded


def _names(signal_id: str, bot_version: str, route: str, symbol: str) -> dict[str, Any]:
    return {
        "trade_id": signal_id,
        "bot_version": bot_version,
        "account_route": route,
        "symbol": symbol,
    }


def _legs(
    side: Side, settings: SignalSettings, price: Decimal | None
) -> tuple[Decimal | None, Decimal | None]:
    """Stop and target, each None where the settings have none."""
    fractions = (settings.stop_fraction, settings.target_fraction)
    if fractions == (None, None):
        return None, None
    if price is None:
        raise InputError(
            "the price is not known, so the entry cannot be given a stop and a target",
            code="NO_PRICE",
            field="price",
            fix="see `argos sources` for why the price source is silent",
        )
    stop, target = fractions
    return (
        None if stop is None else _leg(price, -side.sign * stop),
        None if target is None else _leg(price, side.sign * target),
    )


def _leg(price: Decimal, distance_fraction: Decimal) -> Decimal:
    """The price so far away, rounded away from it: so it never falls on the price itself, nor on its wrong side.

    To cents, and to hundredths of them below one dollar, where a US quote may have these (Regulation NMS, rule 612).
    """
    exact = price * (ONE + distance_fraction)
    step = CENT if exact >= ONE else SUB_PENNY
    leg = (round_up if distance_fraction > 0 else round_down)(exact, step=step)
    if leg <= 0:
        raise InputError(
            f"a leg at {decimal_text(exact)} is no price",
            code="LEG_IMPOSSIBLE",
            field="price",
            fix="set smaller stop and target distances",
        )
    return leg
