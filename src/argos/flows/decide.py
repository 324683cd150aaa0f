"""Decide: one intent becomes orders, or denials, at every account behind its route. One transaction."""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Any, Protocol

import structlog

from argos.core.errors import StoreError
from argos.core.intent import Intent
from argos.flows.postponing import UNFORESEEN, PostponeStore, postpone_step
from argos.risk.assess import assess
from argos.routing.plan import plan_intent
from argos.routing.planned import IntentPlan

_log = structlog.get_logger("argos.decide")


class DecideStore(PostponeStore, Protocol):
    """What deciding needs of the database."""

    def transaction(self) -> AbstractAsyncContextManager[Any]: ...

    async def claim(self, connection: Any) -> tuple[int, int, Intent] | None: ...

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
    """Decide the next intent, if there is one. False when nothing waits.

    A decision that fails is tried again later, a bounded number of times, and then set aside and shown;
    it holds back later intents of the same route and symbol until then, because their order matters.
    """
    claimed: tuple[int, int, Intent] | None = None
    try:
        async with store.transaction() as connection:
            claimed = await store.claim(connection)
            if claimed is None:
                return False
            outbox_id, _, intent = claimed
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
            await store.save(connection, outbox_id, plan, intent=intent, now=now)
    except StoreError:
        raise
    except UNFORESEEN as error:
        if claimed is None:
            raise
        await _postpone(store, claimed, error)
    return True


async def _postpone(store: DecideStore, claimed: tuple[int, int, Intent], error: Exception) -> None:
    outbox_id, attempts, intent = claimed
    given_up = await postpone_step(store, outbox_id=outbox_id, attempts=attempts, error=error)
    _log.error(
        "decision_failed", intent_id=str(intent.intent_id), why=str(error), given_up=given_up
    )
