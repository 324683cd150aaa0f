"""Decide: one intent becomes orders, or denials, at every account behind its route. One transaction."""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Any, Protocol

import structlog

from argos.core.errors import StoreError
from argos.core.intent import Intent
from argos.flows.postponing import UNFORESEEN, PostponeStore, postpone_step
from argos.protocol.intent_store import decode_intent
from argos.risk.assess import assess
from argos.routing.context import DueIntent
from argos.routing.plan import plan_intent
from argos.routing.planned import IntentPlan

_log = structlog.get_logger("argos.decide")


class DecideStore(PostponeStore, Protocol):
    """What deciding needs of the database."""

    def transaction(self) -> AbstractAsyncContextManager[Any]: ...

    async def claim(self, connection: Any) -> DueIntent | None: ...

    async def context(self, connection: Any, intent: Intent) -> Mapping[str, Any]: ...

    async def save(
        self,
        connection: Any,
        outbox_id: int,
        plan: IntentPlan,
        *,
        intent: Intent,
        now: datetime,
    ) -> None: ...


async def decide_next(store: DecideStore, *, clock: Callable[[], datetime]) -> bool:
    """Decide the next intent, if there is one. False when no other waits.

    A decision that fails, also because its intent cannot be read, is tried again later, a bounded number of times, and
    then set aside and shown; it holds back later intents of the same route and symbol until then, because their order
    matters.
    """
    due: DueIntent | None = None
    try:
        async with store.transaction() as connection:
            due = await store.claim(connection)
            if due is None:
                return False
            intent = decode_intent(due.body, sequence=due.sequence)
            context = await store.context(connection, intent)
            now = clock()
            plan = plan_intent(
                intent,
                route=context["route"],
                contexts=context["accounts"],
                halts=context["halts"],
                now=now,
                assess=assess,
            )
            await store.save(connection, due.outbox_id, plan, intent=intent, now=now)
    except StoreError:
        raise
    except UNFORESEEN as error:
        if due is None:
            raise
        await _postpone(store, due, error)
    return due.more_wait


async def _postpone(store: DecideStore, due: DueIntent, error: Exception) -> None:
    given_up = await postpone_step(
        store, outbox_id=due.outbox_id, attempts=due.attempts, error=error
    )
    _log.error(
        "decision_failed", intent_id=due.body.get("intent_id"), why=str(error), given_up=given_up
    )
