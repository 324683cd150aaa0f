"""Executions that were told as nobody's, and whose order is known now: what they were before is taken back.

Stored executions are never edited. As in a ledger, the parts of before are reversed by parts of the opposite sign,
and one part more gives the whole to whom it belongs.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final, Protocol

from argos.core.execution import Entry
from argos.flows.sharing import Attribution, ToldExecution
from argos.protocol.values import decimal_text

_AMOUNTS: Final = ("qty", "commission", "swap", "fee", "profit")


class ClaimingStore(Protocol):
    """What claiming needs of the database."""

    async def parts(
        self, connection: Any, account: str, exec_ids: Sequence[str]
    ) -> Sequence[Mapping[str, Any]]: ...

    async def external_closings(
        self, connection: Any, account: str, *, position_ids: Sequence[str]
    ) -> Sequence[Mapping[str, Any]]: ...

    async def save_shares(self, connection: Any, rows: Sequence[dict[str, Any]]) -> None: ...


async def claim_executions(
    store: ClaimingStore, connection: Any, claims: Sequence[ToldExecution], *, account: str
) -> Attribution:
    """Give stored executions to the orders that `claims` name; the trades and entries that this touches.

    A position whose opening is claimed takes what closed it along, where positions have ids of their own.
    """
    owned = [_whole(claim) for claim in claims]
    opened = {
        claim.execution.position_id: claim.row
        for claim in claims
        if claim.execution.entry is Entry.IN and not claim.nets and claim.execution.position_id
    }
    if opened:
        closings = await store.external_closings(connection, account, position_ids=list(opened))
        owned += [_closing(row, opened[row["position_id"]]) for row in closings]
    before = await store.parts(connection, account, [whole["venue_exec_id"] for whole in owned])
    rows: list[dict[str, Any]] = []
    for whole in owned:
        exec_id = whole["venue_exec_id"]
        parts = [part for part in before if part["venue_exec_id"] == exec_id]
        number = parts[0]["shares"]
        # What the execution itself said becomes a part first, so that it can be taken back.
        told = [] if number else [_row(parts[0], account=account, sign=1)]
        told += [_row(part, account=account, sign=-1) for part in parts]
        told.append({**whole, "account": account, "corrects": True})
        rows += [{**row, "share": number + offset} for offset, row in enumerate(told, start=1)]
    await store.save_shares(connection, rows)
    return Attribution(
        trades={row["trade_id"] for row in rows},
        closed_entries={row["opening_order_id"] for row in rows} - {None},
    )


def _whole(claim: ToldExecution) -> dict[str, Any]:
    row = claim.row
    return {
        "venue_exec_id": row["venue_exec_id"],
        "order_id": row["order_id"],
        "opening_order_id": row["opening_order_id"],
        "trade_id": row["trade_id"],
        "qty": row["fill_qty"],
        **{name: row[name] for name in ("commission", "swap", "fee", "profit")},
    }


def _closing(row: Mapping[str, Any], opening: Mapping[str, Any]) -> dict[str, Any]:
    """A close of the position that `opening` opened. It is no fill of that order."""
    amounts = {name: decimal_text(row[name]) for name in ("commission", "swap", "fee", "profit")}
    return {
        "venue_exec_id": row["venue_exec_id"],
        "opening_order_id": opening["order_id"],
        "trade_id": opening["trade_id"],
        "qty": decimal_text(row["fill_qty"]),
        **amounts,
    }


def _row(part: Mapping[str, Any], *, account: str, sign: int) -> dict[str, Any]:
    amounts: dict[str, Decimal] = {name: part[name] * sign for name in _AMOUNTS}
    return {
        "account": account,
        "venue_exec_id": part["venue_exec_id"],
        "opening_order_id": part["opening_order_id"],
        "trade_id": part["trade_id"],
        **{name: decimal_text(amount) for name, amount in amounts.items()},
    }
