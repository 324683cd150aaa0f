"""Builds the worker: its loops and their stores. It needs nothing of what speaks HTTP, and loads none of it."""

import asyncio
import contextlib
from datetime import UTC, datetime
from typing import Final

from argos.dsn import Access
from argos.flows.anchoring import keep_anchors
from argos.flows.decide import decide_next
from argos.flows.follow_up import follow_up_next
from argos.flows.reconcile import BATCH, reconcile_next
from argos.flows.sweep import Sweep
from argos.reconcile.discrepancies import SweepThresholds
from argos.settings import Settings, WorkerSettings
from argos.store.anchors import AnchorStore
from argos.store.database import open_pool
from argos.store.decisions import DecisionStore
from argos.store.discrepancies import DiscrepancyBook
from argos.store.follow_ups import FollowUpStore
from argos.store.legs import LegStore
from argos.store.sweeping import SweepStore
from argos.store.watching import Listener
from argos.workers.loops import Loop

RECONCILE_REST_S: Final = 0.15
"""After a batch that was not full: more facts are on their way, and one batch, or even one revision, can tell them all.

Far below the second within which a leg is up to date; each batch costs ten statements, however small it is.
"""


async def run_worker(access: Access, settings: Settings, *, stop: asyncio.Event) -> None:
    """Decide, follow up, reconcile, keep anchors and sweep until `stop` is set.

    Raises StoreError when the database is away at the start.
    """
    async with contextlib.AsyncExitStack() as stack:
        pool = await open_pool(
            access.as_role("argos_worker"), name="worker", size_max=4, plans_once=True
        )
        stack.push_async_callback(pool.close)
        deciding = await open_pool(
            access.as_role("argos_worker"), name="worker-decide", size_max=2, by_keys=True
        )
        stack.push_async_callback(deciding.close)
        decisions, follow_ups = DecisionStore(deciding), FollowUpStore(deciding)
        legs, sweeps = LegStore(pool), SweepStore(pool)
        anchors, book = AnchorStore(pool), DiscrepancyBook()
        sweep = Sweep(store=sweeps, book=book, thresholds=_thresholds(settings.worker), clock=_now)

        async def decide_step() -> bool:
            return await decide_next(decisions, clock=_now)

        async def follow_up_step() -> bool:
            return await follow_up_next(follow_ups, clock=_now)

        async def reconcile_step() -> bool:
            done = await reconcile_next(legs, book, clock=_now)
            if 0 < done < BATCH:
                await asyncio.sleep(RECONCILE_REST_S)
            return done > 0

        async def anchor_step() -> bool:
            return await keep_anchors(anchors)

        loops = {
            "decide": Loop(name="decide", step=decide_step),
            "follow_up": Loop(name="follow_up", step=follow_up_step),
            "reconcile": Loop(name="reconcile", step=reconcile_step),
            "anchors": Loop(name="anchors", step=anchor_step),
            "sweep": Loop(name="sweep", step=sweep.run_once, slow_poll_s=settings.worker.sweep_s),
        }

        def noticed(_channel: str, topic: str) -> None:
            for name in (topic,) if topic in loops else ("decide", "reconcile"):
                loops[name].woken.set()

        listener = Listener(
            access.as_role("argos_worker"), channels=("argos_outbox",), on_notice=noticed
        )
        stack.push_async_callback(listener.aclose)
        tasks = [asyncio.create_task(loop.run()) for loop in loops.values()]
        await stop.wait()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _now() -> datetime:
    return datetime.now(UTC)


def _thresholds(chosen: WorkerSettings) -> SweepThresholds:
    return SweepThresholds(
        unclaimed_s_max=chosen.unclaimed_s_max,
        unheard_s_max=chosen.unheard_s_max,
        doubt_s_max=chosen.doubt_s_max,
        unfilled_s_max=chosen.unfilled_s_max,
    )
