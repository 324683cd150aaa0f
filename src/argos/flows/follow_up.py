"""Follow up: an exit that ended with its work undone gets a successor. One transaction."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Any, Protocol

import structlog

from argos.core.errors import StoreError
from argos.core.intent import Intent
from argos.flows.postponing import UNFORESEEN, PostponeStore, postpone_step
from argos.routing.follow_ups import FOLLOW_UPS_MAX, DueFollowUp, EndedExit, plan_follow_up
from argos.routing.planned import IntentPlan

_log = structlog.get_logger("argos.follow_up")


class FollowUpStore(PostponeStore, Protocol):
    """What following up needs of the database."""

    def transaction(self) -> AbstractAsyncContextManager[Any]: ...

    async def claim(self, connection: Any) -> DueFollowUp | None: ...

    async def ended_exit(self, connection: Any, due: DueFollowUp) -> EndedExit: ...

    async def save(
        self, connection: Any, outbox_id: int, plan: IntentPlan, *, intent: Intent, now: datetime
    ) -> None: ...


async def follow_up_next(store: FollowUpStore, *, clock: Callable[[], datetime]) -> bool:
    """Work off the next notice that is due, if there is one. False when none is.

    What is missing is judged anew: a fill that came meanwhile, or another exit, may have done the work.
    """
    due: DueFollowUp | None = None
    try:
        async with store.transaction() as connection:
            due = await store.claim(connection)
            if due is None:
                return False
            ended, now = await store.ended_exit(connection, due), clock()
            leg = plan_follow_up(ended, now=now)
            if leg is None and ended.exits_planned > FOLLOW_UPS_MAX and ended.held_qty > 0:
                _log.error("exit_given_up", order_id=str(due.order_id), held=str(ended.held_qty))
            plan = IntentPlan(intent_id=ended.intent.intent_id, legs=(leg,) if leg else ())
            await store.save(connection, due.outbox_id, plan, intent=ended.intent, now=now)
    except StoreError:
        raise
    except UNFORESEEN as error:
        if due is None:
            raise
        given_up = await postpone_step(
            store, outbox_id=due.outbox_id, attempts=due.attempts, error=error
        )
        _log.error(
            "follow_up_failed", order_id=str(due.order_id), why=str(error), given_up=given_up
        )
    return True
