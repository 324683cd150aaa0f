"""Alerts into the database: one statement and one commit for whatever alerts are waiting.

There is no collection window: while one group commits, the next one gathers. Alone, an alert is a group of
one. If the database cannot hold a group, its alerts are tried one by one, so that a bad one never fails its
neighbours. If the database is away or overloaded, the group fails as a whole: senders try again.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

import asyncpg
import orjson
import structlog

from argos.core.errors import StoreError
from argos.protocol.intent_store import IntentRecord
from argos.store.database import CONNECTION_ERRORS, queries

GROUP_SIZE_MAX: Final = 128
WAITING_MAX: Final = 4096
RACE_RETRIES_MAX: Final = 5
CLOSING_S_MAX: Final = 3.0

_ONE_IS_BAD: Final = (
    asyncpg.DataError,
    asyncpg.IntegrityConstraintViolationError,
    asyncpg.ProgramLimitExceededError,
    TypeError,
    ValueError,
)
"""Something that was given cannot be stored: the database's word, or that of the encoder before it."""
_RACED: Final = (asyncpg.DeadlockDetectedError, asyncpg.SerializationError)
_log = structlog.get_logger("argos.store.alerts")


class AlertOutcome(StrEnum):
    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    CONFLICT = "conflict"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAlert:
    """An alert that was judged and is not stored yet. With `refusal_code` there is no record of an intent."""

    alert_id: UUID
    received_at: datetime
    source: str
    remote: str
    content_type: str
    raw: bytes
    checks: Sequence[dict[str, Any]]
    refusal_code: str | None
    record: IntentRecord | None


_Waiting = tuple[NewAlert, asyncio.Future[AlertOutcome]]


class AlertWriter:
    """Stores alerts in groups. `store` returns only after the commit that holds the alert.

    `writers` groups may commit at the same time; each takes whatever waits when it becomes free. An event that
    is being stored is in one group only: its repeats wait and find it stored.
    """

    def __init__(self, pool: asyncpg.Pool, *, writers: int = 1) -> None:
        self._pool = pool
        self._waiting: deque[_Waiting] = deque()
        self._under_way: set[UUID] = set()
        self._wake = asyncio.Event()
        self._closing = False
        self._accept = queries("alerts")["accept"]
        self._tasks = [asyncio.create_task(self._write()) for _ in range(writers)]

    async def store(self, alert: NewAlert) -> AlertOutcome:
        """The outcome, once committed. Raises StoreError when it could not be stored: send 503."""
        if self._closing:
            raise StoreError("the gateway is stopping", code="STORE_STOPPING")
        if len(self._waiting) >= WAITING_MAX:
            raise StoreError("too many alerts are waiting to be stored", code="STORE_OVERLOADED")
        future: asyncio.Future[AlertOutcome] = asyncio.get_running_loop().create_future()
        self._waiting.append((alert, future))
        self._wake.set()
        return await future

    async def aclose(self) -> None:
        """Let what is being committed end, within a few seconds; everything else gets StoreError."""
        self._closing = True
        _fail(self._waiting, StoreError("the gateway is stopping", code="STORE_STOPPING"))
        self._waiting.clear()
        self._wake.set()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CLOSING_S_MAX):
                await asyncio.gather(*self._tasks)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _write(self) -> None:
        while not self._closing:
            group = self._take_group()
            if not group:
                self._wake.clear()
                await self._wake.wait()
                continue
            events = _events(group)
            self._under_way |= events
            try:
                await self._write_group(group)
            except Exception as error:
                # a writer that dies would leave every later alert without an answer
                _log.exception("group_failed", alerts=len(group))
                _fail(group, StoreError(f"could not store the alert: {error!r}"))
            finally:
                self._under_way -= events
                _fail(group, StoreError("the gateway is stopping", code="STORE_STOPPING"))
                self._wake.set()

    def _take_group(self) -> list[_Waiting]:
        """The next alerts, each event once: a repeat waits until the first one is stored."""
        group: list[_Waiting] = []
        later: list[_Waiting] = []
        taken = set(self._under_way)
        while self._waiting and len(group) < GROUP_SIZE_MAX:
            alert, future = self._waiting.popleft()
            if future.done():
                continue
            if alert.record is not None:
                if alert.record.intent.intent_id in taken:
                    later.append((alert, future))
                    continue
                taken.add(alert.record.intent.intent_id)
            group.append((alert, future))
        self._waiting.extendleft(reversed(later))
        return group

    async def _write_group(self, group: list[_Waiting]) -> None:
        try:
            outcomes = await self._insert([alert for alert, _ in group])
        except _ONE_IS_BAD as error:
            if len(group) == 1:
                _fail(group, StoreError(f"the database cannot hold the alert: {error}"))
                return
            for one in group:
                await self._write_group([one])
        except _RACED:
            for one in group:
                await self._settle_race(*one)
        except (*CONNECTION_ERRORS, asyncpg.PostgresError) as error:
            _fail(group, StoreError(f"the database did not store it: {error}"))
        else:
            for alert, future in group:
                outcome = outcomes.get(alert.alert_id)
                if outcome is None:
                    await self._settle_race(alert, future)
                elif not future.done():
                    future.set_result(outcome)

    async def _settle_race(self, alert: NewAlert, future: asyncio.Future[AlertOutcome]) -> None:
        """Another gateway stored the same event at the same moment: a new statement sees its commit."""
        error: Exception | None = None
        for _ in range(RACE_RETRIES_MAX):
            try:
                outcome = (await self._insert([alert])).get(alert.alert_id)
            except _RACED as again:
                error = again
                continue
            except (*CONNECTION_ERRORS, *_ONE_IS_BAD, asyncpg.PostgresError) as given_up:
                error = given_up
                break
            if outcome is not None:
                if not future.done():
                    future.set_result(outcome)
                return
        why = error or "the same event is being stored elsewhere"
        _fail([(alert, future)], StoreError(f"could not store the alert: {why}"))

    async def _insert(self, alerts: list[NewAlert]) -> dict[UUID, AlertOutcome]:
        records = [alert.record for alert in alerts]
        rows = await self._pool.fetch(
            self._accept,
            [alert.alert_id for alert in alerts],
            [alert.received_at for alert in alerts],
            [alert.source for alert in alerts],
            [alert.remote for alert in alerts],
            [alert.content_type for alert in alerts],
            [alert.raw for alert in alerts],
            # a list inside a list would be taken for an array of two dimensions
            [orjson.Fragment(orjson.dumps(alert.checks)) for alert in alerts],
            [alert.refusal_code for alert in alerts],
            [record.intent.intent_id if record else None for record in records],
            [record.intent.event_id if record else None for record in records],
            [record.content_hash if record else None for record in records],
            [orjson.Fragment(record.document) if record else None for record in records],
        )
        return {
            row["alert_id"]: AlertOutcome(row["outcome"])
            for row in rows
            if row["outcome"] is not None
        }


def _events(group: Iterable[_Waiting]) -> set[UUID]:
    return {alert.record.intent.intent_id for alert, _ in group if alert.record is not None}


def _fail(group: Iterable[_Waiting], error: StoreError) -> None:
    """Answer those that have no answer yet."""
    for _, future in group:
        if not future.done():
            future.set_exception(error)
