"""Bugs for the worker: what it forgets between two commits, and what it no longer asks."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from argos.flows import decide, sweep
from argos.rehearsal.sabotage.planting import Plants, put
from argos.risk.assess import assess
from argos.routing.plan import plan_intent

DECIDE_S: Final = 0.5


def lose_outbox() -> None:
    """The step is struck off the list before it is done."""

    async def decide_next(store: Any, *, clock: Callable[[], datetime]) -> bool:
        async with store.transaction() as connection:
            due = await store.claim(connection)
            if due is None:
                return False
            outbox_id, intent = due.outbox_id, due.intent
            await connection.execute("DELETE FROM outbox WHERE outbox_id = $1", outbox_id)
        await asyncio.sleep(DECIDE_S)
        async with store.transaction() as connection:
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
        return True

    put(decide, "decide_next", decide_next)


def ignore_valid_until() -> None:
    """Nobody ends what no node took in time."""

    async def expire_nothing(*_: Any, **__: Any) -> int:
        return 0

    put(sweep, "expire_unsent", expire_nothing)


def ignore_halt() -> None:
    """Decisions are made as if no brake were on."""

    def plan_unbraked(*args: Any, **kwargs: Any) -> Any:
        return plan_intent(*args, **{**kwargs, "halts": ()})

    put(decide, "plan_intent", plan_unbraked)


PLANTS: Final[Plants] = {
    plant.__name__: plant for plant in (lose_outbox, ignore_valid_until, ignore_halt)
}
