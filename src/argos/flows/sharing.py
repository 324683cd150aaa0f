"""Store executions; a close of a position that several trades share is shared out among them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol
from uuid import UUID

from argos.core.execution import Entry, Execution
from argos.protocol.values import decimal_text
from argos.reconcile.shares import HeldEntry, Share, after_close, share_close

EXTERNAL_TRADE = "external:"
"""Trades that no intent explains are named by this and the venue's position id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldExecution:
    """An execution and its row. `nets`: its account holds one position per symbol."""

    execution: Execution
    row: dict[str, Any]
    nets: bool

    @property
    def closes_what_is_shared(self) -> bool:
        """A stop, a target or a person closed a part of the net position: no order of ours says whose."""
        return self.nets and self.row["order_id"] is None and self.execution.entry is not Entry.IN

    @property
    def external_trade(self) -> str:
        return external_trade(self.execution)


@dataclass(slots=True)
class Attribution:
    """Which trades the stored executions belong to, and which entries they closed a part of."""

    trades: set[str] = field(default_factory=set)
    closed_entries: set[UUID] = field(default_factory=set)


class SharingStore(Protocol):
    """What storing executions needs of the database."""

    async def save_executions(self, connection: Any, rows: Sequence[dict[str, Any]]) -> None: ...

    async def held_entries(
        self, connection: Any, account: str, *, symbols: Sequence[str]
    ) -> Sequence[HeldEntry]: ...

    async def save_shares(self, connection: Any, rows: Sequence[dict[str, Any]]) -> None: ...


def external_trade(execution: Execution) -> str:
    return f"{EXTERNAL_TRADE}{execution.position_id or execution.symbol}"


async def store_executions(
    store: SharingStore, connection: Any, told: Sequence[ToldExecution], *, account: str
) -> Attribution:
    """Store all of them; rows of shared closes are changed to name the first of those whom they closed."""
    shared = sorted((item for item in told if item.closes_what_is_shared), key=_moment)
    plain = [item.row for item in told if not item.closes_what_is_shared]
    if plain:
        await store.save_executions(connection, plain)
    shares: list[dict[str, Any]] = []
    if shared:
        symbols = sorted({item.execution.symbol for item in shared})
        entries = await store.held_entries(connection, account, symbols=symbols)
        for item in shared:
            parts = share_close(item.execution, entries, rest_trade_id=item.external_trade)
            entries = after_close(entries, parts)
            shares += _attribute(item, parts, account=account)
        await store.save_executions(connection, [item.row for item in shared])
    if shares:
        await store.save_shares(connection, shares)
    closing = [*(item.row for item in told if item.execution.entry is not Entry.IN), *shares]
    return Attribution(
        trades={row["trade_id"] for row in (*(item.row for item in told), *shares)},
        closed_entries={row["opening_order_id"] for row in closing} - {None},
    )


def _moment(item: ToldExecution) -> tuple[Any, str]:
    return (item.execution.occurred_at, item.execution.venue_exec_id)


def _attribute(
    item: ToldExecution, parts: Sequence[Share], *, account: str
) -> list[dict[str, Any]]:
    """The rows of its shares; none when it is one entry's alone, or nobody's that we know."""
    if not parts:
        return []
    item.row["opening_order_id"] = parts[0].opening_order_id
    item.row["trade_id"] = parts[0].trade_id
    if len(parts) == 1:
        return []
    return [
        {
            "account": account,
            "venue_exec_id": item.execution.venue_exec_id,
            "share": number,
            "opening_order_id": part.opening_order_id,
            "trade_id": part.trade_id,
            "qty": decimal_text(part.qty),
            "commission": decimal_text(part.commission),
            "swap": decimal_text(part.swap),
            "fee": decimal_text(part.fee),
            "profit": decimal_text(part.profit),
        }
        for number, part in enumerate(parts, start=1)
    ]
