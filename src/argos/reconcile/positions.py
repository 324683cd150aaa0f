"""Positions as executions add up to them, to be held against what the venue shows."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal

from argos.core.execution import Entry, Execution
from argos.core.money import ZERO

PositionKey = tuple[str, str | None]
"""Symbol and the venue's position id; None on netting accounts, where the symbol is the position."""


def derive_positions(
    executions: Iterable[Execution], *, hedging: bool
) -> Mapping[PositionKey, Decimal]:
    """Signed units per position, flat ones left out. `executions` are all of the account since it was empty."""
    positions: dict[PositionKey, Decimal] = {}
    for execution in _distinct(executions):
        key = (execution.symbol, execution.position_id if hedging else None)
        positions[key] = positions.get(key, ZERO) + _signed(execution)
    return {key: qty for key, qty in positions.items() if qty}


def inout_closing_qty(executions: Iterable[Execution]) -> Mapping[str, Decimal]:
    """Of each `inout` fill of a netting account, the units that closed what stood before it.

    Needs the account's executions in that symbol from a moment when it was flat; by venue_exec_id.
    """
    held: dict[str, Decimal] = {}
    closing: dict[str, Decimal] = {}
    for execution in sorted(_distinct(executions), key=_moment):
        before = held.get(execution.symbol, ZERO)
        if execution.entry is Entry.INOUT:
            against = before * execution.side.sign < 0
            closing[execution.venue_exec_id] = min(abs(before), execution.qty) if against else ZERO
        held[execution.symbol] = before + _signed(execution)
    return closing


def _distinct(executions: Iterable[Execution]) -> Iterable[Execution]:
    return {execution.venue_exec_id: execution for execution in executions}.values()


def _moment(execution: Execution) -> tuple[datetime, str]:
    return (execution.occurred_at, execution.venue_exec_id)


def _signed(execution: Execution) -> Decimal:
    return execution.qty * execution.side.sign
