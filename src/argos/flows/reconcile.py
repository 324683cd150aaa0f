"""Reconcile: legs whose facts have grown get a new revision, if it says anything new. Never an edit."""

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Any, Final, Protocol

import structlog

from argos.core.errors import StoreError
from argos.flows.postponing import UNFORESEEN, PostponeStore, postpone_step
from argos.flows.sweep import DiscrepancyBook, sync_discrepancies
from argos.reconcile.discrepancies import find_leg_discrepancies
from argos.reconcile.discrepancy_codes import Discrepancy, DiscrepancyCode
from argos.reconcile.leg import reconcile_external, reconcile_leg
from argos.reconcile.result import ReconciledLeg
from argos.reconcile.revision import Revision, revision_of
from argos.reconcile.story import LegStory

BATCH: Final = 256
LEGS_A_TURN: Final = 4
"""About a millisecond of the event loop."""
EXTERNAL_PREFIX: Final = "external:"
_log = structlog.get_logger("argos.reconcile")
LEG_CODES: Final = (DiscrepancyCode.LEG_DIVERGES.value, DiscrepancyCode.PROFIT_DIFFERS.value)


class ReconcileStore(PostponeStore, Protocol):
    """What reconciling needs of the database; one transaction is one batch of legs."""

    def transaction(self) -> AbstractAsyncContextManager[Any]: ...

    async def claim(
        self, connection: Any, *, limit: int
    ) -> tuple[list[int], list[tuple[str, str]]]: ...

    async def stories(
        self, connection: Any, keys: Sequence[tuple[str, str]]
    ) -> Iterable[LegStory]: ...

    async def heads(
        self, connection: Any, keys: Sequence[tuple[str, str]]
    ) -> Mapping[tuple[str, str], Any]: ...

    async def sharing(
        self, connection: Any, keys: Sequence[tuple[str, str]]
    ) -> Collection[tuple[str, str]]: ...

    async def save(self, connection: Any, revisions: Sequence[Revision]) -> None: ...

    async def finish(self, connection: Any, outbox_ids: list[int]) -> None: ...


async def reconcile_next(
    store: ReconcileStore,
    book: DiscrepancyBook,
    *,
    clock: Callable[[], datetime],
    limit: int = BATCH,
) -> int:
    """Reconcile the legs that wait, a batch at most; returns how many notices were worked off.

    A leg that cannot be reconciled is tried alone, then later, and at last set aside and shown: it never holds
    up the others.
    """
    outbox_ids: list[int] = []
    try:
        async with store.transaction() as connection:
            outbox_ids, keys = await store.claim(connection, limit=limit)
            if not outbox_ids:
                return 0
            await reconcile_legs(store, book, connection, keys, now=clock())
            await store.finish(connection, outbox_ids)
    except StoreError:
        raise
    except UNFORESEEN as error:
        if limit > 1:
            return await reconcile_next(store, book, clock=clock, limit=1)
        for outbox_id in outbox_ids:
            await postpone_step(store, outbox_id=outbox_id, attempts=0, error=error)
        _log.error("reconciliation_failed", why=f"{type(error).__name__}: {error}")
    return len(outbox_ids)


async def reconcile_legs(
    store: ReconcileStore,
    book: DiscrepancyBook,
    connection: Any,
    keys: Sequence[tuple[str, str]],
    *,
    now: datetime,
) -> int:
    """Bring these legs up to date inside the caller's transaction; returns how many got a new revision."""
    stories = await store.stories(connection, keys)
    heads = await store.heads(connection, keys)
    fresh: list[Revision] = []
    for number, story in enumerate(stories, start=1):
        revision = revision_of(reconcile_story(story, now=now))
        head = heads.get((story.trade_id, story.account))
        if head is None:
            fresh.append(revision)
        elif head.digest != revision.digest:
            fresh.append(revision.numbered(head.revision + 1))
        # a large batch must not keep the decisions of this worker from their turn
        if number % LEGS_A_TURN == 0:
            await asyncio.sleep(0)
    if fresh:
        await store.save(connection, fresh)
        await _sync(store, book, connection, [revision.leg for revision in fresh], now=now)
    return len(fresh)


async def _sync(
    store: ReconcileStore,
    book: DiscrepancyBook,
    connection: Any,
    legs: Sequence[ReconciledLeg],
    *,
    now: datetime,
) -> None:
    """Open what these results show to be wrong, and resolve what they no longer show."""
    found = [item for leg in legs for item in find_leg_discrepancies(leg)]
    found = await _without_averages(store, connection, found)
    keys = {(leg.trade_id, leg.account) for leg in legs}
    known = await book.open_keys_of_legs(connection, keys, codes=LEG_CODES)
    if found or known:
        await sync_discrepancies(book, connection, found, known=known, now=now)


async def _without_averages(
    store: ReconcileStore, connection: Any, found: list[Discrepancy]
) -> list[Discrepancy]:
    """Without profits that cannot agree: a venue that nets states them at the average price of all who shared."""
    doubtful = [
        (item.trade_id, item.account)
        for item in found
        if item.code is DiscrepancyCode.PROFIT_DIFFERS and item.trade_id is not None
    ]
    if not doubtful:
        return found
    sharing = await store.sharing(connection, doubtful)
    return [
        item
        for item in found
        if item.code is not DiscrepancyCode.PROFIT_DIFFERS
        or (item.trade_id, item.account) not in sharing
    ]


def reconcile_story(story: LegStory, *, now: datetime) -> ReconciledLeg:
    """A leg of ours, or of a position that no order explains."""
    if story.trade_id.startswith(EXTERNAL_PREFIX) and not story.orders and story.executions:
        return reconcile_external(
            story.executions,
            account=story.account,
            currency=story.currency,
            unit_value=story.unit_value,
            now=now,
        )
    return reconcile_leg(story, now=now)
