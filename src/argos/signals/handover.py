"""Hands entries and exits over to the spine: the same checks and the same statement as for every other intent."""

import asyncio
import secrets
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

import orjson
import structlog

from argos.core.errors import StoreError
from argos.core.ids import event_uuid, uuid7
from argos.flows.accept_alert import Delivery, Doors, Judgement, judge_own_delivery
from argos.signals.connections import Pools
from argos.signals.execution import SOURCE
from argos.signals.outbox import ACCEPTED, Outbox, OutboxKind, OutboxRow
from argos.store.alerts import AlertOutcome, AlertWriter, NewAlert
from argos.store.signals import SignalStore

BATCH_ROWS: Final = 50
SETTLE_S: Final = 15.0
"""A statement whose answer was lost has ended by then, one way or the other: the database ends it after 10 s."""
_log = structlog.get_logger("argos.signals")


class Handover:
    """`step` hands over what waits. A row that may have arrived is handed over again, and finds itself.

    With `auto_execute` off, entries that were left from when it was on do not go out any more; exits do.
    """

    def __init__(
        self,
        outbox: Outbox,
        pools: Pools,
        *,
        clock: Callable[[], datetime],
        auto_execute: bool,
    ) -> None:
        self._outbox = outbox
        self._pools = pools
        self._clock = clock
        self._auto_execute = auto_execute
        self._writer: AlertWriter | None = None

    async def aclose(self) -> None:
        if self._writer is not None:
            await self._writer.aclose()

    async def step(self) -> bool:
        """True when a row was ended. Raises StoreError when one could not be handed over now."""
        rows: list[OutboxRow] = []
        # exits first: what protects does not wait for what may lose
        for kind in (OutboxKind.CLOSE, OutboxKind.INTENT):
            rows += await asyncio.to_thread(self._outbox.waiting, BATCH_ROWS, kinds=(kind,))
        now = self._clock()
        late = [row for row in rows if row.until is not None and row.until <= now]
        due = [row for row in rows if row not in late]
        ended = await self._end_unsent(
            late, "EXPIRED_UNSENT", "it could not be handed over in time"
        )
        if not self._auto_execute:
            entries = [row for row in due if row.kind is OutboxKind.INTENT]
            due = [row for row in due if row.kind is not OutboxKind.INTENT]
            ended += await self._end_unsent(
                entries, "AUTO_EXECUTE_OFF", "it was switched off before this went out"
            )
        doubtful = [
            row
            for row in late
            if row.attempts and row.until and row.until + timedelta(seconds=SETTLE_S) <= now
        ]
        if due or doubtful:
            try:
                store = SignalStore(await self._pools.of("argos_strategy"))
                ended += await self._end_doubtful(store, doubtful)
                ended += await self._hand_over(store, due)
            except StoreError as error:
                await asyncio.to_thread(
                    self._outbox.failed, {row.number: str(error) for row in due or doubtful}
                )
                raise
        return ended > 0

    async def _end_unsent(self, rows: Sequence[OutboxRow], code: str, text: str) -> int:
        """Ends those that were never begun to be handed over: of them it is certain, without asking."""
        unsent = [row for row in rows if row.attempts == 0]
        for row in unsent:
            await self._refuse(row, code, text)
        return len(unsent)

    async def _end_doubtful(self, store: SignalStore, doubtful: Sequence[OutboxRow]) -> int:
        """Those that were begun and never answered: the database knows whether they arrived."""
        for row in doubtful:
            event = event_uuid(source=SOURCE, event_id=row.payload["event_id"])
            if await store.is_intent(source=SOURCE, event=event):
                await self._accept(row)
            else:
                await self._refuse(row, "EXPIRED_UNSENT", "it did not arrive in time")
        return len(doubtful)

    async def _hand_over(self, store: SignalStore, due: Sequence[OutboxRow]) -> int:
        if not due:
            return 0
        doors = Doors(hooks={}, api_keys={}, routes=await store.routes())
        if self._writer is None:
            self._writer = AlertWriter(await self._pools.of("argos_strategy"))
        await asyncio.to_thread(self._outbox.begun, [row.number for row in due])
        results = await asyncio.gather(
            *(self._one(row, doors, self._writer) for row in due), return_exceptions=True
        )
        failed = [result for result in results if isinstance(result, BaseException)]
        if failed:
            raise failed[0]
        return len(due)

    async def _one(self, row: OutboxRow, doors: Doors, writer: AlertWriter) -> None:
        received_at = self._clock()
        delivery = Delivery(
            raw=orjson.dumps(row.payload),
            content_type="application/json",
            remote="local",
            received_at=received_at,
        )
        judgement = judge_own_delivery(delivery, source=SOURCE, doors=doors)
        outcome = await writer.store(_alert(delivery, judgement))
        if judgement.refusal is not None:
            await self._refuse(row, judgement.refusal.code, judgement.refusal.message)
        elif outcome is AlertOutcome.CONFLICT:
            await self._refuse(row, "INTENT_EVENT_CONFLICT", "handed over before as something else")
        else:
            await self._accept(row)

    async def _accept(self, row: OutboxRow) -> None:
        await asyncio.to_thread(self._outbox.done, {row.number: ACCEPTED}, at=self._clock())

    async def _refuse(self, row: OutboxRow, code: str, text: str) -> None:
        _log.warning("not_handed_over", kind=row.kind.value, signal=row.subject, code=code)
        await asyncio.to_thread(self._outbox.refused, row, code=code, text=text, at=self._clock())


def _alert(delivery: Delivery, judgement: Judgement) -> NewAlert:
    return NewAlert(
        alert_id=uuid7(
            unix_ms=int(delivery.received_at.timestamp() * 1000), random_bits=secrets.randbits(74)
        ),
        received_at=delivery.received_at,
        source=judgement.source,
        remote=delivery.remote,
        content_type=delivery.content_type,
        raw=judgement.raw,
        checks=judgement.checks,
        refusal_code=judgement.refusal.code if judgement.refusal else None,
        record=judgement.record,
    )
