"""Alerts into the database: one statement and one commit for whatever alerts are waiting.

There is no collection window: while one group commits, the next one gathers. Alone, an alert is a group of
one. If a group fails, its alerts are tried one by one, so that a bad one never fails its neighbours.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

import asyncpg
import orjson

from argos.core.errors import StoreError
from argos.core.intent import Intent
from argos.protocol.intent_body import intent_json
from argos.store.database import CONNECTION_ERRORS, queries

GROUP_SIZE_MAX: Final = 128
WAITING_MAX: Final = 4096
RACE_RETRIES_MAX: Final = 5


class AlertOutcome(StrEnum):
    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    CONFLICT = "conflict"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAlert:
    """An alert that was judged and is not stored yet. With `refusal_code` there is no intent."""

    alert_id: UUID
    received_at: datetime
    source: str
    remote: str
    content_type: str
    raw: bytes
    checks: Sequence[dict[str, Any]]
    refusal_code: str | None
    intent: Intent | None
    content_hash: bytes | None


class AlertWriter:
    """Stores alerts in groups. `store` returns only after the commit that holds the alert.

    `writers` groups may commit at the same time; each takes whatever waits when it becomes free.
    """

    def __init__(self, pool: asyncpg.Pool, *, writers: int = 1) -> None:
        self._pool = pool
        self._waiting: deque[tuple[NewAlert, asyncio.Future[AlertOutcome]]] = deque()
        self._wake = asyncio.Event()
        self._tasks = [asyncio.create_task(self._write()) for _ in range(writers)]
        self._accept = queries("alerts")["accept"]

    async def store(self, alert: NewAlert) -> AlertOutcome:
        """The outcome, once committed. Raises StoreError when it could not be stored: send 503."""
        if len(self._waiting) >= WAITING_MAX:
            raise StoreError("too many alerts are waiting to be stored", code="STORE_OVERLOADED")
        future: asyncio.Future[AlertOutcome] = asyncio.get_running_loop().create_future()
        self._waiting.append((alert, future))
        self._wake.set()
        return await future

    async def aclose(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for _, future in self._waiting:
            if not future.done():
                future.set_exception(StoreError("the gateway is stopping", code="STORE_STOPPING"))

    async def _write(self) -> None:
        while True:
            await self._wake.wait()
            group = self._take_group()
            if not self._waiting:
                self._wake.clear()
            if group:
                await self._write_group(group)

    def _take_group(self) -> list[tuple[NewAlert, asyncio.Future[AlertOutcome]]]:
        """The next alerts, each event once: a repeat waits for the next group and finds the first one stored."""
        group: list[tuple[NewAlert, asyncio.Future[AlertOutcome]]] = []
        later: list[tuple[NewAlert, asyncio.Future[AlertOutcome]]] = []
        seen: set[UUID] = set()
        while self._waiting and len(group) < GROUP_SIZE_MAX:
            alert, future = self._waiting.popleft()
            if alert.intent is not None and alert.intent.intent_id in seen:
                later.append((alert, future))
                continue
            if alert.intent is not None:
                seen.add(alert.intent.intent_id)
            group.append((alert, future))
        self._waiting.extendleft(reversed(later))
        return group

    async def _write_group(
        self, group: list[tuple[NewAlert, asyncio.Future[AlertOutcome]]]
    ) -> None:
        try:
            outcomes = await self._insert([alert for alert, _ in group])
        except CONNECTION_ERRORS as error:
            self._fail(group, StoreError(f"the database is away: {error}"))
            return
        except asyncpg.PostgresError as error:
            if len(group) == 1:
                self._fail(group, StoreError(f"the database refused the alert: {error}"))
                return
            for one in group:
                await self._write_group([one])
            return
        for alert, future in group:
            outcome = outcomes.get(alert.alert_id)
            if future.done():
                continue
            if outcome is None:
                await self._settle_race(alert, future)
            else:
                future.set_result(outcome)

    async def _settle_race(self, alert: NewAlert, future: asyncio.Future[AlertOutcome]) -> None:
        """Another gateway stored the same event at the same moment: a new statement sees its commit."""
        try:
            for _ in range(RACE_RETRIES_MAX):
                outcome = (await self._insert([alert])).get(alert.alert_id)
                if outcome is not None:
                    future.set_result(outcome)
                    return
        except (*CONNECTION_ERRORS, asyncpg.PostgresError) as error:
            future.set_exception(StoreError(f"could not store the alert: {error}"))
            return
        future.set_exception(StoreError("the same event is being stored elsewhere"))

    @staticmethod
    def _fail(
        group: list[tuple[NewAlert, asyncio.Future[AlertOutcome]]], error: StoreError
    ) -> None:
        for _, future in group:
            if not future.done():
                future.set_exception(error)

    async def _insert(self, alerts: list[NewAlert]) -> dict[UUID, AlertOutcome]:
        intents = [alert.intent for alert in alerts]
        rows = await self._pool.fetch(
            self._accept,
            [alert.alert_id for alert in alerts],
            [alert.received_at for alert in alerts],
            [alert.source for alert in alerts],
            [alert.remote for alert in alerts],
            [alert.content_type for alert in alerts],
            [alert.raw for alert in alerts],
            [alert.checks for alert in alerts],
            [alert.refusal_code for alert in alerts],
            [intent.intent_id if intent else None for intent in intents],
            [intent.event_id if intent else None for intent in intents],
            [alert.content_hash for alert in alerts],
            [orjson.Fragment(intent_json(intent)) if intent else None for intent in intents],
        )
        return {
            row["alert_id"]: AlertOutcome(row["outcome"])
            for row in rows
            if row["outcome"] is not None
        }
