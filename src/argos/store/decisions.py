"""Decisions in the database: claim an intent, read what it depends on, write orders and commands."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from argos.core.account import Halt
from argos.core.intent import Intent, Side
from argos.core.order import OrderStatus
from argos.core.standing import NO_STANDING
from argos.protocol.values import moment_text, optional_decimal_text
from argos.routing.context import AccountContext, DueIntent, Levels, OpenEntry
from argos.routing.planned import IntentPlan, PlannedCommand, PlannedOrder
from argos.store.database import queries
from argos.store.decoding import decode_account, decode_account_state, decode_route
from argos.store.lanes import as_rows, read_halts, transaction
from argos.store.legs import read_order
from argos.store.outbox import postpone
from argos.store.standings import Asker, read_standings


class DecisionStore:
    """Everything that `flows.decide` needs. Rows are handed over as plain values of the core."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self._sql = queries("decisions")

    def transaction(self) -> Any:
        return transaction(self._pool)

    async def claim(self, connection: asyncpg.Connection) -> DueIntent | None:
        """The next undecided intent, locked; None when nothing waits."""
        row = await connection.fetchrow(self._sql["claim"])
        if row is None:
            return None
        return DueIntent(
            outbox_id=row["outbox_id"],
            attempts=row["attempts"],
            body=row["body"],
            sequence=row["sequence"],
            more_wait=row["more_wait"],
        )

    async def context(self, connection: asyncpg.Connection, intent: Intent) -> Mapping[str, Any]:
        """route (or None), accounts (name -> AccountContext) and halts, as they stand now."""
        found = await connection.fetchval(
            self._sql["context"], intent.account_route, intent.trade_id
        )
        rows = {row["account"]: row for row in found["accounts"]}
        entries = await self._open_entries(connection, list(rows))
        route = decode_route(found["route"], found["legs"]) if found["route"] else None
        legs = {leg.account: leg for leg in route.legs} if route else {}
        askers = {
            name: Asker(
                account=decode_account(row),
                snapshot=decode_account_state(row),
                entries=entries[name],
                leg=legs.get(name),
            )
            for name, row in rows.items()
        }
        standings = await read_standings(
            connection, intent, route=route, askers=tuple(askers.values())
        )
        sides = {row["account"]: Side(row["side"]) for row in found["trade_sides"]}
        accounts = {
            name: AccountContext(
                account=asker.account,
                snapshot=asker.snapshot,
                open_entries=tuple(asker.entries),
                trade_side=sides.get(name),
                standing=standings.get(name, NO_STANDING),
            )
            for name, asker in askers.items()
        }
        halts: list[Halt] = read_halts(found["halts"])
        return {"route": route, "accounts": accounts, "halts": tuple(halts)}

    async def _open_entries(
        self, connection: asyncpg.Connection, accounts: Sequence[str]
    ) -> Mapping[str, Sequence[OpenEntry]]:
        """By account, in the order of their planning."""
        found: dict[str, list[OpenEntry]] = {account: [] for account in accounts}
        for row in await connection.fetch(self._sql["open_entries"], list(accounts)):
            found[row["account"]].append(_open_entry(row))
        return found

    async def save(
        self,
        connection: asyncpg.Connection,
        outbox_id: int,
        plan: IntentPlan,
        *,
        intent: Intent,
        now: datetime,
    ) -> None:
        """Write the whole plan, delete its outbox row, and wake the lanes."""
        rows = {
            "orders": [_order_row(planned, intent=intent) for planned in plan.orders],
            "commands": [_command_row(command) for command in plan.commands],
            "refusals": _refusal_rows(plan, intent=intent, now=now),
        }
        await connection.execute(self._sql["save"], as_rows(rows), outbox_id)

    async def postpone(
        self, outbox_ids: list[int], *, error: str, delay_s: float, attempts_max: int
    ) -> bool:
        return await postpone(
            self._pool, outbox_ids, error=error, delay_s=delay_s, attempts_max=attempts_max
        )


def _open_entry(row: Mapping[str, Any]) -> OpenEntry:
    return OpenEntry(
        order=read_order(row),
        status=OrderStatus(row["status"]),
        filled_qty=row["filled_qty"],
        closed_qty=row["closed_qty"],
        closing_qty=row["closing_qty"],
        closing_order_ids=tuple(row["closing_order_ids"]),
        position_id=row["position_id"],
        modified=Levels(price=row["new_price"], sl=row["new_sl"], tp=row["new_tp"])
        if row["is_modified"]
        else None,
    )


def _order_row(planned: PlannedOrder, *, intent: Intent) -> dict[str, Any]:
    order = planned.order
    return {
        "order_id": order.order_id,
        "intent_id": order.intent_id,
        "trade_id": order.trade_id,
        "account": order.account,
        "route": order.route,
        "bot_version": intent.bot_version,
        "role": order.role.value,
        "symbol": order.symbol,
        "side": order.side.value,
        "order_type": order.order_type.value,
        "qty": optional_decimal_text(order.qty),
        "price": optional_decimal_text(order.price),
        "stop_limit_price": optional_decimal_text(order.stop_limit_price),
        "sl": optional_decimal_text(order.sl),
        "tp": optional_decimal_text(order.tp),
        "valid_until": moment_text(order.valid_until) if order.valid_until else None,
        "magic": order.magic,
        "client_order_id": order.client_order_id,
        "planned_at": moment_text(order.planned_at),
        "denial_code": order.denial_code,
        "denial_text": order.denial_text,
        "closes_order_id": order.closes_order_id,
        "checks": [check.as_row() for check in planned.checks],
    }


def _command_row(command: PlannedCommand) -> dict[str, Any]:
    return {
        "command_id": command.command_id,
        "order_id": command.order_id,
        "intent_id": command.intent_id,
        "account": command.account,
        "symbol": command.symbol,
        "kind": command.kind.value,
        "is_exit": command.is_exit,
        "price": optional_decimal_text(command.price),
        "sl": optional_decimal_text(command.sl),
        "tp": optional_decimal_text(command.tp),
        "close_fraction": optional_decimal_text(command.close_fraction),
        "deviation_points": command.deviation_points,
        "valid_until": moment_text(command.valid_until) if command.valid_until else None,
        "depends_on": _uuid_array(command.depends_on),
    }


def _uuid_array(ids: tuple[UUID, ...]) -> list[str]:
    return [str(item) for item in ids]


def _refusal_rows(plan: IntentPlan, *, intent: Intent, now: datetime) -> list[dict[str, Any]]:
    """Legs that came to nothing; an intent that never reached an account has one without a name."""
    denied = [(refusal.account, refusal.denied) for refusal in plan.refusals]
    if plan.denied is not None:
        denied.append(("", plan.denied))
    return [
        {
            "intent_id": intent.intent_id,
            "account": account,
            "trade_id": intent.trade_id,
            "code": denial.code.value,
            "text": denial.text,
            "refused_at": moment_text(now),
        }
        for account, denial in denied
    ]
