"""Bugs for the gateway: what it promises, what it takes, and what it hands out."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid4

from argos.core.account import TradingMode
from argos.core.intent import Intent
from argos.flows import accept_alert, lease
from argos.flows import collect as collecting
from argos.protocol.facts import Report, ReportKind
from argos.protocol.intent_body import to_intent
from argos.rehearsal.sabotage.planting import Plants, put, put_sql
from argos.store.alerts import AlertOutcome, AlertWriter, NewAlert
from argos.store.collecting import CollectingStore
from argos.store.database import queries

COMMIT_DELAY_S: Final = 0.5
DEDUPE_WINDOW_S: Final = 0.3


def answer_before_commit() -> None:
    """The gateway says yes at once and stores a moment later."""
    store = AlertWriter.store
    taken: set[UUID] = set()
    later: set[asyncio.Task[AlertOutcome]] = set()

    async def store_later(writer: AlertWriter, alert: NewAlert) -> AlertOutcome:
        await asyncio.sleep(COMMIT_DELAY_S)
        return await store(writer, alert)

    async def answer_first(writer: AlertWriter, alert: NewAlert) -> AlertOutcome:
        if alert.record is None or alert.record.intent.intent_id in taken:
            return await store(writer, alert)
        taken.add(alert.record.intent.intent_id)
        task = asyncio.create_task(store_later(writer, alert))
        later.add(task)
        task.add_done_callback(later.discard)
        return AlertOutcome.ACCEPTED

    put(AlertWriter, "store", answer_first)


def forget_dedupe() -> None:
    """An event that comes again after a short time counts as a new one."""
    seen: dict[UUID, float] = {}

    def forgetful(*args: Any, **kwargs: Any) -> Intent:
        intent = to_intent(*args, **kwargs)
        now_s = time.monotonic()
        if now_s - seen.setdefault(intent.event_id, now_s) <= DEDUPE_WINDOW_S:
            return intent
        return replace(intent, event_id=uuid4(), intent_id=uuid4())

    put(accept_alert, "to_intent", forgetful)


def drop_unique_key() -> None:
    """What is reported again is not looked up; that it may stand there twice is done to the database."""

    async def nothing(*_: Any) -> set[UUID]:
        return set()

    owners = CollectingStore.owners

    async def owners_alone(*args: Any, **rest: Any) -> list[dict[str, Any]]:
        return [{**row, "known": []} for row in await owners(*args, **rest)]

    put(CollectingStore, "known", nothing)
    put(CollectingStore, "owners", owners_alone)


def ignore_late_fills() -> None:
    """A fill of an order that has ended is taken from the node and thrown away."""
    collect = collecting.collect

    async def deaf(
        store: Any, connection: Any, *, reporter: Any, reports: Sequence[Report], now: datetime
    ) -> None:
        rows = await connection.fetch(
            "SELECT order_id FROM order_states WHERE account = $1"
            " AND status IN ('canceled', 'rejected', 'expired', 'expired_unsent')",
            reporter.account,
        )
        ended = {row["order_id"] for row in rows}
        kept = [
            report
            for report in reports
            if report.kind is not ReportKind.FILL or report.order_id not in ended
        ]
        await collect(store, connection, reporter=reporter, reports=kept, now=now)

    put(collecting, "collect", deaf)


def ignore_valid_until() -> None:
    """Leases are given for entries that nobody may send any more."""
    ending_of = lease._ending_of

    def timeless(head: Mapping[str, Any], **rest: Any) -> lease.Ending | None:
        return ending_of({**head, "valid_until": None}, **rest)

    put(lease, "_ending_of", timeless)


def ignore_halt() -> None:
    """The kill switch is stored, answered and not obeyed."""
    put(lease, "mode_of", lambda *_, **__: (TradingMode.ACTIVE, ""))


def shuffle_lanes() -> None:
    """A command does not wait for those before it in its lane."""
    put_sql(
        queries("lanes"),
        "head_of_lanes",
        old="AND older.seq < c.seq",
        new="AND older.seq < c.seq AND false",
    )


PLANTS: Final[Plants] = {
    plant.__name__: plant
    for plant in (
        answer_before_commit,
        forget_dedupe,
        drop_unique_key,
        ignore_late_fills,
        ignore_valid_until,
        ignore_halt,
        shuffle_lanes,
    )
}
