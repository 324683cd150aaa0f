"""The node's own reasons not to send, as pure functions. They come after the gateway's, just before the call."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from argos.core.account import TradingMode
from argos.core.order import CommandKind
from argos.core.position import Position
from argos.node.settings import NodeLimits
from argos.protocol.commands import Command


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Nothing was sent, and nothing will be: the body of an `unsent` fact."""

    code: str
    text: str


def brake_refusal(command: Command, *, mode: TradingMode) -> Refusal | None:
    """Entries are refused for good under a brake; exits held up by a halt are given back instead."""
    if command.is_exit or mode is TradingMode.ACTIVE:
        return None
    return Refusal(code="HALTED", text=f"the account is {mode.value}: entries are not sent")


def expiry_refusal(command: Command, *, now: datetime) -> Refusal | None:
    if command.valid_until is None or now < command.valid_until:
        return None
    late_ms = int((now - command.valid_until).total_seconds() * 1000)
    return Refusal(code="EXPIRED_UNSENT", text=f"{late_ms} ms after valid_until")


def limit_refusal(command: Command, *, limits: NodeLimits, sent_last_minute: int) -> Refusal | None:
    """The operator's ceilings at this node; they never hold back an exit, a cancel or a modify."""
    if command.kind is not CommandKind.SUBMIT or command.is_exit:
        return None
    if limits.symbols is not None and command.symbol not in limits.symbols:
        return Refusal(code="NODE_LIMIT_SYMBOL", text=f"{command.symbol} is not traded here")
    if limits.qty_max is not None and command.qty > limits.qty_max:
        return Refusal(code="NODE_LIMIT_QTY", text=f"{command.qty} is above {limits.qty_max}")
    ceiling = limits.orders_per_minute_max
    if ceiling is not None and sent_last_minute >= ceiling:
        return Refusal(code="NODE_LIMIT_RATE", text=f"{ceiling} orders a minute are reached")
    return None


def closable_position(
    command: Command, positions: Sequence[Position], *, hedging: bool
) -> Position | None:
    """The position that a close would reduce; a close whose side would add to it finds none.

    On a netting account there is one position per symbol, whoever opened it.
    """
    candidates = [
        position
        for position in positions
        if position.symbol == command.symbol and position.side is command.side.opposite
    ]
    if command.position_id:
        return next((item for item in candidates if item.position_id == command.position_id), None)
    named = next((item for item in candidates if _is_target(item, command)), None)
    if named is None and not hedging:
        return next(iter(candidates), None)
    return named


def _is_target(position: Position, command: Command) -> bool:
    by_magic = bool(position.magic) and position.magic == command.target_magic
    client_id = position.client_order_id
    return by_magic or (bool(client_id) and client_id == command.target_client_order_id)
