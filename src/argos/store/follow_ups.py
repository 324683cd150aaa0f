"""Follow-ups in the database: the exits that ended too soon, and the orders planned after them."""

from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from argos.core.errors import InvariantError
from argos.core.intent import Intent
from argos.core.money import ONE, ZERO
from argos.core.order import OrderStatus
from argos.protocol.intent_store import decode_intent
from argos.routing.follow_ups import DueFollowUp, EndedExit
from argos.routing.planned import IntentPlan
from argos.store.database import queries
from argos.store.decisions import DecisionStore
from argos.store.lanes import transaction
from argos.store.legs import read_order


class FollowUpStore:
    """Everything that `flows.follow_up` needs. A plan is saved as any other decision is."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self._decisions = DecisionStore(pool)
        self._sql = queries("follow_ups")

    def transaction(self) -> Any:
        return transaction(self._pool)

    async def claim(self, connection: asyncpg.Connection) -> DueFollowUp | None:
        """The oldest notice that is due, locked."""
        row = await connection.fetchrow(self._sql["claim"])
        if row is None:
            return None
        return DueFollowUp(
            outbox_id=row["outbox_id"],
            attempts=row["attempts"],
            order_id=UUID(row["payload"]["order_id"]),
            late_fill=row["payload"]["late_fill"],
        )

    async def ended_exit(self, connection: asyncpg.Connection, due: DueFollowUp) -> EndedExit:
        row = await connection.fetchrow(self._sql["ended_exit"], due.order_id)
        if row is None:
            raise InvariantError(
                f"a follow-up of an exit that is not there: order={due.order_id}",
                code="FOLLOW_UP_WITHOUT_EXIT",
            )
        return EndedExit(
            order=read_order(row),
            intent=decode_intent(row["body"], sequence=row["sequence"]),
            status=OrderStatus(row["status"]),
            effective_qty=row["effective_qty"],
            filled_qty=row["filled_qty"],
            close_fraction=row["close_fraction"] or ONE,
            deviation_points=row["deviation_points"],
            held_qty=max(ZERO, row["entry_filled_qty"] - row["entry_closed_qty"]),
            closing_qty=row["closing_qty"],
            full_close_on_its_way=row["full_close_on_its_way"],
            exits_planned=row["exits_planned"],
            late_fill=due.late_fill,
        )

    async def save(
        self,
        connection: asyncpg.Connection,
        outbox_id: int,
        plan: IntentPlan,
        *,
        intent: Intent,
        now: datetime,
    ) -> None:
        await self._decisions.save(connection, outbox_id, plan, intent=intent, now=now)

    async def postpone(
        self, outbox_ids: list[int], *, error: str, delay_s: float, attempts_max: int
    ) -> bool:
        return await self._decisions.postpone(
            outbox_ids, error=error, delay_s=delay_s, attempts_max=attempts_max
        )
